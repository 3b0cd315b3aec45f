//! Who may send what, and what is said to those who may not.

use reqwest::Method;
use serde_json::{Value, json};

use super::claude::{Claude, message_of};
use super::{EMAIL, NAME, ask, assert_hidden};
use crate::support::{Answer, Reply, UPSTREAM_KEY, read, shared, sinks};

#[track_caller]
fn assert_error(reply: &Reply, status: u16, kind: &str, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let error = reply.json();
    assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!(kind)), "{error}");
    assert_eq!((&error["error"]["code"], &error["error"]["param"]), (&json!(code), &Value::Null), "{error}");
    assert!(error["error"]["details"]["error_code"].is_string(), "{error}");
    assert_eq!(error["request_id"].as_str(), reply.header("x-cordon-request-id"));
}

/// Anthropic's clients name their key in `x-api-key`; the provider gets its own.
#[tokio::test]
async fn anthropics_clients_are_let_in_by_their_own_header() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.claude(Claude::default().script());
    let sent = |key: &str| {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let request = http.post(format!("http://{}/v1/messages", cordon.address())).header("x-api-key", key);
        let request = request.header("anthropic-version", "2023-06-01").header("x-secret", EMAIL);
        read(request.header("content-type", "application/json").body(ask(&lane, EMAIL).to_string()))
    };
    message_of(&sent(&caller.key).await);
    let request = lane.requests().remove(0);
    let keys: Vec<&str> =
        request.headers.iter().filter(|(name, _)| name == "x-api-key").map(|(_, value)| value.as_str()).collect();
    assert_eq!(keys, [UPSTREAM_KEY]);
    assert!(!request.text().contains(&caller.key) && !request.text().contains("x-secret"), "{}", request.text());
    assert_error(&sent("cdn_0").await, 401, "authentication_error", "invalid_api_key");
    let models = caller.request(Method::GET, "/v1/models/nobody").header("anthropic-version", "2023-06-01");
    assert_error(&read(models).await, 404, "not_found_error", "model_not_found");
    // A known path with another method is an unknown door (L14).
    for path in ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"] {
        let listed = caller.request(Method::GET, path).header("anthropic-version", "2023-06-01");
        assert_error(&read(listed).await, 404, "not_found_error", "not_found");
    }
    assert_eq!(lane.requests().len(), 1);
}

#[tokio::test]
async fn failures_are_told_in_anthropics_shape() {
    let cordon = shared().await;
    let caller = cordon.caller("blocking").await;
    let lane = cordon.claude(|_| {
        let error = json!({"type": "rate_limit_error", "message": "slow down"});
        Answer::json(429, json!({"type": "error", "error": error}).to_string()).with_header("retry-after", "7")
    });
    let post = async |body: &Value| caller.post("/v1/messages", body).await;
    assert_error(&post(&ask(&lane, "My SSN is 219-09-9999.")).await, 403, "permission_error", "policy_blocked");
    let mut nobody = ask(&lane, "Hello");
    nobody["model"] = json!("nobody");
    assert_error(&post(&nobody).await, 404, "not_found_error", "model_not_found");
    for (field, value) in [
        ("messages", json!([])),
        ("messages", json!([{"role": "user", "content": 7}])),
        ("messages", json!(["hello"])),
        ("system", json!(7)),
        ("stream", json!("yes")),
        // The server's configuration and what the policy allows decide these.
        ("inference_geo", json!("us")),
        ("fallbacks", json!([{"model": "claude-other"}])),
        ("thread", json!({"type": "continue", "previous_message_id": "msg_1"})),
    ] {
        let mut body = ask(&lane, "Hello");
        body[field] = value;
        let reply = post(&body).await;
        assert_error(&reply, 400, "invalid_request_error", "invalid_request");
    }
    assert!(lane.requests().is_empty());
    let reply = post(&ask(&lane, "Hello")).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
    assert_eq!(reply.json()["error"], json!({"type": "rate_limit_error", "message": "slow down"}));
    let down = cordon.claude(|_| Answer::json(529, "{}"));
    assert_error(&post(&ask(&down, "Hello")).await, 502, "api_error", "upstream_error");
}

