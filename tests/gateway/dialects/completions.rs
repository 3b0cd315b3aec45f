//! `POST /v1/completions`.

use serde_json::{Value, json};

use crate::support::{Answer, Lane, Recorded, Then, shared};

const PROMPT: &str = "To: Maria Gonzalez <maria.gonzalez@example.com>\nDear";

/// Answers with the prompt, in one piece or in events of three characters.
fn echo(request: &Recorded) -> Answer {
    let body = request.json();
    let prompt = body["prompt"].as_str().unwrap_or_default().to_owned();
    let answer = |text: &str, reason: Value| {
        json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "echo", "choices": [
            {"index": 0, "text": text, "logprobs": {"tokens": [text], "token_logprobs": [-0.5]}, "finish_reason": reason}]})
    };
    if !request.wants_stream() {
        return Answer::json(200, answer(&prompt, json!("length")).to_string());
    }
    let characters: Vec<char> = prompt.chars().collect();
    let pieces = characters.chunks(3).map(|piece| answer(&piece.iter().collect::<String>(), Value::Null));
    let events = pieces.chain([answer("", json!("length"))]).map(|event| format!("data: {event}\n\n"));
    Answer::events((events.collect::<String>() + "data: [DONE]\n\n").as_bytes(), 5, Then::End)
}

fn prompt_of(lane: &Lane) -> String {
    lane.requests()[0].json()["prompt"].as_str().unwrap_or_default().to_owned()
}

/// L01, L14: the API before chat is guarded like chat.
#[tokio::test]
async fn a_prompt_goes_out_with_tokens_and_its_continuation_comes_back_whole() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(echo);
    let body = json!({"model": lane.model(), "prompt": PROMPT, "max_tokens": 20});
    let reply = caller.post("/v1/completions", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["choices"][0]["text"], PROMPT);
    assert_eq!(reply.json()["choices"][0]["logprobs"], Value::Null, "they would spell the token");
    let sent = prompt_of(&lane);
    assert!(sent.contains("[PERSON_") && !sent.contains("Maria") && !sent.contains("example.com"), "{sent}");
    let path = &lane.requests()[0].uri;
    assert!(path.ends_with("/completions") && !path.contains("chat"), "{path}");
}

/// L02, L15: and streamed as well.
#[tokio::test]
async fn a_streamed_continuation_comes_back_whole() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(echo);
    let body = json!({"model": lane.model(), "prompt": PROMPT, "stream": true});
    let reply = caller.post("/v1/completions", &body).await;
    let text: String = reply.events().iter().filter_map(|event| event["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, PROMPT);
    assert!(reply.is_done());
    assert_eq!(reply.events().last().unwrap()["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn numbers_in_the_place_of_words_are_refused() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(echo);
    let reply = caller.post("/v1/completions", &json!({"model": lane.model(), "prompt": [[1212, 318]]})).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (422, "unscannable_content"));
    assert!(reply.text().contains("token id"), "{}", reply.text());
    assert!(lane.requests().is_empty());
}
