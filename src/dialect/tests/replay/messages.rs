//! A message from its events.

use serde_json::Value;

pub(super) fn add(answer: &mut Value, mut event: Value) {
    let index = event["index"].as_u64().unwrap_or_default() as usize;
    match event["type"].as_str().unwrap() {
        "message_start" => *answer = event["message"].take(),
        "content_block_start" => answer["content"].as_array_mut().unwrap().push(event["content_block"].take()),
        "content_block_delta" => add_delta(&mut answer["content"][index], event["delta"].take()),
        "content_block_stop" => stop(&mut answer["content"][index]),
        "message_delta" => {
            merge(answer, event["delta"].take());
            merge(&mut answer["usage"], event["usage"].take());
        }
        "error" => answer["error"] = event["error"].take(),
        "ping" | "message_stop" => {}
        other => panic!("no event is called {other}"),
    }
}

/// Where the pieces of an input stand until it is whole.
const PIECES: &str = "pieces";

fn add_delta(block: &mut Value, mut delta: Value) {
    let mut append = |field: &str, piece: &str| {
        block[field] = (block[field].as_str().unwrap_or_default().to_owned() + delta[piece].as_str().unwrap()).into();
    };
    match delta["type"].as_str().unwrap() {
        "text_delta" => append("text", "text"),
        "thinking_delta" => append("thinking", "thinking"),
        "input_json_delta" => append(PIECES, "partial_json"),
        // Anthropic's own client takes the last for the whole.
        "signature_delta" => block["signature"] = delta["signature"].take(),
        "compaction_delta" => {
            (block["content"], block["encrypted_content"]) =
                (delta["content"].take(), delta["encrypted_content"].take());
        }
        "citations_delta" => block["citations"].as_array_mut().unwrap().push(delta["citation"].take()),
        other => panic!("no delta is called {other}"),
    }
}

fn stop(block: &mut Value) {
    if let Some(Value::String(pieces)) = block.as_object_mut().unwrap().shift_remove(PIECES)
        && !pieces.is_empty()
    {
        block["input"] = serde_json::from_str(&pieces).unwrap();
    }
}

fn merge(known: &mut Value, more: Value) {
    let Value::Object(more) = more else { return };
    more.into_iter().for_each(|(name, value)| known[name] = value);
}
