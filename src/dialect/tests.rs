//! Walks of whole requests and answers.

mod messages;
mod positions;
mod replay;
mod signed;

use serde_json::{Value, json};

use super::chat::CHAT;
use super::*;
use crate::detect::{Depth, Label};
use crate::scrub::{Document, MasterKey, Replacement, Restorer, ScopeKey, Shape, TokenMap, TokenStyle, sanitize};
use crate::tenant::TenantId;

/// A marker in every place where a caller can write a string.
fn planted() -> Value {
    json!({
        "model": "m", "user": "@1", "stop": ["@2", "@3"], "metadata": {"@4": "@5"}, "a_new_field": {"deep": ["@6", {"@7": "@8"}]},
        "service_tier": "@9", "logit_bias": {"@10": 1}, "stream_options": {"other": "@11"}, "seed": "@12", "stream": false,
        "prediction": {"type": "content", "content": [{"type": "text", "text": "@13"}]},
        "response_format": {"type": "json_schema", "json_schema": {"name": "@14", "description": "@15",
            "schema": {"type": "object", "properties": {"@16": {"type": "string", "enum": ["@17"], "description": "@18"}},
                       "required": ["@16"], "x-own": "@19", "format": "@20"}}},
        "tools": [{"type": "function", "function": {"name": "@21", "description": "@22",
            "parameters": {"type": "object", "properties": {"p": {"anyOf": [{"const": "@23"}, {"default": "@24"}]}}}}}],
        "tool_choice": {"type": "function", "function": {"name": "@25"}},
        "functions": [{"name": "@26", "description": "@27", "parameters": {"title": "@28"}}],
        "messages": [
            {"role": "system", "content": "@29", "name": "@30"},
            {"role": "@31", "content": [{"type": "text", "text": "@32"}, {"type": "new", "new": {"x": "@33"}}]},
            {"role": "assistant", "content": null, "refusal": "@34", "tool_calls": [{"id": "@35", "type": "function",
                "function": {"name": "@36", "arguments": "{\"@37\": [\"\\u004039\", {\"k\": \"@40\"}], \"n\": 5551234567}"}}]},
            {"role": "tool", "tool_call_id": "@41", "content": "{\"found\": \"@42\"}"},
            {"role": "tool", "tool_call_id": "x", "content": "plain @43"},
            {"role": "function", "name": "@44", "content": "@45"},
            {"role": "assistant", "function_call": {"name": "@46", "arguments": "not json @47"}},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/@48", "detail": "@49"}}]}
        ]
    })
}

fn parse(body: &Value) -> Request {
    Request::parse(&CHAT, body.to_string().as_bytes(), None).unwrap_or_else(|error| panic!("{error}"))
}

/// L13, L14: every string of a request, wherever it stands, known field or not,
/// is seen and can be replaced; a new position that is skipped fails here.
#[test]
fn every_string_of_a_request_is_a_slot() {
    let body = planted();
    let request = parse(&body);
    let texts: Vec<String> = request.slots().iter().map(|slot| slot.text.clone()).collect();
    for number in (1..=49).filter(|number| *number != 38) {
        let marker = format!("@{number}");
        let found = texts.iter().filter(|text| text.contains(&marker)).count();
        assert!(found >= 1, "{marker} is not looked at: {texts:?}");
    }
    assert!(texts.contains(&"5551234567".to_owned()), "numbers that may identify are looked at");
    let replaced = request.rebuild(texts.iter().map(|_| "#".to_owned()).collect());
    assert!(!replaced.to_string().contains('@'), "{replaced}");
}

/// L13: JSON in a prompt is read as what it says, not as how it is escaped.
#[test]
fn escaped_json_in_a_prompt_is_looked_at_unescaped() {
    let body =
        json!({"model": "m", "messages": [{"role": "user", "content": "{\"name\": \"Jos\\u00e9 M\\u00fcller\"}"}]});
    let request = parse(&body);
    let texts: Vec<&str> = request.slots().iter().map(|slot| slot.text.as_str()).collect();
    assert_eq!(texts, ["name", "José Müller"]);
    let scrubbed = request.rebuild(vec!["name".into(), "[P]".into()]);
    assert_eq!(scrubbed["messages"][0]["content"], "{\"name\": \"[P]\"}");
}

