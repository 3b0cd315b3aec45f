use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{Heard, completion, message};
use crate::dialect::translate::{Asked, CHAT_TO_MESSAGES, MESSAGES_TO_CHAT, OutEvent, Translation};

fn asked() -> Asked {
    Asked::of(&json!({"model": "m", "stream": true, "stream_options": {"include_usage": true}}))
}

fn translated(translation: &Translation, asked: &Asked, events: Vec<Value>) -> Vec<OutEvent> {
    let mut translate = (translation.events)(asked);
    let mut out = Vec::new();
    events.into_iter().for_each(|event| translate.event(event, &mut out));
    translate.end(&mut out);
    out
}

/// One part of an answer, with the sizes of the pieces it comes in.
#[derive(Clone, Debug)]
enum Said {
    Thought(String),
    Text(String),
    Call(Value),
}

fn word() -> impl Strategy<Value = String> {
    "[a-zé\"\\\\{} \n]{1,12}"
}

fn call() -> impl Strategy<Value = Said> {
    prop::collection::btree_map("[a-z]{1,3}", word(), 0..3).prop_map(|input| Said::Call(json!(input)))
}

fn pieces(text: &str, size: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect()).collect()
}

/// Anthropic's message with these blocks.
fn as_message(said: &[Said]) -> Value {
    let block = |(index, said): (usize, &Said)| match said {
        Said::Thought(text) => json!({"type": "thinking", "thinking": text, "signature": "c2ln"}),
        Said::Text(text) => json!({"type": "text", "text": text}),
        Said::Call(input) => json!({"type": "tool_use", "id": format!("t{index}"), "name": "f", "input": input}),
    };
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "c",
        "content": said.iter().enumerate().map(block).collect::<Vec<_>>(),
        "stop_reason": "stop_sequence", "stop_sequence": "END",
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 9},
    })
}

/// The message as Anthropic streams it.
fn message_events(message: &Value, size: usize) -> Vec<Value> {
    let mut start = message.clone();
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    start["usage"] = json!({"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 1});
    let mut events = vec![json!({"type": "message_start", "message": start}), json!({"type": "ping"})];
    for (index, block) in message["content"].as_array().unwrap().iter().enumerate() {
        let delta = |kind: &str, field: &str, piece: &str| json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}});
        let mut head = block.clone();
        let input = block["input"].to_string();
        let (kind, field, text) = match block["type"].as_str().unwrap() {
            "text" => ("text_delta", "text", block["text"].as_str().unwrap()),
            "thinking" => ("thinking_delta", "thinking", block["thinking"].as_str().unwrap()),
            _ => ("input_json_delta", "partial_json", if input == "{}" { "" } else { input.as_str() }),
        };
        match kind {
            "input_json_delta" => head["input"] = json!({}),
            _ => head[field] = "".into(),
        }
        if kind == "thinking_delta" {
            head["signature"] = "".into();
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": head}));
        events.extend(pieces(text, size).iter().map(|piece| delta(kind, field, piece)));
        if kind == "thinking_delta" {
            events.push(delta("signature_delta", "signature", "c2ln"));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({
        "type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "stop_sequence": "END"},
        "usage": {"output_tokens": 9},
    }));
    events.push(json!({"type": "message_stop"}));
    events
}

/// A chat completion with these parts; a chat tells its thoughts first and its calls last.
fn as_completion(said: &[Said]) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null});
    let (mut thoughts, mut text, mut calls) = (String::new(), String::new(), Vec::new());
    for said in said {
        match said {
            Said::Thought(thought) => thoughts.push_str(thought),
            Said::Text(piece) => text.push_str(piece),
            Said::Call(input) => calls.push(json!({
                "id": format!("t{}", calls.len()), "type": "function",
                "function": {"name": "f", "arguments": input.to_string()},
            })),
        }
    }
    for (field, text) in [("reasoning_content", thoughts), ("content", text)] {
        if !text.is_empty() {
            message[field] = text.into();
        }
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "g",
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 16},
    })
}

