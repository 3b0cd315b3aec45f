//! OpenAI's chat completions: `POST /v1/chat/completions`.
//!
//! Source: the public API reference of that endpoint.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::document::RequestError;
use super::rules::{Kind, Media, Rule, Tree};
use super::stateful::{Stateful, StoredCall, Verb, id_of};
use super::{Api, Dialect, Produces, first_words, openai_error_event, validate_common, validate_messages};

use Kind::{
    Checked, Delta, Finish, Identifier, Json, LogProbs, Message, Name, OneOf, Output, Prompt, Schema, Signature,
    Structure, Text, Unscannable, Whole,
};

/// The dialect.
pub static CHAT: LazyLock<Dialect> = LazyLock::new(|| Dialect {
    name: "openai.chat",
    api: Api::OpenAi,
    route: "/v1/chat/completions",
    endpoint: "chat/completions",
    produces: Produces::Text,
    input: "messages",
    request: Tree::new(REQUEST),
    response: Tree::new(RESPONSE),
    part_fields: &[],
    validate,
    conversation,
    structured_output,
    add_instruction: Some(add_instruction),
    add_remark: Some(add_remark),
    stateful: Some(&STATEFUL),
    error_event: openai_error_event,
});

/// Providers keep what they are told to keep, and nothing goes on from it.
static STATEFUL: Stateful = Stateful {
    continues: None,
    keeps: asks_to_keep,
    asks_to_keep,
    keep_nothing: |body| body,
    answer_id: |answer| id_of(answer.get("id")?),
    calls: &[
        StoredCall { name: "GET /v1/chat/completions/{id}", verb: Verb::Get, route: STORED, below: None },
        StoredCall { name: "DELETE /v1/chat/completions/{id}", verb: Verb::Delete, route: STORED, below: None },
        StoredCall {
            name: "GET /v1/chat/completions/{id}/messages",
            verb: Verb::Get,
            route: "/v1/chat/completions/{id}/messages",
            below: Some("messages"),
        },
    ],
};

const STORED: &str = "/v1/chat/completions/{id}";

fn asks_to_keep(body: &Value) -> bool {
    body.get("store") == Some(&Value::Bool(true))
}

const TOOL_CHOICES: &[&str] = &["none", "auto", "required"];
const TOOL_TYPES: &[&str] = &["function", "custom", "allowed_tools"];

/// How long a provider may keep what it has cached of a prompt.
const CACHE_TIMES: &[&str] = &["30m", "12h"];

