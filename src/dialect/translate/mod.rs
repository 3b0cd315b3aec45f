//! A request of one API put to a target that speaks another, and the answer put back.
//!
//! OpenAI's chat completions are the hub: every other API has one [`Translation`] to or from them, and two that are
//! not the hub meet by way of it ([`between`]). Each works on a document that is sanitized already, and restoring
//! comes behind it, in the caller's API. A field that a translation does not know is an error that names it
//! ([`Fields`]): nothing is dropped in silence. What is left out on purpose stands in `docs/translation.md`.

mod asked;
mod chat_to_messages;
mod completions_to_chat;
mod error;
mod fields;
mod interpreter;
mod messages_to_chat;
mod responses_to_chat;
mod stop;
mod stream;
mod usage;

use serde_json::Value;

pub use asked::Asked;
use chat_to_messages::CHAT_TO_MESSAGES;
use completions_to_chat::COMPLETIONS_TO_CHAT;
use fields::Fields;
pub use interpreter::Interpreter;
use messages_to_chat::MESSAGES_TO_CHAT;
use responses_to_chat::RESPONSES_TO_CHAT;
pub use stream::{EventTranslator, Untranslatable};

use super::{Dialect, RequestError};

/// How a request of one API is put to a target that speaks another.
///
/// Plain functions: a sanitized request is only reshaped by what captures nothing.
pub struct Translation {
    /// The caller's body as the target takes it.
    ///
    /// # Errors
    /// When it asks for what the target's API has no place for.
    pub request: fn(Value) -> Result<Value, RequestError>,
    /// The target's whole answer as the caller expects it; `None` when it is no answer of the target's API.
    pub answer: fn(Value, &Asked) -> Option<Value>,
    /// The body of the target's error with this HTTP status as an error of the caller's API.
    pub error: fn(Value, u16) -> Value,
    /// The target's events as the caller's.
    pub events: fn(&Asked) -> Box<dyn TranslateEvents>,
}

/// Turns the events of a target's stream into those of the caller's API.
pub trait TranslateEvents: Send {
    /// Takes one event of the target; appends what the caller gets for it.
    fn event(&mut self, event: Value, out: &mut Vec<OutEvent>);

    /// The target's stream has ended: by its own word (`[DONE]`), or because no more bytes come. Called at least once.
    /// An answer that the target has not finished stays unfinished.
    fn end(&mut self, out: &mut Vec<OutEvent>);
}

/// One event for the caller.
#[derive(Clone, PartialEq, Debug)]
pub enum OutEvent {
    /// An event with its `event:` field, where the caller's API has one.
    Data {
        /// The `event:` field.
        name: Option<&'static str>,
        /// The `data:` field.
        data: Value,
    },
    /// `data: [DONE]`.
    Done,
    /// A sign of life without content.
    KeepAlive,
}

/// What a chat's `content` says: some servers write it in parts.
fn words_of(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()),
        _ => None,
    }
}

/// Whether a piece of a chat only tells of what was asked, as Azure's first does: it has no id yet.
fn is_prelude(chunk: &Value) -> bool {
    let choices = chunk.get("choices").and_then(Value::as_array);
    chunk.get("id").is_some_and(|id| id == "") && choices.is_some_and(Vec::is_empty)
}

/// The ways from a caller's dialect to a target's that has another.
static WAYS: &[(&str, &str, &[&Translation])] = &[
    ("openai.chat", "anthropic.messages", &[&CHAT_TO_MESSAGES]),
    ("anthropic.messages", "openai.chat", &[&MESSAGES_TO_CHAT]),
    ("openai.completions", "openai.chat", &[&COMPLETIONS_TO_CHAT]),
    ("openai.completions", "anthropic.messages", &[&COMPLETIONS_TO_CHAT, &CHAT_TO_MESSAGES]),
    ("openai.responses", "openai.chat", &[&RESPONSES_TO_CHAT]),
    ("openai.responses", "anthropic.messages", &[&RESPONSES_TO_CHAT, &CHAT_TO_MESSAGES]),
];

/// How a request gets to a target.
pub struct Way {
    /// The dialect that the target is asked in.
    pub to: &'static Dialect,
    /// The steps to it, in the order in which a request takes them.
    pub steps: &'static [&'static Translation],
}

/// The way from `from`, the caller's dialect, to one that the target speaks; `None` when what the caller asks for is
/// nothing that the target answers.
pub fn towards(from: &'static Dialect, speaks: impl Fn(&Dialect) -> bool) -> Option<Way> {
    if speaks(from) {
        return Some(Way { to: from, steps: &[] });
    }
    let way = |to: &'static Dialect| Some(Way { to, steps: between(from, to)? });
    Dialect::all().into_iter().filter(|to| speaks(to)).find_map(way)
}

/// The steps from `from`, the caller's dialect, to `to`, the target's: a request takes them in this order, an answer
/// in the other. `None` when what the one asks for is nothing that the other answers.
pub fn between(from: &Dialect, to: &Dialect) -> Option<&'static [&'static Translation]> {
    if from.name == to.name {
        return Some(&[]);
    }
    WAYS.iter().find(|(a, b, _)| (*a, *b) == (from.name, to.name)).map(|(_, _, steps)| *steps)
}

#[cfg(test)]
mod tests;
