//! The stream: pieces of one message become events about items.
//!
//! An item of text ends when one of another kind begins. Calls stay open to the
//! end of the choice, since a target may cut several of them in turns.

use serde_json::{Map, Value, json};

use super::super::{Asked, OutEvent, TranslateEvents, is_prelude};
use super::item::{Item, PartKind};
use super::object::{Head, State, usage};

/// The events of one answer.
pub(super) struct Events {
    asked: Asked,
    /// Known from the target's first event on.
    pub(super) head: Option<Head>,
    pub(super) output: Vec<Item>,
    finish_reason: Option<String>,
    usage: Value,
    /// Whether the last event is told.
    is_over: bool,
    sequence_number: u64,
}

impl TranslateEvents for Events {
    fn event(&mut self, mut event: Value, out: &mut Vec<OutEvent>) {
        if self.is_over || is_prelude(&event) {
            return;
        }
        self.begin(&event, out);
        if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
            return self.fail(error, out);
        }
        if let Some(counts) = event.get("usage").filter(|counts| counts.is_object()) {
            self.usage = usage(counts);
        }
        if let Some(choice) = event.pointer_mut("/choices/0") {
            let logprobs = choice.get_mut("logprobs").map(Value::take).unwrap_or_default();
            let delta = choice.get_mut("delta").map(Value::take).unwrap_or_default();
            self.delta(delta, logprobs, out);
            if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
                self.finish(reason, out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<OutEvent>) {
        if self.finish_reason.is_none() || self.is_over {
            return;
        }
        match cut(self.finish_reason.as_deref()) {
            None => {
                let state = self.state("completed");
                self.last("response.completed", state, out);
            }
            Some(reason) => {
                let mut state = self.state("incomplete");
                state.incomplete_details = json!({"reason": reason});
                self.last("response.incomplete", state, out);
            }
        }
    }
}

impl Events {
    pub(super) fn new(asked: Asked) -> Events {
        Events {
            asked,
            head: None,
            output: Vec::new(),
            finish_reason: None,
            usage: Value::Null,
            is_over: false,
            sequence_number: 0,
        }
    }

    fn begin(&mut self, event: &Value, out: &mut Vec<OutEvent>) {
        if self.head.is_some() {
            return;
        }
        let head = Head::of(event, &self.asked);
        for name in ["response.created", "response.in_progress"] {
            let response = head.object(&self.asked, State::in_progress());
            self.emit(name, json!({"response": response}), out);
        }
        self.head = Some(head);
    }

    /// The target's error ends the response.
    fn fail(&mut self, error: &Value, out: &mut Vec<OutEvent>) {
        let code = match error.get("code").and_then(Value::as_str) {
            Some("rate_limit_exceeded") => "rate_limit_exceeded",
            _ => "server_error",
        };
        let message = error.get("message").and_then(Value::as_str).unwrap_or("the provider broke off its answer");
        let mut state = self.state("failed");
        state.error = json!({"code": code, "message": message});
        self.last("response.failed", state, out);
    }

    fn last(&mut self, name: &'static str, state: State, out: &mut Vec<OutEvent>) {
        self.is_over = true;
        let response = self.head.as_ref().map(|head| head.object(&self.asked, state));
        self.emit(name, json!({"response": response}), out);
    }

    fn state(&mut self, status: &'static str) -> State {
        let output = (0..self.output.len()).map(|at| self.output[at].value(self.item_status(at))).collect();
        State { usage: self.usage.take(), ..State::of(status, output) }
    }

    /// Where an answer is cut off, its last item is.
    pub(super) fn item_status(&self, at: usize) -> &'static str {
        let is_last = at + 1 == self.output.len();
        let is_cut = !self.output[at].is_done || cut(self.finish_reason.as_deref()).is_some();
        if is_last && is_cut { "incomplete" } else { "completed" }
    }

    /// Ends the choice. An answer without anything is one empty text.
    fn finish(&mut self, reason: &str, out: &mut Vec<OutEvent>) {
        if self.output.is_empty() {
            self.open_part(PartKind::Text, out);
        }
        self.finish_reason = Some(reason.to_owned());
        (0..self.output.len()).for_each(|at| self.close(at, out));
    }

    /// Tells one event.
    pub(super) fn emit(&mut self, name: &'static str, fields: Value, out: &mut Vec<OutEvent>) {
        let mut data = Map::from_iter([("type".to_owned(), name.into())]);
        if let Value::Object(fields) = fields {
            data.extend(fields);
        }
        data.insert("sequence_number".into(), self.sequence_number.into());
        self.sequence_number += 1;
        out.push(OutEvent::Data { name: Some(name), data: data.into() });
    }
}

/// Whether the target ended the answer before it was whole, and why.
fn cut(finish_reason: Option<&str>) -> Option<&'static str> {
    match finish_reason? {
        "length" => Some("max_output_tokens"),
        "content_filter" => Some("content_filter"),
        _ => None,
    }
}
