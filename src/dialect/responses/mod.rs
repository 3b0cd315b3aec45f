//! OpenAI's responses: `POST /v1/responses` and what is stored by it.
//!
//! Source: the public API reference of that endpoint, and the types of OpenAI's
//! own Python package.

mod answer;
mod request;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::document::RequestError;
use super::rules::Tree;
use super::stateful::{Stateful, StoredCall, Verb, id_of};
use super::{Api, Dialect, ErrorReport, Produces, first_words, validate_common};

/// The dialect.
pub static RESPONSES: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "openai.responses",
    api: Api::OpenAi,
    route: "/v1/responses",
    endpoint: "responses",
    produces: Produces::Text,
    input: "input",
    request: request::tree(),
    response: answer::tree(),
    part_fields: answer::PART_FIELDS,
    validate,
    conversation,
    structured_output,
    add_instruction: Some(add_instruction),
    add_remark: None,
    stateful: Some(&STATEFUL),
    error_event,
});

/// How many tokens a response's input would have. The text leaves as that of a
/// request for a response does.
pub static INPUT_TOKENS: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "openai.input_tokens",
    api: Api::OpenAi,
    route: "/v1/responses/input_tokens",
    endpoint: "responses/input_tokens",
    produces: Produces::Count,
    input: "input",
    request: request::tree(),
    response: Tree::default(),
    part_fields: &[],
    validate,
    conversation,
    structured_output: |_| false,
    add_instruction: Some(add_instruction),
    add_remark: None,
    stateful: Some(&COUNTED),
    error_event,
});

/// What is counted may go on from an answer; nothing of it is kept.
static COUNTED: Stateful = Stateful {
    continues: Some(PREVIOUS),
    keeps: |_| false,
    asks_to_keep: |_| false,
    keep_nothing: |body| body,
    answer_id: |_| None,
    calls: &[],
};

static STATEFUL: Stateful = Stateful {
    continues: Some(PREVIOUS),
    // Kept unless the caller says otherwise.
    keeps: |body| body.get(STORE) != Some(&Value::Bool(false)),
    asks_to_keep: |body| body.get(STORE) == Some(&Value::Bool(true)),
    keep_nothing,
    answer_id: |answer| id_of(answer.pointer("/response/id").or_else(|| answer.get("id"))?),
    calls: &[
        StoredCall { name: "GET /v1/responses/{id}", verb: Verb::Get, route: STORED, below: None },
        StoredCall { name: "DELETE /v1/responses/{id}", verb: Verb::Delete, route: STORED, below: None },
        StoredCall {
            name: "POST /v1/responses/{id}/cancel",
            verb: Verb::Post,
            route: "/v1/responses/{id}/cancel",
            below: Some("cancel"),
        },
        StoredCall {
            name: "GET /v1/responses/{id}/input_items",
            verb: Verb::Get,
            route: "/v1/responses/{id}/input_items",
            below: Some("input_items"),
        },
    ],
};

const STORED: &str = "/v1/responses/{id}";

const PREVIOUS: &str = "previous_response_id";
const STORE: &str = "store";

fn validate(body: &Value) -> Result<(), RequestError> {
    validate_common(body)?;
    match body.get("input") {
        None | Some(Value::Null | Value::String(_)) => {}
        Some(Value::Array(items)) if items.iter().all(Value::is_object) => items.iter().try_for_each(validate_item)?,
        Some(_) => return Err(RequestError::at("input", "input must be a string or an array of items")),
    }
    for flag in ["store", "background"] {
        if !matches!(body.get(flag), None | Some(Value::Null | Value::Bool(_))) {
            let message = format!("{flag} must be true or false");
            return Err(RequestError { message, param: Some(flag) });
        }
    }
    match body.get(PREVIOUS) {
        None | Some(Value::Null) => {}
        Some(id) if id_of(id).is_some() => {}
        Some(_) => return Err(RequestError::at(PREVIOUS, "previous_response_id must be the id of a response")),
    }
    if !matches!(body.get("conversation"), None | Some(Value::Null)) {
        let message = "conversations that a provider keeps are not available here: name the response to go on from in \
                       previous_response_id, or send the whole conversation in input";
        return Err(RequestError::at("conversation", message));
    }
    Ok(())
}

fn keep_nothing(mut body: Value) -> Value {
    if let Value::Object(fields) = &mut body {
        fields.insert(STORE.into(), false.into());
    }
    body
}

/// An item of the provider's is found by its id alone, whoever's it is: the
/// provider knows one customer, which is Cordon.
fn validate_item(item: &Value) -> Result<(), RequestError> {
    // The type may be left out beside an id, and what is null says nothing.
    let names = |kind: &str| item.get("type").is_some_and(|named| named == kind);
    let says_nothing = |(key, value): (&String, &Value)| key == "id" || key == "type" || value.is_null();
    let is_bare = item.as_object().is_some_and(|item| item.iter().all(says_nothing));
    if names("item_reference") || (is_bare && !names("compaction_trigger")) {
        let message = "items cannot be named by their ids here: send the item itself, or previous_response_id";
        return Err(RequestError::at("input", message));
    }
    Ok(())
}

/// The first thing that the user said: clients that keep their history send it
/// again in every turn.
fn conversation(body: &Value) -> Option<String> {
    match body.get("input")? {
        Value::Array(items) => {
            let first = items.iter().find(|item| item.get("role").is_some_and(|role| role == "user"))?;
            first_words(first.get("content")?)
        }
        text => first_words(text),
    }
}

fn structured_output(body: &Value) -> bool {
    let format = body.pointer("/text/format/type").and_then(Value::as_str);
    matches!(format, Some("json_object" | "json_schema"))
}

fn add_instruction((mut body, note): (Value, String)) -> Value {
    let instructions = match body.get("instructions").and_then(Value::as_str) {
        Some(own) => format!("{note}\n\n{own}"),
        None => note,
    };
    if let Value::Object(fields) = &mut body {
        fields.insert("instructions".into(), instructions.into());
    }
    body
}

fn error_event(report: &ErrorReport, number: u64) -> Value {
    json!({
        "type": "error",
        "code": report.code,
        "message": report.message,
        "param": report.param,
        "sequence_number": number,
    })
}
