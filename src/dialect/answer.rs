//! Restoring an answer that came in one piece.

use serde_json::Value;

use super::Dialect;
use super::rules::{Kind, Tree};
use crate::scrub::{Escape, Restorer};

/// Tokens that a provider counted for one request.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

impl Usage {
    /// The `usage` object of an answer, when it has one.
    pub fn of(answer: &Value) -> Option<Usage> {
        let usage = answer.get("usage").filter(|usage| usage.is_object())?;
        let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        Some(Usage { prompt_tokens: count("prompt_tokens"), completion_tokens: count("completion_tokens") })
    }
}

/// An answer to restore.
pub struct Answer<'a> {
    /// The dialect it is written in.
    pub dialect: &'a Dialect,
    /// What the request minted.
    pub restorer: &'a Restorer,
    /// Whether the request asked for a JSON document.
    pub structured_output: bool,
}

impl Answer<'_> {
    /// Puts the original values into every string of `answer`.
    pub fn restore(&self, answer: &mut Value) {
        self.value(answer, &self.dialect.response);
    }

    fn value(&self, value: &mut Value, tree: &Tree) {
        let unknown = Tree::default();
        match value {
            Value::String(text) => {
                if let Some(escape) = escape(tree.kind, self.structured_output) {
                    *text = self.restorer.restore(text, escape);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, tree.items())),
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    self.value(value, tree.field(key).unwrap_or(&unknown));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// How a value is written into a string of this kind; `None` where nothing may
/// be changed.
pub(super) fn escape(kind: Option<Kind>, structured_output: bool) -> Option<Escape> {
    match kind {
        Some(Kind::Structure) => None,
        Some(Kind::Json) => Some(Escape::JsonString),
        Some(Kind::Output) if structured_output => Some(Escape::JsonString),
        _ => Some(Escape::Text),
    }
}
