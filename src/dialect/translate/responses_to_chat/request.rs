//! The request: which of its fields chat has, and under which name.

use serde_json::{Map, Value, json};

use super::super::Fields;
use super::{input, tools};
use crate::dialect::RequestError;

/// Fields that chat has too.
const SAME: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "service_tier",
];

pub(super) fn request(request: Value) -> Result<Value, RequestError> {
    let mut asked = Fields::of(request, "", None)?;
    let mut chat = Map::new();
    let instructions = asked.text("instructions")?.map(|text| json!({"role": "system", "content": text}));
    let messages = instructions.into_iter().chain(input::messages(asked.take("input").unwrap_or_default())?);
    chat.insert("messages".into(), messages.collect());
    asked.keep(SAME, &mut chat);
    if let Some(count) = asked.take("max_output_tokens") {
        // The older name of chat's two: servers that speak chat alone know it.
        chat.insert("max_tokens".into(), count);
    }
    tools::tools(asked.list("tools")?, &mut chat)?;
    tools::choice(asked.take("tool_choice"), &mut chat)?;
    text(asked.take("text"), &mut chat)?;
    reasoning(asked.take("reasoning"), &mut chat)?;
    log_probabilities(&mut asked, &mut chat)?;
    keeps_nothing(&mut asked)?;
    asked.end()?;
    if chat.get("stream") == Some(&Value::Bool(true)) {
        // The last event of a stream of Responses always tells the usage.
        if let Value::Object(options) = chat.entry("stream_options").or_insert_with(|| json!({})) {
            options.insert("include_usage".into(), true.into());
        }
    }
    Ok(Value::Object(chat))
}

/// The target stores no responses and goes on with none. A caller who does not
/// say whether to store is told that nothing was, by the answer.
fn keeps_nothing(asked: &mut Fields) -> Result<(), RequestError> {
    asked.leave_out_if("store", |store| *store == false);
    asked.leave_out_if("background", |background| *background == false);
    asked.leave_out_if("truncation", |truncation| *truncation == "disabled");
    // Marks of what is stored, and a bound on calls of built-in tools: there are
    // neither, and the answer repeats both.
    asked.leave_out(&["metadata", "max_tool_calls"]);
    for field in ["previous_response_id", "conversation"] {
        if asked.take(field).is_some() {
            let instead =
                "cannot be put to this model's provider, which keeps no conversation: send all of it in input";
            return Err(asked.error(field, instead));
        }
    }
    Ok(())
}

fn text(text: Option<Value>, chat: &mut Map<String, Value>) -> Result<(), RequestError> {
    let Some(text) = text else { return Ok(()) };
    let mut text = Fields::of(text, "text", Some("text"))?;
    text.keep(&["verbosity"], chat);
    if let Some(format) = text.take("format") {
        let mut format = Fields::of(format, "text.format", Some("text"))?;
        let kind = format.required_text("type")?;
        let mut mapped = Map::from_iter([("type".into(), kind.as_str().into())]);
        if kind == "json_schema" {
            let mut schema = Map::new();
            format.keep(&["name", "description", "schema", "strict"], &mut schema);
            mapped.insert(kind, schema.into());
        }
        format.end()?;
        chat.insert("response_format".into(), mapped.into());
    }
    text.end()
}

fn reasoning(reasoning: Option<Value>, chat: &mut Map<String, Value>) -> Result<(), RequestError> {
    let Some(reasoning) = reasoning else { return Ok(()) };
    let mut reasoning = Fields::of(reasoning, "reasoning", Some("reasoning"))?;
    if let Some(effort) = reasoning.take("effort") {
        chat.insert("reasoning_effort".into(), effort);
    }
    reasoning.leave_out_if("mode", |mode| *mode == "standard");
    reasoning.leave_out_if("context", |context| *context == "auto");
    reasoning.end()
}

fn log_probabilities(asked: &mut Fields, chat: &mut Map<String, Value>) -> Result<(), RequestError> {
    asked.leave_out_if("top_logprobs", |count| *count == 0);
    let top = asked.take("top_logprobs");
    let mut included = asked.list("include")?;
    // Where there is some it is there anyway.
    included.retain(|included| *included != "reasoning.encrypted_content");
    if included.iter().any(|included| *included != "message.output_text.logprobs") {
        let message = "include may hold message.output_text.logprobs and reasoning.encrypted_content: this model's provider has \
             no more to add";
        return Err(RequestError::at("include", message));
    }
    if top.is_some() || !included.is_empty() {
        chat.insert("logprobs".into(), true.into());
    }
    chat.extend(top.map(|top| ("top_logprobs".into(), top)));
    Ok(())
}
