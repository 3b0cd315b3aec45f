//! Cordon is asked to stop.

use std::net::TcpStream;
use std::sync::Mutex;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::story::{assert_verifies, stories};
use super::{EMAIL, ask_as, postgres, until};
use crate::support::{Answer, Cordon, Database, Options, Then};

/// What is in flight ends whole and is recorded; nothing new begins; the
/// database ends after its last record.
#[tokio::test]
async fn a_stop_finishes_streams_and_takes_no_new_requests() {
    let mut cordon = Cordon::start(Options { database: Database::Embedded, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let (gate, pieces) = unbounded_channel();
    let pieces = Mutex::new(Some(pieces));
    let lane = cordon.lane(move |_| Answer::gated(pieces.lock().unwrap().take().unwrap()));
    let send = |data: String| gate.send(Bytes::from(format!("data: {data}\n\n"))).unwrap();
    let delta = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string();
    send(delta("Write "));
    let mut answer = caller.completion(&ask_as(lane.model(), &format!("Write to {EMAIL}"), true)).send().await.unwrap();
    let mut received = answer.chunk().await.unwrap().unwrap().to_vec();

    kill_process(Pid::from_raw(cordon.pid() as i32).unwrap(), Signal::TERM).unwrap();
    let address = cordon.address();
    until("the end of new connections", async || TcpStream::connect(address).is_err()).await;
    assert!(!postgres::processes(&postgres::cluster(cordon.folder())).is_empty());
    let sent = lane.requests()[0].json();
    let said = sent["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    said.strip_prefix("Write ").unwrap().chars().for_each(|letter| send(delta(&letter.to_string())));
    send(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string());
    send("[DONE]".into());
    drop(gate);
    while let Some(piece) = answer.chunk().await.unwrap() {
        received.extend_from_slice(&piece);
    }
    let received = String::from_utf8(received).unwrap();
    assert!(received.ends_with("data: [DONE]\n\n"), "{received}");
    let data = received.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let events = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
    let shown: String =
        events.map(|event| event["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(shown, format!("Write to {EMAIL}"));

    let cluster = postgres::cluster(cordon.folder());
    assert!(cordon.stop(), "cordon did not end well:\n{}", cordon.output());
    assert!(postgres::processes(&cluster).is_empty(), "the database outlives cordon");
    assert_eq!(lane.requests().len(), 1);
    // The command line opens the database by itself now.
    let told: Vec<_> = stories(&cordon, &caller.tenant).await.into_values().collect();
    assert_eq!(told, [["accepted", "completed 200"]]);
    assert_verifies(&cordon).await;
    assert!(postgres::processes(&cluster).is_empty(), "the database outlives the command");
}

/// A stream that does not end keeps Cordon no longer than it is told to wait;
/// its end is recorded all the same.
#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let config = "[server]\nshutdown_timeout_s = 1\n".into();
    let mut cordon = Cordon::start(Options { config, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let delta = json!({"choices": [{"index": 0, "delta": {"content": "Hello"}}]});
    let lane = cordon.lane(move |_| Answer::events(format!("data: {delta}\n\n").as_bytes(), 0, Then::Stall));
    let mut answer = caller.completion(&ask_as(lane.model(), EMAIL, true)).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    assert!(cordon.stop(), "cordon did not end well:\n{}", cordon.output());
    assert!(!matches!(answer.chunk().await, Ok(Some(_))), "the stream went on");
    let told: Vec<_> = stories(&cordon, &caller.tenant).await.into_values().collect();
    assert_eq!(told, [["accepted", "aborted 200"]]);
    assert_verifies(&cordon).await;
}
