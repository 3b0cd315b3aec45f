//! Streams that do not end as they should.

use serde_json::{Value, json};

use super::story::{assert_verifies, ended_stories, story_of};
use super::{EMAIL, ask_as, assert_shape};
use crate::support::{Answer, Cordon, Options, Recorded, Reply, Then, shared};

/// The deltas of one choice whose text is what the user said, and half of its
/// last word again.
fn deltas(request: &Recorded) -> String {
    let said = request.json()["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    let token = said.split_whitespace().last().unwrap();
    let half = &token[..token.len() / 2];
    let pieces = [said.as_str(), " ", half];
    pieces.map(|piece| event(&json!({"choices": [{"index": 0, "delta": {"content": piece}}]}))).concat()
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// The text of the deltas and the last event of a stream.
fn told(reply: &Reply) -> (String, Value) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut events = reply.events();
    let last = events.pop().unwrap();
    let text = |event: &Value| event["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned();
    (events.iter().map(text).collect(), last)
}

/// A stream that breaks off shows what had come, held back or not, and then
/// says in an event of its own that it is not whole.
#[tokio::test]
async fn a_stream_that_breaks_off_says_so_in_an_event() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let whole = deltas(request);
        let cut = request.json()["cut"].as_str().unwrap().to_owned();
        let (body, then) = match cut.as_str() {
            "break" => (whole, Then::BreakOff),
            "end" => (whole, Then::End),
            "break in an event" => (format!("{whole}data: {{\"choices\": [{{\"index\": 0, \"del"), Then::BreakOff),
            "end in an event" => (format!("{whole}data: {{\"choices\": [{{\"index\": 0, \"del"), Then::End),
            "end in a field" => (format!("{whole}dat"), Then::End),
            _ => panic!("no case {cut}"),
        };
        Answer::events(body.as_bytes(), 3, then)
    });
    for cut in ["break", "end", "break in an event", "end in an event", "end in a field"] {
        let mut body = ask_as(lane.model(), &format!("Write to {EMAIL}"), true);
        body["cut"] = cut.into();
        let reply = caller.chat(&body).await;
        let (text, error) = told(&reply);
        assert_shape(&error, "upstream_error");
        assert!(!reply.is_done());
        // Half a token stays as it is: nobody minted it.
        assert!(text.starts_with(&format!("Write to {EMAIL} [EMAIL_")), "{cut}: {}", reply.text());
        assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_error 200"]);
    }
    assert_verifies(cordon).await;
}

/// A provider's own error event comes through and ends the request.
#[tokio::test]
async fn an_error_in_the_stream_is_passed_on_and_recorded() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let error =
        json!({"error": {"message": "The server had an error", "type": "server_error", "param": null, "code": "x"}});
    let sent = error.clone();
    let lane = cordon.lane(move |request| Answer::events((deltas(request) + &event(&sent)).as_bytes(), 0, Then::End));
    let reply = caller.chat(&ask_as(lane.model(), &format!("Write to {EMAIL}"), true)).await;
    assert_eq!(told(&reply).1, error);
    assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_error 200"]);
}

/// L55 on the other side: an event that never ends is given up, and so is an
/// answer without an end.
#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    const ENDLESS: usize = 20 << 20;
    let provider = "response_size_max_bytes = 33554432\n".to_owned();
    let cordon = Cordon::start(Options { provider, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let body = match request.json()["case"].as_str().unwrap() {
            "event" => format!("{}data: {}", deltas(request), "x".repeat(ENDLESS)),
            "events" => deltas(request) + &event(&json!({"choices": [], "x": "y".repeat(1 << 20)})).repeat(40),
            _ => " ".repeat(40 << 20),
        };
        Answer::events(body.as_bytes(), 1 << 20, Then::Stall)
    });
    for case in ["event", "events"] {
        let mut body = ask_as(lane.model(), &format!("Write to {EMAIL}"), true);
        body["case"] = case.into();
        let (text, error) = told(&caller.chat(&body).await);
        assert_shape(&error, "upstream_error");
        assert!(text.starts_with(&format!("Write to {EMAIL} ")), "{case}: {}", text.len());
    }
    let mut body = ask_as(lane.model(), EMAIL, false);
    body["case"] = "whole".into();
    super::assert_error(&caller.chat(&body).await, 502, "upstream_error");
    let told = ended_stories(&cordon, &caller.tenant).await;
    assert_eq!(told.len(), 3);
    assert!(told.values().all(|story| story[1].starts_with("failed upstream_error")), "{told:?}");
}
