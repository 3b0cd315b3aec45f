//! Bodies that are no request.

use bytes::Bytes;
use futures_util::stream;
use reqwest::Method;
use serde_json::{Value, json};

use super::story::{assert_verifies, records, stories};
use super::{EMAIL, ask, assert_error};
use crate::support::{Caller, Echo, Reply, read, shared};

/// L27: what is not understood is refused; nothing of it is passed on.
#[tokio::test]
async fn a_body_that_is_no_request_is_refused_and_nothing_leaves() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let model = lane.model();
    let messages = json!([{"role": "user", "content": EMAIL}]);
    let with = |messages: Value| json!({"model": model, "messages": messages}).to_string();
    let cases: Vec<(Vec<u8>, Option<&str>)> = vec![
        (Vec::new(), None),
        (format!("{{\"model\": \"{model}\", \"messages\": [{{\"content\": \"{EMAIL}").into(), None),
        (format!("{} trailing {EMAIL}", with(messages.clone())).into(), None),
        (b"{\"model\": \"\xff\xfe\"}".to_vec(), None),
        ([b'['; 100_000].to_vec(), None),
        (messages.to_string().into(), None),
        (json!(EMAIL).to_string().into(), None),
        (json!({"messages": messages}).to_string().into(), Some("model")),
        (json!({"model": 7, "messages": messages}).to_string().into(), Some("model")),
        (json!({"model": "", "messages": messages}).to_string().into(), Some("model")),
        (json!({"model": model}).to_string().into(), Some("messages")),
        (with(json!(EMAIL)).into(), Some("messages")),
        (with(json!([])).into(), Some("messages")),
        (with(json!([EMAIL])).into(), Some("messages")),
        (with(json!([{"content": EMAIL}])).into(), Some("messages")),
        (with(json!([{"role": 1, "content": EMAIL}])).into(), Some("messages")),
        (with(json!([{"role": "user", "content": 7}])).into(), Some("messages")),
        (with(json!([{"role": "user", "content": {"text": EMAIL}}])).into(), Some("messages")),
        (with(json!([{"role": "user", "content": [EMAIL]}])).into(), Some("messages")),
        (json!({"model": model, "messages": messages, "stream": "yes"}).to_string().into(), Some("stream")),
    ];
    for (body, param) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        let reply = send(&caller, body).await;
        assert_error(&reply, 400, "invalid_request");
        assert_eq!(reply.json()["error"]["param"].as_str(), param, "{shown}");
        assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
        assert!(!reply.text().contains("maria"), "the error quotes the body: {}", reply.text());
    }
    assert!(lane.requests().is_empty());
    // No request came about, so there is none to tell of.
    assert_eq!(stories(cordon, &caller.tenant).await.len(), 0);
}

#[tokio::test]
async fn a_model_that_is_not_configured_is_not_found() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for model in ["gpt-nonexistent", "inner-lane-0", "lane-0/../lane-1", EMAIL] {
        let reply = caller.chat(&ask(model, "Hello")).await;
        assert_error(&reply, 404, "model_not_found");
        assert_eq!(reply.json()["error"]["param"], "model");
        assert!(!reply.text().contains(model), "{}", reply.text());
    }
    assert!(!serde_json::to_string(&records(cordon, &caller.tenant).await).unwrap().contains("maria"));
}

/// L16: images, sound and files must not pass untouched.
#[tokio::test]
async fn content_that_cannot_be_scanned_is_refused_and_recorded() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let parts = [
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}),
        json!({"type": "image_url", "image_url": "https://example.com/face.png"}),
        json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}),
        json!({"type": "file", "file": {"filename": "notes.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}),
        json!({"type": "file", "file": {"file_id": "file-abc123"}}),
        // Another type does not make it another thing.
        json!({"type": "text", "text": "Look", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}),
    ];
    for part in &parts {
        for (role, stream) in [("user", false), ("tool", true)] {
            let message =
                json!({"role": role, "tool_call_id": "call_1", "content": [{"type": "text", "text": "See"}, part]});
            let reply = caller.chat(&json!({"model": lane.model(), "messages": [message], "stream": stream})).await;
            assert_error(&reply, 422, "unscannable_content");
            assert_eq!(reply.json()["error"]["param"], "messages");
        }
    }
    assert!(lane.requests().is_empty());
    let told = stories(cordon, &caller.tenant).await;
    assert_eq!(told.len(), 2 * parts.len());
    assert!(told.values().all(|story| *story == ["refused unscannable_content 422"]), "{told:?}");
    assert_verifies(cordon).await;
}

/// L55: a limit for what is announced, for what comes in pieces, and for what a
/// compressed body becomes.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_however_it_comes() {
    const TOO_LARGE: usize = 20 << 20;
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = Bytes::from(ask(lane.model(), &"word ".repeat(TOO_LARGE / 5)).to_string());

    assert_error(&send(&caller, body.clone()).await, 413, "request_too_large");
    let pieces: Vec<_> = body.chunks(64 << 10).map(|piece| Ok::<_, std::io::Error>(body.slice_ref(piece))).collect();
    let chunked = reqwest::Body::wrap_stream(stream::iter(pieces));
    assert_error(&send(&caller, chunked).await, 413, "request_too_large");
    let bomb = zstd(ask(lane.model(), "Hello").to_string().as_bytes(), TOO_LARGE);
    assert!(bomb.len() < 4096);
    assert_error(&read(compressed(&caller, bomb)).await, 413, "request_too_large");
    assert!(lane.requests().is_empty());

    // A compressed body within the limit is a request like any other.
    let small = zstd(ask(lane.model(), EMAIL).to_string().as_bytes(), 10);
    assert!(read(compressed(&caller, small)).await.content().trim_end().ends_with(EMAIL));
    let told = stories(cordon, &caller.tenant).await;
    assert_eq!(told.len(), 1, "{told:?}");
}

async fn send(caller: &Caller, body: impl Into<reqwest::Body>) -> Reply {
    let request = caller.request(Method::POST, "/v1/chat/completions");
    read(request.header("content-type", "application/json").body(body)).await
}

fn compressed(caller: &Caller, body: Vec<u8>) -> reqwest::RequestBuilder {
    let request = caller.request(Method::POST, "/v1/chat/completions");
    request.header("content-type", "application/json").header("content-encoding", "zstd").body(body)
}

/// `text` and then about so many spaces, as a Zstandard frame (RFC 8878) of one
/// raw block and blocks of one repeated byte.
fn zstd(text: &[u8], spaces: usize) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let header = |last: bool, kind: u32, size: usize| {
        let bits = u32::from(last) | kind << 1 | (size as u32) << 3;
        [bits as u8, (bits >> 8) as u8, (bits >> 16) as u8]
    };
    // Magic number, no checksum and no size, a window of 1 MiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];
    frame.extend_from_slice(&header(false, 0, text.len()));
    frame.extend_from_slice(text);
    for left in (0..spaces.div_ceil(BLOCK)).rev() {
        frame.extend_from_slice(&header(left == 0, 1, spaces.min(BLOCK)));
        frame.push(b' ');
    }
    frame
}