#[test]
fn a_list_in_the_place_of_a_number_is_text() {
    let body = json!({"model": "m", "n": ["x", 4111111111111111u64], "messages": [{"role": "user", "content": "hi"}]});
    let request = parse(&body);
    let texts: Vec<&str> = request.slots().iter().map(|slot| slot.text.as_str()).collect();
    assert_eq!(texts, ["x", "4111111111111111", "hi"]);
}

/// L17: what the API defines keeps its value, so that no parameter is changed.
#[test]
fn structure_is_neither_looked_at_nor_changed() {
    let body = json!({
        "model": "m", "max_tokens": 17, "temperature": 0.50, "stream": true, "n": 2, "seed": 12345678901i64,
        "reasoning_effort": "low", "tool_choice": "auto", "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"parameters": {"type": "object", "properties": {}, "additionalProperties": false}}}],
        "messages": [{"role": "user", "content": "hello"}]
    });
    let request = parse(&body);
    let texts: Vec<&str> = request.slots().iter().map(|slot| slot.text.as_str()).collect();
    assert_eq!(texts, ["hello"]);
    assert_eq!(request.rebuild(vec!["hello".into()]), body);
}

#[test]
fn identifiers_get_bare_tokens_and_no_classifier() {
    let body = json!({"model": "m", "messages": [{"role": "user", "name": "maria", "content": "hi"},
        {"role": "tool", "tool_call_id": "call_1", "content": "x"}]});
    let request = parse(&body);
    let slots: Vec<_> =
        request.slots().iter().map(|slot| (slot.text.as_str(), slot.depth, slot.shape, slot.origin)).collect();
    assert_eq!(
        slots,
        [
            ("maria", Depth::Full, Shape::Bare, Origin::Prompt),
            ("hi", Depth::Full, Shape::Bracketed, Origin::Prompt),
            ("call_1", Depth::PatternsOnly, Shape::Bare, Origin::Tool),
            ("x", Depth::Full, Shape::Bracketed, Origin::Tool),
        ]
    );
}

/// A URL that an injected tool result made the model write comes again with the
/// history, and must not make its host one that values may go to.
#[test]
fn only_what_the_caller_wrote_is_a_prompt() {
    let message = |role, content| json!({"role": role, "content": content, "tool_call_id": "call_1"});
    let messages = [message("user", "a"), message("assistant", "b"), message("tool", "c"), message("system", "d")];
    let request = parse(&json!({"model": "m", "messages": messages}));
    let prompts = request.slots().iter().filter(|slot| slot.origin == Origin::Prompt && slot.text.len() == 1);
    assert_eq!(prompts.map(|slot| slot.text.as_str()).collect::<Vec<_>>(), ["a", "d"]);
}

/// L16: what cannot be scanned is named, and its bytes are no text.
#[test]
fn media_is_reported_and_what_stands_beside_it_is_text() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"filename": "Maria.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": format!("https://a.test/{}?to=ana@b.test", "x".repeat(300))}},
        {"type": "file", "file": {"filename": "data:Ana", "of ana@b.test": "AAAA"}},
    ]}]});
    let request = parse(&body);
    assert_eq!(request.unscannable(), [Media::Image, Media::File, Media::Image, Media::File]);
    let all = request.slots().iter().map(|slot| slot.text.as_str());
    let texts: Vec<&str> = all.filter(|text| !["url", "filename", "file_data", "AAAA"].contains(text)).collect();
    assert_eq!((texts[0], &texts[2..]), ("Maria.pdf", &["of ana@b.test", "data:Ana"][..]));
    assert!(texts[1].contains("ana@b.test"));
}

