//! `POST /v1/embeddings`.

use serde_json::{Value, json};

use crate::support::{Answer, Recorded, shared};

fn vectors(request: &Recorded) -> Answer {
    let count = request.json()["input"].as_array().map_or(1, Vec::len);
    let data: Vec<Value> =
        (0..count).map(|index| json!({"object": "embedding", "index": index, "embedding": [0.25, -1.5]})).collect();
    let usage = json!({"prompt_tokens": 8, "total_tokens": 8});
    Answer::json(200, json!({"object": "list", "data": data, "model": "e", "usage": usage}).to_string())
}

/// L18: vectors of masked text are only made where the policy says so.
#[tokio::test]
async fn text_with_personal_data_is_refused_unless_the_policy_masks_it() {
    let cordon = shared().await;
    let lane = cordon.lane(vectors);
    let body = json!({"model": lane.model(), "input": ["plain words", "mail maria.gonzalez@example.com"]});
    let reply = cordon.caller("default").await.post("/v1/embeddings", &body).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (403, "policy_blocked"));
    assert!(reply.text().contains("EMAIL_ADDRESS") && reply.text().contains("mask"), "{}", reply.text());
    assert!(lane.requests().is_empty());
    let reply = cordon.caller("vectors").await.post("/v1/embeddings", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["data"][1]["embedding"], json!([0.25, -1.5]));
    assert_eq!(reply.header("x-cordon-entities"), Some("EMAIL_ADDRESS=1"));
    let sent = lane.only_body();
    assert_eq!(sent["input"][0], "plain words");
    assert!(sent["input"][1].as_str().unwrap().starts_with("mail [EMAIL_ADDRESS_"), "{sent}");
}

#[tokio::test]
async fn text_without_personal_data_is_embedded_as_it_is() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(vectors);
    let body =
        json!({"model": lane.model(), "input": "a quiet afternoon", "encoding_format": "float", "dimensions": 2});
    let reply = caller.post("/v1/embeddings", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut expected = body;
    expected["model"] = json!(format!("inner-{}", lane.model()));
    assert_eq!(lane.only_body(), expected);
}

/// Two texts that are compared by their vectors must have one token for a value.
#[tokio::test]
async fn a_value_has_one_token_in_all_texts_of_a_tenant() {
    let cordon = shared().await;
    let caller = cordon.caller("vectors").await;
    let lane = cordon.lane(vectors);
    for text in ["from maria.gonzalez@example.com", "to maria.gonzalez@example.com"] {
        caller.post("/v1/embeddings", &json!({"model": lane.model(), "input": text})).await;
    }
    let tokens: Vec<String> = lane
        .bodies()
        .iter()
        .map(|body| body["input"].as_str().unwrap().split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(tokens[0], tokens[1]);
}
