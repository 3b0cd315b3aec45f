//! A completion from its chunks.

use serde_json::{Value, json};

pub(super) fn add(answer: &mut Value, mut chunk: Value) {
    if answer.is_null() {
        *answer = json!({"choices": []});
    }
    for choice in chunk["choices"].take().as_array().into_iter().flatten() {
        add_choice(answer["choices"].as_array_mut().unwrap(), choice);
    }
    for (name, value) in chunk.as_object().unwrap().iter().filter(|(name, _)| *name != "choices") {
        answer[name] = value.clone();
    }
}

fn add_choice(choices: &mut Vec<Value>, choice: &Value) {
    let index = choice["index"].as_u64().unwrap() as usize;
    while choices.len() <= index {
        choices.push(json!({"text": "", "index": choices.len(), "logprobs": null, "finish_reason": null}));
    }
    let known = &mut choices[index];
    assert!(known["finish_reason"].is_null(), "something follows the end of a choice: {choice}");
    let text = known["text"].as_str().unwrap().to_owned() + choice["text"].as_str().unwrap();
    known["text"] = text.into();
    known["finish_reason"] = choice["finish_reason"].clone();
    if !choice["logprobs"].is_null() {
        known["logprobs"] = json!([known["logprobs"].take(), choice["logprobs"]]);
    }
}
