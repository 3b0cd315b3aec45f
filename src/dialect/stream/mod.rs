//! Restoring a streamed answer: each run of text that continues from event to
//! event is a lane with a restorer of its own, so that choices, parts and tool
//! calls never mix.

mod lane;
mod signed;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Dialect;
use super::answer::{Usage, escape, leave_out_log_probs, restore_keys};
use super::rules::{Kind, Tree};
use super::sse::{Frame, FrameTooLong, SseSplitter};
use crate::scrub::{Restorer, SealKey};

use lane::{Lane, LaneKey, Part, Step, index_of};
use write::write_event;

pub use write::put_event;

/// The last event of a stream of OpenAI's.
pub(super) const DONE: &str = "[DONE]";
/// Counts a stream's events, where an API numbers them.
const SEQUENCE: &str = "sequence_number";

/// A streamed answer on its way to the caller.
pub struct AnswerStream {
    dialect: &'static Dialect,
    restorer: Arc<Restorer>,
    structured_output: bool,
    /// Seals what the provider signed.
    seals: Option<SealKey>,
    splitter: SseSplitter,
    lanes: BTreeMap<LaneKey, Lane>,
    /// Lanes that the event being looked at has begun.
    begun: Vec<LaneKey>,
    /// Parts that will be signed, as the provider has written them so far.
    signed: BTreeMap<Part, Map<String, Value>>,
    usage: Option<Usage>,
    /// Parts that have begun and not ended.
    open: BTreeSet<LaneKey>,
    /// The answer's id, where its provider keeps it.
    answer_id: Option<String>,
    /// The number of the last event that went out.
    sequence: Option<u64>,
    /// Whether a part has ended, or the stream has said so of itself.
    ended: bool,
    failed: bool,
    /// Whether the event being looked at is no longer what came.
    changed: bool,
}

/// Where the walk of an event stands.
#[derive(Clone, Copy)]
struct Position<'a> {
    tree: &'a Tree,
    in_delta: bool,
    finishing: bool,
}

impl AnswerStream {
    /// A stream that starts.
    pub fn new(dialect: &'static Dialect, restorer: Arc<Restorer>, structured_output: bool) -> AnswerStream {
        AnswerStream {
            dialect,
            restorer,
            structured_output,
            seals: None,
            splitter: SseSplitter::default(),
            lanes: BTreeMap::new(),
            begun: Vec::new(),
            signed: BTreeMap::new(),
            usage: None,
            open: BTreeSet::new(),
            answer_id: None,
            sequence: None,
            ended: false,
            failed: false,
            changed: false,
        }
    }

    /// The same with seals in the place of signatures.
    pub fn with_seals(self, seals: Option<SealKey>) -> AnswerStream {
        AnswerStream { seals, ..self }
    }

