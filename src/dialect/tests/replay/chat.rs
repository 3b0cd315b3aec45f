//! A chat completion from its chunks.

use serde_json::{Map, Value, json};

/// Strings of a delta that are sent once.
const SENT_ONCE: [&str; 4] = ["role", "id", "type", "name"];

pub(super) fn add(answer: &mut Value, mut chunk: Value) {
    if answer.is_null() {
        *answer = json!({"choices": []});
    }
    for choice in chunk["choices"].take().as_array().into_iter().flatten() {
        add_choice(answer["choices"].as_array_mut().unwrap(), choice);
    }
    for (name, value) in chunk.as_object().unwrap() {
        match name.as_str() {
            "choices" | "obfuscation" => {}
            "object" => answer["object"] = json!("chat.completion"),
            _ if value.is_null() => {}
            _ => answer[name] = value.clone(),
        }
    }
}

fn add_choice(choices: &mut Vec<Value>, choice: &Value) {
    let index = choice["index"].as_u64().unwrap() as usize;
    while choices.len() <= index {
        choices.push(json!({"index": choices.len(), "message": {}, "logprobs": null, "finish_reason": null}));
    }
    let known = &mut choices[index];
    assert!(known["finish_reason"].is_null(), "something follows the end of a choice: {choice}");
    merge(known["message"].as_object_mut().unwrap(), choice["delta"].as_object().unwrap());
    known["finish_reason"] = choice["finish_reason"].clone();
    if !choice["logprobs"].is_null() {
        known["logprobs"] = json!([known["logprobs"].take(), choice["logprobs"]]);
    }
}

fn merge(known: &mut Map<String, Value>, delta: &Map<String, Value>) {
    for (name, value) in delta {
        match (known.get_mut(name), value) {
            (_, Value::Array(items)) => {
                let list = known.entry(name.clone()).or_insert(json!([])).as_array_mut().unwrap();
                items.iter().for_each(|item| merge_item(list, item));
            }
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (Some(Value::String(known)), Value::String(more)) if !SENT_ONCE.contains(&name.as_str()) => {
                known.push_str(more);
            }
            (Some(_), Value::Null) => {}
            (_, value) => drop(known.insert(name.clone(), value.clone())),
        }
    }
}

fn merge_item(list: &mut Vec<Value>, item: &Value) {
    let mut item = item.as_object().unwrap().clone();
    let index = item.shift_remove("index").unwrap().as_u64().unwrap() as usize;
    while list.len() <= index {
        list.push(json!({}));
    }
    merge(list[index].as_object_mut().unwrap(), &item);
}
