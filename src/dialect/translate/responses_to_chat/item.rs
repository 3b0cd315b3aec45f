//! The items of an answer, while they grow.

use serde_json::{Value, json};

/// One item of the output.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) content: Content,
    /// What its provider wants back as it is, beside its text.
    pub(super) signed: Vec<Value>,
    /// Whether nothing more belongs to it.
    pub(super) is_done: bool,
}

/// What grows in an item.
pub(super) enum Content {
    Reasoning(Vec<Part>),
    Message(Vec<Part>),
    Call(Call),
}

/// A run of text.
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) text: String,
    pub(super) logprobs: Vec<Value>,
    pub(super) annotations: Vec<Value>,
}

/// A call of a tool.
pub(super) struct Call {
    /// The number that chat gives it.
    pub(super) index: u64,
    pub(super) is_custom: bool,
    pub(super) call_id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Reasoning,
    Text,
    Refusal,
}

impl PartKind {
    /// Names of the events that carry its pieces and its whole.
    pub(super) fn events(self) -> (&'static str, &'static str) {
        match self {
            PartKind::Reasoning => ("response.reasoning_text.delta", "response.reasoning_text.done"),
            PartKind::Text => ("response.output_text.delta", "response.output_text.done"),
            PartKind::Refusal => ("response.refusal.delta", "response.refusal.done"),
        }
    }

    /// The field that holds its text.
    pub(super) fn field(self) -> &'static str {
        if self == PartKind::Refusal { "refusal" } else { "text" }
    }
}

impl Part {
    pub(super) fn new(kind: PartKind) -> Part {
        Part { kind, text: String::new(), logprobs: Vec::new(), annotations: Vec::new() }
    }

    pub(super) fn value(&self) -> Value {
        match self.kind {
            PartKind::Reasoning => json!({"type": "reasoning_text", "text": self.text}),
            PartKind::Refusal => json!({"type": "refusal", "refusal": self.text}),
            PartKind::Text => json!({
                "type": "output_text", "text": self.text, "annotations": self.annotations, "logprobs": self.logprobs,
            }),
        }
    }
}

impl Call {
    /// Names of the events that carry pieces and the whole of what it is called
    /// with, and the field that holds that.
    pub(super) fn events(&self) -> (&'static str, &'static str, &'static str) {
        if self.is_custom {
            ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "input")
        } else {
            ("response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments")
        }
    }
}

impl Item {
    pub(super) fn value(&self, status: &str) -> Value {
        match &self.content {
            Content::Call(call) if call.is_custom => json!({
                "id": self.id, "type": "custom_tool_call", "status": status,
                "call_id": call.call_id, "name": call.name, "input": call.arguments,
            }),
            Content::Call(call) => json!({
                "id": self.id, "type": "function_call", "status": status,
                "call_id": call.call_id, "name": call.name, "arguments": call.arguments,
            }),
            Content::Reasoning(parts) => {
                let mut item = json!({
                    "id": self.id, "type": "reasoning", "status": status, "summary": [], "content": values(parts),
                });
                if !self.signed.is_empty() {
                    item["encrypted_content"] = Value::from(self.signed.as_slice()).to_string().into();
                }
                item
            }
            Content::Message(parts) => json!({
                "id": self.id, "type": "message", "status": status, "role": "assistant", "content": values(parts),
            }),
        }
    }

    pub(super) fn parts(&mut self) -> Option<&mut Vec<Part>> {
        match &mut self.content {
            Content::Reasoning(parts) | Content::Message(parts) => Some(parts),
            Content::Call(_) => None,
        }
    }

    pub(super) fn last_part(&mut self) -> Option<&mut Part> {
        self.parts()?.last_mut()
    }

    /// Whether text of this kind may go on here.
    pub(super) fn takes(&self, kind: PartKind) -> bool {
        !self.is_done
            && match self.content {
                Content::Reasoning(_) => kind == PartKind::Reasoning,
                Content::Message(_) => kind != PartKind::Reasoning,
                Content::Call(_) => false,
            }
    }
}

fn values(parts: &[Part]) -> Vec<Value> {
    parts.iter().map(Part::value).collect()
}