const REQUEST: &[Rule] = &[
    ("model", Checked),
    ("stream", Structure),
    ("stream_options", Text),
    ("stream_options.include_usage", Structure),
    ("stream_options.include_obfuscation", Structure),
    ("temperature", Structure),
    ("top_p", Structure),
    ("n", Structure),
    ("max_tokens", Structure),
    ("max_completion_tokens", Structure),
    ("presence_penalty", Structure),
    ("frequency_penalty", Structure),
    ("logprobs", Structure),
    ("top_logprobs", Structure),
    ("seed", Structure),
    ("store", Structure),
    ("parallel_tool_calls", Structure),
    ("logit_bias", Text),
    ("stop", Text),
    ("user", Name),
    ("safety_identifier", Name),
    ("prompt_cache_key", Name),
    ("prompt_cache_retention", OneOf(&["in_memory", "in-memory", "24h"])),
    ("prompt_cache_options.mode", OneOf(&["implicit", "explicit"])),
    ("prompt_cache_options.ttl", OneOf(CACHE_TIMES)),
    ("moderation.model", Identifier),
    ("moderation.policy.input.mode", OneOf(&["score", "block"])),
    ("moderation.policy.output.mode", OneOf(&["score", "block"])),
    ("web_search_options.search_context_size", OneOf(&["low", "medium", "high"])),
    ("web_search_options.user_location.type", OneOf(&["approximate"])),
    ("metadata", Text),
    ("service_tier", OneOf(&["auto", "default", "flex", "scale", "priority", "fast"])),
    ("reasoning_effort", OneOf(&["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
    ("verbosity", OneOf(&["low", "medium", "high"])),
    ("modalities", OneOf(&["text", "audio"])),
    ("audio.format", OneOf(&["wav", "aac", "mp3", "flac", "opus", "pcm16"])),
    (
        "audio.voice",
        OneOf(&[
            "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
            "verse",
        ]),
    ),
    ("messages[]", Message),
    ("messages[].role", OneOf(&["system", "developer", "user", "assistant", "tool", "function"])),
    ("messages[].name", Name),
    ("messages[].content", Text),
    ("messages[].content[].type", OneOf(&["text", "refusal", "image_url", "input_audio", "file"])),
    ("messages[].content[].text", Text),
    ("messages[].content[].refusal", Text),
    ("messages[].content[].image_url", Unscannable(Media::Image)),
    ("messages[].content[].input_audio", Unscannable(Media::Audio)),
    ("messages[].content[].file", Unscannable(Media::File)),
    ("messages[].content[].prompt_cache_breakpoint.mode", OneOf(&["explicit"])),
    ("messages[].content[].prompt_cache_breakpoint.ttl", OneOf(CACHE_TIMES)),
    ("messages[].refusal", Text),
    // They spell the text once more, in pieces that no detector recognises.
    ("messages[].logprobs.content[].bytes", Prompt),
    ("messages[].logprobs.refusal[].bytes", Prompt),
    ("messages[].audio.id", Identifier),
    ("messages[].tool_call_id", Identifier),
    ("messages[].tool_calls[].id", Identifier),
    ("messages[].tool_calls[].index", Structure),
    ("messages[].tool_calls[].type", OneOf(TOOL_TYPES)),
    ("messages[].tool_calls[].function.name", Identifier),
    ("messages[].tool_calls[].function.arguments", Json),
    ("messages[].tool_calls[].custom.name", Identifier),
    ("messages[].tool_calls[].custom.input", Text),
    ("messages[].function_call.name", Identifier),
    ("messages[].function_call.arguments", Json),
    // What a provider of Anthropic's API thought and signed; OpenAI has no place for it.
    ("messages[].thinking_blocks[].type", OneOf(&["thinking", "redacted_thinking"])),
    ("messages[].thinking_blocks[].thinking", Text),
    ("messages[].thinking_blocks[].signature", Signature),
    ("messages[].thinking_blocks[].data", Signature),
    ("tools[].type", OneOf(TOOL_TYPES)),
    ("tools[].function.name", Identifier),
    ("tools[].function.description", Text),
    ("tools[].function.parameters", Schema),
    ("tools[].function.strict", Structure),
    ("tools[].custom.name", Identifier),
    ("tools[].custom.description", Text),
    ("tools[].custom.format.type", OneOf(&["text", "grammar"])),
    ("tools[].custom.format.grammar.syntax", OneOf(&["lark", "regex"])),
    ("tool_choice", OneOf(TOOL_CHOICES)),
    ("tool_choice.type", OneOf(TOOL_TYPES)),
    ("tool_choice.function.name", Identifier),
    ("tool_choice.custom.name", Identifier),
    ("tool_choice.allowed_tools.mode", OneOf(TOOL_CHOICES)),
    ("tool_choice.allowed_tools.tools[].type", OneOf(TOOL_TYPES)),
    ("tool_choice.allowed_tools.tools[].function.name", Identifier),
    ("tool_choice.allowed_tools.tools[].custom.name", Identifier),
    ("functions[].name", Identifier),
    ("functions[].description", Text),
    ("functions[].parameters", Schema),
    ("function_call", OneOf(TOOL_CHOICES)),
    ("function_call.name", Identifier),
    ("response_format.type", OneOf(&["text", "json_object", "json_schema"])),
    ("response_format.json_schema.name", Identifier),
    ("response_format.json_schema.description", Text),
    ("response_format.json_schema.schema", Schema),
    ("response_format.json_schema.strict", Structure),
    ("prediction.type", OneOf(&["content"])),
    ("prediction.content", Text),
    ("prediction.content[].type", OneOf(&["text"])),
    ("prediction.content[].prompt_cache_breakpoint.mode", OneOf(&["explicit"])),
    ("prediction.content[].prompt_cache_breakpoint.ttl", OneOf(CACHE_TIMES)),
];

const RESPONSE: &[Rule] = &[
    ("id", Structure),
    ("object", Structure),
    ("model", Structure),
    ("service_tier", Structure),
    ("system_fingerprint", Structure),
    ("choices[].finish_reason", Finish),
    ("choices[].logprobs", LogProbs),
    ("choices[].message.content", Output),
    ("choices[].message.tool_calls[].id", Structure),
    ("choices[].message.tool_calls[].function.arguments", Json),
    ("choices[].message.function_call.arguments", Json),
    ("choices[].message.thinking_blocks[].signature", Signature),
    ("choices[].message.thinking_blocks[].data", Signature),
    ("data[].id", Structure),
    ("data[].tool_calls[].id", Structure),
    ("data[].tool_calls[].function.arguments", Json),
    ("choices[].delta", Delta),
    ("choices[].delta.content", Output),
    ("choices[].delta.role", Structure),
    ("choices[].delta.tool_calls[].id", Structure),
    ("choices[].delta.tool_calls[].type", Structure),
    ("choices[].delta.tool_calls[].function.name", Whole),
    ("choices[].delta.tool_calls[].function.arguments", Json),
    ("choices[].delta.tool_calls[].custom.name", Whole),
    ("choices[].delta.function_call.name", Whole),
    ("choices[].delta.function_call.arguments", Json),
    ("choices[].delta.annotations", Whole),
    ("choices[].delta.thinking_blocks[].signature", Signature),
    ("choices[].delta.thinking_blocks[].data", Signature),
];

fn validate(body: &Value) -> Result<(), RequestError> {
    validate_common(body)?;
    if !matches!(body.get("store"), None | Some(Value::Null | Value::Bool(_))) {
        return Err(RequestError::at("store", "store must be true or false"));
    }
    validate_messages(body, validate_message)
}

fn validate_message(message: &Value) -> Result<(), RequestError> {
    let Value::Object(fields) = message else {
        return Err(RequestError::at("messages", "each message must be an object"));
    };
    if !matches!(fields.get("role"), Some(Value::String(_))) {
        return Err(RequestError::at("messages", "each message needs a role"));
    }
    match fields.get("content") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if parts.iter().all(Value::is_object) => Ok(()),
        Some(_) => Err(RequestError::at("messages", "content must be a string or an array of content parts")),
    }
}

/// The first thing that the user said: clients send it again in every turn.
fn conversation(body: &Value) -> Option<String> {
    let messages = body.get("messages")?.as_array()?;
    let first = messages.iter().find(|message| message.get("role").is_some_and(|role| role == "user"))?;
    first_words(first.get("content")?)
}

fn structured_output(body: &Value) -> bool {
    let format = body.pointer("/response_format/type").and_then(Value::as_str);
    matches!(format, Some("json_object" | "json_schema"))
}

fn add_instruction((mut body, text): (Value, String)) -> Value {
    if let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) {
        messages.insert(0, system_message(text));
    }
    body
}

fn add_remark((mut body, text): (Value, String)) -> Value {
    if let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) {
        messages.push(system_message(text));
    }
    body
}

fn system_message(text: String) -> Value {
    json!({"role": "system", "content": text})
}
