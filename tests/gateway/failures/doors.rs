//! Other ways in, and ways around.

use std::net::TcpListener;

use reqwest::Method;
use serde_json::json;

use super::story::{assert_verifies, ended_stories, records, story_of};
use super::wire::Wire;
use super::{EMAIL, ask, assert_error};
use crate::support::{Cordon, Echo, UPSTREAM_KEY, read, shared};

/// L14: a path that is not built answers, and never forwards.
#[tokio::test]
async fn a_path_that_is_not_there_answers_404_whatever_the_method() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let methods =
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE];
    let paths = [
        "/v1/moderations",
        "/v1/images/generations",
        "/v1/audio/transcriptions",
        "/v1/files",
        "/v1/batches",
        "/v1/chat",
        "/v1/chat/completions/",
        "/v1/chat%2Fcompletions",
        "/v1",
        "/v1/",
        "//v1/chat/completions",
        "/V1/chat/completions",
        "/v2/chat/completions",
        "/lane/0/v1/chat/completions",
        "/openai/deployments/lane-0/chat/completions",
    ];
    let body = ask(lane.model(), EMAIL).to_string();
    for path in paths {
        for method in &methods {
            let request = caller.request(method.clone(), path).header("content-type", "application/json");
            let reply = read(request.body(body.clone())).await;
            assert_error(&reply, 404, "not_found");
        }
    }
    // A known path with another method is an unknown door too.
    let known = [
        ("/v1/chat/completions", Method::POST),
        ("/v1/completions", Method::POST),
        ("/v1/embeddings", Method::POST),
        ("/v1/responses", Method::POST),
        ("/v1/models", Method::GET),
    ];
    for (path, known) in known {
        for method in methods.iter().filter(|method| **method != known) {
            assert_error(&read(caller.request(method.clone(), path).body(body.clone())).await, 404, "not_found");
        }
    }
    assert!(lane.requests().is_empty());
    assert!(ended_stories(cordon, &caller.tenant).await.is_empty());
}

/// L53: where a request goes is the server's configuration alone.
#[tokio::test]
async fn an_address_in_the_request_does_not_change_where_it_goes() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let thief = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    thief.set_nonblocking(true).unwrap();
    let address = format!("http://{}/v1", thief.local_addr().unwrap());
    let mut body = ask(lane.model(), &format!("Write to {EMAIL}"));
    for field in ["base_url", "api_base", "url", "proxy", "endpoint", "custom_llm_provider", "api_key", "callback"] {
        body[field] = json!(address);
    }
    body["extra_headers"] = json!({"host": address, "authorization": address});
    let path = format!("/v1/chat/completions?base_url={address}");
    let request = caller.request(Method::POST, &path).header("content-type", "application/json");
    let request = request.header("x-base-url", &address).header("x-forwarded-host", &address);
    let reply = read(request.body(body.to_string())).await;
    assert!(reply.content().contains(EMAIL), "{}", reply.text());
    let sent = &lane.requests()[0];
    assert_eq!(sent.headers.iter().filter(|(_, value)| value.contains(UPSTREAM_KEY)).count(), 1);
    assert!(!sent.headers.iter().any(|(_, value)| value.contains(&address)), "{}", sent.text());
    assert!(!sent.uri.contains("base_url") && !sent.text().contains(&caller.key), "{}", sent.text());
    assert!(thief.accept().is_err(), "somebody followed the address in the request");
}

