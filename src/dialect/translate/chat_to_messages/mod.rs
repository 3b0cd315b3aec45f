//! A caller that speaks OpenAI's chat completions, a target that speaks Anthropic's messages.

mod answer;
mod conversation;
mod events;
mod parts;
mod request;
mod tools;

use super::{Translation, error};

/// The translation.
pub static CHAT_TO_MESSAGES: Translation = Translation {
    request: request::request,
    answer: answer::answer,
    error: error::messages_to_chat,
    events: |asked| Box::new(events::ChatEvents::new(asked)),
};