    /// Takes the next bytes and writes what may go on to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FrameTooLong> {
        self.splitter.push(bytes)?;
        while let Some(frame) = self.splitter.next_frame() {
            self.frame(frame, out);
        }
        Ok(())
    }

    /// Writes what is left when no more bytes come. An event that lacks only its
    /// blank line gets one; the torso of an event is dropped, since it would
    /// swallow what is written behind it.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(mut frame) = self.splitter.finish()
            && frame.data.as_deref().is_some_and(is_whole)
        {
            frame.raw.truncate(frame.raw.trim_ascii_end().len());
            frame.raw.extend_from_slice(b"\n\n");
            self.frame(frame, out);
        }
        self.flush(&LaneKey::default(), out);
    }

    /// Whether the provider said that the answer is whole.
    pub fn is_finished(&self) -> bool {
        self.ended && self.open.is_empty()
    }

    /// Whether the provider sent an error instead of the rest.
    pub fn is_failed(&self) -> bool {
        self.failed
    }

    /// What the provider counted, once it has said so.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// The id by which the provider keeps the answer, once it has said so.
    pub fn answer_id(&self) -> Option<&str> {
        self.answer_id.as_deref()
    }

    /// The number of an event that would be written next, where the API numbers
    /// its events.
    pub fn next_sequence_number(&self) -> u64 {
        self.sequence.map_or(0, |last| last.saturating_add(1))
    }

    fn frame(&mut self, frame: Frame, out: &mut Vec<u8>) {
        if frame.data.as_deref() == Some(DONE) {
            self.end(out);
        }
        let Some(mut event) = frame.data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok()) else {
            return out.extend_from_slice(&frame.raw);
        };
        self.changed = false;
        self.event(&mut event, out);
        self.sequence = event.get(SEQUENCE).and_then(Value::as_u64).or(self.sequence);
        for key in std::mem::take(&mut self.begun) {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.begin(&key, &event, frame.event.as_deref());
            }
        }
        if self.changed {
            write_event(&frame, &event, out);
        } else {
            out.extend_from_slice(&frame.raw);
        }
    }

    fn event(&mut self, event: &mut Value, out: &mut Vec<u8>) {
        if let Some(usage) = Usage::of(event) {
            self.usage = Some(self.usage.unwrap_or_default().and_then(usage));
        }
        let dialect = self.dialect;
        if let (None, Some(stateful)) = (&self.answer_id, dialect.stateful) {
            self.answer_id = (stateful.answer_id)(event).map(str::to_owned);
        }
        let mut key = LaneKey::of(event, dialect.part_fields);
        let kind = event.as_object().and_then(|fields| dialect.response.object(fields).kind());
        self.mark(event, kind, &key, out);
        let position = Position { tree: &dialect.response, in_delta: false, finishing: false };
        self.value(event, position, &mut key, out);
    }

    /// What an event says of the stream itself. What was held back goes out in
    /// front of it.
    fn mark(&mut self, event: &Value, kind: Option<Kind>, key: &LaneKey, out: &mut Vec<u8>) {
        let tells_error = event.get("error").is_some_and(|error| !error.is_null());
        if tells_error || matches!(kind, Some(Kind::Failure)) {
            // Clients read no further than an error.
            self.failed = true;
        }
        match kind {
            Some(Kind::PartEnd) => {
                self.flush(key, out);
                self.signed.remove(&key.part);
            }
            Some(Kind::End | Kind::Failure) => self.end(out),
            _ if tells_error => self.flush(&LaneKey::default(), out),
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.ended = true;
        self.open.clear();
        self.flush(&LaneKey::default(), out);
    }

    fn value(&mut self, value: &mut Value, at: Position<'_>, key: &mut LaneKey, out: &mut Vec<u8>) {
        if matches!(at.tree.kind, Some(Kind::LogProbs)) {
            // They say once more what stands beside them.
            return;
        }
        let in_delta = match at.tree.kind {
            Some(Kind::Delta) => true,
            Some(Kind::Whole) => false,
            _ => at.in_delta,
        };
        match value {
            Value::String(text) if in_delta => self.piece(text, &at, key, out),
            Value::String(text) => {
                if let Some(escape) = escape(at.tree.kind, self.structured_output) {
                    let restored = self.restorer.restore(text, escape);
                    self.show(text, restored);
                }
            }
            Value::Array(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    key.path.push(Step::Index(index_of(item, position)));
                    self.value(item, Position { tree: at.tree.items(), in_delta, ..at }, key, out);
                    key.path.pop();
                }
            }
            Value::Object(fields) => self.object(fields, Position { in_delta, ..at }, key, out),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, fields: &mut Map<String, Value>, at: Position<'_>, key: &mut LaneKey, out: &mut Vec<u8>) {
        let (rules, unknown) = (at.tree.object(fields), Tree::default());
        let in_delta = at.in_delta || matches!(rules.kind(), Some(Kind::Delta));
        if self.signed_object(fields, at.tree, rules, key, out) {
            return;
        }
        let child = |name: &str| rules.field(name).unwrap_or(&unknown);
        let ends =
            fields.iter().any(|(name, value)| matches!(child(name).kind, Some(Kind::Finish)) && !value.is_null());
        let changed_before = std::mem::take(&mut self.changed);
        for (name, value) in fields.iter_mut().filter(|(_, value)| holds_text(value)) {
            let (step, tree) = match rules.spelled_field(name) {
                // What stays as it is needs no place.
                Some((_, tree)) if value.is_string() && matches!(tree.kind, Some(Kind::Structure)) => continue,
                Some((spelled, tree)) => (Step::Field(spelled.into()), tree),
                None => (Step::Field(name.clone().into()), child(name)),
            };
            key.path.push(step);
            let position = Position { tree, in_delta, finishing: at.finishing || ends };
            self.value(value, position, key, out);
            key.path.pop();
        }
        if self.changed {
            leave_out_log_probs(fields, rules);
        }
        self.changed |= restore_keys(&self.restorer, fields, at.tree) | changed_before;
        if ends {
            self.ended = true;
            self.open.remove(key);
            self.flush(key, out);
        } else if rules.can_end() && !self.open.contains(key) {
            self.open.insert(key.clone());
        }
    }

    /// The next piece of a lane becomes what may be shown of it by now.
    fn piece(&mut self, text: &mut String, at: &Position<'_>, key: &LaneKey, out: &mut Vec<u8>) {
        let Some(escape) = escape(at.tree.kind, self.structured_output) else { return };
        let mut shown = String::with_capacity(text.len());
        let lane = match self.lanes.get_mut(key) {
            Some(lane) => lane,
            None => {
                // What a model says goes on with something else: what it said before
                // this event comes before it.
                let begun = self.begun.clone();
                self.flush_where(|known| known.is_beside(key) && !begun.contains(known), out);
                self.begun.push(key.clone());
                self.lanes.entry(key.clone()).or_insert(Lane::new(self.restorer.stream(escape)))
            }
        };
        lane.restorer.push(text, &mut shown);
        if at.finishing {
            lane.restorer.finish(&mut shown);
            self.lanes.remove(key);
        }
        self.show(text, shown);
    }

    fn show(&mut self, text: &mut String, shown: String) {
        self.changed |= *text != shown;
        *text = shown;
    }

    /// Ends the lanes within `part`; what they held back goes out as events of
    /// their own.
    fn flush(&mut self, part: &LaneKey, out: &mut Vec<u8>) {
        self.flush_where(|key| key.is_within(part), out);
    }

    fn flush_where(&mut self, ends: impl Fn(&LaneKey) -> bool, out: &mut Vec<u8>) {
        let ending: Vec<LaneKey> = self.lanes.keys().filter(|key| ends(key)).cloned().collect();
        for key in ending {
            let Some(mut lane) = self.lanes.remove(&key) else { continue };
            let mut held = String::new();
            lane.restorer.finish(&mut held);
            if !held.is_empty() {
                let (name, mut event) = lane.event_with(&key, held);
                self.number_as_last(&mut event);
                put_event(name.as_deref(), &event, out);
            }
        }
    }

    /// Gives an event that did not come from the provider the number of the last one
    /// that did, where the API numbers its events: a reader that goes on behind a
    /// number misses nothing.
    fn number_as_last(&self, event: &mut Value) {
        if let (Some(number), Some(last)) = (event.get_mut(SEQUENCE), self.sequence) {
            *number = last.into();
        }
    }
}

fn holds_text(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_))
}

/// Whether `data` is not cut off: the end of the stream, or a JSON document.
fn is_whole(data: &str) -> bool {
    data == DONE || serde_json::from_str::<IgnoredAny>(data).is_ok()
}
