//! The response object around the items.

use serde_json::{Map, Value, json};

use super::super::Asked;

/// Settings that the object repeats, and what they are when the request says nothing.
const SETTINGS: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort": null, "summary": null}"#),
    ("safety_identifier", "null"),
    ("temperature", "null"),
    ("text", r#"{"format": {"type": "text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "null"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// What every state of a response repeats.
pub(super) struct Head {
    /// The answer's number at the target.
    pub(super) number: String,
    created: Value,
    model: Value,
    service_tier: Value,
}

/// How far a response has come.
pub(super) struct State {
    pub(super) status: &'static str,
    pub(super) error: Value,
    pub(super) incomplete_details: Value,
    pub(super) output: Vec<Value>,
    pub(super) usage: Value,
}

impl State {
    pub(super) fn in_progress() -> State {
        State::of("in_progress", Vec::new())
    }

    pub(super) fn of(status: &'static str, output: Vec<Value>) -> State {
        State { status, error: Value::Null, incomplete_details: Value::Null, output, usage: Value::Null }
    }
}

impl Head {
    /// Reads it from a chat completion or from the first piece of one.
    pub(super) fn of(chat: &Value, asked: &Asked) -> Head {
        let field = |name: &str| chat.get(name).filter(|value| !value.is_null()).cloned();
        let setting = |name: &str| asked.settings.get(name).cloned().unwrap_or_default();
        let id = chat.get("id").and_then(Value::as_str).unwrap_or_default();
        Head {
            number: id.strip_prefix("chatcmpl-").unwrap_or(id).to_owned(),
            created: field("created").unwrap_or_else(|| asked.created.into()),
            model: field("model").unwrap_or_else(|| asked.model().into()),
            service_tier: field("service_tier").unwrap_or_else(|| setting("service_tier")),
        }
    }

    /// The response object.
    pub(super) fn object(&self, asked: &Asked, state: State) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        put("id", format!("resp_{}", self.number).into());
        put("object", "response".into());
        put("created_at", self.created.clone());
        put("status", state.status.into());
        put("background", false.into());
        put("error", state.error);
        put("incomplete_details", state.incomplete_details);
        put("model", self.model.clone());
        put("output", state.output.into());
        put("previous_response_id", Value::Null);
        put("service_tier", self.service_tier.clone());
        put("store", false.into());
        for (name, default) in SETTINGS {
            let set = asked.settings.get(*name).filter(|value| !value.is_null());
            put(name, set.cloned().unwrap_or_else(|| serde_json::from_str(default).unwrap_or_default()));
        }
        put("usage", state.usage);
        Value::Object(object)
    }
}

/// Chat's `usage` in the words of Responses.
pub(super) fn usage(chat: &Value) -> Value {
    let count = |pointer: &str| chat.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    json!({
        "input_tokens": count("/prompt_tokens"),
        "input_tokens_details": {
            "cached_tokens": count("/prompt_tokens_details/cached_tokens"),
            "cache_write_tokens": count("/prompt_tokens_details/cache_write_tokens"),
        },
        "output_tokens": count("/completion_tokens"),
        "output_tokens_details": {"reasoning_tokens": count("/completion_tokens_details/reasoning_tokens")},
        "total_tokens": count("/total_tokens"),
    })
}