/// L16: what cannot be scanned is refused, wherever it stands, unless the policy
/// lets it pass; a document of plain text is text.
#[tokio::test]
async fn pictures_and_files_are_refused_unless_the_policy_passes_them() {
    let cordon = shared().await;
    let (caller, passing) = (cordon.caller("default").await, cordon.caller("pictures").await);
    let lane = cordon.claude(Claude::default().script());
    let base64 = |media_type: &str| json!({"type": "base64", "media_type": media_type, "data": "AAAA"});
    let image = json!({"type": "image", "source": base64("image/png")});
    let blocks = [
        image.clone(),
        json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
        json!({"type": "document", "source": base64("application/pdf")}),
        json!({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}),
        json!({"type": "document", "source": {"type": "content", "content": [image]}}),
        json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": [image]}),
        json!({"type": "container_upload", "file_id": "file_1"}),
        json!({"type": "hologram", "shape": "data:model/gltf;base64,AAAA"}),
    ];
    for block in blocks {
        let mut body = ask(&lane, "");
        body["messages"][0]["content"] = json!([block, {"type": "text", "text": "What is it?"}]);
        let reply = caller.post("/v1/messages", &body).await;
        assert_error(&reply, 422, "invalid_request_error", "unscannable_content");
    }
    assert!(lane.requests().is_empty());
    let mut body = ask(&lane, "");
    body["messages"][0]["content"] = json!([image, {"type": "text", "text": format!("Is it {NAME}?")}]);
    message_of(&passing.post("/v1/messages", &body).await);
    assert_eq!(lane.only_body()["messages"][0]["content"][0], image);
    let source = json!({"type": "text", "media_type": "text/plain", "data": format!("{NAME} lives here.")});
    body["messages"][0]["content"] = json!([{"type": "document", "source": source, "title": EMAIL}]);
    let message = message_of(&caller.post("/v1/messages", &body).await);
    assert!(message["content"][0]["text"].as_str().unwrap().contains(NAME), "{message}");
    assert_hidden(&lane);
}

/// L41: what detection does not find goes to the provider, and into no log line,
/// metric or row, neither from a text nor from a seal nor from an error.
#[tokio::test]
async fn what_is_not_found_is_kept_nowhere() {
    const UNFOUND: &str = "Quillandria Ostervaag";
    let cordon = shared().await;
    let caller = cordon.caller("blind").await;
    let lane = cordon.claude(Claude { thinks: true, piece: 5, ..Claude::default() }.script());
    for stream in [false, true] {
        let mut body = ask(&lane, &format!("Write to {UNFOUND}."));
        body["stream"] = json!(stream);
        let message = message_of(&caller.post("/v1/messages", &body).await);
        assert!(message["content"][0]["thinking"].as_str().unwrap().contains(UNFOUND), "{message}");
        let turns = body["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": message["content"]}));
        turns.push(json!({"role": "user", "content": UNFOUND}));
        message_of(&caller.post("/v1/messages", &body).await);
        body["messages"][1]["content"][0]["signature"] = json!(UNFOUND);
        let reply = caller.post("/v1/messages", &body).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(caller.post("/v1/messages/count_tokens", &body).await.status, 400);
        body["thread"] = json!(UNFOUND);
        assert!(!caller.post("/v1/messages", &body).await.text().contains(UNFOUND));
    }
    assert!(lane.requests()[0].text().contains(UNFOUND), "the provider sees what the policy does not look for");
    for (sink, text) in sinks::kept(cordon, &caller).await {
        assert!(!text.contains("Quillandria") && !text.contains("Ostervaag"), "it is in {sink}");
    }
}

/// L23: a token of one tenant says nothing to another.
#[tokio::test]
async fn tokens_do_not_cross_tenants() {
    let cordon = shared().await;
    let (owner, thief) = (cordon.caller("default").await, cordon.caller("default").await);
    let lane = cordon.claude(Claude::default().script());
    message_of(&owner.post("/v1/messages", &ask(&lane, &format!("Write to {EMAIL}."))).await);
    let said = lane.only_body()["messages"][0]["content"].as_str().unwrap().to_owned();
    for stream in [false, true] {
        let mut body = ask(&lane, &said);
        body["stream"] = json!(stream);
        let message = message_of(&thief.post("/v1/messages", &body).await);
        assert_eq!(message["content"][0]["text"], format!("You say: {said}"));
    }
}