/// L13: documents inside documents are taken apart, and what is a file in one is
/// no text.
#[test]
fn json_inside_json_is_taken_apart_at_any_depth() {
    let nested = |depth: usize| {
        let mut text = json!({"customer": "José Núñez", "path": "C:\\x"}).to_string();
        (0..depth).for_each(|_| text = json!({"payload": text}).to_string().replace('é', "\\u00e9"));
        text
    };
    for depth in 0..8 {
        let body = json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "c", "content": nested(depth)}]});
        let request = parse(&body);
        let slots: Vec<(&str, Option<&str>)> =
            request.slots().iter().map(|slot| (slot.text.as_str(), slot.key.as_deref())).collect();
        assert!(
            slots.contains(&("José Núñez", Some("customer"))) && slots.contains(&("C:\\x", Some("path"))),
            "{slots:?}"
        );
    }
    let image = json!([{"type": "image", "data": "A".repeat(3000)}]).to_string();
    let body = json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "c", "content": image}]});
    assert_eq!(parse(&body).unscannable(), [Media::File]);
}

/// L16: a kind of content that the API did not have yesterday is no way around.
#[test]
fn a_file_in_an_unknown_field_is_reported() {
    for file in ["data:video/mp4;base64,AAAA".to_owned(), "QUJD".repeat(256)] {
        let part = json!({"type": "video_url", "video_url": {"url": file}});
        let request = parse(&json!({"model": "m", "messages": [{"role": "user", "content": [part]}]}));
        assert_eq!(request.unscannable(), [Media::File]);
    }
}

#[test]
fn a_body_of_another_shape_is_refused_without_quoting_it() {
    for (body, expected) in [
        ("{\"model\": \"secret", "not valid JSON"),
        ("[1]", "JSON object"),
        ("{\"messages\": []}", "model is missing"),
        ("{\"model\": 7, \"messages\": []}", "model must be"),
        ("{\"model\": \"m\"}", "messages is missing"),
        ("{\"model\": \"m\", \"messages\": []}", "at least one"),
        ("{\"model\": \"m\", \"messages\": \"secret\"}", "array"),
        ("{\"model\": \"m\", \"messages\": [\"secret\"]}", "object"),
        ("{\"model\": \"m\", \"messages\": [{}]}", "role"),
        ("{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": 5}]}", "content"),
        ("{\"model\": \"m\", \"messages\": [{\"role\": \"user\"}], \"stream\": \"secret\"}", "stream"),
    ] {
        let message = Request::parse(&CHAT, body.as_bytes(), None).err().map(|error| error.message).unwrap_or_default();
        assert!(message.contains(expected) && !message.contains("secret"), "{body}: {message}");
    }
}

/// A restorer for `Maria "M" Gonzalez`, and its token.
fn restorer() -> (std::sync::Arc<Restorer>, String) {
    let master = MasterKey::generate().unwrap();
    let mut map = TokenMap::new(ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c"), TokenStyle::default());
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "Maria \"M\" Gonzalez"}]});
    let found = vec![vec![Replacement { start: 0, end: 18, label: Label::PERSON, restorable: true }]];
    sanitize(parse(&body), &found, &mut map).unwrap();
    let token = map.tokens().next().unwrap().0.to_string();
    (map.restorer(), token)
}

/// The stream of a provider that uses every part of the API at once.
fn events(token: &str) -> String {
    let (a, b) = token.split_at(5);
    let chunk = |choices: Value| {
        format!("data: {}\n\n", json!({"id": "c", "object": "chat.completion.chunk", "choices": choices}))
    };
    [
        chunk(json!([{"index": 0, "delta": {"role": "assistant", "content": format!("Dear {a}")}}])),
        ": keep-alive\n\n".to_owned(),
        chunk(json!([{"index": 1, "delta": {"content": format!("{a}")}}, {"index": 0, "delta": {"content": format!("{b}, é")}}])),
        chunk(json!([{"index": 1, "delta": {"content": b}, "new": {"kept": true}}])),
        chunk(json!([{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "call_1", "type": "function",
            "function": {"name": "f", "arguments": format!("{{\"to\":\"{a}")}}]}}])),
        chunk(json!([{"index": 0, "delta": {"tool_calls": [{"index": 1, "function": {"name": "g", "arguments": format!("\"{token}\"")}}]}}])),
        chunk(json!([{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": format!("{b}\"}}")}}]}}])),
        chunk(json!([{"index": 0, "delta": {"content": " [PERSON_"}, "finish_reason": null}])),
        chunk(json!([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])),
        chunk(json!([{"index": 1, "delta": {"content": "."}, "finish_reason": "stop"}])),
        format!("data: {}\n\n", json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat()
}

