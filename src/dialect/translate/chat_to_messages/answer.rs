//! Anthropic's answer as a chat completion.

use serde_json::{Map, Value, json};

use super::super::{Asked, stop, usage};

pub(super) fn answer(mut answer: Value, asked: &Asked) -> Option<Value> {
    let Some(Value::Array(blocks)) = answer.get_mut("content").map(Value::take) else { return None };
    let mut message = Message::default();
    for block in blocks {
        message.add(block)?;
    }
    message.refusal = refusal(&answer);
    let mut chat = json!({
        "id": answer["id"],
        "object": "chat.completion",
        "created": asked.created,
        "model": answer["model"],
        "choices": [{
            "index": 0,
            "message": message.into_value(),
            "logprobs": null,
            "finish_reason": answer["stop_reason"].as_str().map(stop::messages_to_chat),
        }],
        "usage": usage::messages_to_chat(&answer["usage"]),
    });
    if let Some(sequence) = answer["stop_sequence"].as_str() {
        chat["choices"][0][STOP_SEQUENCE] = sequence.into();
    }
    Some(chat)
}

/// Where the stop sequence stands that ended the answer: OpenAI has no place for it, vLLM has this one.
pub(super) const STOP_SEQUENCE: &str = "stop_reason";

/// Why the provider refuses to answer, where it says so: `stop_details` of a message or of the end of its stream.
pub(super) fn refusal(answer: &Value) -> Option<String> {
    answer.pointer("/stop_details/explanation").and_then(Value::as_str).map(str::to_owned)
}

#[derive(Default)]
struct Message {
    text: String,
    refusal: Option<String>,
    reasoning: String,
    /// Signed blocks, as they came.
    thinking_blocks: Vec<Value>,
    tool_calls: Vec<Value>,
}

impl Message {
    fn add(&mut self, mut block: Value) -> Option<()> {
        match block["type"].as_str()? {
            "text" => self.text.push_str(block["text"].as_str()?),
            "tool_use" => self.tool_calls.push(json!({
                "id": block["id"].take(),
                "type": "function",
                "function": {"name": block["name"].take(), "arguments": block["input"].to_string()},
            })),
            "thinking" => {
                self.reasoning.push_str(block["thinking"].as_str()?);
                self.thinking_blocks.push(block);
            }
            "redacted_thinking" => self.thinking_blocks.push(block),
            // It comes of tools that only Anthropic runs, which are not asked for.
            _ => return None,
        }
        Some(())
    }

    fn into_value(self) -> Value {
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        let wordless = self.text.is_empty() && !self.tool_calls.is_empty();
        message.insert("content".into(), if wordless { Value::Null } else { self.text.into() });
        message.insert("refusal".into(), self.refusal.into());
        if !self.reasoning.is_empty() {
            message.insert("reasoning_content".into(), self.reasoning.into());
        }
        for (field, items) in [("thinking_blocks", self.thinking_blocks), ("tool_calls", self.tool_calls)] {
            if !items.is_empty() {
                message.insert(field.into(), items.into());
            }
        }
        message.into()
    }
}
