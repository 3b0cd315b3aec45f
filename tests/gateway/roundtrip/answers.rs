//! Answers: choices, tool calls, structured output, and everything beside them.

use serde_json::{Value, json};

use super::{token_in, user};
use crate::support::{Answer, Choice, Echo, Then, shared, texts_of};

/// Terms of the policy `terms`: what has to be escaped in JSON.
const AWKWARD: &str = r#"Blue "Harbour" \ Falcon"#;
const EMAIL: &str = "maria.gonzalez@example.com";

/// How streams are cut: length of a piece in bytes, 0 for one that is not
/// streamed, and of a delta in characters.
const CUTS: [(usize, usize); 5] = [(0, 0), (1, 3), (3, 1), (17, 7), (4096, 64)];

async fn choices_of(echo: Echo, more: Value) -> Vec<(usize, Vec<Choice>)> {
    let cordon = shared().await;
    let caller = cordon.caller("terms").await;
    let text = format!("The project {AWKWARD} belongs to {EMAIL}.");
    let mut answers = Vec::new();
    for (piece, delta) in CUTS {
        let lane = cordon.lane(Echo { piece, delta, ..echo }.script());
        let mut body = json!({"model": lane.model(), "messages": [user(&text)], "stream": piece > 0});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = caller.chat(&body).await;
        assert!(!lane.requests()[0].text().contains("Harbour"), "{}", lane.requests()[0].text());
        assert_eq!(reply.is_done(), piece > 0);
        answers.push((piece, reply.choices()));
    }
    answers
}

/// L01, L02, L06: two choices whose deltas are interleaved keep apart, and each
/// is restored, for every way of cutting.
#[tokio::test]
async fn interleaved_choices_are_restored_each_for_itself() {
    for (piece, choices) in choices_of(Echo { choices: 2, ..Echo::default() }, json!({"n": 2})).await {
        assert_eq!(choices.len(), 2, "cut {piece}");
        for (index, choice) in choices.iter().enumerate() {
            assert!(choice.content.starts_with(&format!("choice {index}: ")), "cut {piece}: {choice:?}");
            assert!(choice.content.contains(AWKWARD) && choice.content.contains(EMAIL), "cut {piece}: {choice:?}");
            assert_eq!(choice.finish_reason.as_deref(), Some("stop"), "cut {piece}");
        }
    }
}

/// L04, L05: the arguments of parallel tool calls are JSON and hold the values,
/// quotes and backslashes included.
#[tokio::test]
async fn parallel_tool_calls_get_their_values_as_json() {
    for (piece, choices) in choices_of(Echo { choices: 2, tool_calls: 3, ..Echo::default() }, json!({"n": 2})).await {
        for choice in choices {
            assert_eq!(choice.arguments.len(), 3, "cut {piece}");
            assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"), "cut {piece}");
            for (index, document) in choice.arguments.iter().enumerate() {
                let document: Value =
                    serde_json::from_str(document).unwrap_or_else(|error| panic!("{error}: {document}"));
                assert_eq!(document["call"], index, "cut {piece}");
                let texts = texts_of(&document).join("\n");
                assert!(texts.contains(AWKWARD) && texts.contains(EMAIL), "cut {piece}: {document}");
            }
        }
    }
}

/// L05: structured output stays JSON when values with quotes, backslashes and
/// newlines come back.
#[tokio::test]
async fn structured_output_stays_json() {
    let format = json!({"type": "json_schema", "json_schema": {"name": "note", "schema": {"type": "object"}}});
    for (piece, choices) in choices_of(Echo { json: true, ..Echo::default() }, json!({"response_format": format})).await
    {
        let content = &choices[0].content;
        let document: Value = serde_json::from_str(content).unwrap_or_else(|error| panic!("{error}: {content}"));
        let texts = texts_of(&document).join("\n");
        assert!(texts.contains(AWKWARD) && texts.contains(EMAIL), "cut {piece}: {document}");
    }
}

