//! The content of a chat's message as blocks of Anthropic's.

use serde_json::{Value, json};

use super::super::{Fields, RequestError};

const PATH: &str = "messages[].content[]";
const MESSAGES: Option<&str> = Some("messages");

/// Content of any kind: a text, or parts.
pub(super) fn blocks(content: Option<Value>) -> Result<Vec<Value>, RequestError> {
    match content {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text_block(text).into_iter().collect()),
        Some(Value::Array(parts)) => parts.into_iter().filter_map(|part| block(part).transpose()).collect(),
        Some(_) => Err(RequestError::at("messages", "messages[].content must be a string or an array of parts")),
    }
}

/// Content where only text may stand.
pub(super) fn texts(content: Option<Value>) -> Result<Vec<Value>, RequestError> {
    let blocks = blocks(content)?;
    match blocks.iter().all(|block| block["type"] == "text") {
        true => Ok(blocks),
        false => Err(RequestError::at("messages", format!("{PATH} must be text here"))),
    }
}

/// A text block; none without text, since Anthropic's API takes none that is empty.
pub(super) fn text_block(text: String) -> Option<Value> {
    (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
}

fn block(part: Value) -> Result<Option<Value>, RequestError> {
    let mut part = Fields::of(part, PATH, MESSAGES)?;
    let block = match part.required_text("type")?.as_str() {
        "text" => text_block(part.required_text("text")?),
        "refusal" => text_block(part.required_text("refusal")?),
        "image_url" => Some(image(part.take("image_url").unwrap_or_default())?),
        "file" => Some(document(part.take("file").unwrap_or_default())?),
        _ => return Err(part.error("type", "must be text, refusal, image_url or file for this model's provider")),
    };
    // A hint for the price only.
    part.leave_out(&["prompt_cache_breakpoint"]);
    part.end()?;
    Ok(block)
}

fn image(image: Value) -> Result<Value, RequestError> {
    let mut image = Fields::of(image, "messages[].content[].image_url", MESSAGES)?;
    let url = image.required_text("url")?;
    // Anthropic's API looks at every image as closely as it can.
    image.leave_out(&["detail"]);
    let source = match (data_url(&url), url.starts_with("https://") || url.starts_with("http://")) {
        (Some((media_type, data)), _) => json!({"type": "base64", "media_type": media_type, "data": data}),
        (None, true) => json!({"type": "url", "url": url}),
        (None, false) => return Err(image.error("url", "must be an http URL or a data: URL with base64")),
    };
    image.end()?;
    Ok(json!({"type": "image", "source": source}))
}

fn document(file: Value) -> Result<Value, RequestError> {
    let mut file = Fields::of(file, "messages[].content[].file", MESSAGES)?;
    let data = file.text("file_data")?;
    let Some(("application/pdf", data)) = data.as_deref().and_then(data_url) else {
        return Err(file.error("file_data", "must be a data: URL with application/pdf in base64 for this provider"));
    };
    let mut block = json!({
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": data},
    });
    if let Some(name) = file.text("filename")? {
        block["title"] = name.into();
    }
    file.end()?;
    Ok(block)
}

/// The media type and the base64 of a `data:` URL (RFC 2397).
fn data_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}