/// The completion as chats stream it, with the calls' pieces in the order that `picks` says.
fn chunks(completion: &Value, size: usize, picks: &[usize]) -> Vec<Value> {
    let chunk = |delta: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "g", "choices": [choice]})
    };
    let message = &completion["choices"][0]["message"];
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}))];
    for field in ["reasoning_content", "content"] {
        let text = message[field].as_str().unwrap_or_default();
        chunks.extend(pieces(text, size).iter().map(|piece| chunk(json!({field: piece}))));
    }
    let mut lanes: Vec<Vec<Value>> = Vec::new();
    for (index, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let head = json!({"index": index, "id": call["id"], "type": "function",
            "function": {"name": "f", "arguments": ""}});
        chunks.push(chunk(json!({"tool_calls": [head]})));
        let arguments = call["function"]["arguments"].as_str().unwrap();
        let piece = |piece: &String| json!({"index": index, "function": {"arguments": piece}});
        lanes.push(pieces(arguments, size).iter().map(piece).rev().collect());
    }
    let mut picks = picks.iter().cycle();
    while lanes.iter().any(|lane| !lane.is_empty()) {
        let pick = picks.next().unwrap() % lanes.len();
        chunks.extend(lanes[pick].pop().map(|piece| chunk(json!({"tool_calls": [piece]}))));
    }
    let mut last = chunk(json!({}));
    last["choices"][0]["finish_reason"] = completion["choices"][0]["finish_reason"].clone();
    chunks.push(last);
    let mut counted = chunk(json!({}));
    counted["choices"] = json!([]);
    counted["usage"] = completion["usage"].clone();
    chunks.push(counted);
    chunks
}

proptest! {
    /// L02, L06: stream equals batch, for blocks in any order.
    #[test]
    fn a_streamed_message_is_the_same_completion(
        said in prop::collection::vec(prop_oneof![
            word().prop_map(Said::Thought), word().prop_map(Said::Text), call(),
        ], 1..6),
        size in 1usize..7,
    ) {
        let whole = as_message(&said);
        let asked = asked();
        let events = translated(&CHAT_TO_MESSAGES, &asked, message_events(&whole, size));
        let Heard { answer, is_over } = completion(&events);
        let expected = (CHAT_TO_MESSAGES.answer)(whole, &asked).unwrap();
        prop_assert!(is_over);
        let (streamed, batch) = (&answer["choices"][0], &expected["choices"][0]);
        let text = |choice: &Value| choice["message"]["content"].as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(text(streamed), text(batch));
        for field in ["role", "refusal", "reasoning_content", "thinking_blocks", "tool_calls"] {
            prop_assert_eq!(&streamed["message"][field], &batch["message"][field], "{}", field);
        }
        for field in ["finish_reason", "stop_reason"] {
            prop_assert_eq!(&streamed[field], &batch[field]);
        }
        for field in ["id", "model", "created", "usage"] {
            prop_assert_eq!(&answer[field], &expected[field]);
        }
    }

    /// L02, L06: stream equals batch, for any order of the pieces of parallel tool calls.
    #[test]
    fn a_streamed_completion_is_the_same_message(
        said in prop::collection::vec(prop_oneof![
            word().prop_map(Said::Thought), word().prop_map(Said::Text), call(), call(),
        ], 1..6),
        size in 1usize..7,
        picks in prop::collection::vec(0usize..5, 1..20),
        // Some order that reaches every call.
        everyone in Just([0usize, 1, 2, 3, 4]),
    ) {
        let whole = as_completion(&said);
        let asked = asked();
        let picks: Vec<usize> = picks.into_iter().chain(everyone).collect();
        let events = translated(&MESSAGES_TO_CHAT, &asked, chunks(&whole, size, &picks));
        let Heard { answer, is_over } = message(&events);
        prop_assert!(is_over);
        prop_assert_eq!(answer, (MESSAGES_TO_CHAT.answer)(whole, &asked).unwrap());
    }
}

