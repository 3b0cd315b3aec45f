//! Opening and closing items and their parts.

use serde_json::{Value, json};

use super::super::OutEvent;
use super::events::Events;
use super::item::{Content, Item, Part, PartKind};

impl Events {
    /// The item at the end of the output that takes text of this kind; opens it
    /// where there is none.
    pub(super) fn open_texts(&mut self, kind: PartKind, out: &mut Vec<OutEvent>) -> usize {
        match self.output.last() {
            Some(last) if last.takes(kind) => self.output.len() - 1,
            _ => {
                self.close_texts(out);
                match kind {
                    PartKind::Reasoning => self.open("rs", Content::Reasoning(Vec::new()), out),
                    PartKind::Text | PartKind::Refusal => self.open("msg", Content::Message(Vec::new()), out),
                }
            }
        }
    }

    /// The same with an open part of this kind.
    pub(super) fn open_part(&mut self, kind: PartKind, out: &mut Vec<OutEvent>) -> usize {
        let at = self.open_texts(kind, out);
        if self.output[at].last_part().is_none_or(|part| part.kind != kind) {
            self.close_part(at, out);
            let part = Part::new(kind);
            let value = part.value();
            if let Some(parts) = self.output[at].parts() {
                parts.push(part);
            }
            let mut event = self.place(at);
            event["part"] = value;
            self.emit("response.content_part.added", event, out);
        }
        at
    }

    /// Opens an item at the end of the output.
    pub(super) fn open(&mut self, prefix: &str, content: Content, out: &mut Vec<OutEvent>) -> usize {
        let item = Item { id: self.id_of(prefix), content, signed: Vec::new(), is_done: false };
        let event = json!({"output_index": self.output.len(), "item": item.value("in_progress")});
        self.output.push(item);
        self.emit("response.output_item.added", event, out);
        self.output.len() - 1
    }

    /// A name for the item that comes next, the same whenever the answer is translated.
    pub(super) fn id_of(&self, prefix: &str) -> String {
        let number = self.head.as_ref().map_or("", |head| &head.number);
        format!("{prefix}_{number}_{}", self.output.len())
    }

    /// The fields by which an event names an item and its last part.
    pub(super) fn place(&mut self, at: usize) -> Value {
        let mut place = json!({"item_id": self.output[at].id, "output_index": at});
        if let Some(last) = self.output[at].parts().and_then(|parts| parts.len().checked_sub(1)) {
            place["content_index"] = last.into();
        }
        place
    }

    /// Closes the items of text. Calls stay open, since their pieces may come in turns.
    pub(super) fn close_texts(&mut self, out: &mut Vec<OutEvent>) {
        for at in 0..self.output.len() {
            if self.output[at].parts().is_some() {
                self.close(at, out);
            }
        }
    }

    /// Closes an item, unless it is closed.
    pub(super) fn close(&mut self, at: usize, out: &mut Vec<OutEvent>) {
        if std::mem::replace(&mut self.output[at].is_done, true) {
            return;
        }
        self.close_part(at, out);
        if let Content::Call(call) = &self.output[at].content {
            let (_, name, field) = call.events();
            let event = json!({"item_id": self.output[at].id, "output_index": at, field: call.arguments});
            self.emit(name, event, out);
        }
        let item = self.output[at].value(self.item_status(at));
        self.emit("response.output_item.done", json!({"output_index": at, "item": item}), out);
    }

    fn close_part(&mut self, at: usize, out: &mut Vec<OutEvent>) {
        let place = self.place(at);
        let Some(part) = self.output[at].last_part() else { return };
        let (kind, value) = (part.kind, part.value());
        let mut whole = place.clone();
        whole[kind.field()] = part.text.as_str().into();
        if kind == PartKind::Text {
            whole["logprobs"] = part.logprobs.clone().into();
        }
        self.emit(kind.events().1, whole, out);
        let mut done = place;
        done["part"] = value;
        self.emit("response.content_part.done", done, out);
    }
}
