//! Anthropic's messages: `POST /v1/messages`, and how long one would be.
//!
//! Source: the public API reference of those endpoints, and the types of
//! Anthropic's own Python package.

mod answer;
mod blocks;
mod request;
mod tools;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::document::RequestError;
use super::rules::Tree;
use super::{Api, Dialect, ErrorReport, Produces, first_words, validate_common, validate_messages};

/// The dialect.
pub static MESSAGES: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "anthropic.messages",
    api: Api::Anthropic,
    route: "/v1/messages",
    endpoint: "messages",
    produces: Produces::Text,
    input: "messages",
    request: request::tree(),
    response: answer::tree(),
    part_fields: answer::PART_FIELDS,
    validate,
    conversation,
    structured_output,
    add_instruction: Some(add_instruction),
    add_remark: Some(add_remark),
    stateful: None,
    error_event,
});

/// How many tokens a message would have. The text leaves as that of a message
/// does, with the same note, so that the count is that of what a message sends.
pub static COUNT_TOKENS: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "anthropic.count_tokens",
    api: Api::Anthropic,
    route: "/v1/messages/count_tokens",
    endpoint: "messages/count_tokens",
    produces: Produces::Count,
    input: "messages",
    request: request::tree(),
    response: Tree::default(),
    part_fields: &[],
    validate,
    conversation,
    structured_output: |_| false,
    add_instruction: Some(add_instruction),
    add_remark: None,
    stateful: None,
    error_event,
});

/// Fields by which a caller would decide what the server's configuration and the
/// tenant's policy decide, or reach what the provider keeps: it knows one customer,
/// which is Cordon, whoever asks.
const REFUSED: &[(&str, &str)] = &[
    ("fallbacks", "names models beside the one that is asked for: ask for each in a request of its own"),
    ("fallback_credit_token", "belongs to fallbacks, which are not available here"),
    ("inference_geo", "is not available here: where a model answers is set where Cordon is configured"),
    ("thread", "is not available here: send the whole conversation in messages"),
];

fn validate(body: &Value) -> Result<(), RequestError> {
    validate_common(body)?;
    for (field, complaint) in REFUSED {
        if !matches!(body.get(field), None | Some(Value::Null)) {
            return Err(RequestError { message: format!("{field} {complaint}"), param: Some(field) });
        }
    }
    if !matches!(body.get("system"), None | Some(Value::Null | Value::String(_) | Value::Array(_))) {
        return Err(RequestError::at("system", "system must be a string or an array of text blocks"));
    }
    validate_messages(body, validate_message)
}

fn validate_message(message: &Value) -> Result<(), RequestError> {
    if !matches!(message.get("role"), Some(Value::String(_))) {
        return Err(RequestError::at("messages", "each message must be an object with a role"));
    }
    match message.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(blocks)) if blocks.iter().all(Value::is_object) => Ok(()),
        _ => Err(RequestError::at("messages", "content must be a string or an array of content blocks")),
    }
}

/// The first thing that the user said: clients send it again in every turn, but for
/// the marks of what is to be cached, which move on. A session that a client names
/// in `metadata.user_id` is not taken for one: nobody promises that two of its
/// conversations have two.
fn conversation(body: &Value) -> Option<String> {
    let messages = body.get("messages")?.as_array()?;
    let first = messages.iter().find(|message| message.get("role").is_some_and(|role| role == "user"))?;
    first_words(first.get("content")?)
}

fn structured_output(body: &Value) -> bool {
    let format = body.pointer("/output_config/format/type").and_then(Value::as_str);
    format == Some("json_schema")
}

/// Behind the caller's own system prompt: what a provider has cached of that stays
/// valid.
fn add_instruction((mut body, note): (Value, String)) -> Value {
    let system = match body.get_mut("system").map(Value::take) {
        Some(Value::String(own)) if !own.is_empty() => format!("{own}\n\n{note}").into(),
        Some(Value::Array(mut blocks)) => {
            blocks.push(text_block(note));
            blocks.into()
        }
        _ => note.into(),
    };
    if let Value::Object(fields) = &mut body {
        fields.insert("system".into(), system);
    }
    body
}

/// Behind what the user said last, where that ends the conversation: a model that
/// is to go on with its own words gets no remark.
fn add_remark((mut body, remark): (Value, String)) -> Value {
    let last = body.get_mut("messages").and_then(Value::as_array_mut).and_then(|messages| messages.last_mut());
    if let Some(last) = last.filter(|last| last["role"] == "user") {
        let mut blocks = match last["content"].take() {
            Value::Array(blocks) => blocks,
            Value::String(text) if !text.is_empty() => vec![text_block(text)],
            _ => Vec::new(),
        };
        blocks.push(text_block(remark));
        last["content"] = blocks.into();
    }
    body
}

fn text_block(text: String) -> Value {
    json!({"type": "text", "text": text})
}

fn error_event(report: &ErrorReport, _: u64) -> Value {
    Api::Anthropic.error(report)
}