/// L03: a text is given on piece by piece.
#[test]
fn nothing_waits_but_a_call_that_another_one_overtakes() {
    let whole = as_completion(&[Said::Text("abc".into()), Said::Call(json!({"a": "b"}))]);
    let mut translate = (MESSAGES_TO_CHAT.events)(&asked());
    for chunk in chunks(&whole, 1, &[0]) {
        let said = ["/choices/0/delta/content", "/choices/0/delta/tool_calls/0/function/arguments"];
        let said = said.iter().find_map(|place| chunk.pointer(place)?.as_str()).unwrap_or_default().to_owned();
        let mut out = Vec::new();
        translate.event(chunk, &mut out);
        let shown: String = out
            .iter()
            .filter_map(|event| match event {
                OutEvent::Data { data, .. } => {
                    data["delta"]["text"].as_str().or_else(|| data["delta"]["partial_json"].as_str())
                }
                _ => None,
            })
            .collect();
        assert_eq!(shown, said);
    }
}

#[test]
fn a_stream_that_breaks_off_does_not_end_well() {
    let said = [Said::Text("abc".into()), Said::Call(json!({"a": "b"}))];
    let mut events = message_events(&as_message(&said), 2);
    events.truncate(events.len() - 2);
    assert!(!completion(&translated(&CHAT_TO_MESSAGES, &asked(), events)).is_over);
    let mut events = chunks(&as_completion(&said), 2, &[0]);
    events.truncate(events.len() - 2);
    assert!(!message(&translated(&MESSAGES_TO_CHAT, &asked(), events)).is_over);
}

#[test]
fn an_error_in_mid_stream_is_the_last_that_is_told() {
    let mut events = message_events(&as_message(&[Said::Text("abc".into())]), 1);
    events.insert(4, json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let heard = completion(&translated(&CHAT_TO_MESSAGES, &asked(), events));
    assert_eq!((&heard.answer["error"]["message"], heard.is_over), (&json!("Overloaded"), false));
    assert_eq!(heard.answer["error"]["code"], "overloaded_error");

    let mut events = chunks(&as_completion(&[Said::Text("abc".into())]), 1, &[0]);
    events.insert(2, json!({"error": {"message": "gone", "type": "server_error", "code": null}}));
    let heard = message(&translated(&MESSAGES_TO_CHAT, &asked(), events));
    assert_eq!(heard.answer["error"], json!({"type": "api_error", "message": "gone"}));
    assert!(!heard.is_over);
}

/// L06.
#[test]
fn usage_comes_only_when_it_was_asked_for_in_a_chat() {
    let events = message_events(&as_message(&[Said::Text("abc".into())]), 1);
    let plain = Asked::of(&json!({"model": "m", "stream": true}));
    let heard = completion(&translated(&CHAT_TO_MESSAGES, &plain, events));
    assert_eq!((heard.answer.get("usage"), heard.is_over), (None, true));
}

/// Azure tells first, without an id, what it thinks of the request.
#[test]
fn a_piece_that_only_tells_of_the_request_begins_no_answer() {
    let prelude = json!({"id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]});
    let said = json!({"id": "chatcmpl-1", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]});
    let events = translated(&MESSAGES_TO_CHAT, &asked(), vec![prelude, said]);
    assert_eq!(message(&events).answer["id"], "chatcmpl-1");
}

/// What is no message of Anthropic's is no reason to break down.
#[test]
fn a_message_that_is_none_is_passed_over() {
    for message in [json!("x"), json!([]), json!(1), json!(null)] {
        let events =
            translated(&CHAT_TO_MESSAGES, &asked(), vec![json!({"type": "message_start", "message": message})]);
        assert!(!completion(&events).is_over);
    }
}
