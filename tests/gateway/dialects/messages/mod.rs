//! `POST /v1/messages`, and how long a message would be.

mod claude;
mod doors;
mod signed;
mod translated;

use serde_json::{Value, json};

use crate::support::{Echo, Lane, shared, sinks};
use claude::{Claude, message_of};

const NAME: &str = "Maria Gonzalez";
const EMAIL: &str = "maria.gonzalez@example.com";
const IBAN: &str = "DE89 3704 0044 0532 0130 00";

/// Lengths of a stream's pieces; the first is not streamed.
const CUTS: [usize; 4] = [0, 1, 17, 4096];

/// A request of the user's with this text.
fn ask(lane: &Lane, text: &str) -> Value {
    json!({"model": lane.model(), "max_tokens": 100, "messages": [{"role": "user", "content": text}]})
}

/// Nothing of what was planted reached the provider of `lane`.
#[track_caller]
fn assert_hidden(lane: &Lane) {
    for request in lane.requests() {
        let sent = sinks::upstream(&request);
        for value in ["Gonzalez", EMAIL, "0532 0130"] {
            assert!(!sent.contains(value), "{value} in {sent}");
        }
    }
}

/// L01, L02, L13: values are hidden wherever they stand, and the answer holds them
/// again, streamed or not, cut in whatever way.
#[tokio::test]
async fn a_message_comes_back_whole() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for piece in CUTS {
        let lane = cordon.claude(Claude { piece, ..Claude::default() }.script());
        let mut body = ask(&lane, &format!("Write to {NAME} at {EMAIL}."));
        body["system"] = json!([{"type": "text", "text": format!("You work for {NAME}."),
                                 "cache_control": {"type": "ephemeral"}}]);
        body["metadata"] = json!({"user_id": EMAIL});
        body["stop_sequences"] = json!([NAME]);
        body["tools"] = json!([{"name": "pay", "description": format!("Pays from {IBAN}."),
                                "input_schema": {"type": "object", "properties": {"to": {"const": EMAIL}}}}]);
        body["stream"] = json!(piece > 0);
        let reply = caller.post("/v1/messages?beta=true", &body).await;
        let message = message_of(&reply);
        assert_eq!(message["content"][0]["text"], format!("You say: Write to {NAME} at {EMAIL}."), "cut {piece}");
        assert_eq!((&message["stop_reason"], &message["usage"]["output_tokens"]), (&json!("end_turn"), &json!(7)));
        assert!(reply.header("x-cordon-entities").unwrap().contains("PERSON="));
        assert_hidden(&lane);
        let request = lane.requests().remove(0);
        assert!(request.uri.ends_with("/v1/messages"), "{}", request.uri);
        assert!(request.headers.iter().any(|(name, value)| name == "anthropic-version" && value == "2023-06-01"));
        let sent = request.json();
        assert_eq!((&sent["max_tokens"], &sent["tools"][0]["name"]), (&json!(100), &json!("pay")));
        // The note on tokens comes behind what the caller may have cached.
        assert_eq!(sent["system"][0]["cache_control"], json!({"type": "ephemeral"}));
        assert!(sent["system"][1]["text"].as_str().unwrap().contains("square brackets"), "{sent}");
    }
}

/// L04, L13, L22: a tool is called with the values, its result is hidden, and what
/// was said before goes out as it did.
#[tokio::test]
async fn a_tool_gets_the_values_and_its_result_is_hidden() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for piece in CUTS {
        let lane = cordon.claude(Claude { calls: true, piece, ..Claude::default() }.script());
        let said = format!("Note the address \"{EMAIL}\" of {NAME}.");
        let mut body = ask(&lane, &said);
        body["stream"] = json!(piece > 0);
        body["tools"] = json!([{"name": "note", "input_schema": {"type": "object"}}]);
        let message = message_of(&caller.post("/v1/messages", &body).await);
        let input = json!({"note": said, "copies": 2, "nested": {"list": [said]}});
        assert_eq!((&message["content"][0]["input"], &message["stop_reason"]), (&input, &json!("tool_use")));
        let results =
            [json!(format!("paid from {IBAN}")), json!([{"type": "text", "text": format!("{{\"by\": \"{NAME}\"}}")}])];
        for result in results {
            let mut next = body.clone();
            let turns = next["messages"].as_array_mut().unwrap();
            turns.push(json!({"role": "assistant", "content": message["content"]}));
            let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": result});
            turns.push(json!({"role": "user", "content": [result]}));
            let message = message_of(&caller.post("/v1/messages", &next).await);
            let text = message["content"][0]["text"].as_str().unwrap();
            assert!(text.contains(IBAN) || text.contains(NAME), "{text}");
        }
        assert_hidden(&lane);
        let bodies = lane.bodies();
        assert_eq!(bodies[1]["messages"][0], bodies[0]["messages"][0]);
        assert_eq!(bodies[1]["messages"][1]["content"][0]["input"]["copies"], 2);
    }
}