/// What a client makes of a stream: texts by place, reasons, usage, the end.
fn assembled(bytes: &[u8]) -> Value {
    let mut all = json!({"content": {}, "arguments": {}, "finish": {}, "usage": null, "comments": 0, "done": false, "kept": false});
    let append = |to: &mut Value, text: &str| *to = Value::from(to.as_str().unwrap_or_default().to_owned() + text);
    for frame in std::str::from_utf8(bytes).unwrap().split("\n\n").filter(|frame| !frame.is_empty()) {
        let Some(data) = frame.strip_prefix("data: ") else {
            all["comments"] = json!(all["comments"].as_u64().unwrap() + 1);
            continue;
        };
        if data == "[DONE]" {
            all["done"] = json!(true);
            continue;
        }
        let event: Value = serde_json::from_str(data).unwrap();
        if event["usage"].is_object() {
            all["usage"] = event["usage"].clone();
        }
        for choice in event["choices"].as_array().unwrap() {
            let index = choice["index"].to_string();
            append(&mut all["content"][&index], choice["delta"]["content"].as_str().unwrap_or_default());
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                append(
                    &mut all["arguments"][call["index"].to_string()],
                    call["function"]["arguments"].as_str().unwrap_or_default(),
                );
            }
            if choice["new"]["kept"] == true {
                all["kept"] = json!(true);
            }
            if !choice["finish_reason"].is_null() {
                assert!(all["finish"][&index].is_null(), "nothing follows the end of a choice");
                all["finish"][&index] = choice["finish_reason"].clone();
            } else {
                assert!(all["finish"][&index].is_null(), "text after the end of choice {index}");
            }
        }
    }
    all
}

fn streamed(bytes: &[u8], cuts: impl Iterator<Item = usize>) -> (Vec<u8>, AnswerStream) {
    let (mut out, mut rest) = (Vec::new(), bytes);
    let (restorer, _) = RESTORER.with(Clone::clone);
    let mut stream = AnswerStream::new(&CHAT, restorer, false);
    for cut in cuts {
        let (now, later) = rest.split_at(cut.min(rest.len()));
        stream.push(now, &mut out).unwrap();
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    stream.push(rest, &mut out).unwrap();
    stream.finish(&mut out);
    (out, stream)
}

thread_local! {
    static RESTORER: (std::sync::Arc<Restorer>, String) = restorer();
}

/// L02, L04, L05, L06: tokens cut by deltas, choices that interleave, parallel
/// tool calls, usage, the last chunk and comments all arrive whole.
#[test]
fn a_stream_is_restored_by_lane_and_loses_nothing() {
    let token = RESTORER.with(|(_, token)| token.clone());
    let (out, stream) = streamed(events(&token).as_bytes(), std::iter::once(usize::MAX));
    let all = assembled(&out);
    assert_eq!(all["content"], json!({"0": "Dear Maria \"M\" Gonzalez, é [PERSON_", "1": "Maria \"M\" Gonzalez."}));
    let arguments: Value = serde_json::from_str(all["arguments"]["0"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"to": "Maria \"M\" Gonzalez"}));
    let other: Value = serde_json::from_str(all["arguments"]["1"].as_str().unwrap()).unwrap();
    assert_eq!(other, json!("Maria \"M\" Gonzalez"));
    assert_eq!(all["finish"], json!({"0": "tool_calls", "1": "stop"}));
    assert_eq!(
        (&all["usage"]["prompt_tokens"], &all["comments"], &all["done"], &all["kept"]),
        (&json!(3), &json!(1), &json!(true), &json!(true))
    );
    assert_eq!(stream.usage(), Some(Usage { prompt_tokens: 3, completion_tokens: 4 }));
    assert!(stream.is_finished() && !stream.is_failed());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    /// L02: any cutting of the bytes, inside events and characters, gives the
    /// same texts.
    #[test]
    fn any_cutting_of_a_stream_gives_the_same_answer(cuts in proptest::collection::vec(1usize..40, 1..400)) {
        let token = RESTORER.with(|(_, token)| token.clone());
        let bytes = events(&token);
        let (whole, _) = streamed(bytes.as_bytes(), std::iter::once(usize::MAX));
        let (cut, _) = streamed(bytes.as_bytes(), cuts.into_iter().chain(std::iter::repeat(7)));
        proptest::prop_assert_eq!(assembled(&cut), assembled(&whole));
    }
}

