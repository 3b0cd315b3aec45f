//! Content blocks of Anthropic's as the content of a chat's message.

use serde_json::{Value, json};

use super::super::{Fields, RequestError};

pub(super) const MESSAGES: Option<&str> = Some("messages");

const PATH: &str = "messages[].content[]";

/// Told in front of what a tool returned as an error: a chat has no flag for it.
const TOOL_FAILED: &str = "The tool failed:";

/// A message's content: one text as a string, which every provider takes.
pub(super) fn content(mut parts: Vec<Value>) -> Option<Value> {
    match parts.len() {
        0 => None,
        1 if parts[0]["type"] == "text" => Some(parts[0]["text"].take()),
        _ => Some(parts.into()),
    }
}

/// A part of text; none without text.
pub(super) fn text_part(text: String) -> Option<Value> {
    (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
}

/// Content where only text may stand: a string, or blocks at `path`.
pub(super) fn texts(
    content: Option<Value>,
    path: &'static str,
    param: Option<&'static str>,
) -> Result<Vec<Value>, RequestError> {
    let blocks = match content {
        None => Vec::new(),
        Some(Value::String(text)) => return Ok(text_part(text).into_iter().collect()),
        Some(Value::Array(blocks)) => blocks,
        Some(_) => return Err(RequestError { message: format!("{path} must be blocks of text"), param }),
    };
    let mut parts = Vec::new();
    for block in blocks {
        let mut block = Fields::of(block, path, param)?;
        if block.required_text("type")? != "text" {
            return Err(block.error("type", "must be text here for this model's provider"));
        }
        parts.extend(text_part(block.required_text("text")?));
        block.leave_out(&["cache_control"]);
        block.end()?;
    }
    Ok(parts)
}

/// What a tool returned, as a message.
pub(super) fn tool_result(block: Value) -> Result<Value, RequestError> {
    let mut block = Fields::of(block, PATH, MESSAGES)?;
    let id = block.required_text("tool_use_id")?;
    let mut parts = texts(block.take("content"), "messages[].content[].content[]", MESSAGES)?;
    if block.take("is_error") == Some(Value::Bool(true)) {
        parts.insert(0, json!({"type": "text", "text": TOOL_FAILED}));
    }
    block.leave_out(&["type", "cache_control"]);
    block.end()?;
    Ok(json!({"role": "tool", "tool_call_id": id, "content": content(parts).unwrap_or_else(|| "".into())}))
}

/// Appends what a block of the user's says.
pub(super) fn parts(block: Value, out: &mut Vec<Value>) -> Result<(), RequestError> {
    let mut block = Fields::of(block, PATH, MESSAGES)?;
    match block.required_text("type")?.as_str() {
        "text" => out.extend(text_part(block.required_text("text")?)),
        "image" => out.push(image(block.take("source").unwrap_or_default())?),
        "document" => document(&mut block, out)?,
        _ => return Err(block.error("type", "must be text, image, document or tool_result for this model's provider")),
    }
    // A hint for price and speed.
    block.leave_out(&["cache_control"]);
    block.end()
}

fn image(source: Value) -> Result<Value, RequestError> {
    let mut source = Fields::of(source, "messages[].content[].source", MESSAGES)?;
    let url = match source.required_text("type")?.as_str() {
        "url" => source.required_text("url")?,
        "base64" => data_url(&mut source)?,
        _ => return Err(source.error("type", "must be url or base64 for this model's provider")),
    };
    source.end()?;
    Ok(json!({"type": "image_url", "image_url": {"url": url}}))
}

/// A PDF goes as a file; what is text or blocks goes as such, with what is said about it in front.
fn document(block: &mut Fields, out: &mut Vec<Value>) -> Result<(), RequestError> {
    block.leave_out_if("citations", |citations| citations["enabled"] != true);
    let title = block.text("title")?;
    let mut source = Fields::of(block.take("source").unwrap_or_default(), "messages[].content[].source", MESSAGES)?;
    let kind = source.required_text("type")?;
    if kind == "base64" {
        out.extend(block.text("context")?.and_then(text_part));
        let file = json!({"filename": title.as_deref().unwrap_or("document.pdf"), "file_data": data_url(&mut source)?});
        out.push(json!({"type": "file", "file": file}));
        return source.end();
    }
    out.extend([title, block.text("context")?].into_iter().flatten().filter_map(text_part));
    match kind.as_str() {
        "text" => {
            source.leave_out_if("media_type", |media_type| media_type == "text/plain");
            out.extend(text_part(source.required_text("data")?));
        }
        "content" => match source.take("content") {
            Some(Value::String(text)) => out.extend(text_part(text)),
            Some(Value::Array(blocks)) => blocks.into_iter().try_for_each(|block| parts(block, out))?,
            _ => return Err(source.error("content", "must be a string or an array of blocks")),
        },
        _ => return Err(source.error("type", "must be base64, text or content for this model's provider")),
    }
    source.end()
}

fn data_url(source: &mut Fields) -> Result<String, RequestError> {
    Ok(format!("data:{};base64,{}", source.required_text("media_type")?, source.required_text("data")?))
}
