//! What clients make of a stream, by the rules of the official SDKs.

use serde_json::{Value, json};

use crate::dialect::translate::OutEvent;

/// Whether the stream said that it is over, and what it brought.
pub(super) struct Heard {
    pub(super) answer: Value,
    pub(super) is_over: bool,
}

/// A message from Anthropic's events: one block at a time, in the order of their indexes.
pub(super) fn message(events: &[OutEvent]) -> Heard {
    let mut answer = Value::Null;
    let mut partial = String::new();
    let mut open = None;
    let mut is_over = false;
    for event in events {
        let OutEvent::Data { name, data } = event else { continue };
        assert_eq!(name.unwrap(), data["type"], "an event's name is its type");
        assert!(!is_over, "an event behind the last: {data}");
        match name.unwrap() {
            "message_start" => answer = data["message"].clone(),
            "content_block_start" => {
                assert_eq!(open, None, "a block that starts in another one");
                let content = answer["content"].as_array_mut().unwrap();
                assert_eq!(data["index"], content.len());
                content.push(data["content_block"].clone());
                open = data["index"].as_u64();
                partial.clear();
            }
            "content_block_delta" => {
                assert_eq!(data["index"].as_u64(), open);
                let block = answer["content"].as_array_mut().unwrap().last_mut().unwrap();
                let delta = &data["delta"];
                let field = match delta["type"].as_str().unwrap() {
                    "text_delta" => "text",
                    "thinking_delta" => "thinking",
                    "input_json_delta" => "partial_json",
                    other => panic!("{other}"),
                };
                let piece = delta[field].as_str().unwrap();
                match field {
                    "partial_json" => partial.push_str(piece),
                    field => block[field] = format!("{}{piece}", block[field].as_str().unwrap()).into(),
                }
            }
            "content_block_stop" => {
                assert_eq!(data["index"].as_u64(), open.take());
                let block = answer["content"].as_array_mut().unwrap().last_mut().unwrap();
                if !partial.is_empty() {
                    block["input"] = serde_json::from_str(&partial).unwrap();
                }
                partial.clear();
            }
            "message_delta" => {
                assert_eq!(open, None);
                for field in ["stop_reason", "stop_sequence"] {
                    answer[field] = data["delta"][field].clone();
                }
                answer["usage"] = data["usage"].clone();
            }
            "message_stop" => is_over = true,
            "error" => answer = data.clone(),
            other => panic!("{other}"),
        }
    }
    Heard { answer, is_over }
}

/// A chat completion from its chunks.
pub(super) fn completion(events: &[OutEvent]) -> Heard {
    let mut answer = json!({"choices": []});
    let mut is_over = false;
    for event in events {
        match event {
            OutEvent::Done => is_over = true,
            OutEvent::KeepAlive => {}
            OutEvent::Data { name, data } => {
                assert_eq!((*name, is_over), (None, false));
                chunk(&mut answer, data);
            }
        }
    }
    Heard { answer, is_over }
}

fn chunk(answer: &mut Value, chunk: &Value) {
    for field in ["id", "created", "model", "usage", "error"] {
        if let Some(value) = chunk.get(field) {
            answer[field] = value.clone();
        }
    }
    for choice in chunk["choices"].as_array().into_iter().flatten() {
        let choices = answer["choices"].as_array_mut().unwrap();
        if choices.is_empty() {
            choices.push(json!({"index": 0, "message": {"content": null}}));
        }
        let kept = &mut choices[0];
        for (field, value) in choice.as_object().unwrap() {
            match field.as_str() {
                "delta" => accumulate(&mut kept["message"], value),
                _ if value.is_null() => {}
                field => kept[field] = value.clone(),
            }
        }
    }
}

fn accumulate(message: &mut Value, delta: &Value) {
    for (field, value) in delta.as_object().unwrap() {
        match (field.as_str(), value) {
            ("tool_calls", Value::Array(calls)) => {
                calls.iter().for_each(|call| tool_call(&mut message["tool_calls"], call));
            }
            ("role", _) | (_, Value::Null) => message[field] = value.clone(),
            (field, Value::String(piece)) => {
                message[field] = format!("{}{piece}", message[field].as_str().unwrap_or_default()).into();
            }
            (field, Value::Array(items)) => {
                let mut all = message[field].as_array().cloned().unwrap_or_default();
                all.extend(items.iter().cloned());
                message[field] = all.into();
            }
            other => panic!("{other:?}"),
        }
    }
}

fn tool_call(calls: &mut Value, delta: &Value) {
    if calls.is_null() {
        *calls = json!([]);
    }
    let calls = calls.as_array_mut().unwrap();
    let index = delta["index"].as_u64().unwrap() as usize;
    assert!(index <= calls.len(), "a tool call that skips an index");
    if index == calls.len() {
        let mut call = delta.clone();
        call.as_object_mut().unwrap().remove("index");
        return calls.push(call);
    }
    let arguments = &mut calls[index]["function"]["arguments"];
    *arguments = format!("{}{}", arguments.as_str().unwrap(), delta["function"]["arguments"].as_str().unwrap()).into();
}
