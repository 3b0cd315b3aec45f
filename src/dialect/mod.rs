//! Per API: which strings of a request are text and which are structure, how an
//! answer is framed, and where a restored value lands in it.
//!
//! A dialect is data ([`Dialect`]): a new one is one file that lists its paths.
//! Whatever no rule names is text, so that a field nobody thought of is scanned.

mod answer;
pub mod chat;
mod document;
mod json_text;
mod rules;
mod schema;
mod sse;
mod stream;
pub mod translate;
mod walk;

pub use answer::{Answer, Usage};
pub use document::{Origin, Request, RequestError, TextSlot};
pub use rules::{Kind, Media, Rule};
pub use sse::{Frame, FrameTooLong, SseSplitter};
pub use stream::AnswerStream;

use serde_json::Value;

use rules::Tree;

/// What Cordon knows of one API.
pub struct Dialect {
    /// Its name in records and metrics.
    pub name: &'static str,
    /// The strings of a request.
    pub request: Tree,
    /// The strings of an answer, and of each event of a streamed one.
    pub response: Tree,
    /// Checks the shape the pipeline relies on.
    pub validate: fn(&Value) -> Result<(), RequestError>,
    /// What tells one conversation from another when no header does: stable
    /// while a client sends its history again.
    pub conversation: fn(&Value) -> Option<String>,
    /// Whether the text of an answer is a JSON document of its own.
    pub structured_output: fn(&Value) -> bool,
    /// Adds an instruction for the remote model in front of a conversation.
    pub add_instruction: fn((Value, String)) -> Value,
    /// Adds what the remote model gets to know behind a conversation: what a
    /// provider has cached of the conversation stays valid.
    pub add_remark: fn((Value, String)) -> Value,
}

#[cfg(test)]
mod tests;
