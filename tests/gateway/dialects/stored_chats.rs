//! Chat completions that the provider was told to keep.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Echo, Recorded, read, shared};

const PROMPT: &str = "Please write to Maria Gonzalez at maria.gonzalez@example.com.";

/// Answers with the prompt, and keeps the last answer and what it was asked.
fn keeping() -> impl Fn(&Recorded) -> Answer + Send + Sync + 'static {
    let kept: Arc<Mutex<Value>> = Arc::default();
    move |request| {
        let mut kept = kept.lock().unwrap();
        if request.method == "POST" {
            *kept = request.json();
            return Echo::default().answer(request);
        }
        let message = kept["messages"].as_array().unwrap().last().unwrap().clone();
        let answer = match (request.method.as_str(), request.uri.ends_with("/messages")) {
            ("GET", true) => json!({"object": "list", "data": [message], "has_more": false}),
            ("GET", false) => {
                json!({"id": "chatcmpl-echo", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
            }
            _ => json!({"id": "chatcmpl-echo", "deleted": true}),
        };
        Answer::json(200, answer.to_string())
    }
}

/// L01, L14, L23: the stored sisters of an answer are guarded like it.
#[tokio::test]
async fn a_kept_chat_can_be_read_and_deleted_by_its_tenant() {
    let cordon = shared().await;
    let (caller, other, lane) =
        (cordon.caller("default").await, cordon.caller("default").await, cordon.lane(keeping()));
    let messages = json!([{"role": "user", "content": PROMPT}]);
    let path = "/v1/chat/completions/chatcmpl-echo";
    caller.chat(&json!({"model": lane.model(), "messages": messages})).await;
    assert_eq!(caller.get(path).await.status, 404, "nobody asked for it to be kept");
    caller.chat(&json!({"model": lane.model(), "messages": messages, "store": true, "stream": true})).await;
    assert_eq!(caller.get(path).await.content(), PROMPT);
    assert_eq!(caller.get(&format!("{path}/messages")).await.json()["data"][0]["content"], PROMPT);
    let asked = lane.requests();
    assert!(asked.last().unwrap().uri.ends_with("/v1/chat/completions/chatcmpl-echo/messages"), "{}", asked[3].uri);
    let before = asked.len();
    assert_eq!(other.get(path).await.error_code(), "not_found");
    assert_eq!(read(other.request(Method::DELETE, path)).await.status, 404);
    assert_eq!(lane.requests().len(), before, "nothing leaves");
    assert_eq!(read(caller.request(Method::DELETE, path)).await.json()["deleted"], true);
    assert_eq!(caller.get(path).await.status, 404);
}
