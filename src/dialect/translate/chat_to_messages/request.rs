//! A chat completion's request as a messages request.

use serde_json::{Map, Value, json};

use super::super::{Fields, RequestError};
use super::{conversation, tools};

/// What the target may write when the caller sets no limit: Anthropic's API asks for one, and every model that it
/// still serves can write this much.
const MAX_TOKENS_DEFAULT: u64 = 8192;

type Holds = fn(&Value) -> bool;

/// Fields that change nothing in the answer, as long as their value says what the target does anyway.
const LEFT_OUT: &[(&str, Holds)] = &[
    // Defaults of OpenAI's that Anthropic has no other way than.
    ("n", |value| value.as_f64() == Some(1.0)),
    ("logprobs", |value| *value == false),
    ("presence_penalty", |value| value.as_f64() == Some(0.0)),
    ("frequency_penalty", |value| value.as_f64() == Some(0.0)),
    ("store", |value| *value == false),
    ("modalities", |value| *value == json!(["text"])),
    ("verbosity", |value| value == "medium"),
    // Hints for speed and price: the answer is the same without.
    ("prediction", |_| true),
    ("prompt_cache_key", |_| true),
    ("prompt_cache_retention", |_| true),
    ("prompt_cache_options", |_| true),
    // OpenAI promises nothing for it.
    ("seed", |_| true),
    // What the events of the caller's stream look like is up to Cordon.
    ("stream_options", |_| true),
];

pub(super) fn request(body: Value) -> Result<Value, RequestError> {
    let mut fields = Fields::of(body, "", None)?;
    let mut out = Map::new();
    for field in ["model", "stream", "top_p"] {
        out.extend(fields.take(field).map(|value| (field.to_owned(), value)));
    }
    let messages = fields.list("messages")?;
    let conversation = conversation::conversation(messages)?;
    if conversation.turns.is_empty() {
        return Err(fields.error("messages", "must hold at least one message with content from the user"));
    }
    if !conversation.system.is_empty() {
        out.insert("system".into(), conversation.system.into());
    }
    out.insert("messages".into(), conversation.turns.into());
    out.insert("max_tokens".into(), max_tokens(&mut fields)?);
    out.extend(temperature(&mut fields)?.map(|value| ("temperature".to_owned(), value)));
    out.extend(stop_sequences(&mut fields)?.map(|value| ("stop_sequences".to_owned(), value)));
    out.extend(user(&mut fields)?.map(|id| ("metadata".to_owned(), json!({"user_id": id}))));
    out.extend(service_tier(&mut fields)?.map(|tier| ("service_tier".to_owned(), tier.into())));
    if fields.take("web_search_options").is_some() {
        return Err(fields.error("web_search_options", "switches on a tool that this model's provider does not have"));
    }
    tools::tools(&mut fields, &mut out)?;
    output(&mut fields, &mut out)?;
    for (field, holds) in LEFT_OUT {
        fields.leave_out_if(field, holds);
    }
    fields.end()?;
    Ok(Value::Object(out))
}

fn max_tokens(fields: &mut Fields) -> Result<Value, RequestError> {
    match (fields.take("max_completion_tokens"), fields.take("max_tokens")) {
        (Some(new), Some(old)) if new != old => {
            Err(fields.error("max_tokens", "and max_completion_tokens differ; this model's provider takes only one"))
        }
        (new, old) => Ok(new.or(old).unwrap_or_else(|| MAX_TOKENS_DEFAULT.into())),
    }
}

fn temperature(fields: &mut Fields) -> Result<Option<Value>, RequestError> {
    let temperature = fields.take("temperature");
    if temperature.as_ref().and_then(Value::as_f64).is_some_and(|temperature| temperature > 1.0) {
        return Err(fields.error("temperature", "must be at most 1: this model's provider takes 0 to 1"));
    }
    Ok(temperature)
}

fn stop_sequences(fields: &mut Fields) -> Result<Option<Value>, RequestError> {
    match fields.take("stop") {
        Some(stop @ Value::String(_)) => Ok(Some(json!([stop]))),
        Some(Value::Array(stops)) => Ok((!stops.is_empty()).then_some(Value::Array(stops))),
        None => Ok(None),
        Some(_) => Err(fields.error("stop", "must be a string or an array of strings")),
    }
}

/// Who the caller's user is, under either of OpenAI's names.
fn user(fields: &mut Fields) -> Result<Option<String>, RequestError> {
    match (fields.text("safety_identifier")?, fields.text("user")?) {
        (Some(new), Some(old)) if new != old => {
            Err(fields.error("user", "and safety_identifier differ; this model's provider takes only one"))
        }
        (new, old) => Ok(new.or(old)),
    }
}

fn service_tier(fields: &mut Fields) -> Result<Option<&'static str>, RequestError> {
    match fields.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some("auto")),
        Some("default") => Ok(Some("standard_only")),
        Some(_) => Err(fields.error("service_tier", "must be auto or default: this model's provider has no others")),
    }
}

/// How much the model is to think, and the form of what it says.
fn output(fields: &mut Fields, out: &mut Map<String, Value>) -> Result<(), RequestError> {
    let mut config = Map::new();
    match fields.text("reasoning_effort")? {
        None => {}
        Some(effort) if effort == "none" => {
            out.insert("thinking".into(), json!({"type": "disabled"}));
        }
        Some(effort) if ["low", "medium", "high", "xhigh", "max"].contains(&effort.as_str()) => {
            config.insert("effort".into(), effort.into());
        }
        Some(_) => {
            let complaint = "must be none, low, medium, high, xhigh or max: this model's provider has no others";
            return Err(fields.error("reasoning_effort", complaint));
        }
    }
    if let Some(format) = fields.take("response_format") {
        config.extend(output_format(format)?.map(|format| ("format".to_owned(), format)));
    }
    if !config.is_empty() {
        out.insert("output_config".into(), config.into());
    }
    Ok(())
}

fn output_format(format: Value) -> Result<Option<Value>, RequestError> {
    let mut format = Fields::of(format, "response_format", Some("response_format"))?;
    match format.required_text("type")?.as_str() {
        "text" => return format.end().map(|()| None),
        "json_schema" => {}
        _ => return Err(format.error("type", "must be text or json_schema: this model's provider has no others")),
    }
    let schema = format.take("json_schema").unwrap_or_default();
    format.end()?;
    let mut asked = Fields::of(schema, "response_format.json_schema", Some("response_format"))?;
    let Some(Value::Object(mut schema)) = asked.take("schema") else {
        return Err(asked.error("schema", "must be an object: this model's provider writes no JSON without one"));
    };
    // Where a schema itself says them.
    for (field, keyword) in [("name", "title"), ("description", "description")] {
        if let Some(text) = asked.text(field)? {
            schema.entry(keyword).or_insert(text.into());
        }
    }
    // Anthropic's answers always keep to the schema.
    asked.leave_out(&["strict"]);
    asked.end()?;
    Ok(Some(json!({"type": "json_schema", "schema": schema})))
}
