//! Paths that exist and paths that do not.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, read, shared};

/// L14: what Cordon does not guard it does not forward.
#[tokio::test]
async fn a_path_that_is_not_served_is_answered_here_in_the_shape_of_the_callers_api() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|_| Answer::json(200, "{}"));
    for path in ["/v1/audio/speech", "/v1/moderations", "/v1/files", "/v1/chat/completions/x", "/v1/complete"] {
        let reply = caller.post(path, &json!({"model": lane.model()})).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (404, "not_found"), "{path}");
        let request = caller.request(Method::POST, path).header("anthropic-version", "2023-06-01");
        let reply = read(request).await;
        assert_eq!((reply.status, &reply.json()["error"]["type"]), (404, &json!("not_found_error")), "{path}");
    }
    assert!(lane.requests().is_empty());
}
