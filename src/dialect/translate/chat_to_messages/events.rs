//! Anthropic's events as the chunks of a chat completion.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Asked, OutEvent, TranslateEvents, error, stop, usage};
use super::answer::{STOP_SEQUENCE, refusal};

pub(super) struct ChatEvents {
    created: u64,
    include_usage: bool,
    id: Value,
    model: Value,
    usage: Value,
    /// The content blocks that are open, by their index.
    blocks: BTreeMap<u64, Block>,
    /// What was thought and signed.
    thought: Vec<Value>,
    tool_calls: u64,
    /// Whether the target has said why it stopped.
    stopped: bool,
    done: bool,
}

/// A content block that is still written.
enum Block {
    Text,
    ToolUse {
        call: u64,
        has_arguments: bool,
    },
    /// Signed: shown as it is read, and given on in one piece.
    Thinking(Value),
}

impl ChatEvents {
    pub(super) fn new(asked: &Asked) -> ChatEvents {
        ChatEvents {
            created: asked.created,
            include_usage: asked.include_usage(),
            id: Value::Null,
            model: Value::Null,
            usage: json!({}),
            blocks: BTreeMap::new(),
            thought: Vec::new(),
            tool_calls: 0,
            stopped: false,
            done: false,
        }
    }

    fn envelope(&self, choices: Value) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices,
        })
    }

    fn delta(&self, delta: Value) -> OutEvent {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": null});
        OutEvent::Data { name: None, data: self.envelope(json!([choice])) }
    }

    fn start_block(&mut self, index: u64, mut block: Value, out: &mut Vec<OutEvent>) {
        if !matches!(block["type"].as_str(), Some("thinking" | "redacted_thinking")) {
            self.tell_thought(out);
        }
        let opened = match block["type"].as_str() {
            Some("text") => Block::Text,
            Some("tool_use") => {
                let call = self.tool_calls;
                self.tool_calls += 1;
                let function = json!({"name": block["name"].take(), "arguments": ""});
                let call_start =
                    json!({"index": call, "id": block["id"].take(), "type": "function", "function": function});
                out.push(self.delta(json!({"tool_calls": [call_start]})));
                Block::ToolUse { call, has_arguments: false }
            }
            Some("thinking" | "redacted_thinking") => Block::Thinking(block.clone()),
            // It comes of tools that only Anthropic runs, which are not asked for.
            _ => return self.fail(json!({}), out),
        };
        self.blocks.insert(index, opened);
        for (field, delta) in [("text", "text_delta"), ("thinking", "thinking_delta")] {
            if let Some(Value::String(text)) = block.get_mut(field).map(Value::take) {
                self.show(delta, text, out);
            }
        }
    }

    fn continue_block(&mut self, index: u64, mut delta: Value, out: &mut Vec<OutEvent>) {
        let kind = delta["type"].as_str().unwrap_or_default().to_owned();
        let field = match kind.as_str() {
            "text_delta" => "text",
            "input_json_delta" => "partial_json",
            "thinking_delta" => "thinking",
            "signature_delta" => "signature",
            _ => return,
        };
        let Some(Value::String(piece)) = delta.get_mut(field).map(Value::take) else { return };
        match self.blocks.get_mut(&index) {
            Some(Block::ToolUse { call, has_arguments }) if !piece.is_empty() => {
                *has_arguments = true;
                let call = json!({"index": *call, "function": {"arguments": piece}});
                return out.push(self.delta(json!({"tool_calls": [call]})));
            }
            Some(Block::Thinking(block)) => match &mut block[field] {
                Value::String(text) => text.push_str(&piece),
                missing => *missing = piece.clone().into(),
            },
            _ => {}
        }
        self.show(&kind, piece, out);
    }

    fn show(&self, kind: &str, text: String, out: &mut Vec<OutEvent>) {
        let field = match kind {
            "text_delta" => "content",
            "thinking_delta" => "reasoning_content",
            _ => return,
        };
        if !text.is_empty() {
            out.push(self.delta(json!({field: text})));
        }
    }

    fn end_block(&mut self, index: u64, out: &mut Vec<OutEvent>) {
        match self.blocks.remove(&index) {
            Some(Block::ToolUse { call, has_arguments: false }) => {
                let call = json!({"index": call, "function": {"arguments": "{}"}});
                out.push(self.delta(json!({"tool_calls": [call]})));
            }
            Some(Block::Thinking(block)) => self.thought.push(block),
            _ => {}
        }
    }

    fn stop(&mut self, delta: &Value, out: &mut Vec<OutEvent>) {
        let Some(reason) = delta["stop_reason"].as_str() else { return };
        self.stopped = true;
        self.tell_thought(out);
        if let Some(refusal) = refusal(delta) {
            out.push(self.delta(json!({"refusal": refusal})));
        }
        let mut choice = json!({
            "index": 0, "delta": {}, "logprobs": null, "finish_reason": stop::messages_to_chat(reason),
        });
        if let Some(sequence) = delta["stop_sequence"].as_str() {
            choice[STOP_SEQUENCE] = sequence.into();
        }
        out.push(OutEvent::Data { name: None, data: self.envelope(json!([choice])) });
    }

    /// What was thought in front of something else goes out at once: elements of a
    /// list that have no number of their own cannot be told apart in several deltas.
    fn tell_thought(&mut self, out: &mut Vec<OutEvent>) {
        if !self.thought.is_empty() {
            let blocks = std::mem::take(&mut self.thought);
            out.push(self.delta(json!({"thinking_blocks": blocks})));
        }
    }

    fn count(&mut self, counts: Value) {
        if let (Value::Object(usage), Value::Object(counts)) = (&mut self.usage, counts) {
            usage.extend(counts.into_iter().filter(|(_, count)| !count.is_null()));
        }
    }

    /// Clients read no further than an error.
    fn fail(&mut self, error: Value, out: &mut Vec<OutEvent>) {
        self.done = true;
        out.push(OutEvent::Data { name: None, data: error::messages_to_chat(error, error::IN_STREAM) });
    }
}

impl TranslateEvents for ChatEvents {
    fn event(&mut self, mut event: Value, out: &mut Vec<OutEvent>) {
        if self.done {
            return;
        }
        let index = event["index"].as_u64().unwrap_or(0);
        match event["type"].as_str() {
            Some("message_start") => {
                let mut field = |name| event.pointer_mut(name).map(Value::take).unwrap_or_default();
                (self.id, self.model) = (field("/message/id"), field("/message/model"));
                let counts = field("/message/usage");
                self.count(counts);
                out.push(self.delta(json!({"role": "assistant", "content": "", "refusal": null})));
            }
            Some("content_block_start") => self.start_block(index, event["content_block"].take(), out),
            Some("content_block_delta") => self.continue_block(index, event["delta"].take(), out),
            Some("content_block_stop") => self.end_block(index, out),
            Some("message_delta") => {
                self.count(event["usage"].take());
                self.stop(&event["delta"], out);
            }
            Some("message_stop") => self.end(out),
            Some("ping") => out.push(OutEvent::KeepAlive),
            Some("error") => self.fail(event, out),
            // Anthropic asks its clients to pass over types of events that they do not know.
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<OutEvent>) {
        if self.done || !self.stopped {
            return;
        }
        self.done = true;
        if self.include_usage {
            let mut last = self.envelope(json!([]));
            last["usage"] = usage::messages_to_chat(&self.usage);
            out.push(OutEvent::Data { name: None, data: last });
        }
        out.push(OutEvent::Done);
    }
}
