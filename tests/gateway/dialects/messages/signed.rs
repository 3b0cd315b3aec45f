//! What the provider has signed goes back to it as it was.

use serde_json::{Value, json};

use super::claude::{Claude, message_of};
use super::{EMAIL, NAME, ask, assert_hidden};
use crate::support::{Caller, Lane, Reply, shared};

/// The next turn, with `content` as what the assistant said.
fn next_turn(body: &Value, content: &Value) -> Value {
    let mut next = body.clone();
    let turns = next["messages"].as_array_mut().unwrap();
    turns.push(json!({"role": "assistant", "content": content}));
    turns.push(json!({"role": "user", "content": "And then?"}));
    next
}

async fn first_turn(caller: &Caller, lane: &Lane, stream: bool) -> (Value, Value) {
    let mut body = ask(lane, &format!("Write to {NAME} at {EMAIL}."));
    body["stream"] = json!(stream);
    let message = message_of(&caller.post("/v1/messages", &body).await);
    let thought = message["content"][0]["thinking"].as_str().unwrap();
    assert!(thought.contains(NAME) && thought.contains(EMAIL), "the caller reads the values: {thought}");
    (body, message["content"].clone())
}

fn thoughts(body: &Value) -> Vec<&Value> {
    body["messages"][1]["content"].as_array().unwrap().iter().take(2).collect()
}

/// L07: the caller reads the values in what was thought, and the provider gets it
/// back byte for byte.
#[tokio::test]
async fn thinking_goes_back_byte_for_byte() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for (piece, stream) in [(0, false), (1, true), (17, true)] {
        let lane = cordon.claude(Claude { thinks: true, piece, ..Claude::default() }.script());
        let (body, content) = first_turn(&caller, &lane, stream).await;
        assert!(!content.to_string().contains("/+=="), "the signature itself is of no use to the caller: {content}");
        message_of(&caller.post("/v1/messages", &next_turn(&body, &content)).await);
        assert_hidden(&lane);
        let bodies = lane.bodies();
        let said = bodies[0]["messages"][0]["content"].as_str().unwrap();
        let [thinking, redacted] = thoughts(&bodies[1])[..] else { panic!("{}", bodies[1]) };
        // That they are what was signed, the provider has checked.
        assert_eq!(thinking["thinking"], format!("They say: {said}"));
        assert_eq!(redacted, &json!({"type": "redacted_thinking", "data": super::claude::REDACTED}));
    }
}

/// L07: a caller's own changes to what it reads are not what goes back.
#[tokio::test]
async fn what_the_caller_changes_beside_the_seal_does_not_go_out() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.claude(Claude { thinks: true, ..Claude::default() }.script());
    let (body, mut content) = first_turn(&caller, &lane, false).await;
    content[0]["thinking"] = json!("I thought of Zebediah Okonkwo.");
    message_of(&caller.post("/v1/messages", &next_turn(&body, &content)).await);
    assert!(!lane.requests()[1].text().contains("Okonkwo"));
}

/// L07, L23: a seal that was altered, or is another tenant's, is no way around: the
/// block is text, and the provider says what it thinks of it.
#[tokio::test]
async fn a_seal_that_does_not_open_lets_nothing_through() {
    let cordon = shared().await;
    let (caller, other) = (cordon.caller("default").await, cordon.caller("default").await);
    let lane = cordon.claude(Claude { thinks: true, ..Claude::default() }.script());
    let (body, content) = first_turn(&caller, &lane, false).await;
    let mut altered = content.clone();
    let seal = altered[0]["signature"].as_str().unwrap().to_owned();
    altered[0]["signature"] = json!(format!("{}A", &seal[..seal.len() - 1]));
    if altered == content {
        altered[0]["signature"] = json!(format!("{}B", &seal[..seal.len() - 1]));
    }
    let mut foreign = content.clone();
    foreign[0]["signature"] = json!("EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxB");
    for (sender, content) in [(&caller, &altered), (&other, &content), (&caller, &foreign)] {
        let reply = sender.post("/v1/messages", &next_turn(&body, content)).await;
        assert_eq!((reply.status, &reply.json()["error"]["type"]), (400, &json!("invalid_request_error")));
        assert!(reply.text().contains("cannot be modified"), "{}", reply.text());
    }
    assert_hidden(&lane);
}

/// L07: where a chat is answered by Anthropic's API, what was signed stands in
/// `thinking_blocks`.
#[tokio::test]
async fn a_chat_sends_thinking_blocks_back_byte_for_byte() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for (piece, stream) in [(0, false), (3, true)] {
        let lane = cordon.claude(Claude { thinks: true, piece, ..Claude::default() }.script());
        let user = json!({"role": "user", "content": format!("Write to {NAME} at {EMAIL}.")});
        let body = json!({"model": lane.model(), "stream": stream, "messages": [user]});
        let reply = caller.chat(&body).await;
        assert_eq!(reply.content(), format!("You say: Write to {NAME} at {EMAIL}."));
        let blocks = thinking_blocks(&reply);
        assert_eq!(blocks.len(), 2, "{}", reply.text());
        assert!(blocks[0]["thinking"].as_str().unwrap().contains(NAME), "{}", blocks[0]);
        let said = json!({"role": "assistant", "content": reply.content(), "thinking_blocks": blocks});
        let next = json!({"model": lane.model(), "messages": [user, said, {"role": "user", "content": "And then?"}]});
        let reply = caller.chat(&next).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_hidden(&lane);
        assert_eq!(thoughts(&lane.bodies()[1])[1]["data"], super::claude::REDACTED);
    }
}

/// L07: and in the reasoning item of responses.
#[tokio::test]
async fn responses_send_reasoning_items_back_byte_for_byte() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for (piece, stream) in [(0, false), (3, true)] {
        let lane = cordon.claude(Claude { thinks: true, calls: true, piece }.script());
        let user = json!({"role": "user", "content": format!("Write to {NAME} at {EMAIL}.")});
        let tool = json!({"type": "function", "name": "note", "parameters": {"type": "object"}});
        let body = json!({"model": lane.model(), "stream": stream, "store": false, "tools": [tool],
                          "include": ["reasoning.encrypted_content"], "input": [user]});
        let reply = caller.post("/v1/responses", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let response = if stream { reply.events().pop().unwrap()["response"].take() } else { reply.json() };
        let [reasoning, call] = response["output"].as_array().unwrap().as_slice() else { panic!("{response}") };
        assert!(reasoning["content"][0]["text"].as_str().unwrap().contains(NAME), "{reasoning}");
        assert!(call["arguments"].as_str().unwrap().contains(EMAIL), "{call}");
        let output = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "noted"});
        let mut next = body.clone();
        next["input"] = json!([user, reasoning, call, output]);
        next["stream"] = json!(false);
        let reply = caller.post("/v1/responses", &next).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_hidden(&lane);
        assert_eq!(thoughts(&lane.bodies()[1])[1]["data"], super::claude::REDACTED);
    }
}

fn thinking_blocks(reply: &Reply) -> Vec<Value> {
    let streamed = reply.header("content-type").unwrap().starts_with("text/event-stream");
    let (documents, part) = if streamed { (reply.events(), "delta") } else { (vec![reply.json()], "message") };
    let choices = documents.iter().flat_map(|document| document["choices"].as_array().unwrap());
    choices.flat_map(|choice| choice[part]["thinking_blocks"].as_array().cloned().unwrap_or_default()).collect()
}
