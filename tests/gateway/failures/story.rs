//! What the audit log tells of a request, in words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::until;
use crate::support::{Cordon, Reply};

/// What was recorded of each request of a tenant, by its id: `accepted`,
/// `completed 200`, `failed upstream_error 502`, `refused policy_blocked 403`.
pub(super) type Stories = BTreeMap<String, Vec<String>>;

/// The bodies of the tenant's records, in the order of the chain.
pub(super) async fn records(cordon: &Cordon, tenant: &str) -> Vec<Value> {
    let query = ["audit", "query", "--tenant", tenant, "--limit", "10000", "--format", "json"];
    let output = cordon.cli(&query).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].take()).collect()
}

/// The stories of the tenant's requests as they are now.
pub(super) async fn stories(cordon: &Cordon, tenant: &str) -> Stories {
    let mut stories = Stories::new();
    for record in records(cordon, tenant).await {
        if let Some(request) = record["request"].as_str() {
            stories.entry(request.to_owned()).or_default().push(words(&record));
        }
    }
    stories
}

/// The stories once each accepted request has ended.
pub(super) async fn ended_stories(cordon: &Cordon, tenant: &str) -> Stories {
    let mut told = Stories::new();
    until("the end of every accepted request", async || {
        told = stories(cordon, tenant).await;
        told.values().all(|story| *story != ["accepted"])
    })
    .await;
    told
}

/// The story of the request that `reply` answers, once it has ended.
pub(super) async fn story_of(cordon: &Cordon, tenant: &str, reply: &Reply) -> Vec<String> {
    let id = reply.header("x-cordon-request-id").unwrap();
    ended_stories(cordon, tenant).await.remove(id).unwrap_or_default()
}

/// `cordon audit verify` finds every chain whole.
pub(super) async fn assert_verifies(cordon: &Cordon) {
    let output = cordon.cli(&["audit", "verify"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!output.stdout.is_empty(), "nothing was verified");
}

fn words(record: &Value) -> String {
    let kind = record["kind"].as_str().unwrap();
    let first = record["outcome"].as_str().unwrap_or(kind);
    let rest = ["code", "http_status"].map(|name| match &record[name] {
        Value::String(text) => format!(" {text}"),
        Value::Number(number) => format!(" {number}"),
        _ => String::new(),
    });
    format!("{first}{}", rest.concat())
}
