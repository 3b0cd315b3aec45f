//! Signed checkpoints from outside: made, kept, shown and proved.

use cordon::audit::Hash;
use cordon::audit::checkpoint::{CheckpointFolder, PublicKey, SignedCheckpoint, TrustedKeys};
use cordon::audit::merkle::{ConsistencyProof, InclusionProof};
use cordon::tenant::TenantId;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::support::{Caller, Cordon, Echo, Options};

const CHECKPOINTS: &str = "/cordon/v1/audit/checkpoints";
const PROOF: &str = "/cordon/v1/audit/proof";

async fn printed(cordon: &Cordon, arguments: &[&str]) -> String {
    let output = cordon.cli(arguments).await;
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn checkpoint(cordon: &Cordon, tenant: &str) -> SignedCheckpoint {
    SignedCheckpoint::parse(&printed(cordon, &["audit", "checkpoint", "--tenant", tenant]).await).unwrap()
}

/// What somebody trusts who has the printed public key and nothing else.
async fn auditors_keys(cordon: &Cordon, tenant: &str) -> TrustedKeys {
    let keys = printed(cordon, &["audit", "key", "--tenant", tenant]).await;
    TrustedKeys::new(keys.lines().map(|line| line.parse::<PublicKey>().unwrap()))
}

async fn auditor(cordon: &Cordon, tenant: &str) -> Caller {
    let key = printed(cordon, &["keys", "create", "--tenant", tenant, "--role", "auditor"]).await;
    cordon.caller_with(tenant, key.trim())
}

async fn ask(cordon: &Cordon, caller: &Caller) {
    let lane = cordon.lane(Echo::default().script());
    let body = json!({ "model": lane.model(), "messages": [{ "role": "user", "content": "Hello" }] });
    assert_eq!(caller.chat(&body).await.status, 200);
}

fn hash(text: &Value) -> Hash {
    Hash::from_bytes(&HEXLOWER.decode(text.as_str().unwrap().as_bytes()).unwrap()).unwrap()
}

fn path(proof: &Value) -> Vec<Hash> {
    proof["path"].as_array().unwrap().iter().map(hash).collect()
}

fn rare_checkpoints() -> Options {
    Options { config: "[audit]\ncheckpoint_interval_s = 86400\n".into(), ..Options::default() }
}

#[tokio::test]
async fn a_checkpoint_is_shown_and_proved_to_who_has_the_public_key_alone() {
    let cordon = Cordon::start(rare_checkpoints()).await;
    let caller = cordon.caller("default").await;
    ask(&cordon, &caller).await;
    let first = checkpoint(&cordon, &caller.tenant).await;
    let keys = auditors_keys(&cordon, &caller.tenant).await;
    assert_eq!(first.verify(&keys), Ok(()));
    ask(&cordon, &caller).await;
    let second = checkpoint(&cordon, &caller.tenant).await;
    let sizes = [&first, &second].map(|note| note.checkpoint().size);
    assert!(sizes[0] >= 4 && sizes[1] > sizes[0], "{sizes:?}");

    let auditor = auditor(&cordon, &caller.tenant).await;
    let listed = auditor.get(CHECKPOINTS).await.json();
    let notes: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|c| c["note"].as_str().unwrap()).collect();
    assert_eq!(notes, [first.text(), second.text()]);
    assert!(listed["data"].as_array().unwrap().iter().all(|c| c["trusted"] == true) && listed["next"].is_null());
    let page = auditor.get(&format!("{CHECKPOINTS}?limit=1")).await.json();
    assert_eq!(page["next"], sizes[0]);
    let page = auditor.get(&format!("{CHECKPOINTS}?limit=1&after={}", sizes[0])).await.json();
    assert_eq!(page["data"][0]["size"], sizes[1]);

    let proof = auditor.get(&format!("{PROOF}?seq=2")).await.json();
    let inclusion = InclusionProof { index: 1, size: proof["size"].as_u64().unwrap(), path: path(&proof) };
    assert!(inclusion.verify(hash(&proof["record_hash"]), first.checkpoint().root));
    assert_eq!(proof["note"], first.text());
    let command = ["audit", "prove", "--tenant", &caller.tenant, "--seq", "2"];
    assert_eq!(serde_json::from_str::<Value>(&printed(&cordon, &command).await).unwrap(), proof);
    let proof = auditor.get(&format!("{PROOF}?from={}&to={}", sizes[0], sizes[1])).await.json();
    let consistency = ConsistencyProof { from: sizes[0], to: sizes[1], path: path(&proof) };
    assert!(consistency.verify(first.checkpoint().root, second.checkpoint().root));

    assert_eq!(caller.get(CHECKPOINTS).await.status, 403);
    assert_eq!(caller.get(&format!("{PROOF}?seq=1")).await.status, 403);
    for (question, status) in
        [("", 400), ("seq=0", 400), ("seq=1&from=2", 400), ("seq=99999", 404), ("from=1&to=2", 404)]
    {
        assert_eq!(auditor.get(&format!("{PROOF}?{question}")).await.status, status, "{question}");
    }
}

/// L45
#[tokio::test]
async fn a_stop_leaves_every_chain_under_a_checkpoint_that_is_kept_outside_the_database() {
    let mut cordon = Cordon::start(rare_checkpoints()).await;
    let caller = cordon.caller("default").await;
    ask(&cordon, &caller).await;
    assert!(cordon.stop(), "{}", cordon.output());
    let folder = CheckpointFolder::below(&cordon.folder().join("data"));
    let mut database = cordon.database().await;
    for name in [caller.tenant.as_str(), TenantId::SYSTEM] {
        let kept = folder.last(&TenantId::parse_chain(name).unwrap()).unwrap().unwrap();
        let (seq, last): (i64, Vec<u8>) = sqlx::query_as("SELECT seq, hash FROM audit_head WHERE tenant = $1")
            .bind(name)
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!((kept.base.head.seq.value(), kept.base.head.hash.as_bytes()), (seq, &last[..]), "{name}");
        let note: String = sqlx::query_scalar("SELECT note FROM audit_checkpoint WHERE tenant = $1 AND size = $2")
            .bind(name)
            .bind(seq)
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(note, kept.signed.text());
    }
    // A server that starts again goes on from there.
    cordon.restart().await;
    ask(&cordon, &cordon.caller_with(&caller.tenant, &caller.key)).await;
    assert!(cordon.stop(), "{}", cordon.output());
    let kept = folder.last(&TenantId::parse(&caller.tenant).unwrap()).unwrap().unwrap();
    let lines = folder.read(&TenantId::parse(&caller.tenant).unwrap(), 0, 100).unwrap();
    assert_eq!((lines.len(), &lines[1].0), (2, &kept));
}
