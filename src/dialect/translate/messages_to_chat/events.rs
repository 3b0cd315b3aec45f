//! The chunks of a chat completion as Anthropic's events.

use serde_json::{Value, json};

use super::super::{Asked, OutEvent, TranslateEvents, error, is_prelude, usage, words_of};
use super::answer::{reasoning, stopped};
use super::queue::{BlockQueue, Part, put};

pub(super) struct MessageEvents {
    started: bool,
    blocks: BlockQueue,
    usage: Value,
    refused: bool,
    /// The choice that said why it ended.
    last: Option<Value>,
    done: bool,
}

impl MessageEvents {
    pub(super) fn new(_: &Asked) -> MessageEvents {
        MessageEvents {
            started: false,
            blocks: BlockQueue::default(),
            usage: Value::Null,
            refused: false,
            last: None,
            done: false,
        }
    }

    /// What is counted is known only at the end of a chat's stream, and told there.
    fn start(&mut self, chunk: &Value, out: &mut Vec<OutEvent>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let message = json!({
            "id": chunk["id"], "type": "message", "role": "assistant", "model": chunk["model"], "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage::chat_to_messages(&Value::Null),
        });
        put(out, "message_start", json!({"message": message}));
    }

    fn delta(&mut self, delta: &Value, out: &mut Vec<OutEvent>) {
        if let Some(thoughts) = reasoning(delta) {
            self.blocks.say(Part::Thinking, thoughts, out);
        }
        for field in ["content", "refusal"] {
            if let Some(text) = words_of(&delta[field]).filter(|text| !text.is_empty()) {
                self.refused |= field == "refusal";
                self.blocks.say(Part::Text, &text, out);
            }
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.blocks.call(call, out);
        }
    }
}

impl TranslateEvents for MessageEvents {
    fn event(&mut self, mut chunk: Value, out: &mut Vec<OutEvent>) {
        if self.done {
            return;
        }
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            // Clients read no further than an error.
            self.done = true;
            let data = error::chat_to_messages(chunk, error::IN_STREAM);
            return out.push(OutEvent::Data { name: Some("error"), data });
        }
        if is_prelude(&chunk) {
            return;
        }
        self.start(&chunk, out);
        if chunk["usage"].is_object() {
            self.usage = chunk["usage"].take();
        }
        // A messages request has one answer.
        let Some(choice) = chunk.get_mut("choices").and_then(|choices| choices.get_mut(0)).map(Value::take) else {
            return;
        };
        self.delta(&choice["delta"], out);
        if choice["finish_reason"].is_string() {
            self.blocks.finish(out);
            self.last = Some(choice);
        }
    }

    fn end(&mut self, out: &mut Vec<OutEvent>) {
        let Some(last) = self.last.take().filter(|_| !self.done) else { return };
        self.done = true;
        let (stop_reason, stop_sequence) = stopped(&last, self.refused);
        let delta = json!({"stop_reason": stop_reason, "stop_sequence": stop_sequence});
        put(out, "message_delta", json!({"delta": delta, "usage": usage::chat_to_messages(&self.usage)}));
        put(out, "message_stop", json!({}));
    }
}
