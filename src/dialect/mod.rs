//! Per API: which strings of a request are text and which are structure, how an
//! answer is framed, and where a restored value lands in it.
//!
//! A dialect is data ([`Dialect`]): a new one is one file that lists its paths.
//! Whatever no rule names is text, so that a field nobody thought of is scanned.

mod answer;
pub mod chat;
mod completions;
mod document;
mod embeddings;
mod error;
mod json_text;
pub mod messages;
pub mod responses;
mod rules;
mod schema;
mod signed;
mod sse;
mod stateful;
mod stream;
pub mod translate;
mod walk;

pub use answer::{Answer, Usage};
pub use document::{Origin, Request, RequestError, TextSlot};
pub use error::{Api, ErrorReport};
pub use rules::{Kind, Media, Rule};
pub use sse::{Frame, FrameTooLong, SseSplitter};
pub use stateful::{Stateful, StoredCall, Verb};
pub use stream::{AnswerStream, put_event};

use serde_json::{Map, Value};

use rules::Tree;

/// What Cordon knows of one API.
pub struct Dialect {
    /// Its name in records and metrics.
    pub name: &'static str,
    /// Whose conventions it follows.
    pub api: Api,
    /// Where Cordon serves it.
    pub route: &'static str,
    /// Where a provider serves it, below its base URL.
    pub endpoint: &'static str,
    /// What an answer is.
    pub produces: Produces,
    /// The field that holds what the model is to look at.
    pub input: &'static str,
    /// The strings of a request.
    pub request: Tree,
    /// The strings of an answer, and of each event of a streamed one.
    pub response: Tree,
    /// The fields of a stream's event whose numbers say which part of the answer
    /// it continues, where the event itself is no part of an answer.
    pub part_fields: &'static [&'static str],
    /// Checks the shape the pipeline relies on.
    pub validate: fn(&Value) -> Result<(), RequestError>,
    /// What tells one conversation from another when no header does: stable
    /// while a client sends its history again.
    pub conversation: fn(&Value) -> Option<String>,
    /// Whether the text of an answer is a JSON document of its own.
    pub structured_output: fn(&Value) -> bool,
    /// Adds an instruction for the remote model in front of a conversation.
    pub add_instruction: Option<fn((Value, String)) -> Value>,
    /// Adds what the remote model gets to know behind a conversation: what a
    /// provider has cached of the conversation stays valid.
    pub add_remark: Option<fn((Value, String)) -> Value>,
    /// What its provider keeps of an answer; none where it keeps nothing that a
    /// later request could name.
    pub stateful: Option<&'static Stateful>,
    /// The event that tells of an error in mid-stream, its number in the stream
    /// beside it.
    pub error_event: fn(&ErrorReport, u64) -> Value,
}

/// What an API's answer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Produces {
    /// Words of a model.
    Text,
    /// Numbers that stand for the text.
    Vectors,
    /// How long the text is, in the model's tokens.
    Count,
}

impl Dialect {
    /// Every dialect that Cordon serves.
    pub fn all() -> [&'static Dialect; 7] {
        [
            &chat::CHAT,
            &completions::COMPLETIONS,
            &embeddings::EMBEDDINGS,
            &responses::RESPONSES,
            &responses::INPUT_TOKENS,
            &messages::MESSAGES,
            &messages::COUNT_TOKENS,
        ]
    }

    /// The one in which the model in this process is asked.
    pub fn of_embedded_model() -> &'static Dialect {
        &chat::CHAT
    }

    /// Writes the event that tells of an error in mid-stream.
    pub fn put_error(&self, report: &ErrorReport, number: u64, out: &mut Vec<u8>) {
        let event = (self.error_event)(report, number);
        put_event(event.get("type").and_then(Value::as_str), &event, out);
    }
}

/// That a body is an object that names a model and says in a boolean whether it
/// wants a stream: what every API asks for.
fn validate_common(body: &Value) -> Result<(), RequestError> {
    let Value::Object(fields) = body else {
        return Err(RequestError { message: "the body must be a JSON object".into(), param: None });
    };
    match fields.get("model") {
        Some(Value::String(model)) if !model.is_empty() => {}
        Some(_) => return Err(RequestError::at("model", "model must be a non-empty string")),
        None => return Err(RequestError::at("model", "model is missing: name one of those that GET /v1/models lists")),
    }
    if !matches!(fields.get("stream"), None | Some(Value::Null | Value::Bool(_))) {
        return Err(RequestError::at("stream", "stream must be true or false"));
    }
    Ok(())
}

/// That a body holds messages, each of which is valid.
fn validate_messages(
    body: &Value,
    validate_message: fn(&Value) -> Result<(), RequestError>,
) -> Result<(), RequestError> {
    match body.get("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => messages.iter().try_for_each(validate_message),
        Some(Value::Array(_)) => Err(RequestError::at("messages", "messages must hold at least one message")),
        Some(_) => Err(RequestError::at("messages", "messages must be an array of objects")),
        None => Err(RequestError::at("messages", "messages is missing")),
    }
}

/// Gives the fields of an object other names, in their order; says whether one has changed.
fn rename(fields: &mut Map<String, Value>, keys: Vec<String>) -> bool {
    let has_changed = fields.keys().ne(&keys);
    if has_changed {
        *fields = keys.into_iter().zip(std::mem::take(fields).into_iter().map(|(_, value)| value)).collect();
    }
    has_changed
}

/// What a message says, as clients send it again in every turn: without the marks
/// of what is to be cached, which move on.
fn first_words(content: &Value) -> Option<String> {
    match content {
        Value::Array(parts) => Some(parts.iter().map(unmarked).collect::<Vec<_>>().join("\0")),
        content => content.as_str().map(str::to_owned),
    }
}

fn unmarked(part: &Value) -> String {
    if let Some(text) = part.get("text").and_then(Value::as_str) {
        return text.to_owned();
    }
    let mut part = part.clone();
    if let Value::Object(fields) = &mut part {
        for mark in ["cache_control", "prompt_cache_breakpoint"] {
            fields.shift_remove(mark);
        }
    }
    part.to_string()
}

/// OpenAI's clients take an event with an `error` for one.
fn openai_error_event(report: &ErrorReport, _: u64) -> Value {
    Api::OpenAi.error(report)
}

#[cfg(test)]
mod tests;
