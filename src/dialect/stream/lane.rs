//! The runs of text that a stream continues from event to event.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::scrub::StreamRestorer;

/// Which run of text a string of an event continues: the numbers by which the
/// event names a part of the answer, then the string's path in the event, array
/// elements by their `index` field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct LaneKey {
    pub(super) part: Part,
    pub(super) path: Vec<Step>,
}

/// A part of an answer, as events name it: fields and their numbers.
pub(super) type Part = Vec<(&'static str, u64)>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    Field(Cow<'static, str>),
    Index(u64),
}

impl LaneKey {
    /// The key of an event's own lanes; the walk of the event adds the path.
    pub(super) fn of(event: &Value, fields: &'static [&'static str]) -> LaneKey {
        let number = |field: &&'static str| Some((*field, event.get(*field)?.as_u64()?));
        LaneKey { part: fields.iter().filter_map(number).collect(), path: Vec::new() }
    }

    /// Whether both are of one part or choice, and of different fields in it: not
    /// those of two tool calls, which may be written in turns.
    pub(super) fn is_beside(&self, other: &LaneKey) -> bool {
        let differ = self.path.iter().zip(&other.path).find(|(own, others)| own != others);
        self.part == other.part && matches!(differ, Some((Step::Field(_), Step::Field(_))))
    }

    /// Whether the lane is within the part that `other` names, below its path.
    pub(super) fn is_within(&self, other: &LaneKey) -> bool {
        other.part.iter().all(|number| self.part.contains(number)) && self.path.starts_with(&other.path)
    }
}

/// A run of text on its way.
pub(super) struct Lane {
    pub(super) restorer: StreamRestorer,
    /// The `event:` field of the events that carry it.
    pub(super) event_name: Option<String>,
    /// What is repeated of them when what was held back goes out on its own.
    envelope: Map<String, Value>,
}

impl Lane {
    pub(super) fn new(restorer: StreamRestorer) -> Lane {
        Lane { restorer, event_name: None, envelope: Map::new() }
    }

    /// Remembers the event that began the lane.
    pub(super) fn begin(&mut self, key: &LaneKey, event: &Value, event_name: Option<&str>) {
        self.event_name = event_name.map(str::to_owned);
        if let Value::Object(fields) = skeleton(event, &key.path, true) {
            self.envelope = fields;
        }
    }

    /// An event that carries `text`, the end of the lane.
    pub(super) fn event_with(self, key: &LaneKey, text: String) -> (Option<String>, Value) {
        let mut event = Value::Object(self.envelope);
        put(&mut event, &key.path, text);
        (self.event_name, event)
    }
}

/// What every event of a lane repeats: the numbers, names and times of the whole
/// event, and further inside only what says which part this is.
fn skeleton(value: &Value, path: &[Step], is_top: bool) -> Value {
    match (path, value) {
        ([Step::Field(next), rest @ ..], Value::Object(fields)) => {
            let is_repeated = |key: &str, value: &Value| {
                let is_scalar = !value.is_object() && !value.is_array();
                is_scalar && (is_top || matches!(key, "index" | "type" | "finish_reason"))
            };
            let kept = fields.iter().filter_map(|(key, value)| {
                let kept = if key == next { Some(skeleton(value, rest, false)) } else { None };
                Some((key.clone(), kept.or_else(|| is_repeated(key, value).then(|| value.clone()))?))
            });
            Value::Object(kept.collect())
        }
        ([Step::Index(index), rest @ ..], Value::Array(items)) => {
            let item = items.iter().enumerate().find(|(at, item)| index_of(item, *at) == *index);
            let mut item = item.map_or(Value::Null, |(_, item)| skeleton(item, rest, false));
            if let Value::Object(fields) = &mut item {
                fields.insert("index".into(), (*index).into());
            }
            Value::Array(vec![item])
        }
        _ => Value::Null,
    }
}

fn put(value: &mut Value, path: &[Step], text: String) {
    match (path, value) {
        ([Step::Field(next), rest @ ..], Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(next.as_ref()) {
                put(value, rest, text);
            }
        }
        ([Step::Index(_), rest @ ..], Value::Array(items)) => {
            if let Some(item) = items.first_mut() {
                put(item, rest, text);
            }
        }
        (_, leaf) => *leaf = Value::from(text),
    }
}

/// The number of an array's element: choices and tool calls come in any order and
/// say theirs.
pub(super) fn index_of(item: &Value, position: usize) -> u64 {
    item.get("index").and_then(Value::as_u64).unwrap_or(position as u64)
}
