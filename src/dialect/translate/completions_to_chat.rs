//! Completions put to a target that speaks chat: the prompt becomes what the
//! user says, and the model's message the text.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Asked, Fields, OutEvent, TranslateEvents, Translation, words_of};
use crate::dialect::RequestError;

/// Completions for a target that speaks chat.
pub(super) static COMPLETIONS_TO_CHAT: Translation =
    Translation { request, answer, error: |error, _| error, events: |_| Box::new(Events::default()) };

/// Fields that chat has too.
const SAME: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "temperature",
    "top_p",
    "n",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "seed",
    "user",
];

fn request(request: Value) -> Result<Value, RequestError> {
    let mut asked = Fields::of(request, "", None)?;
    let prompt = prompt(asked.take("prompt").unwrap_or_default())?;
    let mut chat = Map::from_iter([("messages".into(), json!([{"role": "user", "content": prompt}]))]);
    asked.keep(SAME, &mut chat);
    asked.leave_out_if("suffix", |suffix| *suffix == "");
    asked.leave_out_if("echo", |echo| *echo == false);
    asked.leave_out_if("best_of", |best_of| *best_of == 1);
    asked.end()?;
    Ok(Value::Object(chat))
}

fn prompt(mut prompt: Value) -> Result<Value, RequestError> {
    match &mut prompt {
        Value::String(_) => return Ok(prompt),
        Value::Array(prompts) => {
            if let [prompt @ Value::String(_)] = prompts.as_mut_slice() {
                return Ok(prompt.take());
            }
        }
        _ => {}
    }
    let message = "prompt must be one text here, since this model's provider speaks chat completions: send several \
                   prompts as several requests, and text instead of token numbers";
    Err(RequestError::at("prompt", message))
}

fn answer(answer: Value, _: &Asked) -> Option<Value> {
    answer.get("choices")?.as_array()?;
    Some(completion(answer, "message"))
}

/// A chat completion, or a piece of one, whose texts stand in `holder`.
fn completion(mut chat: Value, holder: &str) -> Value {
    let choices = match chat.get_mut("choices").map(Value::take) {
        Some(Value::Array(choices)) => choices,
        _ => Vec::new(),
    };
    let mut completion = Map::new();
    completion.insert("id".into(), completion_id(&chat));
    completion.insert("object".into(), "text_completion".into());
    completion.insert("created".into(), chat.get("created").cloned().unwrap_or(json!(0)));
    completion.insert("model".into(), chat.get("model").cloned().unwrap_or_default());
    completion.insert("choices".into(), choices.into_iter().map(|chosen| choice(chosen, holder)).collect());
    for name in ["usage", "system_fingerprint"] {
        if let Some(value) = chat.get_mut(name) {
            completion.insert(name.into(), value.take());
        }
    }
    Value::Object(completion)
}

fn completion_id(chat: &Value) -> Value {
    let id = chat.get("id").and_then(Value::as_str).unwrap_or_default();
    format!("cmpl-{}", id.strip_prefix("chatcmpl-").unwrap_or(id)).into()
}

/// A refusal is what the model wrote, so it is the text.
fn choice(mut choice: Value, holder: &str) -> Value {
    let said = choice.get_mut(holder).map(Value::take).unwrap_or_default();
    let text: String = ["content", "refusal"].iter().filter_map(|name| words_of(said.get(*name)?)).collect();
    let finish_reason = match choice.get("finish_reason").and_then(Value::as_str) {
        Some(reason @ ("stop" | "length" | "content_filter")) => reason.into(),
        Some(_) => "stop".into(),
        None => Value::Null,
    };
    json!({
        "text": text,
        "index": choice.get("index").cloned().unwrap_or(json!(0)),
        "logprobs": null,
        "finish_reason": finish_reason,
    })
}

#[derive(Default)]
struct Events {
    /// Choices that have not ended.
    open: BTreeSet<u64>,
    /// Whether a choice has begun, and the end is not told yet.
    running: bool,
}

impl TranslateEvents for Events {
    fn event(&mut self, event: Value, out: &mut Vec<OutEvent>) {
        if event.get("error").is_some_and(|error| !error.is_null()) {
            return out.push(OutEvent::Data { name: None, data: event });
        }
        let mut event = completion(event, "delta");
        let counts = event.get("usage").is_some_and(Value::is_object);
        if let Some(choices) = event.get_mut("choices").and_then(Value::as_array_mut) {
            choices.iter().for_each(|choice| self.note(choice));
            // Chat opens a choice with an event that says only who speaks.
            choices.retain(|choice| choice["text"] != "" || !choice["finish_reason"].is_null());
            if choices.is_empty() && !counts {
                return;
            }
        }
        out.push(OutEvent::Data { name: None, data: event });
    }

    fn end(&mut self, out: &mut Vec<OutEvent>) {
        // A stream that broke off must not look whole.
        if self.open.is_empty() && std::mem::take(&mut self.running) {
            out.push(OutEvent::Done);
        }
    }
}

impl Events {
    fn note(&mut self, choice: &Value) {
        self.running = true;
        let index = choice["index"].as_u64().unwrap_or_default();
        if choice["finish_reason"].is_null() {
            self.open.insert(index);
        } else {
            self.open.remove(&index);
        }
    }
}

#[cfg(test)]
mod tests;
