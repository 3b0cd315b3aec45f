//! A chat completion as Anthropic's answer.

use serde_json::{Value, json};

use super::super::{Asked, stop, usage, words_of};
use super::UNSIGNED;

pub(super) fn answer(mut answer: Value, _: &Asked) -> Option<Value> {
    let choice = answer.get_mut("choices")?.get_mut(0)?.take();
    let message = choice.get("message").filter(|message| message.is_object())?;
    let mut content = Vec::new();
    if let Some(thinking) = reasoning(message) {
        content.push(json!({"type": "thinking", "thinking": thinking, "signature": UNSIGNED}));
    }
    let refusal = message["refusal"].as_str().filter(|text| !text.is_empty());
    let text = words_of(&message["content"]).unwrap_or_default() + refusal.unwrap_or_default();
    if !text.is_empty() {
        content.push(json!({"type": "text", "text": text}));
    }
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let function = &call["function"];
        let (id, name) = (tool_use_id(call["id"].as_str()), function["name"].as_str()?);
        let input = input(function["arguments"].as_str().unwrap_or_default());
        content.push(json!({"type": "tool_use", "id": id, "name": name, "input": input}));
    }
    let (stop_reason, stop_sequence) = stopped(&choice, refusal.is_some());
    Some(json!({
        "id": answer["id"],
        "type": "message",
        "role": "assistant",
        "model": answer["model"],
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": stop_sequence,
        "usage": usage::chat_to_messages(&answer["usage"]),
    }))
}

/// The thoughts of a model, which OpenAI's API does not tell and others put here or there.
pub(super) fn reasoning(message: &Value) -> Option<&str> {
    let fields = ["reasoning_content", "reasoning"];
    fields.iter().find_map(|field| message[*field].as_str()).filter(|text| !text.is_empty())
}

/// The id of a call; a new one where the provider gives none.
pub(super) fn tool_use_id(id: Option<&str>) -> String {
    match id {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => format!("toolu_{}", uuid::Uuid::new_v4().simple()),
    }
}

/// Why a choice ended, and the stop sequence that ended it where the target says so, as vLLM does.
pub(super) fn stopped(choice: &Value, refused: bool) -> (Option<&'static str>, Option<String>) {
    let Some(reason) = choice["finish_reason"].as_str() else { return (None, None) };
    let sequence = choice["stop_reason"].as_str().filter(|_| reason == "stop");
    let reason = match (refused, sequence) {
        (true, _) => "refusal",
        (_, Some(_)) => "stop_sequence",
        _ => stop::chat_to_messages(reason),
    };
    (Some(reason), sequence.map(str::to_owned))
}

/// Anthropic's inputs are objects. What a model wrote wrongly is told under the name that Anthropic's documentation
/// has for it ("Fine-grained tool streaming").
fn input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str(arguments) {
        Ok(input @ Value::Object(_)) => input,
        _ => json!({"INVALID_JSON": arguments}),
    }
}
