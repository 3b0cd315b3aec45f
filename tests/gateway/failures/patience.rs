//! Whoever is waited for does not come.

use tokio::sync::OnceCell;

use super::story::{assert_verifies, story_of};
use super::wire::Wire;
use super::{EMAIL, ask, ask_as, assert_error, assert_shape};
use crate::support::{Answer, Cordon, Echo, Options, Then};

/// Waits for nothing longer than it must.
async fn impatient() -> &'static Cordon {
    static IMPATIENT: OnceCell<Cordon> = OnceCell::const_new();
    let options = || Options {
        config: "[server]\nbody_timeout_ms = 2000\nheader_timeout_ms = 2000\n".into(),
        provider: "first_byte_timeout_ms = 2000\nidle_timeout_ms = 2000\n".into(),
        ..Options::default()
    };
    IMPATIENT.get_or_init(|| Cordon::start(options())).await
}

#[tokio::test]
async fn a_provider_that_does_not_begin_is_a_504_and_is_not_asked_again() {
    let cordon = impatient().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|_| Answer::stall());
    for (asked, stream) in [false, true].into_iter().enumerate() {
        let reply = caller.chat(&ask_as(lane.model(), EMAIL, stream)).await;
        assert_error(&reply, 504, "upstream_timeout");
        assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_timeout 504"]);
        assert_eq!(lane.requests().len(), asked + 1);
    }
    assert_verifies(cordon).await;
}

#[tokio::test]
async fn a_provider_that_stalls_in_mid_stream_ends_it_with_an_error_event() {
    let cordon = impatient().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let said = request.json()["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
        // Without the end of its token, so that something is held back.
        let content = &said[..said.rfind(']').unwrap()];
        let delta = format!(r#"data: {{"choices": [{{"index": 0, "delta": {{"content": {content}"}}}}]}}"#);
        Answer::events(format!("{delta}\n\n").as_bytes(), 0, Then::Stall)
    });
    let reply = caller.chat(&ask_as(lane.model(), &format!("Write to {EMAIL}"), true)).await;
    assert_eq!(reply.status, 200);
    let events = reply.events();
    assert_shape(events.last().unwrap(), "upstream_timeout");
    assert!(reply.text().contains("Write to ") && !reply.is_done(), "{}", reply.text());
    let shown: String = events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert!(shown.starts_with("Write to ") && shown.len() > "Write to ".len(), "{shown}");
    assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_timeout 200"]);

    let reply = caller.chat(&ask_as(lane.model(), &format!("Write to {EMAIL}"), false)).await;
    assert_error(&reply, 504, "upstream_timeout");
    assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_timeout 504"]);
}

/// L55: a body, or headers, that stop arriving hold nothing for long.
#[tokio::test]
async fn a_request_that_stops_arriving_is_given_up() {
    let cordon = impatient().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), EMAIL).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: cordon\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\n",
        caller.key
    );
    let framings = [format!("content-length: {}\r\n", body.len() + 10), "transfer-encoding: chunked\r\n".into()];
    for framing in framings {
        let mut wire = Wire::open(cordon.address());
        let first = if framing.starts_with('t') { format!("{:x}\r\n{body}\r\n", body.len()) } else { body.clone() };
        wire.send(format!("{head}{framing}\r\n{first}"));
        assert_error(&wire.reply().unwrap(), 408, "request_timeout");
    }
    let mut wire = Wire::open(cordon.address());
    wire.send(&head);
    assert!(wire.reply().is_none_or(|reply| reply.status == 408));
    assert!(lane.requests().is_empty());
}

/// A client that sends a byte now and then is slow, not quick.
#[tokio::test]
async fn a_body_that_drips_is_given_up_too() {
    let cordon = impatient().await;
    let caller = cordon.caller("default").await;
    let mut wire = Wire::open(cordon.address());
    wire.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: cordon\r\nauthorization: Bearer {}\r\n\
         content-length: 1000000\r\n\r\n",
        caller.key
    ));
    let reply = tokio::task::spawn_blocking(move || wire.drip(b' ')).await.unwrap();
    assert_error(&reply, 408, "request_timeout");
}
