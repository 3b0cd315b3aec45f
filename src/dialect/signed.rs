//! What a provider signed: sealed in answers, opened in requests.
//!
//! A provider takes such an object back only as it wrote it. The caller reads it
//! with values in it, so what comes back is not what was signed; the provider's own
//! goes along in the place of its signature (`scrub/seal.rs`).

use serde_json::{Map, Value};

use super::rules::{ObjectRules, Tree};
use crate::scrub::SealKey;

/// The field that holds the signature of `fields`, an object as the provider wrote
/// it, and the seal that goes there; `None` where it is not signed.
pub(super) fn seal(
    fields: &Map<String, Value>,
    rules: ObjectRules<'_>,
    seals: &SealKey,
) -> Option<(&'static str, String)> {
    Some((signature_in(fields, rules)?, seal_of(fields, seals)?))
}

/// A seal of `fields`. Without one the caller can still read the object; the
/// provider will not take it back.
pub(super) fn seal_of(fields: &Map<String, Value>, seals: &SealKey) -> Option<String> {
    let failed = |error: &_| tracing::warn!(%error, "a signed part of an answer goes out without its seal");
    seals.seal(&Value::Object(fields.clone())).inspect_err(failed).ok()
}

/// The field of `fields` that holds a signature: an empty one is none yet.
pub(super) fn signature_in(fields: &Map<String, Value>, rules: ObjectRules<'_>) -> Option<&'static str> {
    let is_there = |name: &&str| fields.get(*name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    rules.signatures().find(is_there)
}

/// An object that a provider signed, and where in the request it stands.
pub(super) struct Opened {
    /// Not empty.
    path: Vec<Step>,
    signed: Value,
}

#[derive(Clone)]
enum Step {
    Field(String),
    Item(usize),
}

/// Takes every object out of `body` whose seal opens; a null stays in its place, in
/// which nothing is looked at. All else stays what it is and is looked at.
pub(super) fn open(body: &mut Value, rules: &Tree, seals: &SealKey) -> Vec<Opened> {
    let mut opening = Opening { seals, path: Vec::new(), opened: Vec::new() };
    opening.value(body, rules);
    opening.opened
}

struct Opening<'s> {
    seals: &'s SealKey,
    path: Vec<Step>,
    opened: Vec<Opened>,
}

impl Opening<'_> {
    fn value(&mut self, value: &mut Value, tree: &Tree) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.below(Step::Item(index), item, tree.items());
                }
            }
            Value::Object(fields) => {
                let rules = tree.object(fields);
                let mut seals = rules.signatures().filter_map(|name| fields.get(name)?.as_str());
                if let Some(signed) = seals.find_map(|seal| self.seals.open(seal)) {
                    self.opened.push(Opened { path: self.path.clone(), signed });
                    *value = Value::Null;
                    return;
                }
                // Fields that the rules do not name keep neither their keys nor
                // their places.
                for (name, value) in fields.iter_mut() {
                    if let Some(tree) = rules.named(name) {
                        self.below(Step::Field(name.clone()), value, tree);
                    }
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: Step, value: &mut Value, tree: &Tree) {
        self.path.push(step);
        self.value(value, tree);
        self.path.pop();
    }
}

impl Opened {
    /// Puts the object back to its place.
    pub(super) fn put_back(self, body: &mut Value) {
        if let Some(place) = at(body, &self.path) {
            *place = self.signed;
        }
    }

    /// Takes its place out of `body`.
    pub(super) fn leave_out(&self, body: &mut Value) {
        let Some((last, above)) = self.path.split_last() else { return };
        match (last, at(body, above)) {
            (Step::Item(index), Some(Value::Array(items))) if *index < items.len() => drop(items.remove(*index)),
            (Step::Field(name), Some(Value::Object(fields))) => drop(fields.shift_remove(name)),
            _ => {}
        }
    }
}

fn at<'v>(body: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(body, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Item(index) => value.get_mut(index),
    })
}
