//! What goes out is what was meant, and what comes back is whole.

mod answers;
mod conversations;
mod requests;
mod streams;
mod surrogates;
mod tokens;
mod ways;

use serde_json::{Value, json};

/// A user's message.
fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

/// The first token of `label` in `text`, with its brackets.
fn token_in(text: &str, label: &str) -> String {
    let start = text.find(&format!("[{label}_")).unwrap_or_else(|| panic!("no token of {label} in {text}"));
    let end = start + text[start..].find(']').unwrap();
    text[start..=end].to_owned()
}
