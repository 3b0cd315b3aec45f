//! Policies that change while Cordon runs.

use std::path::Path;

use serde_json::Value;

use super::story::{records, story_of};
use super::{EMAIL, ask, assert_error, until};
use crate::support::{Caller, Echo, shared};

const REDACTS: &str = "extends = \"default\"\n";
const BLOCKS: &str = "extends = \"default\"\n[actions]\nEMAIL_ADDRESS = \"block\"\n";
/// Would let everything through if it were taken in part.
const BROKEN: &str = "default_action = \"allow\"\nno_such_key = 1\n";

/// A change holds without a restart; a broken one leaves what held before, and
/// is reported; a removed policy lets nothing through (L27).
#[tokio::test]
async fn a_policy_is_reloaded_and_a_broken_one_keeps_the_old() {
    let cordon = shared().await;
    let caller = cordon.caller("changing").await;
    let lane = cordon.lane(Echo::default().script());
    let file = cordon.folder().join("policies/changing.toml");
    let request = ask(lane.model(), EMAIL);
    let answers = async |status| caller.chat(&request).await.status == status;
    assert!(answers(200).await);

    replace(&file, BLOCKS);
    until("the blocking policy", async || answers(403).await).await;
    let reached = lane.requests().len();
    let reply = caller.chat(&request).await;
    assert_error(&reply, 403, "policy_blocked");
    assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["refused policy_blocked 403"]);

    std::fs::write(&file, BROKEN).unwrap();
    until("a report of the broken policy", async || !is_whole(&caller).await).await;
    assert_error(&caller.chat(&request).await, 403, "policy_blocked");
    assert_eq!(caller.get("/readyz").await.status, 200);
    let metrics = caller.get("/metrics").await;
    assert!(metrics.text().contains(r#"cordon_policy_reload_total{result="broken"} 1"#), "{}", metrics.text());
    assert!(cordon.output().contains("no_such_key"), "the log does not name the key that is wrong");
    assert_eq!(lane.requests().len(), reached);

    std::fs::remove_file(&file).unwrap();
    until("the removal of the policy", async || answers(503).await).await;
    assert_error(&caller.chat(&request).await, 503, "policy_unavailable");
    assert_eq!(lane.requests().len(), reached);

    replace(&file, REDACTS);
    until("the policy as it was", async || answers(200).await).await;
    assert!(is_whole(&caller).await);

    // Each of those that held is on the record, after the one before it.
    let mut changes = Vec::new();
    until("the record of the last change", async || {
        let log = records(cordon, &caller.tenant).await;
        let hash = |record: &Value, name: &str| record[name].as_str().map(|hash| hash[..8].to_owned());
        let changed = log.iter().filter(|record| record["kind"] == "policy_changed");
        changes = changed.map(|record| (hash(record, "before"), hash(record, "after"))).collect();
        changes.len() >= 3
    })
    .await;
    let [redacts, blocks] = [REDACTS, BLOCKS].map(|text| Some(policy_hash(cordon.folder(), text)));
    assert_eq!(changes, [(redacts.clone(), blocks.clone()), (blocks, None), (None, redacts)]);
}

/// The first digits of the hash of a policy with this text: its own hash and that
/// of the policy that it extends, hashed.
fn policy_hash(folder: &Path, text: &str) -> String {
    use ring::digest::{SHA256, digest};
    let sha256 = |bytes: &[u8]| data_encoding::HEXLOWER.encode(digest(&SHA256, bytes).as_ref());
    let extended = std::fs::read(folder.join("policies/default.toml")).unwrap();
    sha256((sha256(text.as_bytes()) + &sha256(&extended)).as_bytes())[..8].to_owned()
}

async fn is_whole(caller: &Caller) -> bool {
    caller.get("/readyz").await.json()["policies_whole"] == true
}

/// As careful editors save: beside the file, then in its place.
fn replace(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, file).unwrap();
}
