//! Clients that leave.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::story::{assert_verifies, ended_stories};
use super::{EMAIL, ask, ask_as, until};
use crate::support::{Answer, Echo, shared};

/// More than the connections of the database's pool.
const CLIENTS: usize = 12;

/// L52: neither the record of the end nor a connection of the pool is lost with
/// a client that leaves in the middle of its answer.
#[tokio::test]
async fn a_client_that_leaves_in_mid_stream_is_recorded_as_aborted() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let gates: Arc<Mutex<Vec<UnboundedSender<Bytes>>>> = Arc::default();
    let opened = Arc::clone(&gates);
    let lane = cordon.lane(move |_| {
        let (gate, pieces) = unbounded_channel();
        let delta = json!({"choices": [{"index": 0, "delta": {"content": "Hello"}}]});
        gate.send(format!("data: {delta}\n\n").into()).unwrap();
        opened.lock().unwrap().push(gate);
        Answer::gated(pieces)
    });
    let leaving = (0..CLIENTS).map(|_| async {
        let mut answer = caller.completion(&ask_as(lane.model(), EMAIL, true)).send().await.unwrap();
        assert!(answer.chunk().await.unwrap().is_some());
    });
    futures_util::future::join_all(leaving).await;
    let told = ended_stories(cordon, &caller.tenant).await;
    assert_eq!(told.len(), CLIENTS);
    assert!(told.values().all(|story| *story == ["accepted", "aborted 200"]), "{told:?}");
    // The providers were told to stop, too.
    until("the end of the requests to the provider", async || {
        gates.lock().unwrap().iter().all(UnboundedSender::is_closed)
    })
    .await;
    assert_eq!(caller.get("/readyz").await.status, 200);
    assert_verifies(cordon).await;
}

/// L52: the same before the answer begins.
#[tokio::test]
async fn a_client_that_leaves_before_its_answer_is_recorded_as_aborted() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|_| Answer::stall());
    let asking: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(caller.completion(&ask_as(lane.model(), EMAIL, number % 2 == 0)).send()))
        .collect();
    until("the requests at the provider", async || lane.requests().len() == CLIENTS).await;
    asking.iter().for_each(tokio::task::JoinHandle::abort);
    let told = ended_stories(cordon, &caller.tenant).await;
    assert_eq!(told.len(), CLIENTS);
    assert!(told.values().all(|story| *story == ["accepted", "aborted"]), "{told:?}");
    assert_eq!(lane.requests().len(), CLIENTS, "what may have been answered is not asked again");
    let answering = cordon.lane(Echo::default().script());
    assert_eq!(caller.chat(&ask(answering.model(), "Hello")).await.status, 200);
    assert_verifies(cordon).await;
}