/// L42, L57: no header switches off the record, changes the tenant or loosens
/// its policy.
#[tokio::test]
async fn no_header_skips_the_record_or_loosens_the_policy() {
    const CHOSEN_ID: &str = "0190a0a0-0000-7000-8000-000000000001";
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), &format!("Write to {EMAIL}"));
    let mut request = caller.completion(&body);
    for (name, value) in [
        ("x-cordon-audit", "off"),
        ("x-cordon-skip-audit", "true"),
        ("x-cordon-no-log", "1"),
        ("x-cordon-policy", "blind"),
        ("x-cordon-tenant", "blind-0"),
        ("x-cordon-first-pass", "answer"),
        ("x-cordon-request-id", CHOSEN_ID),
        ("x-request-id", CHOSEN_ID),
        ("x-cordon-record", CHOSEN_ID),
        ("x-cordon-retention", "0"),
        ("cache-control", "no-store"),
        ("dnt", "1"),
        ("x-litellm-enable-message-redaction", "false"),
    ] {
        request = request.header(name, value);
    }
    let reply = read(request).await;
    assert!(reply.content().contains(EMAIL), "{}", reply.text());
    assert_ne!(reply.header("x-cordon-request-id"), Some(CHOSEN_ID));
    let sent = lane.requests()[0].text();
    assert!(!sent.contains("maria") && !sent.contains("x-cordon"), "{sent}");
    assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "completed 200"]);
    let log = records(cordon, &caller.tenant).await;
    let accepted = log.iter().find(|record| record["kind"] == "accepted").unwrap();
    assert_eq!(accepted["policy"]["id"], "default");
    assert_eq!(accepted["entities"]["EMAIL_ADDRESS"]["redact"].to_string(), "1");

    for looser in ["EMAIL_ADDRESS=allow", "EMAIL_ADDRESS=off", "*=allow", "EMAIL_ADDRESS", "email_address=allow", ""] {
        let reply = read(caller.completion(&body).header("x-cordon-actions", looser)).await;
        assert_error(&reply, 400, "invalid_request");
    }
    // Of two such headers none may be the one that is overlooked.
    let twice = caller.completion(&body).header("x-cordon-actions", "EMAIL_ADDRESS=redact");
    let reply = read(twice.header("x-cordon-actions", "EMAIL_ADDRESS=allow")).await;
    assert_error(&reply, 400, "invalid_request");
    assert_eq!(lane.requests().len(), 1);
    let stricter = read(caller.completion(&body).header("x-cordon-actions", "EMAIL_ADDRESS=block")).await;
    assert_error(&stricter, 403, "policy_blocked");
    assert_eq!(story_of(cordon, &caller.tenant, &stricter).await, ["refused policy_blocked 403"]);
    assert_eq!(lane.requests().len(), 1);
    assert_verifies(cordon).await;
}

/// L56: a request whose length can be read in two ways is refused, and what is
/// hidden behind it is not answered.
#[tokio::test]
async fn a_request_of_two_lengths_is_refused() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), "Hello").to_string();
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let framings = [
        (format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"), &chunked),
        (format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"), &chunked),
        (format!("content-length: {length}\r\ncontent-length: 0\r\n"), &body),
        (format!("content-length: 0\r\ncontent-length: {length}\r\n"), &body),
        (format!("content-length: {length}, 0\r\n"), &body),
        (format!("content-length: +{length}\r\n"), &body),
        (format!("content-length: {length}\r\ntransfer-encoding: identity, chunked\r\n"), &chunked),
        ("transfer-encoding: chunked, identity\r\n".into(), &chunked),
        ("transfer-encoding: xchunked\r\n".into(), &chunked),
        ("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n".into(), &chunked),
        (format!("content-length : {length}\r\n"), &body),
        ("transfer-encoding : chunked\r\n".into(), &chunked),
        (format!("x: y\r\n content-length: {length}\r\n"), &body),
    ];
    for (framing, body) in framings {
        let answers = answers_to(cordon, &caller.key, &framing, body);
        assert!(answers.iter().all(|status| *status >= 400), "{framing:?} is answered {answers:?}");
        assert!(answers.len() <= 1, "{framing:?}: what is hidden behind it is answered too: {answers:?}");
    }
    assert!(lane.requests().is_empty());
    // The plain framings of the same body pass, one after the other.
    assert_eq!(answers_to(cordon, &caller.key, "transfer-encoding: chunked\r\n", &chunked), [200, 200]);
    assert_eq!(lane.requests().len(), 1);
}

/// The statuses that a request framed so gets, and those of one behind it.
fn answers_to(cordon: &Cordon, key: &str, framing: &str, body: &str) -> Vec<u16> {
    let mut wire = Wire::open(cordon.address());
    let hidden = "GET /healthz HTTP/1.1\r\nhost: cordon\r\nconnection: close\r\n\r\n";
    wire.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: cordon\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\n{framing}\r\n{body}{hidden}"
    ));
    std::iter::from_fn(|| wire.reply()).map(|reply| reply.status).collect()
}
