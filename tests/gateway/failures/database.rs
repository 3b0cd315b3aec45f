//! The database fails under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use super::story::{assert_verifies, ended_stories};
use super::{ask, assert_error, postgres, until};
use crate::support::{Caller, Cordon, Database, Echo, Options, Reply};

const CLIENTS: usize = 16;

/// What the clients were told: for each request, known by its `seed`, the answer.
type Told = Arc<Mutex<BTreeMap<u64, Reply>>>;

/// L44: a request is recorded or refused, whatever happens to the database while
/// it is on its way; nothing of a refused one leaves.
#[tokio::test]
async fn a_database_that_stops_under_load_loses_no_record_and_lets_nothing_out() {
    let cordon = Cordon::start(Options { database: Database::Embedded, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let (told, over) = (Told::default(), Arc::new(AtomicBool::new(false)));
    let load = |number| {
        let (caller, model) = (caller.clone(), lane.model().to_owned());
        tokio::spawn(keep_asking(caller, model, number, Arc::clone(&told), Arc::clone(&over)))
    };
    let clients: Vec<_> = (0..CLIENTS as u64).map(load).collect();
    let cluster = postgres::cluster(cordon.folder());
    let count = |status: u16| told.lock().unwrap().values().filter(|reply| reply.status == status).count();
    let more = async |what: &str, status: u16| {
        let before = count(status);
        until(what, async || count(status) >= before + 2 * CLIENTS).await;
    };
    more("answers", 200).await;

    // It stands still: connections stay open, and nothing is answered.
    postgres::signal(&cluster, Signal::STOP);
    more("refusals while the database stands still", 503).await;
    assert_eq!(caller.get("/readyz").await.status, 503);
    postgres::signal(&cluster, Signal::CONT);
    more("answers after it went on", 200).await;

    // It is gone, and Cordon starts it again.
    for _ in 0..2 {
        kill_process(postgres::postmaster(&cluster), Signal::KILL).unwrap();
        more("answers after it came back", 200).await;
    }
    over.store(true, Ordering::SeqCst);
    futures_util::future::join_all(clients).await.into_iter().for_each(|client| client.unwrap());
    assert_eq!(caller.get("/readyz").await.status, 200);
    assert_verifies(&cordon).await;

    let recorded = ended_stories(&cordon, &caller.tenant).await;
    let sent: Vec<u64> = lane.bodies().iter().map(|body| body["seed"].as_u64().unwrap()).collect();
    for (marker, reply) in told.lock().unwrap().iter() {
        let story = recorded.get(reply.header("x-cordon-request-id").unwrap()).map(Vec::as_slice).unwrap_or_default();
        let reached = sent.iter().filter(|seed| *seed == marker).count();
        if reply.status == 200 {
            assert_eq!((story, reached), (["accepted", "completed 200"].map(String::from).as_slice(), 1));
        } else {
            assert_eq!(reached, 0, "a request that was refused reached the provider: {story:?}");
            // The commit may have come too late for the caller.
            assert!(story.is_empty() || story == ["accepted", "aborted"], "{story:?}");
        }
    }
}

async fn keep_asking(caller: Caller, model: String, client: u64, told: Told, over: Arc<AtomicBool>) {
    for number in 0_u64.. {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let marker = client * 1_000_000 + number;
        let mut request = ask(&model, "Tell me about the weather.");
        request["seed"] = marker.into();
        let reply = caller.chat(&request).await;
        if reply.status != 200 {
            let code = reply.error_code();
            assert!(code == "audit_unavailable" || code == "keys_unavailable", "{}", reply.text());
            assert_error(&reply, 503, &code);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(told.lock().unwrap().insert(marker, reply).is_none());
    }
}