/// L06: what was said before something else comes before it, and a tool's name comes
/// with its call though it looks like the start of a token.
#[test]
fn what_is_held_back_comes_before_what_follows_it() {
    let token = RESTORER.with(|(_, token)| token.clone());
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "person", "arguments": "{}"}}]});
    let deltas = [json!({"content": format!("Ask {}", &token[..token.len() - 1])}), call];
    let choice = |delta: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    let events: String =
        deltas.into_iter().map(choice).chain([last]).map(|event| format!("data: {event}\n\n")).collect();
    let (out, _) = streamed(events.as_bytes(), std::iter::once(usize::MAX));
    let out = String::from_utf8(out).unwrap();
    let (value, name) = (out.find("Gonzalez").unwrap(), out.find("\"person\"").unwrap());
    assert!(value < name, "{out}");
    assert_eq!(out.matches("\"name\"").count(), 1, "{out}");
}

/// L05: in structured output the value is escaped for the document it lands in.
#[test]
fn structured_output_stays_valid_json() {
    let (restorer, token) = RESTORER.with(Clone::clone);
    let mut answer = json!({"choices": [{"message": {"content": format!("{{\"name\":\"{token}\"}}"), "tool_calls": [
        {"id": "call_1", "function": {"name": "f", "arguments": format!("{{\"n\":\"{token}\"}}")}}]}}], "model": "m", "new": [token]});
    Answer { dialect: &CHAT, restorer: &restorer, structured_output: true, seals: None }.restore(&mut answer);
    for pointer in ["/choices/0/message/content", "/choices/0/message/tool_calls/0/function/arguments"] {
        let document: Value = serde_json::from_str(answer.pointer(pointer).unwrap().as_str().unwrap()).unwrap();
        assert_eq!(document.as_object().unwrap().values().next().unwrap(), "Maria \"M\" Gonzalez");
    }
    assert_eq!(answer["new"], json!(["Maria \"M\" Gonzalez"]));
}

/// L06: one choice that has ended does not make the others whole.
#[test]
fn a_stream_that_breaks_off_is_not_whole_because_one_choice_is() {
    let (restorer, _) = RESTORER.with(Clone::clone);
    let mut stream = AnswerStream::new(&CHAT, restorer, false);
    let chunk = |index: u64, reason: Value| {
        let choice = json!({"index": index, "delta": {"content": "x"}, "finish_reason": reason});
        format!("data: {}\n\n", json!({"choices": [choice]}))
    };
    let mut push = |event: String| {
        stream.push(event.as_bytes(), &mut Vec::new()).unwrap();
        stream.is_finished()
    };
    assert!(!push(chunk(1, Value::Null)));
    assert!(!push(chunk(0, json!("stop"))));
    assert!(push(chunk(1, json!("stop"))), "without [DONE], as some providers end");
    assert!(!push(chunk(2, Value::Null)));
    assert!(push("data: [DONE]\n\n".into()));
}

#[test]
fn an_error_in_mid_stream_is_known_as_one() {
    let (restorer, _) = RESTORER.with(Clone::clone);
    let mut stream = AnswerStream::new(&CHAT, restorer, false);
    stream.push(b"data: {\"error\": {\"message\": \"overloaded\"}}\n\n", &mut Vec::new()).unwrap();
    assert!(stream.is_failed() && !stream.is_finished());
}
