//! A script that keeps its answers, as OpenAI's responses do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::echo::texts_of;
use super::upstream::{Answer, Recorded, Then};

/// An upstream that keeps what it was asked and answers with the texts of the
/// whole conversation, the tokens of earlier requests among them.
#[derive(Clone, Default)]
pub struct Memory {
    kept: Arc<Mutex<BTreeMap<String, Kept>>>,
}

#[derive(Clone)]
struct Kept {
    heard: Vec<String>,
    response: Value,
}

/// Ids are the upstream's, whichever test asks.
static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Memory {
    /// The script.
    pub fn script(&self) -> impl Fn(&Recorded) -> Answer + Send + Sync + 'static {
        let memory = self.clone();
        move |request| match request.method.as_str() {
            "POST" if request.uri.ends_with("/responses") => memory.respond(request),
            _ => memory.about(request),
        }
    }

    fn respond(&self, request: &Recorded) -> Answer {
        let asked = request.json();
        let mut heard = match asked["previous_response_id"].as_str() {
            None => Vec::new(),
            Some(id) => match self.kept.lock().unwrap().get(id) {
                Some(kept) => kept.heard.clone(),
                None => return Answer::json(400, json!({"error": {"message": "no such response"}}).to_string()),
            },
        };
        heard.extend(texts_of(&asked["input"]));
        let response = response(&asked, &heard);
        if asked["store"] != false {
            let id = response["id"].as_str().unwrap().to_owned();
            self.kept.lock().unwrap().insert(id, Kept { heard, response: response.clone() });
        }
        match request.wants_stream() {
            false => Answer::json(200, response.to_string()),
            true => Answer::events(&events(&response), 5, Then::End),
        }
    }

    fn about(&self, request: &Recorded) -> Answer {
        let path = request.uri.split_once("/responses/").map_or("", |(_, path)| path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (id, below) = path.split_once('/').unwrap_or((path, ""));
        let mut all = self.kept.lock().unwrap();
        let Some(kept) = all.get(id).cloned() else {
            return Answer::json(404, json!({"error": {"message": format!("{id} is not here")}}).to_string());
        };
        match (request.method.as_str(), below) {
            ("DELETE", "") => {
                all.remove(id);
                Answer::json(200, json!({"id": id, "object": "response", "deleted": true}).to_string())
            }
            ("GET", "input_items") => {
                let item = |text: &String| json!({"type": "message", "id": "msg_in", "role": "user", "content": [{"type": "input_text", "text": text}]});
                let items: Vec<Value> = kept.heard.iter().map(item).collect();
                Answer::json(200, json!({"object": "list", "data": items, "has_more": false}).to_string())
            }
            ("GET", "") if query.contains("stream=true") => Answer::events(&events(&kept.response), 5, Then::End),
            _ => Answer::json(200, kept.response.to_string()),
        }
    }
}

/// The texts in words, and again as the arguments of a call.
fn response(asked: &Value, heard: &[String]) -> Value {
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let text = format!("I heard: {}", heard.join(" / "));
    let output = json!([
        {"type": "message", "id": format!("msg_{number}"), "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]},
        {"type": "function_call", "id": format!("fc_{number}"), "call_id": format!("call_{number}"), "name": "note",
         "status": "completed", "arguments": json!({"heard": heard}).to_string()},
    ]);
    json!({"id": format!("resp_{number}"), "object": "response", "status": "completed", "model": asked["model"],
           "output": output, "previous_response_id": asked["previous_response_id"], "store": asked["store"] != false,
           "usage": {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}})
}

fn events(response: &Value) -> Vec<u8> {
    let (mut out, mut number) = (Vec::new(), 0);
    let mut push = |kind: &str, mut event: Value| {
        event["type"] = kind.into();
        event["sequence_number"] = number.into();
        number += 1;
        out.extend_from_slice(format!("event: {kind}\ndata: {event}\n\n").as_bytes());
    };
    let mut begun = response.clone();
    (begun["status"], begun["output"]) = ("in_progress".into(), json!([]));
    push("response.created", json!({"response": begun}));
    for (index, item) in response["output"].as_array().unwrap().iter().enumerate() {
        push(
            "response.output_item.added",
            json!({"output_index": index, "item": {"type": item["type"], "id": item["id"]}}),
        );
        let (kind, done, text) = match item["arguments"].as_str() {
            Some(arguments) => ("response.function_call_arguments", "arguments", arguments),
            None => ("response.output_text", "text", item["content"][0]["text"].as_str().unwrap()),
        };
        let place = json!({"item_id": item["id"], "output_index": index, "content_index": 0});
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(4) {
            let mut delta = place.clone();
            delta["delta"] = piece.iter().collect::<String>().into();
            push(&format!("{kind}.delta"), delta);
        }
        let mut whole = place;
        whole[done] = text.into();
        push(&format!("{kind}.done"), whole);
        push("response.output_item.done", json!({"output_index": index, "item": item}));
    }
    push("response.completed", json!({"response": response}));
    out
}
