//! What one piece of the target's message adds to the items.

use serde_json::Value;

use super::super::{OutEvent, words_of};
use super::events::Events;
use super::item::{Call, Content, Item, PartKind};

/// Chat's names of the texts in a message, in the order in which they are
/// thought and said. Servers know the first by two names.
const TEXTS: [(&str, PartKind); 4] = [
    ("reasoning_content", PartKind::Reasoning),
    ("reasoning", PartKind::Reasoning),
    ("content", PartKind::Text),
    ("refusal", PartKind::Refusal),
];

impl Events {
    /// Takes a piece of a message.
    pub(super) fn delta(&mut self, mut delta: Value, mut logprobs: Value, out: &mut Vec<OutEvent>) {
        let mut signed = list(&mut delta, "thinking_blocks");
        for (field, kind) in TEXTS {
            if kind != PartKind::Reasoning && !signed.is_empty() {
                let at = self.open_texts(PartKind::Reasoning, out);
                self.output[at].signed.append(&mut signed);
            }
            let piece = delta.get(field).and_then(words_of);
            let logprobs = if kind == PartKind::Text { list(&mut logprobs, "content") } else { Vec::new() };
            if let Some(piece) = piece.filter(|piece| !piece.is_empty() || !logprobs.is_empty()) {
                self.text(kind, piece, logprobs, out);
            }
        }
        for annotation in list(&mut delta, "annotations") {
            self.annotation(annotation, out);
        }
        for (position, call) in list(&mut delta, "tool_calls").into_iter().enumerate() {
            self.call(position, call, out);
        }
    }

    fn text(&mut self, kind: PartKind, piece: String, logprobs: Vec<Value>, out: &mut Vec<OutEvent>) {
        let at = self.open_part(kind, out);
        let mut event = self.place(at);
        if let Some(part) = self.output[at].last_part() {
            part.text.push_str(&piece);
            part.logprobs.extend_from_slice(&logprobs);
        }
        event["delta"] = piece.into();
        if kind == PartKind::Text {
            event["logprobs"] = logprobs.into();
        }
        self.emit(kind.events().0, event, out);
    }

    /// A citation, which Responses write without an object of its own.
    fn annotation(&mut self, mut annotation: Value, out: &mut Vec<OutEvent>) {
        if let Some(Value::Object(mut citation)) = annotation.get_mut("url_citation").map(Value::take) {
            citation.insert("type".into(), "url_citation".into());
            annotation = citation.into();
        }
        let at = self.open_part(PartKind::Text, out);
        let mut event = self.place(at);
        event["annotation"] = annotation.clone();
        if let Some(part) = self.output[at].last_part() {
            event["annotation_index"] = part.annotations.len().into();
            part.annotations.push(annotation);
        }
        self.emit("response.output_text.annotation.added", event, out);
    }

    fn call(&mut self, position: usize, mut piece: Value, out: &mut Vec<OutEvent>) {
        let index = piece.get("index").and_then(Value::as_u64).unwrap_or(position as u64);
        let is_this = |item: &Item| matches!(&item.content, Content::Call(call) if call.index == index);
        let known = self.output.iter().position(is_this);
        let (holder, argument) = match piece.get("custom") {
            Some(_) => ("custom", "input"),
            None => ("function", "arguments"),
        };
        let mut called = piece.get_mut(holder).map(Value::take).unwrap_or_default();
        let at = known.unwrap_or_else(|| {
            self.close_texts(out);
            let name = text(&mut called, "name");
            let call_id = match text(&mut piece, "id") {
                id if id.is_empty() => self.id_of("call"),
                id => id,
            };
            let is_custom = holder == "custom";
            let call = Call { index, is_custom, call_id, name, arguments: String::new() };
            self.open(if is_custom { "ctc" } else { "fc" }, Content::Call(call), out)
        });
        let arguments = text(&mut called, argument);
        let mut event = self.place(at);
        if let Content::Call(call) = &mut self.output[at].content
            && !arguments.is_empty()
        {
            call.arguments.push_str(&arguments);
            let name = call.events().0;
            event["delta"] = arguments.into();
            self.emit(name, event, out);
        }
    }
}

/// Takes a text out of `holder`.
fn text(holder: &mut Value, field: &str) -> String {
    match holder.get_mut(field).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Takes a list out of `holder`.
fn list(holder: &mut Value, field: &str) -> Vec<Value> {
    match holder.get_mut(field).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
