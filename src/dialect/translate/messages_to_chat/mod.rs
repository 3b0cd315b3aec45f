//! A caller that speaks Anthropic's messages, a target that speaks OpenAI's chat completions.

mod answer;
mod blocks;
mod conversation;
mod events;
mod queue;
mod request;
mod tools;

use super::{Translation, error};

/// The translation.
pub static MESSAGES_TO_CHAT: Translation = Translation {
    request: request::request,
    answer: answer::answer,
    error: error::chat_to_messages,
    events: |asked| Box::new(events::MessageEvents::new(asked)),
};

/// The signature of a thinking block whose text no provider signed: a chat's reasoning, which goes back to its target
/// as it came.
const UNSIGNED: &str = "";
