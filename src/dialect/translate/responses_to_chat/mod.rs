//! Responses put to a target that speaks chat: items become messages, and the
//! model's message becomes items again.
//!
//! The target keeps nothing, so only what a request brings itself can be put to
//! it, and `store` is false in every answer. Source: the public API references
//! of both endpoints.

mod events;
mod input;
mod item;
mod object;
mod open;
mod parts;
mod pieces;
mod request;
mod tools;

use serde_json::Value;

use super::{Asked, OutEvent, TranslateEvents, Translation};
use events::Events;

/// Responses for a target that speaks chat.
pub(super) static RESPONSES_TO_CHAT: Translation = Translation {
    request: request::request,
    answer,
    error: |error, _| error,
    events: |asked| Box::new(Events::new(asked.clone())),
};

/// A whole answer is a stream of one event, so that the two are the same.
fn answer(mut answer: Value, asked: &Asked) -> Option<Value> {
    let choice = answer.pointer_mut("/choices/0")?.as_object_mut()?;
    let message = choice.shift_remove("message")?;
    choice.insert("delta".into(), message);
    if choice.get("finish_reason").is_none_or(Value::is_null) {
        choice.insert("finish_reason".into(), "stop".into());
    }
    let mut events = Events::new(asked.clone());
    let mut out = Vec::new();
    events.event(answer, &mut out);
    events.end(&mut out);
    match out.pop() {
        Some(OutEvent::Data { mut data, .. }) => data.get_mut("response").map(Value::take),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
