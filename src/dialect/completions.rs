//! OpenAI's completions: `POST /v1/completions`, the API before chat.
//!
//! Source: the public API reference of that endpoint.

use std::sync::LazyLock;

use serde_json::Value;

use super::document::RequestError;
use super::rules::{Kind, Rule, Tree};
use super::{Api, Dialect, Produces, openai_error_event, validate_common};

use Kind::{Checked, Delta, Finish, LogProbs, Name, Prompt, Structure, Text};

/// The dialect. A prompt is one text that the model goes on with: there is no
/// place for a note of Cordon's in it.
pub static COMPLETIONS: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "openai.completions",
    api: Api::OpenAi,
    route: "/v1/completions",
    endpoint: "completions",
    produces: Produces::Text,
    input: "prompt",
    request: Tree::new(REQUEST),
    response: Tree::new(RESPONSE),
    part_fields: &[],
    validate,
    conversation,
    structured_output: |_| false,
    add_instruction: None,
    add_remark: None,
    stateful: None,
    error_event: openai_error_event,
});

const REQUEST: &[Rule] = &[
    ("model", Checked),
    ("prompt", Prompt),
    ("suffix", Text),
    ("stream", Structure),
    ("stream_options", Text),
    ("stream_options.include_usage", Structure),
    ("stream_options.include_obfuscation", Structure),
    ("temperature", Structure),
    ("top_p", Structure),
    ("n", Structure),
    ("best_of", Structure),
    ("max_tokens", Structure),
    ("presence_penalty", Structure),
    ("frequency_penalty", Structure),
    ("logprobs", Structure),
    ("echo", Structure),
    ("seed", Structure),
    ("logit_bias", Text),
    ("stop", Text),
    ("user", Name),
];

const RESPONSE: &[Rule] = &[
    ("id", Structure),
    ("object", Structure),
    ("model", Structure),
    ("choices[].finish_reason", Finish),
    ("choices[].logprobs", LogProbs),
    ("choices[].text", Delta),
];

fn validate(body: &Value) -> Result<(), RequestError> {
    validate_common(body)?;
    match body.get("prompt") {
        Some(Value::String(_) | Value::Array(_)) => Ok(()),
        Some(_) => Err(RequestError::at("prompt", "prompt must be a string or an array of strings")),
        None => Err(RequestError::at("prompt", "prompt is missing")),
    }
}

/// A prompt stands for itself; one that goes on from an earlier one is sent whole.
fn conversation(body: &Value) -> Option<String> {
    Some(body.get("prompt")?.to_string())
}
