//! The parts of messages, of outputs and of reasoning.

use serde_json::{Map, Value, json};

use super::super::Fields;
use crate::dialect::RequestError;

/// The content of a message: a text, or parts.
pub(super) fn content(content: Value) -> Result<Value, RequestError> {
    match content {
        Value::Array(parts) => Ok(in_short(parts.into_iter().map(part).collect::<Result<_, _>>()?)),
        Value::String(_) => Ok(content),
        _ => Err(RequestError::at("input", "input[].content must be a text or a list of parts")),
    }
}

/// What a tool gave back: chat takes nothing but text there.
pub(super) fn output(output: Value) -> Result<Value, RequestError> {
    let output = content(output)?;
    if output.as_array().is_some_and(|parts| parts.iter().any(|part| part["type"] != "text")) {
        let message =
            "input[].output may hold text only, since this model's provider takes no images or files from tools";
        return Err(RequestError::at("input", message));
    }
    Ok(output)
}

/// The text of a reasoning item's parts.
pub(super) fn reasoning(parts: impl Iterator<Item = Value>) -> Result<String, RequestError> {
    let text = |part| {
        let mut part = Fields::of(part, "input[].content[]", Some("input"))?;
        part.leave_out(&["type"]);
        let text = part.required_text("text")?;
        part.end().and(Ok(text))
    };
    Ok(parts.map(text).collect::<Result<Vec<_>, _>>()?.join("\n\n"))
}

fn part(part: Value) -> Result<Value, RequestError> {
    let mut part = Fields::of(part, "input[].content[]", Some("input"))?;
    let mut mapped = Map::new();
    let mut held = Map::new();
    let kind = match part.required_text("type")?.as_str() {
        "input_text" | "output_text" => {
            // What an answer said about its own text.
            part.leave_out(&["annotations", "logprobs"]);
            part.keep(&["text", "prompt_cache_breakpoint"], &mut mapped);
            "text"
        }
        "refusal" => {
            part.keep(&["refusal"], &mut mapped);
            "refusal"
        }
        "input_image" => {
            held.extend(part.take("image_url").map(|url| ("url".into(), url)));
            part.keep(&["detail"], &mut held);
            "image_url"
        }
        "input_file" => {
            part.keep(&["filename", "file_data", "file_id"], &mut held);
            part.leave_out_if("detail", |detail| *detail == "auto");
            "file"
        }
        "input_audio" => {
            part.keep(&["input_audio"], &mut mapped);
            "input_audio"
        }
        _ => return Err(part.error("type", "is one that this model's provider does not know")),
    };
    part.end()?;
    mapped.insert("type".into(), kind.into());
    if !held.is_empty() {
        mapped.insert(kind.into(), held.into());
    }
    Ok(mapped.into())
}

/// One text alone goes as a string, which every server takes in every role.
fn in_short(mut parts: Vec<Value>) -> Value {
    match parts.as_mut_slice() {
        [Value::Object(part)] if part.len() == 2 && part.get("type") == Some(&json!("text")) => {
            part.get_mut("text").map(Value::take).unwrap_or_default()
        }
        _ => Value::Array(parts),
    }
}
