//! What is recorded of the server itself.

use serde_json::Value;

use super::story::{assert_verifies, records};
use super::{ask, assert_error, until};
use crate::support::{Cordon, Echo, Options};

/// The reserved chain of what belongs to no tenant.
const SYSTEM: &str = "_system";

async fn of_kind(cordon: &Cordon, chain: &str, kind: &str) -> Vec<Value> {
    records(cordon, chain).await.into_iter().filter(|record| record["kind"] == kind).collect()
}

#[tokio::test]
async fn a_start_names_the_program_and_a_stop_follows_it() {
    let config = "[audit]\nreplica = \"east-1\"\n".into();
    let mut cordon = Cordon::start(Options { config, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let detector = caller.get("/readyz").await.json()["detector"].take();
    let started = of_kind(&cordon, SYSTEM, "started").await;
    assert_eq!(started.len(), 1);
    let program = std::fs::read(env!("CARGO_BIN_EXE_cordon")).unwrap();
    let sha256 = ring::digest::digest(&ring::digest::SHA256, &program);
    assert_eq!(started[0]["executable_sha256"], data_encoding::HEXLOWER.encode(sha256.as_ref()));
    assert_eq!((&started[0]["replica"], &started[0]["build"]), (&"east-1".into(), &env!("CARGO_PKG_VERSION").into()));
    assert_eq!(started[0]["detector"], detector);

    assert!(cordon.stop(), "{}", cordon.output());
    let stopped = of_kind(&cordon, SYSTEM, "stopped").await;
    assert_eq!((stopped.len(), &stopped[0]["replica"]), (1, &"east-1".into()));
    // A policy that changed while nobody ran is told at the next start, once.
    std::fs::write(cordon.folder().join("policies/default.toml"), "default_action = \"mask\"\n").unwrap();
    for _ in 0..2 {
        cordon.restart().await;
        assert!(cordon.stop(), "{}", cordon.output());
    }
    let changes = of_kind(&cordon, &caller.tenant, "policy_changed").await;
    assert_eq!((changes.len(), &changes[0]["policy"]), (1, &"default".into()), "{changes:?}");
    let kinds: Vec<Value> = records(&cordon, SYSTEM).await.iter_mut().map(|record| record["kind"].take()).collect();
    let lived: Vec<&Value> =
        kinds.iter().filter(|kind| ["started", "stopped"].contains(&kind.as_str().unwrap())).collect();
    assert_eq!(lived, ["started", "stopped", "started", "stopped", "started", "stopped"]);
    assert_verifies(&cordon).await;
}

/// L54: the record tells of those who have the whole key, and is no way to fill a
/// chain; a guess behind the public part leaves none.
#[tokio::test]
async fn uses_of_a_revoked_key_are_recorded_in_sum() {
    let mut cordon = Cordon::start(Options::default()).await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), "Hello");
    let id = caller.key.split('_').nth(1).unwrap().to_owned();
    assert!(cordon.cli(&["keys", "revoke", &id]).await.status.success());
    let other = if caller.key.ends_with('0') { '1' } else { '0' };
    let guess = cordon.caller_with(&caller.tenant, &format!("{}{other}", &caller.key[..caller.key.len() - 1]));
    let mut uses = 0;
    for _ in 0..5 {
        assert_error(&caller.chat(&body).await, 401, "invalid_api_key");
        uses += 1;
        assert_error(&guess.chat(&body).await, 401, "invalid_api_key");
    }
    let mut told = Vec::new();
    until("the first record of a use", async || {
        told = of_kind(&cordon, &caller.tenant, "key_used_after_revocation").await;
        !told.is_empty()
    })
    .await;
    assert_eq!(told[0]["key_id"], id.as_str());
    for _ in 0..20 {
        assert_error(&caller.chat(&body).await, 401, "invalid_api_key");
        uses += 1;
    }
    assert!(cordon.stop(), "{}", cordon.output());
    let told = of_kind(&cordon, &caller.tenant, "key_used_after_revocation").await;
    let sum: u64 = told.iter().map(|record| record["uses"].as_u64().unwrap()).sum();
    assert_eq!(sum, uses, "every use is counted once: {told:?}");
    assert!(told.len() < 10, "{} records of {uses} uses", told.len());
    assert!(lane.requests().is_empty());
    assert_verifies(&cordon).await;
}

/// Whoever looks at what is kept is on the record, and whoever erases it too.
#[tokio::test]
async fn looking_at_the_vault_and_erasing_it_are_recorded() {
    let cordon = crate::support::shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(crate::support::Memory::default().script());
    let asked = serde_json::json!({"model": lane.model(), "input": "Write to Maria Gonzalez."});
    assert_eq!(caller.post("/v1/responses", &asked).await.status, 200);
    assert!(cordon.cli(&["vault", "status"]).await.status.success());
    let read = of_kind(cordon, &caller.tenant, "vault_read").await;
    assert_eq!((&read[0]["by"]["actor"], &read[0]["values"]), (&"command".into(), &0.into()));
    assert!(cordon.cli(&["vault", "erase", "--tenant", &caller.tenant, "--yes"]).await.status.success());
    let erased = of_kind(cordon, &caller.tenant, "vault_erased").await;
    assert_eq!((erased.len(), &erased[0]["by"]["actor"], &erased[0]["objects"]), (1, &"command".into(), &1.into()));
    assert!(erased[0]["tokens"].as_u64().unwrap() >= 1);
}
