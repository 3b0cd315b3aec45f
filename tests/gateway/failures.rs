//! What Cordon does when something is wrong: with a request, with a key, with a
//! provider, with its database or with itself. Nothing may leave that must not,
//! the caller gets an error in the API's own shape, and the audit log stays whole.

mod abort;
mod body;
mod busy;
mod database;
mod doors;
mod keys;
mod kill;
mod lifecycle;
mod patience;
mod pipe;
pub(crate) mod postgres;
mod record;
mod reload;
mod start;
mod stop;
mod story;
mod stream;
mod upstream;
mod wire;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{PATIENCE, Reply};

/// A value that every policy of these tests redacts.
pub(crate) const EMAIL: &str = "maria.gonzalez@example.com";

/// A request for `model` with one message.
pub(crate) fn ask(model: &str, content: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": content}]})
}

/// The same, streamed or not.
fn ask_as(model: &str, content: &str, stream: bool) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": content}], "stream": stream})
}

/// Asserts that `reply` is this error, in the shape of OpenAI's API.
#[track_caller]
pub(crate) fn assert_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert!(reply.header("x-cordon-request-id").is_some());
    assert_shape(&reply.json(), code);
}

/// Asserts that `document` is an error object with this code and nothing else.
#[track_caller]
fn assert_shape(document: &Value, code: &str) {
    let fields = document["error"].as_object().unwrap_or_else(|| panic!("no error object in {document}"));
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["code", "message", "param", "type"]);
    assert_eq!(document.as_object().map(serde_json::Map::len), Some(1), "{document}");
    assert_eq!(fields["code"], code, "{document}");
    assert!(fields["message"].as_str().is_some_and(|message| message.len() > 10), "{document}");
    assert!(fields["type"].as_str().is_some_and(|kind| kind.ends_with("_error")), "{document}");
    assert!(fields["param"].is_null() || fields["param"].is_string(), "{document}");
}

/// Waits until `holds`; a test that waits longer than anything takes has failed.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
