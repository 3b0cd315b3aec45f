//! Restoring an answer that came in one piece.

use serde_json::{Map, Value};

use super::rules::{Kind, ObjectRules, Tree};
use super::signed;
use super::{Dialect, rename};
use crate::scrub::{Escape, Restorer, SealKey};

/// Tokens that a provider counted for one request.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

impl Usage {
    /// The counts in an answer or an event, when it has some: OpenAI's and
    /// Anthropic's APIs put them into an object of this name, events of a stream
    /// into the answer that they announce.
    pub fn of(answer: &Value) -> Option<Usage> {
        let places = [answer.get("usage"), answer.pointer("/message/usage"), answer.pointer("/response/usage")];
        let usage = places.into_iter().flatten().find(|usage| usage.is_object())?;
        let count = |names: [&str; 2]| names.iter().find_map(|name| usage.get(*name)?.as_u64()).unwrap_or(0);
        Some(Usage {
            prompt_tokens: count(["prompt_tokens", "input_tokens"]),
            completion_tokens: count(["completion_tokens", "output_tokens"]),
        })
    }

    /// Both counts, where events tell them one after the other.
    pub(super) fn and_then(self, later: Usage) -> Usage {
        let last = |before: u64, after: u64| if after == 0 { before } else { after };
        Usage {
            prompt_tokens: last(self.prompt_tokens, later.prompt_tokens),
            completion_tokens: last(self.completion_tokens, later.completion_tokens),
        }
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
    /// Seals what the provider signed; without it, signatures stay what they are.
    pub seals: Option<&'a SealKey>,
}

impl Answer<'_> {
    /// Puts the original values into every string of `answer`, and seals into the
    /// place of signatures.
    pub fn restore(&self, answer: &mut Value) {
        if !self.restorer.is_empty() || self.seals.is_some() {
            self.value(answer, &self.dialect.response);
        }
    }

    /// Whether something changed.
    fn value(&self, value: &mut Value, tree: &Tree) -> bool {
        match value {
            Value::String(_) if self.restorer.is_empty() => false,
            Value::String(text) => {
                let Some(escape) = escape(tree.kind, self.structured_output) else { return false };
                let restored = self.restorer.restore(text, escape);
                let has_changed = restored != *text;
                *text = restored;
                has_changed
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |changed, item| self.value(item, tree.items()) | changed)
            }
            Value::Object(fields) => self.object(fields, tree),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    pub(super) fn object(&self, fields: &mut Map<String, Value>, tree: &Tree) -> bool {
        let (rules, unknown) = (tree.object(fields), Tree::default());
        let sealed = self.seals.and_then(|seals| signed::seal(fields, rules, seals));
        let mut has_changed = false;
        for (key, value) in fields.iter_mut() {
            has_changed |= self.value(value, rules.field(key).unwrap_or(&unknown));
        }
        if has_changed {
            leave_out_log_probs(fields, rules);
        }
        has_changed |= restore_keys(self.restorer, fields, tree);
        if let Some((name, seal)) = sealed {
            fields.insert(name.to_owned(), seal.into());
        }
        has_changed
    }
}

/// The names in an object that the API leaves to its users, such as a tool's
/// input, are theirs; says whether one changed.
pub(super) fn restore_keys(restorer: &Restorer, fields: &mut Map<String, Value>, tree: &Tree) -> bool {
    if restorer.is_empty() || tree.names_fields() {
        return false;
    }
    let keys: Vec<String> = fields.keys().map(|key| restorer.restore(key, Escape::Text)).collect();
    rename(fields, keys)
}

/// Likelihoods are told by piece of a token, which is no longer in the text.
pub(super) fn leave_out_log_probs(fields: &mut Map<String, Value>, rules: ObjectRules<'_>) {
    let is_log_probs = |key: &str| matches!(rules.field(key).and_then(|rule| rule.kind), Some(Kind::LogProbs));
    for (_, value) in fields.iter_mut().filter(|(key, _)| is_log_probs(key)) {
        *value = if value.is_array() { Value::Array(Vec::new()) } else { Value::Null };
    }
}

/// How a value is written into a string of this kind; `None` where nothing may
/// be changed.
pub(super) fn escape(kind: Option<Kind>, structured_output: bool) -> Option<Escape> {
    match kind {
        Some(Kind::Structure | Kind::LogProbs | Kind::Signature) => None,
        Some(Kind::Json) => Some(Escape::JsonString),
        Some(Kind::Output) if structured_output => Some(Escape::JsonString),
        _ => Some(Escape::Text),
    }
}
