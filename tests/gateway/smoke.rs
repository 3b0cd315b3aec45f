//! One request's way, to see that the parts stand.

use serde_json::json;

use crate::support::{Echo, UPSTREAM_KEY, shared};

/// L01: the un-mask setting must work on this endpoint, streamed and not.
#[tokio::test]
async fn a_value_leaves_as_a_token_and_comes_back_as_itself() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for stream in [false, true] {
        let lane = cordon.lane(Echo { piece: 3, ..Echo::default() }.script());
        let message = json!({"role": "user", "content": "Write to maria.gonzalez@example.com today."});
        let reply = caller.chat(&json!({"model": lane.model(), "messages": [message], "stream": stream})).await;
        assert!(reply.content().contains("Write to maria.gonzalez@example.com today."), "{}", reply.text());
        assert_eq!(reply.header("x-cordon-entities"), Some("EMAIL_ADDRESS=1"));
        let request = &lane.requests()[0];
        assert!(!request.text().contains("maria"), "{}", request.text());
        assert!(request.headers.contains(&("authorization".into(), format!("Bearer {UPSTREAM_KEY}"))));
        assert!(request.text().contains("[EMAIL_ADDRESS_"), "{}", request.text());
    }
}
