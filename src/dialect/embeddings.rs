//! OpenAI's embeddings: `POST /v1/embeddings`.
//!
//! Source: the public API reference of that endpoint.

use std::sync::LazyLock;

use serde_json::Value;

use super::document::RequestError;
use super::rules::{Kind, Rule, Tree};
use super::{Api, Dialect, Produces, openai_error_event, validate_common};

use Kind::{Checked, Name, OneOf, Prompt, Structure};

/// The dialect.
pub static EMBEDDINGS: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "openai.embeddings",
    api: Api::OpenAi,
    route: "/v1/embeddings",
    endpoint: "embeddings",
    produces: Produces::Vectors,
    input: "input",
    request: Tree::new(REQUEST),
    response: Tree::new(RESPONSE),
    part_fields: &[],
    validate,
    conversation: |_| Some(SCOPE.to_owned()),
    structured_output: |_| false,
    add_instruction: None,
    add_remark: None,
    stateful: None,
    error_event: openai_error_event,
});

/// Texts are embedded one by one and compared with one another, so that a value
/// must have one token in all of a tenant's.
const SCOPE: &str = "embeddings";

const REQUEST: &[Rule] = &[
    ("model", Checked),
    ("input", Prompt),
    ("dimensions", Structure),
    ("encoding_format", OneOf(&["float", "base64"])),
    ("user", Name),
];

const RESPONSE: &[Rule] = &[
    ("object", Structure),
    ("model", Structure),
    ("data[].object", Structure),
    // Numbers in base64, where the caller asked for it.
    ("data[].embedding", Structure),
];

fn validate(body: &Value) -> Result<(), RequestError> {
    validate_common(body)?;
    match body.get("input") {
        Some(Value::String(_) | Value::Array(_)) => Ok(()),
        Some(_) => Err(RequestError::at("input", "input must be a string or an array of strings")),
        None => Err(RequestError::at("input", "input is missing")),
    }
}
