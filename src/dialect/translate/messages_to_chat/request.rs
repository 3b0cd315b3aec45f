//! A messages request as a chat completion's request.

use serde_json::{Map, Value, json};

use super::super::{Fields, RequestError};
use super::{conversation, tools};

pub(super) fn request(body: Value) -> Result<Value, RequestError> {
    let mut fields = Fields::of(body, "", None)?;
    let mut out = Map::new();
    for field in ["model", "temperature", "top_p"] {
        out.extend(fields.take(field).map(|value| (field.to_owned(), value)));
    }
    let mut messages = conversation::system(fields.take("system"))?;
    messages.extend(conversation::messages(fields.list("messages")?)?);
    out.insert("messages".into(), messages.into());
    out.insert("max_completion_tokens".into(), max_tokens(&mut fields)?);
    if let Some(stream) = fields.take("stream") {
        if stream == true {
            // Anthropic's streams always tell it.
            out.insert("stream_options".into(), json!({"include_usage": true}));
        }
        out.insert("stream".into(), stream);
    }
    let stop = fields.list("stop_sequences")?;
    if !stop.is_empty() {
        out.insert("stop".into(), stop.into());
    }
    out.extend(user(&mut fields)?.map(|user| ("user".to_owned(), user.into())));
    out.extend(service_tier(&mut fields)?.map(|tier| ("service_tier".to_owned(), tier.into())));
    tools::tools(&mut fields, &mut out)?;
    output(&mut fields, &mut out)?;
    // A hint for speed and price; and what the provider does anyway.
    fields.leave_out(&["cache_control"]);
    fields.leave_out_if("speed", |speed| speed == "standard");
    fields.end()?;
    Ok(Value::Object(out))
}

fn max_tokens(fields: &mut Fields) -> Result<Value, RequestError> {
    let missing = fields.error("max_tokens", "is missing");
    let max_tokens = fields.take("max_tokens").ok_or(missing)?;
    match max_tokens.as_u64() {
        Some(0) => Err(fields.error("max_tokens", "must be at least 1: this model's provider fills no caches")),
        _ => Ok(max_tokens),
    }
}

fn user(fields: &mut Fields) -> Result<Option<String>, RequestError> {
    let Some(metadata) = fields.take("metadata") else { return Ok(None) };
    let mut metadata = Fields::of(metadata, "metadata", Some("metadata"))?;
    let user = metadata.text("user_id")?;
    metadata.end().map(|()| user)
}

fn service_tier(fields: &mut Fields) -> Result<Option<&'static str>, RequestError> {
    match fields.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some("auto")),
        Some("standard_only") => Ok(Some("default")),
        Some(_) => Err(fields.error("service_tier", "must be auto or standard_only")),
    }
}

/// How much the model is to think, and the form of what it says.
fn output(fields: &mut Fields, out: &mut Map<String, Value>) -> Result<(), RequestError> {
    let mut effort = thinking(fields)?.map(str::to_owned);
    if let Some(config) = fields.take("output_config") {
        let mut config = Fields::of(config, "output_config", Some("output_config"))?;
        effort = config.text("effort")?.or(effort);
        if let Some(format) = config.take("format") {
            out.insert("response_format".into(), response_format(format)?);
        }
        config.end()?;
    }
    out.extend(effort.map(|effort| ("reasoning_effort".to_owned(), effort.into())));
    Ok(())
}

/// The effort that comes nearest to a budget of thinking; none where the model decides.
fn thinking(fields: &mut Fields) -> Result<Option<&'static str>, RequestError> {
    let Some(thinking) = fields.take("thinking") else { return Ok(None) };
    let mut thinking = Fields::of(thinking, "thinking", Some("thinking"))?;
    // How much of the thoughts is told is the provider's choice in chat completions.
    thinking.leave_out(&["display"]);
    let effort = match thinking.required_text("type")?.as_str() {
        // Models that do not think have no such setting to be switched off.
        "disabled" | "adaptive" => None,
        "enabled" => match thinking.take("budget_tokens").as_ref().and_then(Value::as_u64) {
            None => return Err(thinking.error("budget_tokens", "must be a number")),
            Some(..4096) => Some("low"),
            Some(4096..16384) => Some("medium"),
            Some(16384..) => Some("high"),
        },
        _ => return Err(thinking.error("type", "must be enabled, adaptive or disabled for this model's provider")),
    };
    thinking.end().map(|()| effort)
}

fn response_format(format: Value) -> Result<Value, RequestError> {
    let mut format = Fields::of(format, "output_config.format", Some("output_config"))?;
    if format.required_text("type")? != "json_schema" {
        return Err(format.error("type", "must be json_schema"));
    }
    let schema = format.take("schema").unwrap_or_default();
    if !schema.is_object() {
        return Err(format.error("schema", "must be an object"));
    }
    format.end()?;
    // OpenAI asks for a name, of these characters.
    let fits = |name: &&str| {
        (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let name = schema["title"].as_str().filter(fits).unwrap_or("answer");
    Ok(json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": true}}))
}
