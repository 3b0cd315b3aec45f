//! The input: items become messages.

use serde_json::{Map, Value, json};

use super::super::Fields;
use super::parts;
use crate::dialect::RequestError;

/// What says nothing to a model about an item: the number and the state of a
/// record, and the name of a tool whose call says it.
const RECORD: &[&str] = &["id", "status", "phase"];

const KINDS: &str = "input holds an item that cannot be put to this model's provider, which takes messages, calls of \
                     functions and of custom tools, their outputs, and reasoning";

/// The messages of `input`, a text or a list of items.
pub(super) fn messages(input: Value) -> Result<Vec<Value>, RequestError> {
    let mut messages = Vec::new();
    match input {
        Value::String(_) => messages.push(json!({"role": "user", "content": input})),
        Value::Array(items) => items.into_iter().try_for_each(|item| add(item, &mut messages))?,
        _ => return Err(RequestError::at("input", "input must be a text or a list of items")),
    }
    Ok(messages)
}

fn add(item: Value, messages: &mut Vec<Value>) -> Result<(), RequestError> {
    let mut item = Fields::of(item, "input[]", Some("input"))?;
    item.leave_out(RECORD);
    item.leave_out_if("caller", |caller| caller["type"] == "direct");
    item.leave_out_if("async", |later| *later == false);
    match item.text("type")?.as_deref().unwrap_or("message") {
        "message" => message(&mut item, messages)?,
        "reasoning" => reasoning(&mut item, messages)?,
        "function_call" => call(&mut item, "function", "arguments", messages)?,
        "custom_tool_call" => call(&mut item, "custom", "input", messages)?,
        "function_call_output" | "custom_tool_call_output" => {
            // The call that it answers says this.
            item.leave_out(&["name"]);
            let content = parts::output(item.take("output").unwrap_or_default())?;
            let call = item.required_text("call_id")?;
            messages.push(json!({"role": "tool", "tool_call_id": call, "content": content}));
        }
        _ => return Err(RequestError::at("input", KINDS)),
    }
    item.end()
}

/// What a model says behind its reasoning belongs to the same message.
fn message(item: &mut Fields, messages: &mut Vec<Value>) -> Result<(), RequestError> {
    let role = match item.required_text("role")?.as_str() {
        "user" => "user",
        "assistant" => "assistant",
        // The older name of the two: servers that speak chat alone know it.
        "system" | "developer" => "system",
        _ => return Err(item.error("role", "must be user, assistant, system or developer")),
    };
    let content = parts::content(item.take("content").unwrap_or_default())?;
    match messages.last_mut() {
        Some(last) if role == "assistant" && is_reasoning(last) => last["content"] = content,
        _ => messages.push(json!({"role": role, "content": content})),
    }
    Ok(())
}

fn reasoning(item: &mut Fields, messages: &mut Vec<Value>) -> Result<(), RequestError> {
    // Servers that show what a model thought take it back under this name.
    let thought = parts::reasoning(item.list("summary")?.into_iter().chain(item.list("content")?))?;
    let mut message = json!({"role": "assistant", "content": null, "reasoning_content": thought});
    if let Some(signed) = item.text("encrypted_content")? {
        message["thinking_blocks"] = thinking_blocks(&signed)
            .ok_or_else(|| item.error("encrypted_content", "is of another provider than this model's: leave it out"))?;
    }
    messages.push(message);
    Ok(())
}

/// The blocks that `item.rs` wrote.
fn thinking_blocks(signed: &str) -> Option<Value> {
    serde_json::from_str(signed).ok().filter(Value::is_array)
}

fn is_reasoning(message: &Value) -> bool {
    message.get("reasoning_content").is_some() && message["content"].is_null() && message.get("tool_calls").is_none()
}

/// What a model calls stands in one message with what it said before.
fn call(item: &mut Fields, kind: &str, argument: &'static str, messages: &mut Vec<Value>) -> Result<(), RequestError> {
    let id = item.required_text("call_id")?;
    let mut called = Map::new();
    item.keep(&["name", argument], &mut called);
    let call = json!({"id": id, "type": kind, kind: called});
    if messages.last().is_none_or(|last| last["role"] != "assistant") {
        messages.push(json!({"role": "assistant", "content": null}));
    }
    if let Some(Value::Object(message)) = messages.last_mut()
        && let Value::Array(calls) = message.entry("tool_calls").or_insert_with(|| json!([]))
    {
        calls.push(call);
    }
    Ok(())
}