/// L05: a private key's line ends are escaped where JSON asks for it.
#[tokio::test]
async fn a_value_of_several_lines_is_escaped_in_arguments() {
    let key =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0B".repeat(2));
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for piece in [0, 3] {
        let lane = cordon.lane(Echo { tool_calls: 1, piece, ..Echo::default() }.script());
        let messages = json!([user(&format!("Why is this refused?\n{key}"))]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": piece > 0})).await;
        assert!(!lane.requests()[0].text().contains("MIIEvQ"), "{}", lane.requests()[0].text());
        let choice = &reply.choices()[0];
        assert!(choice.content.contains(&key), "{choice:?}");
        let arguments: Value = serde_json::from_str(&choice.arguments[0]).unwrap();
        assert!(texts_of(&arguments).join("\n").contains(&key), "{arguments}");
    }
}

/// L06: usage, the chunk that has it and no choice, and the end are kept.
#[tokio::test]
async fn usage_and_the_last_chunk_are_kept() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo { piece: 3, ..Echo::default() }.script());
    let mut body = json!({"model": lane.model(), "messages": [user(&format!("Write to {EMAIL}."))]});
    let whole = caller.chat(&body).await.json();
    assert_eq!(whole["usage"], json!({"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}));
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let reply = caller.chat(&body).await;
    let events = reply.events();
    assert_eq!(events.last().unwrap()["usage"], whole["usage"]);
    assert_eq!(events.last().unwrap()["choices"], json!([]));
    assert!(reply.is_done());
    assert!(events.iter().all(|event| event["id"] == "chatcmpl-echo" && event["system_fingerprint"] == "fp_echo"));
    assert_eq!(lane.bodies()[1]["stream_options"], json!({"include_usage": true}));
}

/// Fields of an answer that nobody thought of, and the spelling of its numbers,
/// come through unharmed, also beside a restored value.
#[tokio::test]
async fn unknown_fields_of_an_answer_come_through_unharmed() {
    const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m-2025","choices":[{"index":0,"message":{"role":"assistant","content":"Gladly.","refusal":null,"annotations":[],"x_parts":[{"weight":1.50,"big":12345678901234567890123,"ok":true}]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0}},"service_tier":"default","x_unknown":{"é":[null,-0.0,1e-7]}}"#;
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|_| Answer::json(200, ANSWER));
    let reply = caller.chat(&json!({"model": lane.model(), "messages": [user(&format!("Write to {EMAIL}."))]})).await;
    assert_eq!(reply.text(), ANSWER);
}

/// Events that hold nothing to restore pass byte for byte: keep-alive comments,
/// event names, line ends, number formats, unknown fields and kinds of events.
#[tokio::test]
async fn events_without_a_token_pass_byte_for_byte() {
    const STREAM: &str = concat!(
        ": keep-alive\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"p\":1.50}]}\n\n",
        "event: note\nid: 7\ndata: {\"kind\" : \"unheard of\", \"n\": 12345678901234567890123}\n\n",
        ": keep-alive\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Gladly \\u00e9\"},\"finish_reason\":null}]}\r\n\r\n",
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"x\":{\"y\":[]}}\n\n",
        "data: [DONE]\n\n",
    );
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for piece in [1, 17, 0] {
        let lane = cordon.lane(move |_| Answer::events(STREAM.as_bytes(), piece, Then::End));
        let messages = json!([user(&format!("Write to {EMAIL}."))]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": true})).await;
        assert_eq!(reply.text(), STREAM, "cut {piece}");
    }
}

/// L06: what was held back, because it might have become a token, is shown when
/// the stream ends, whatever ends it, and before that end.
#[tokio::test]
async fn what_was_held_back_is_shown_when_the_stream_ends() {
    const TEXT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"To {} and [EMAIL_\"}}]}\n\n";
    const FINISH: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const LAST: &str =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ADD\"},\"finish_reason\":\"length\"}]}\n\n";
    const DONE: &str = "data: [DONE]\n\n";
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for (ends, held) in [(&[FINISH, DONE][..], "[EMAIL_"), (&[LAST], "[EMAIL_ADD"), (&[DONE], "[EMAIL_")] {
        let lane = cordon.lane(move |request| {
            let token = token_in(&request.text(), "EMAIL_ADDRESS");
            Answer::events(format!("{}{}", TEXT.replace("{}", &token), ends.concat()).as_bytes(), 3, Then::End)
        });
        let messages = json!([user(&format!("Write to {EMAIL}."))]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": true})).await;
        assert_eq!(reply.content(), format!("To {EMAIL} and {held}"));
        assert_eq!(reply.is_done(), ends.contains(&DONE));
        let contents =
            reply.events().iter().map(|event| event["choices"][0]["delta"]["content"].is_string()).collect::<Vec<_>>();
        assert_eq!(contents.last(), Some(&(ends != [FINISH, DONE])), "text after the end: {}", reply.text());
    }
}

/// L01: fields of a delta that nobody thought of, such as a provider's own name
/// for reasoning, are restored over their deltas too, each for itself.
#[tokio::test]
async fn unknown_fields_of_deltas_are_restored() {
    // `<` and `>` stand for the halves of the token.
    const STREAM: &str = concat!(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"think of <\",\"content\":\"say <\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"> well\",\"content\":\"> now\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(move |request| {
        let token = token_in(&request.text(), "EMAIL_ADDRESS");
        let (head, tail) = token.split_at(8);
        Answer::events(STREAM.replace('<', head).replace('>', tail).as_bytes(), 17, Then::End)
    });
    let messages = json!([user(&format!("Write to {EMAIL}."))]);
    let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": true})).await;
    assert_eq!(reply.content(), format!("say {EMAIL} now"));
    let reasoning =
        |event: &Value| event["choices"][0]["delta"]["reasoning_content"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reply.events().iter().map(reasoning).collect::<String>(), format!("think of {EMAIL} well"));
}
