//! The system prompt and the turns of Anthropic's as the messages of a chat.

use serde_json::{Map, Value, json};

use super::super::{Fields, RequestError};
use super::UNSIGNED;
use super::blocks::{self, MESSAGES, content, text_part};

/// The system prompt as a message; none when it says nothing.
pub(super) fn system(system: Option<Value>) -> Result<Vec<Value>, RequestError> {
    let parts = blocks::texts(system, "system[]", Some("system"))?;
    Ok(content(parts).map(|content| json!({"role": "system", "content": content})).into_iter().collect())
}

pub(super) fn messages(turns: Vec<Value>) -> Result<Vec<Value>, RequestError> {
    let prefilled = turns.last().is_some_and(|turn| turn["role"] == "assistant");
    if prefilled {
        let complaint = "messages must end with a turn of the user: this model's provider does not go on with one of \
                         the assistant";
        return Err(RequestError::at("messages", complaint));
    }
    let mut messages = Vec::new();
    for turn in turns {
        let mut turn = Fields::of(turn, "messages[]", MESSAGES)?;
        let said = turn.take("content");
        match turn.required_text("role")?.as_str() {
            "user" => user(said, &mut messages)?,
            "assistant" => messages.extend(assistant(said)?),
            "system" => {
                let content = content(blocks::texts(said, "messages[].content[]", MESSAGES)?);
                messages.extend(content.map(|content| json!({"role": "system", "content": content})));
            }
            _ => return Err(turn.error("role", "must be user, assistant or system")),
        }
        turn.end()?;
    }
    Ok(messages)
}

/// The blocks of a turn, a text being one of them.
fn said(content: Option<Value>) -> Result<Vec<Value>, RequestError> {
    match content {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![json!({"type": "text", "text": text})]),
        Some(Value::Array(blocks)) => Ok(blocks),
        Some(_) => Err(RequestError::at("messages", "messages[].content must be a string or an array of blocks")),
    }
}

/// Results of tools are messages of their own, and answer the calls in front of them, so they come first.
fn user(turn: Option<Value>, messages: &mut Vec<Value>) -> Result<(), RequestError> {
    let (results, others): (Vec<_>, Vec<_>) = said(turn)?.into_iter().partition(|block| block["type"] == "tool_result");
    for result in results {
        messages.push(blocks::tool_result(result)?);
    }
    let mut parts = Vec::new();
    for block in others {
        blocks::parts(block, &mut parts)?;
    }
    messages.extend(content(parts).map(|content| json!({"role": "user", "content": content})));
    Ok(())
}

fn assistant(turn: Option<Value>) -> Result<Option<Value>, RequestError> {
    let (mut texts, mut calls, mut reasoning) = (Vec::new(), Vec::new(), String::new());
    for block in said(turn)? {
        let mut block = Fields::of(block, "messages[].content[]", MESSAGES)?;
        match block.required_text("type")?.as_str() {
            "text" => texts.extend(text_part(block.required_text("text")?)),
            "tool_use" => calls.push(tool_call(&mut block)?),
            "thinking" => reasoning.push_str(&unsigned(&mut block)?),
            _ => return Err(block.error("type", "must be text, tool_use or thinking for this model's provider")),
        }
        block.leave_out(&["cache_control"]);
        block.end()?;
    }
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    message.extend(content(texts).map(|content| ("content".to_owned(), content)));
    if !reasoning.is_empty() {
        message.insert("reasoning_content".into(), reasoning.into());
    }
    if !calls.is_empty() {
        message.insert("tool_calls".into(), calls.into());
    }
    Ok((message.len() > 1).then_some(message.into()))
}

fn tool_call(block: &mut Fields) -> Result<Value, RequestError> {
    let (id, name) = (block.required_text("id")?, block.required_text("name")?);
    let input = block.take("input").unwrap_or_else(|| json!({})).to_string();
    block.leave_out_if("caller", |caller| caller["type"] == "direct");
    Ok(json!({"id": id, "type": "function", "function": {"name": name, "arguments": input}}))
}

/// The thoughts of a target that signs nothing. Those that a provider has signed are for that one only.
fn unsigned(block: &mut Fields) -> Result<String, RequestError> {
    if block.text("signature")?.is_some_and(|signature| signature != UNSIGNED) {
        let complaint = "is of another provider than this model's; leave the thinking blocks out when you change the \
                         model of a conversation";
        return Err(block.error("signature", complaint));
    }
    block.required_text("thinking")
}