/// L22: a mark of what is to be cached moves on from turn to turn, and a client may
/// write a text as a block to set it: the tokens stay.
#[tokio::test]
async fn tokens_do_not_change_with_the_marks_of_the_cache() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.claude(Claude::default().script());
    let said = format!("Write to {EMAIL}.");
    let block = json!({"type": "text", "text": said});
    let mut marked = block.clone();
    marked["cache_control"] = json!({"type": "ephemeral", "ttl": "1h"});
    for content in [json!(said), json!([block]), json!([marked])] {
        let mut body = ask(&lane, "");
        body["messages"][0]["content"] = content;
        message_of(&caller.post("/v1/messages", &body).await);
    }
    let bodies = lane.bodies();
    let sent: Vec<&Value> = vec![
        &bodies[0]["messages"][0]["content"],
        &bodies[1]["messages"][0]["content"][0]["text"],
        &bodies[2]["messages"][0]["content"][0]["text"],
    ];
    assert!(sent[0].as_str().unwrap().contains("[EMAIL_ADDRESS_"), "{sent:?}");
    assert_eq!((sent[0], sent[1]), (sent[1], sent[2]));
}

/// The local model's draft goes behind what the user said last, without values.
#[tokio::test]
async fn a_draft_goes_along_behind_what_was_said_last() {
    let cordon = shared().await;
    let caller = cordon.caller("draft").await;
    let lane = cordon.claude(Claude { piece: 3, ..Claude::default() }.script());
    let said = format!("Please write to {EMAIL} today. Which address was that?");
    let mut body = ask(&lane, &said);
    body["stream"] = json!(true);
    let message = message_of(&caller.post("/v1/messages", &body).await);
    assert!(message["content"][0]["text"].as_str().unwrap().contains(&said), "{message}");
    let sent = lane.only_body();
    let [own, draft] = sent["messages"][0]["content"].as_array().unwrap().as_slice() else { panic!("{sent}") };
    assert!(own["text"].as_str().unwrap().starts_with("Please write to [EMAIL_ADDRESS_"), "{own}");
    assert!(draft["text"].as_str().unwrap().starts_with("A smaller model drafted"), "{draft}");
    assert_hidden(&lane);
}

/// A value that must stay inside is answered by the local model, in this API too.
#[tokio::test]
async fn what_must_stay_is_answered_inside() {
    let cordon = shared().await;
    let caller = cordon.caller("local").await;
    let lane = cordon.claude(Claude::default().script());
    for stream in [false, true] {
        let mut body = ask(&lane, "Is 4111 1111 1111 1111 a card number? Say yes or no.");
        (body["stream"], body["max_tokens"]) = (json!(stream), json!(8));
        let message = message_of(&caller.post("/v1/messages", &body).await);
        assert!(!message["content"][0]["text"].as_str().unwrap().is_empty(), "{message}");
    }
    let inside = cordon.caller("inside").await;
    for (caller, text) in [(caller, "4111 1111 1111 1111"), (inside, "Hello")] {
        let reply = caller.post("/v1/messages/count_tokens", &ask(&lane, text)).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (503, "no_allowed_target"));
    }
    assert!(lane.requests().is_empty());
}

/// How long a message would be is asked of its provider alone, without the values.
#[tokio::test]
async fn tokens_are_counted_of_what_would_be_sent() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.claude(Claude::default().script());
    let mut body = ask(&lane, &format!("Write to {NAME} at {EMAIL}."));
    body.as_object_mut().unwrap().remove("max_tokens");
    let reply = caller.post("/v1/messages/count_tokens", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["input_tokens"].as_u64().unwrap() > 20, "{}", reply.text());
    assert_hidden(&lane);
    assert!(lane.requests()[0].uri.ends_with("/v1/messages/count_tokens"));
    message_of(&caller.post("/v1/messages", &ask(&lane, &format!("Write to {NAME} at {EMAIL}."))).await);
    let bodies = lane.bodies();
    assert_eq!((&bodies[0]["system"], &bodies[0]["messages"]), (&bodies[1]["system"], &bodies[1]["messages"]));

    let other = cordon.lane(Echo::default().script());
    body["model"] = json!(other.model());
    let reply = caller.post("/v1/messages/count_tokens", &body).await;
    assert_eq!((reply.status, &reply.json()["error"]["type"]), (400, &json!("invalid_request_error")));
    assert!(other.requests().is_empty());
}
