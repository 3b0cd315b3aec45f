//! Restoring a streamed answer: each run of text that continues from event to
//! event is a lane with a restorer of its own, so that choices and tool calls
//! never mix.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::Dialect;
use super::answer::{Usage, escape};
use super::rules::{Kind, Tree};
use super::sse::{Frame, FrameTooLong, SseSplitter};
use crate::scrub::{Restorer, StreamRestorer};

/// The last event of a stream of OpenAI's.
const DONE: &str = "[DONE]";

/// A streamed answer on its way to the caller.
pub struct AnswerStream {
    dialect: &'static Dialect,
    restorer: Arc<Restorer>,
    structured_output: bool,
    splitter: SseSplitter,
    lanes: BTreeMap<Lane, StreamRestorer>,
    /// The fields that every event repeats (`id`, `model`, ...).
    envelope: Map<String, Value>,
    usage: Option<Usage>,
    /// Choices that have begun and not ended.
    open: BTreeSet<Lane>,
    /// Whether a choice has ended, or the stream has said so of itself.
    ended: bool,
    failed: bool,
    /// Whether the event being looked at is no longer what came.
    changed: bool,
}

/// The path of a lane's string, array elements by their `index` field.
type Lane = Vec<Step>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Field(String),
    Index(u64),
}

/// Where the walk of an event stands.
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
            splitter: SseSplitter::default(),
            lanes: BTreeMap::new(),
            envelope: Map::new(),
            usage: None,
            open: BTreeSet::new(),
            ended: false,
            failed: false,
            changed: false,
        }
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
        self.flush(&[], out);
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

    fn frame(&mut self, frame: Frame, out: &mut Vec<u8>) {
        if frame.data.as_deref() == Some(DONE) {
            self.ended = true;
            self.open.clear();
            self.flush(&[], out);
        }
        let Some(mut event) = frame.data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok()) else {
            return out.extend_from_slice(&frame.raw);
        };
        if event.get("error").is_some_and(|error| !error.is_null()) {
            // Clients read no further than an error.
            self.failed = true;
            self.flush(&[], out);
        }
        self.changed = false;
        self.event(&mut event, out);
        if self.changed {
            write_event(&frame, &event, out);
        } else {
            out.extend_from_slice(&frame.raw);
        }
    }

    fn event(&mut self, event: &mut Value, out: &mut Vec<u8>) {
        self.usage = Usage::of(event).or(self.usage);
        if let (Some(fields), true) = (event.as_object(), self.envelope.is_empty()) {
            let scalar = |(_, value): &(&String, &Value)| !value.is_array() && !value.is_object();
            self.envelope = fields.iter().filter(scalar).map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        let dialect = self.dialect;
        let position = Position { tree: &dialect.response, in_delta: false, finishing: false };
        self.value(event, position, &mut Vec::new(), out);
    }

    fn value(&mut self, value: &mut Value, at: Position<'_>, path: &mut Lane, out: &mut Vec<u8>) {
        let in_delta = at.in_delta || matches!(at.tree.kind, Some(Kind::Delta));
        match value {
            Value::String(text) if in_delta => self.piece(text, &at, path),
            Value::String(text) => {
                if let Some(escape) = escape(at.tree.kind, self.structured_output) {
                    let restored = self.restorer.restore(text, escape);
                    self.show(text, restored);
                }
            }
            Value::Array(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    let index = item.get("index").and_then(Value::as_u64).unwrap_or(position as u64);
                    path.push(Step::Index(index));
                    self.value(item, Position { tree: at.tree.items(), in_delta, finishing: at.finishing }, path, out);
                    path.pop();
                }
            }
            Value::Object(fields) => self.object(fields, Position { in_delta, ..at }, path, out),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, fields: &mut Map<String, Value>, at: Position<'_>, path: &mut Lane, out: &mut Vec<u8>) {
        let unknown = Tree::default();
        let child = |key: &str| at.tree.field(key).unwrap_or(&unknown);
        let ends = fields.iter().any(|(key, value)| matches!(child(key).kind, Some(Kind::Finish)) && !value.is_null());
        for (key, value) in fields.iter_mut() {
            path.push(Step::Field(key.clone()));
            let position = Position { tree: child(key), in_delta: at.in_delta, finishing: at.finishing || ends };
            self.value(value, position, path, out);
            path.pop();
        }
        if ends {
            self.ended = true;
            self.open.remove(path);
            self.flush(path, out);
        } else if at.tree.can_end() {
            self.open.insert(path.clone());
        }
    }

    /// The next piece of a lane becomes what may be shown of it by now.
    fn piece(&mut self, text: &mut String, at: &Position<'_>, path: &Lane) {
        let Some(escape) = escape(at.tree.kind, self.structured_output) else { return };
        let mut shown = String::with_capacity(text.len());
        let restorer = match self.lanes.get_mut(path) {
            Some(restorer) => restorer,
            None => self.lanes.entry(path.clone()).or_insert(self.restorer.stream(escape)),
        };
        restorer.push(text, &mut shown);
        if at.finishing {
            restorer.finish(&mut shown);
            self.lanes.remove(path);
        }
        self.show(text, shown);
    }

    fn show(&mut self, text: &mut String, shown: String) {
        self.changed |= *text != shown;
        *text = shown;
    }

    /// Ends the lanes below `path`; what they held back goes out as events of
    /// their own.
    fn flush(&mut self, path: &[Step], out: &mut Vec<u8>) {
        let ending: Vec<Lane> = self.lanes.keys().filter(|lane| lane.starts_with(path)).cloned().collect();
        for lane in ending {
            let mut held = String::new();
            if let Some(mut restorer) = self.lanes.remove(&lane) {
                restorer.finish(&mut held);
            }
            if !held.is_empty() {
                let event = self.event_with(&lane, held);
                out.extend_from_slice(format!("data: {event}\n\n").as_bytes());
            }
        }
    }

    fn event_with(&self, lane: &[Step], text: String) -> Value {
        let nested = lane.iter().rev().fold(Value::from(text), |inner, step| match (step, inner) {
            (Step::Field(name), inner) => json!({ name: inner }),
            (Step::Index(index), Value::Object(mut fields)) => {
                fields.insert("index".into(), json!(index));
                Value::Array(vec![Value::Object(fields)])
            }
            (Step::Index(_), inner) => Value::Array(vec![inner]),
        });
        let mut event = self.envelope.clone();
        if let Value::Object(fields) = nested {
            event.extend(fields);
        }
        Value::Object(event)
    }
}

/// Whether `data` is not cut off: the end of the stream, or a JSON document.
fn is_whole(data: &str) -> bool {
    data == DONE || serde_json::from_str::<IgnoredAny>(data).is_ok()
}

/// Writes `event` with the other fields (`event:`, `id:`, comments) of `frame`.
fn write_event(frame: &Frame, event: &Value, out: &mut Vec<u8>) {
    let raw = String::from_utf8_lossy(&frame.raw);
    for line in raw.split(['\n', '\r']).filter(|line| !line.is_empty() && !line.starts_with("data")) {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(format!("data: {event}\n\n").as_bytes());
}
