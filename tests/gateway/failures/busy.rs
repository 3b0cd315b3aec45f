//! More than can be done at once.

use super::story::{assert_verifies, ended_stories, story_of};
use super::{ask, assert_error, until};
use crate::support::{Answer, Cordon, Echo, Options, Reply};

#[tokio::test]
async fn more_requests_than_the_limit_are_refused_until_others_end() {
    let config = "[server]\nconcurrency = 2\n".into();
    let cordon = Cordon::start(Options { config, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let (stalling, answering) = (cordon.lane(|_| Answer::stall()), cordon.lane(Echo::default().script()));
    let in_work: Vec<_> =
        (0..2).map(|_| tokio::spawn(caller.completion(&ask(stalling.model(), "Hello")).send())).collect();
    until("the requests at the provider", async || stalling.requests().len() == 2).await;
    let request = ask(answering.model(), "Hello");
    for _ in 0..3 {
        let reply = caller.chat(&request).await;
        assert_error(&reply, 503, "overloaded");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert!(answering.requests().is_empty());
    // What operators ask needs no place.
    assert_eq!(caller.get("/readyz").await.status, 200);
    in_work.iter().for_each(tokio::task::JoinHandle::abort);
    until("a place of a client that left", async || caller.chat(&request).await.status == 200).await;
    assert_eq!(answering.requests().len(), 1);
    let told = ended_stories(&cordon, &caller.tenant).await;
    assert_eq!(told.values().filter(|story| *story == &["accepted", "aborted"]).count(), 2, "{told:?}");
    assert_verifies(&cordon).await;
}

/// L27, L34: detection that is too slow or too busy refuses; nothing goes by
/// unseen, and the next request finds it at work.
#[tokio::test]
async fn what_cannot_be_looked_at_in_time_is_refused() {
    let config = "[ner]\nworkers = 1\nqueue = 1\ndeadline_ms = 5000\n".into();
    let cordon = Cordon::start(Options { config, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    // Thousands of windows, none like another, so that no cache helps.
    let long: String = (0..100_000).map(|line| format!("Line {line} of the report. ")).collect();
    let (long, longs) = (ask(lane.model(), &long), caller.clone());
    let long = tokio::spawn(async move { longs.chat(&long).await });
    let mut refused: Option<Reply> = None;
    let mut number = 0;
    until("a detector that is busy", async || {
        number += 1;
        let reply = caller.chat(&ask(lane.model(), &format!("Short text {number}"))).await;
        assert!(reply.status == 200 || reply.error_code() == "detector_unavailable", "{}", reply.text());
        refused = (reply.status != 200).then_some(reply);
        refused.is_some()
    })
    .await;
    let (busy, late) = (refused.unwrap(), long.await.unwrap());
    for reply in [&busy, &late] {
        assert_error(reply, 503, "detector_unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(story_of(&cordon, &caller.tenant, reply).await, ["refused detector_unavailable 503"]);
    }
    assert!(lane.requests().iter().all(|request| !request.text().contains(&format!("Short text {number}\""))));
    assert!(lane.requests().iter().all(|request| !request.text().contains("of the report")));
    until("a detector that is free", async || caller.chat(&ask(lane.model(), "At last")).await.status == 200).await;
    assert_verifies(&cordon).await;
}
