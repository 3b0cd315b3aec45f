//! What an API lets its provider keep, and how requests and answers tell of it.

use serde_json::Value;

/// How an API whose provider keeps answers speaks of them.
pub struct Stateful {
    /// The field that names the answer which a request goes on from, where one can.
    pub continues: Option<&'static str>,
    /// Whether the provider keeps the answer to a request.
    pub keeps: fn(&Value) -> bool,
    /// Whether a request says itself that the answer is to be kept.
    pub asks_to_keep: fn(&Value) -> bool,
    /// A request whose answer is not kept.
    pub keep_nothing: fn(Value) -> Value,
    /// The id of an answer, in a whole one or in an event of a stream.
    pub answer_id: fn(&Value) -> Option<&str>,
    /// What may be done with an answer that is kept.
    pub calls: &'static [StoredCall],
}

/// A call about an answer that a provider keeps.
#[derive(Debug)]
pub struct StoredCall {
    /// Its name in records and metrics.
    pub name: &'static str,
    /// How it is called.
    pub verb: Verb,
    /// Where Cordon serves it; `{id}` stands for the answer's id.
    pub route: &'static str,
    /// What stands behind the id in the path, here and at the provider.
    pub below: Option<&'static str>,
}

/// The method of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Reads.
    Get,
    /// Changes.
    Post,
    /// Removes; what Cordon keeps of the answer goes too.
    Delete,
}

/// Ids are as long as a column of the vault.
const ID_BYTES_MAX: usize = 256;

/// An id that a provider may have given; an empty one is none yet.
pub(super) fn id_of(value: &Value) -> Option<&str> {
    let is_id = |id: &&str| (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    value.as_str().filter(is_id)
}
