//! A provider's errors in the shape of the other API. The status passes as it is, and with it the class of exception
//! that a client raises.

use serde_json::{Value, json};

use super::super::error::{anthropic_type, openai_type};

/// The status of errors inside a stream, which have none of their own.
pub(super) const IN_STREAM: u16 = 500;

/// Anthropic's error as OpenAI's.
pub(super) fn messages_to_chat(error: Value, status: u16) -> Value {
    let code = error.pointer("/error/type").and_then(Value::as_str).unwrap_or_else(|| anthropic_type(status));
    json!({"error": {"message": message(&error), "type": openai_type(status), "param": null, "code": code}})
}

/// OpenAI's error as Anthropic's.
pub(super) fn chat_to_messages(error: Value, status: u16) -> Value {
    let code = error.pointer("/error/code").and_then(Value::as_str).unwrap_or_default();
    let kind = match code {
        "rate_limit_exceeded" | "insufficient_quota" => "rate_limit_error",
        "model_not_found" => "not_found_error",
        "context_length_exceeded" => "invalid_request_error",
        _ => anthropic_type(status),
    };
    json!({"type": "error", "error": {"type": kind, "message": message(&error)}})
}

/// The text of any provider's error: some that are compatible with OpenAI's put it elsewhere.
fn message(error: &Value) -> &str {
    let places = ["/error/message", "/error", "/message", "/detail", "/0/error/message"];
    let text = places.iter().find_map(|place| error.pointer(place).and_then(Value::as_str));
    text.unwrap_or("the provider refused the request without saying why")
}
