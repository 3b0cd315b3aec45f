//! The content blocks of an answer, one after the other.
//!
//! A chat's chunks may go on with several tool calls in turn; Anthropic's clients read one block at a time. The first
//! block that is not whole is written as it comes, and those behind it wait for it.

use std::collections::VecDeque;

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::super::OutEvent;
use super::UNSIGNED;
use super::answer::tool_use_id;

/// A part of the answer that becomes a content block.
pub(super) enum Part {
    Text,
    Thinking,
    /// The tool call with this index.
    ToolUse {
        call: u64,
        id: Option<String>,
        name: Option<String>,
        arguments: String,
    },
}

struct Block {
    part: Part,
    /// Whether `content_block_start` is out.
    started: bool,
    /// What is not out yet.
    waiting: String,
}

/// Blocks that are not whole, in their order.
#[derive(Default)]
pub(super) struct BlockQueue {
    blocks: VecDeque<Block>,
    /// The index of the first of them in the answer.
    index: u64,
}

impl BlockQueue {
    /// Goes on with the thoughts or the text.
    pub(super) fn say(&mut self, part: Part, piece: &str, out: &mut Vec<OutEvent>) {
        let goes_on = self.blocks.back().is_some_and(|last| same(&last.part, &part));
        if !goes_on {
            self.blocks.push_back(Block { part, started: false, waiting: String::new() });
        }
        if let Some(block) = self.blocks.back_mut() {
            block.waiting.push_str(piece);
        }
        self.advance(out);
    }

    /// Goes on with a tool call: `delta` is an element of `tool_calls`.
    pub(super) fn call(&mut self, delta: &Value, out: &mut Vec<OutEvent>) {
        let index = delta["index"].as_u64().unwrap_or(0);
        let is_it = |block: &Block| matches!(&block.part, Part::ToolUse { call, .. } if *call == index);
        let at = self.blocks.iter().position(is_it).unwrap_or_else(|| {
            let part = Part::ToolUse { call: index, id: None, name: None, arguments: String::new() };
            self.blocks.push_back(Block { part, started: false, waiting: String::new() });
            self.blocks.len() - 1
        });
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let piece = delta["function"]["arguments"].as_str().unwrap_or_default();
        let block = &mut self.blocks[at];
        if let Part::ToolUse { id, name, arguments, .. } = &mut block.part {
            *id = id.take().or_else(|| text(&delta["id"]));
            *name = name.take().or_else(|| text(&delta["function"]["name"]));
            arguments.push_str(piece);
        }
        block.waiting.push_str(piece);
        self.advance(out);
    }

    /// Writes what is left.
    pub(super) fn finish(&mut self, out: &mut Vec<OutEvent>) {
        while let Some(mut block) = self.blocks.pop_front() {
            block.write(self.index, out);
            self.stop(out);
        }
    }

    /// Writes the first block as far as it has come, and those behind it if it is whole.
    fn advance(&mut self, out: &mut Vec<OutEvent>) {
        while let Some(first) = self.blocks.front_mut() {
            if first.can_start() {
                first.write(self.index, out);
            }
            if self.blocks.len() < 2 || !self.blocks[0].is_whole() {
                return;
            }
            self.blocks.pop_front();
            self.stop(out);
        }
    }

    fn stop(&mut self, out: &mut Vec<OutEvent>) {
        put(out, "content_block_stop", json!({"index": self.index}));
        self.index += 1;
    }
}

impl Block {
    /// Whether the block's head is known.
    fn can_start(&self) -> bool {
        !matches!(self.part, Part::ToolUse { name: None, .. })
    }

    /// Whether nothing more comes once another block has begun: a text that goes on behind it is one of its own.
    fn is_whole(&self) -> bool {
        match &self.part {
            Part::Text | Part::Thinking => true,
            Part::ToolUse { arguments, .. } => {
                arguments.trim_end().ends_with('}') && serde_json::from_str::<IgnoredAny>(arguments).is_ok()
            }
        }
    }

    fn write(&mut self, index: u64, out: &mut Vec<OutEvent>) {
        if !std::mem::replace(&mut self.started, true) {
            put(out, "content_block_start", json!({"index": index, "content_block": self.part.head()}));
        }
        if !self.waiting.is_empty() {
            let piece = std::mem::take(&mut self.waiting);
            let (kind, field) = match self.part {
                Part::Text => ("text_delta", "text"),
                Part::Thinking => ("thinking_delta", "thinking"),
                Part::ToolUse { .. } => ("input_json_delta", "partial_json"),
            };
            put(out, "content_block_delta", json!({"index": index, "delta": {"type": kind, field: piece}}));
        }
    }
}

impl Part {
    /// The block as it starts.
    fn head(&self) -> Value {
        match self {
            Part::Text => json!({"type": "text", "text": ""}),
            Part::Thinking => json!({"type": "thinking", "thinking": "", "signature": UNSIGNED}),
            Part::ToolUse { id, name, .. } => {
                json!({"type": "tool_use", "id": tool_use_id(id.as_deref()), "name": name, "input": {}})
            }
        }
    }
}

fn same(one: &Part, other: &Part) -> bool {
    matches!((one, other), (Part::Text, Part::Text) | (Part::Thinking, Part::Thinking))
}

/// Appends an event whose `type` is its name.
pub(super) fn put(out: &mut Vec<OutEvent>, name: &'static str, fields: Value) {
    let mut data = Map::from_iter([("type".to_owned(), Value::from(name))]);
    if let Value::Object(fields) = fields {
        data.extend(fields);
    }
    out.push(OutEvent::Data { name: Some(name), data: data.into() });
}
