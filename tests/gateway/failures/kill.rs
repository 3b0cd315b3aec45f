//! Cordon itself is killed.

use super::story::{assert_verifies, stories, story_of};
use super::{EMAIL, ask, postgres, until};
use crate::support::{Answer, Cordon, Database, Echo, Options};

/// The record of the acceptance is durable before anything leaves, so it is
/// there when Cordon is killed a moment later; it has no end, and says so.
#[tokio::test]
async fn a_kill_between_accepted_and_completed_leaves_a_whole_chain() {
    let mut cordon = Cordon::start(Options { database: Database::Embedded, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let stalling = cordon.lane(|_| Answer::stall());
    let answering = cordon.lane(Echo::default().script());
    let before = caller.chat(&ask(answering.model(), EMAIL)).await;
    assert_eq!(story_of(&cordon, &caller.tenant, &before).await, ["accepted", "completed 200"]);
    let in_flight = tokio::spawn(caller.completion(&ask(stalling.model(), EMAIL)).send());
    until("the request at the provider", async || stalling.requests().len() == 1).await;

    cordon.kill();
    assert!(in_flight.await.unwrap().is_err());
    let cluster = postgres::cluster(cordon.folder());
    let orphan = postgres::postmaster(&cluster);
    cordon.restart().await;
    assert_ne!(postgres::postmaster(&cluster), orphan);
    let told = stories(&cordon, &caller.tenant).await;
    let mut told: Vec<_> = told.into_values().collect();
    told.sort();
    assert_eq!(told, [vec!["accepted"], vec!["accepted", "completed 200"]]);
    assert_verifies(&cordon).await;
    assert_eq!(stalling.requests().len(), 1, "what may have been answered is not sent again");

    let again = cordon.caller_with(&caller.tenant, &caller.key);
    let after = again.chat(&ask(answering.model(), EMAIL)).await;
    assert!(after.content().contains(EMAIL));
    assert_verifies(&cordon).await;
}
