//! Who is let in.

use std::time::Instant;

use cordon::tenant::keys::REVOCATION_DELAY_MAX;

use super::story::{assert_verifies, records, story_of};
use super::wire::Wire;
use super::{ask, assert_error, until};
use crate::support::{Cordon, Echo, Reply, shared};

/// L54: the public part of a key opens nothing, not even a moment after the
/// right key was used and is remembered.
#[tokio::test]
async fn whoever_has_no_key_that_holds_gets_the_same_401() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    assert_eq!(caller.chat(&ask(lane.model(), "Hello")).await.status, 200);
    let (public, secret) = caller.key.rsplit_once('_').unwrap();
    let other = if secret.starts_with('0') { '1' } else { '0' };
    let headers = [
        String::new(),
        "Authorization:\r\n".into(),
        "Authorization: Bearer\r\n".into(),
        "Authorization: Bearer \r\n".into(),
        "Authorization: Bearer sk-proj-0123456789abcdef\r\n".into(),
        format!("Authorization: Bearer cdn_{}_{}\r\n", "0".repeat(16), "0".repeat(52)),
        format!("Authorization: Bearer {public}_{other}{}\r\n", &secret[1..]),
        format!("Authorization: Bearer {public}_\r\n"),
        format!("Authorization: Bearer {public}\r\n"),
        format!("Authorization: Bearer {}x\r\n", caller.key),
        format!("Authorization: Bearer {}\r\n", caller.key.to_uppercase()),
        format!("Authorization: Basic {}\r\n", caller.key),
        format!("Authorization: {}\r\n", caller.key),
        format!("api-key: {}\r\n", caller.key),
        format!("x-api-key: {public}\r\n"),
        format!("x-api-key: Bearer {}\r\n", caller.key),
        "x-api-key: \r\n".into(),
        "Authorization: Bearer \u{fc}\u{fc}\r\n".into(),
    ];
    let body = ask(lane.model(), "Hello").to_string();
    let mut messages = Vec::new();
    for header in headers {
        let reply = post(cordon, &header, &body);
        assert_error(&reply, 401, "invalid_api_key");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{header}");
        messages.push(reply.json()["error"]["message"].to_string());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "what is wrong with a key is nobody's business: {messages:?}");
    assert_eq!(lane.requests().len(), 1);
    // The key itself, sent the same way, is let in.
    assert_eq!(post(cordon, &format!("authorization: bearer {}\r\n", caller.key), &body).status, 200);
}

/// L57: the key decides the tenant, so it must be one.
#[tokio::test]
async fn a_key_comes_in_either_header_and_two_that_differ_are_refused() {
    let cordon = shared().await;
    let (caller, other) = (cordon.caller("default").await, cordon.caller("blind").await);
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), "Hello").to_string();
    let bearer = |key: &str| format!("authorization: Bearer {key}\r\n");
    let named = |key: &str| format!("x-api-key: {key}\r\n");
    let (own, others) = (caller.key.as_str(), other.key.as_str());
    let one =
        [named(own), bearer(own) + &named(own), named(own) + "authorization: Basic eDp5\r\n", bearer(own) + &named("")];
    for headers in one {
        assert_eq!(post(cordon, &headers, &body).status, 200, "{headers}");
    }
    let differ = [
        bearer(own) + &named(others),
        bearer(others) + &named(own),
        named(own) + &named(others),
        bearer(own) + &bearer(others),
        bearer(own) + &named("sk-ant-0123456789"),
    ];
    for headers in differ {
        let reply = post(cordon, &headers, &body);
        assert_error(&reply, 401, "invalid_api_key");
        assert!(!reply.text().contains(own) && !reply.text().contains(others), "{}", reply.text());
    }
    assert_eq!(lane.requests().len(), 4);
    assert!(!lane.requests().iter().any(|request| request.text().contains(own)));
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_the_stated_delay() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let request = ask(lane.model(), "Hello");
    assert_eq!(caller.chat(&request).await.status, 200);
    let id = caller.key.split('_').nth(1).unwrap();
    let revoked = cordon.cli(&["keys", "revoke", id]).await;
    assert!(revoked.status.success(), "{}", String::from_utf8_lossy(&revoked.stderr));
    let since = Instant::now();
    let mut refused = None;
    until("the refusal of a revoked key", async || {
        let asked = since.elapsed();
        let reply = caller.chat(&request).await;
        assert!(reply.status == 401 || asked < REVOCATION_DELAY_MAX, "let in {asked:?} after it was revoked");
        refused = (reply.status == 401).then_some(reply);
        refused.is_some()
    })
    .await;
    assert_error(&refused.unwrap(), 401, "invalid_api_key");
    let reached = lane.requests().len();
    assert_error(&caller.chat(&request).await, 401, "invalid_api_key");
    assert_eq!(lane.requests().len(), reached);
    let log = records(cordon, &caller.tenant).await;
    assert!(log.iter().any(|record| record["kind"] == "key_revoked" && record["key_id"] == id));
    assert_verifies(cordon).await;
}

#[tokio::test]
async fn an_auditors_key_opens_no_model() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let made = cordon.cli(&["keys", "create", "--tenant", &client.tenant, "--role", "auditor"]).await;
    let auditor = cordon.caller_with(&client.tenant, String::from_utf8(made.stdout).unwrap().trim());
    let reply = auditor.chat(&ask(lane.model(), "Hello")).await;
    assert_error(&reply, 403, "insufficient_role");
    assert_eq!(reply.json()["error"]["type"], "permission_error");
    assert_error(&auditor.get("/v1/models").await, 403, "insufficient_role");
    assert!(lane.requests().is_empty());
    let reply = client.chat(&ask(lane.model(), "Hello")).await;
    assert_eq!(story_of(cordon, &client.tenant, &reply).await, ["accepted", "completed 200"]);
}

/// L55: a body is not read for somebody who is not known, so nobody without a
/// key can make Cordon hold megabytes.
#[tokio::test]
async fn without_a_key_the_answer_does_not_wait_for_the_body() {
    let cordon = shared().await;
    let mut wire = Wire::open(cordon.address());
    wire.send("POST /v1/chat/completions HTTP/1.1\r\nhost: cordon\r\ncontent-length: 9000000\r\n\r\n{\"model\":");
    assert_error(&wire.reply().unwrap(), 401, "invalid_api_key");
}

fn post(cordon: &Cordon, header: &str, body: &str) -> Reply {
    let mut wire = Wire::open(cordon.address());
    let length = body.len();
    wire.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: cordon\r\ncontent-type: application/json\r\n\
         {header}content-length: {length}\r\n\r\n{body}"
    ));
    wire.reply().unwrap()
}
