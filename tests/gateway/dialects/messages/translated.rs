//! Messages put to providers of OpenAI's API, and OpenAI's requests to Anthropic's.

use serde_json::{Value, json};

use super::claude::{Claude, message_of};
use super::{EMAIL, NAME, ask, assert_hidden};
use crate::support::{Answer, Echo, shared};

/// L01, L04: a message is answered by a provider of chat completions, tools
/// included.
#[tokio::test]
async fn a_message_is_answered_by_a_provider_of_chats() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for piece in [0, 3, 160] {
        let lane = cordon.lane(Echo { tool_calls: 2, piece, ..Echo::default() }.script());
        let mut body = ask(&lane, &format!("Write to {NAME} at {EMAIL}."));
        body["system"] = json!(format!("You work for {NAME}."));
        body["tools"] = json!([{"name": "echo", "input_schema": {"type": "object"}}]);
        body["stream"] = json!(piece > 0);
        let message = message_of(&caller.post("/v1/messages", &body).await);
        let [text, one, two] = message["content"].as_array().unwrap().as_slice() else { panic!("{message}") };
        assert!(text["text"].as_str().unwrap().contains(EMAIL), "{text}");
        for (index, call) in [one, two].into_iter().enumerate() {
            assert_eq!((&call["type"], &call["input"]["call"]), (&json!("tool_use"), &json!(index)), "{call}");
            assert!(call["input"].to_string().contains(NAME), "{call}");
        }
        assert_eq!(message["stop_reason"], "tool_use");
        assert_eq!(message["usage"]["input_tokens"], 11, "{message}");
        assert_hidden(&lane);
        let request = lane.requests().remove(0);
        assert!(request.uri.ends_with("/chat/completions"), "{}", request.uri);
    }
}

#[tokio::test]
async fn an_error_of_a_provider_of_chats_comes_in_anthropics_shape() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let said = request.json()["messages"].to_string();
        Answer::json(429, json!({"error": {"message": said, "type": "requests", "code": null}}).to_string())
    });
    let reply = caller.post("/v1/messages", &ask(&lane, EMAIL)).await;
    let error = reply.json();
    assert_eq!((reply.status, &error["error"]["type"]), (429, &json!("rate_limit_error")));
    assert!(error["error"]["message"].as_str().unwrap().contains(EMAIL), "{error}");
}

/// L01, L04: a chat is answered by a provider of messages, tools included.
#[tokio::test]
async fn a_chat_is_answered_by_a_provider_of_messages() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let said = format!("Note {NAME} at {EMAIL}.");
    for piece in [0, 3, 160] {
        let lane = cordon.claude(Claude { calls: true, piece, ..Claude::default() }.script());
        let body = json!({
            "model": lane.model(), "stream": piece > 0, "messages": [{"role": "user", "content": said}],
            "tools": [{"type": "function", "function": {"name": "note", "parameters": {"type": "object"}}}],
        });
        let reply = caller.chat(&body).await;
        let choice = reply.choices().remove(0);
        let arguments: Value = serde_json::from_str(&choice.arguments[0]).unwrap();
        assert_eq!(arguments, json!({"note": said, "copies": 2, "nested": {"list": [said]}}));
        assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"));
        assert_eq!(reply.is_done(), piece > 0);
        assert_hidden(&lane);
        assert!(lane.requests()[0].uri.ends_with("/v1/messages"));
        assert!(lane.only_body()["system"].to_string().contains("square brackets"));
    }
}

/// L14: the other APIs of OpenAI's reach it by the same way.
#[tokio::test]
async fn responses_and_completions_are_answered_by_a_provider_of_messages() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let said = format!("Write to {NAME} at {EMAIL}.");
    for stream in [false, true] {
        let lane = cordon.claude(Claude { thinks: true, piece: 7, ..Claude::default() }.script());
        let body = json!({"model": lane.model(), "stream": stream, "prompt": said});
        let reply = caller.post("/v1/completions", &body).await;
        let documents = if stream { reply.events() } else { vec![reply.json()] };
        let text: String = documents.iter().filter_map(|it| it["choices"][0]["text"].as_str()).collect();
        assert_eq!(text, format!("You say: {said}"), "{}", reply.text());
        let body = json!({"model": lane.model(), "stream": stream, "store": false, "input": said});
        let reply = caller.post("/v1/responses", &body).await;
        let response = if stream { reply.events().pop().unwrap()["response"].take() } else { reply.json() };
        let output = response["output"].as_array().unwrap();
        assert_eq!(output.last().unwrap()["content"][0]["text"], format!("You say: {said}"), "{}", reply.text());
        assert_hidden(&lane);
    }
}
