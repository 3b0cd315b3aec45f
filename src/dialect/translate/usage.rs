//! What was counted, in the words of either API. OpenAI's count of the prompt includes what came from or went to the
//! cache; Anthropic's is what remains beside it.

use serde_json::{Value, json};

fn count(usage: &Value, pointer: &str) -> Option<u64> {
    usage.pointer(pointer).and_then(Value::as_u64)
}

/// Anthropic's `usage` as OpenAI's.
pub(super) fn messages_to_chat(usage: &Value) -> Value {
    let read = count(usage, "/cache_read_input_tokens").unwrap_or(0);
    let written = count(usage, "/cache_creation_input_tokens").unwrap_or(0);
    let prompt = count(usage, "/input_tokens").unwrap_or(0).saturating_add(read).saturating_add(written);
    let completion = count(usage, "/output_tokens").unwrap_or(0);
    let mut chat = json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt.saturating_add(completion),
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
    });
    if let Some(thinking) = count(usage, "/output_tokens_details/thinking_tokens") {
        chat["completion_tokens_details"] = json!({"reasoning_tokens": thinking});
    }
    chat
}

/// OpenAI's `usage` as Anthropic's.
pub(super) fn chat_to_messages(usage: &Value) -> Value {
    let read = count(usage, "/prompt_tokens_details/cached_tokens").unwrap_or(0);
    let written = count(usage, "/prompt_tokens_details/cache_write_tokens").unwrap_or(0);
    let prompt = count(usage, "/prompt_tokens").unwrap_or(0);
    let mut messages = json!({
        "input_tokens": prompt.saturating_sub(read).saturating_sub(written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": count(usage, "/completion_tokens").unwrap_or(0),
    });
    if let Some(thinking) = count(usage, "/completion_tokens_details/reasoning_tokens") {
        messages["output_tokens_details"] = json!({"thinking_tokens": thinking});
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_survives_both_ways() {
        let usage = json!({
            "input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 3000,
            "output_tokens": 40, "output_tokens_details": {"thinking_tokens": 7},
        });
        let chat = messages_to_chat(&usage);
        assert_eq!((&chat["prompt_tokens"], &chat["total_tokens"]), (&json!(3210), &json!(3250)));
        assert_eq!(chat_to_messages(&chat), usage);
    }
}
