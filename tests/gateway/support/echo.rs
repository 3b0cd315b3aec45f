//! A script that answers with the texts of the request.

use serde_json::{Value, json};

use super::upstream::{Answer, Recorded, Then};

/// Fields whose strings are no text.
const STRUCTURE: [&str; 4] = ["model", "role", "type", "tool_call_id"];

/// Answers with all texts of the request.
#[derive(Clone, Copy)]
pub struct Echo {
    /// How many choices; each has the texts.
    pub choices: u64,
    /// How many tool calls each choice has, with the texts in their arguments.
    pub tool_calls: u64,
    /// Whether the content is a JSON document that holds the texts.
    pub json: bool,
    /// Length of a streamed delta's text, in characters.
    pub delta: usize,
    /// Length of a flushed piece of the stream, in bytes; 0 sends it whole.
    pub piece: usize,
}

impl Default for Echo {
    fn default() -> Echo {
        Echo { choices: 1, tool_calls: 0, json: false, delta: 7, piece: 0 }
    }
}

impl Echo {
    /// The script.
    pub fn script(self) -> impl Fn(&Recorded) -> Answer + Send + Sync + 'static {
        move |request| self.answer(request)
    }

    /// The answer to one request.
    pub fn answer(self, request: &Recorded) -> Answer {
        let texts = texts_of(&request.json());
        match request.wants_stream() {
            true => Answer::events(self.stream(&texts).as_bytes(), self.piece, Then::End),
            false => Answer::json(200, self.whole(&texts).to_string()),
        }
    }

    fn content(self, choice: u64, texts: &[String]) -> String {
        match self.json {
            true => json!({"choice": choice, "texts": texts}).to_string(),
            false => format!("choice {choice}: {}", texts.join("\n")),
        }
    }

    fn whole(self, texts: &[String]) -> Value {
        let calls = |choice| -> Vec<Value> {
            let call = |call| {
                json!({"id": call_id(choice, call), "type": "function",
                       "function": {"name": "echo", "arguments": arguments(call, texts)}})
            };
            (0..self.tool_calls).map(call).collect()
        };
        let choice = |index| {
            let mut message = json!({"role": "assistant", "content": self.content(index, texts), "refusal": null});
            if self.tool_calls > 0 {
                message["tool_calls"] = Value::from(calls(index));
            }
            json!({"index": index, "message": message, "logprobs": null, "finish_reason": self.finish_reason()})
        };
        let choices: Vec<Value> = (0..self.choices).map(choice).collect();
        json!({"id": "chatcmpl-echo", "object": "chat.completion", "created": 1_700_000_000, "model": "echo-1",
               "choices": choices, "usage": usage(), "system_fingerprint": "fp_echo"})
    }

    /// The events: the deltas of the choices, and those of their tool calls, are
    /// interleaved.
    fn stream(self, texts: &[String]) -> String {
        let mut out = String::from(": keep-alive\n\n");
        for choice in 0..self.choices {
            push(&mut out, choice, json!({"role": "assistant", "content": ""}), None);
        }
        let contents: Vec<Vec<String>> =
            (0..self.choices).map(|choice| cut(&self.content(choice, texts), self.delta)).collect();
        for (choice, piece) in interleaved(&contents) {
            push(&mut out, choice, json!({"content": piece}), None);
        }
        out.push_str(": keep-alive\n\n");
        for choice in 0..self.choices {
            for call in 0..self.tool_calls {
                let function = json!({"name": "echo", "arguments": ""});
                let started =
                    json!({"index": call, "id": call_id(choice, call), "type": "function", "function": function});
                push(&mut out, choice, json!({"tool_calls": [started]}), None);
            }
        }
        let calls: Vec<Vec<String>> = (0..self.choices * self.tool_calls)
            .map(|both| cut(&arguments(both % self.tool_calls, texts), self.delta))
            .collect();
        for (both, piece) in interleaved(&calls) {
            let delta = json!({"tool_calls": [{"index": both % self.tool_calls, "function": {"arguments": piece}}]});
            push(&mut out, both / self.tool_calls, delta, None);
        }
        for choice in 0..self.choices {
            push(&mut out, choice, json!({}), Some(self.finish_reason()));
        }
        out.push_str(&format!("data: {}\n\n", chunk(json!([]), Some(usage()))));
        out.push_str("data: [DONE]\n\n");
        out
    }

    fn finish_reason(self) -> &'static str {
        if self.tool_calls > 0 { "tool_calls" } else { "stop" }
    }
}

/// Every string of `value` but those that the API defines.
pub fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(fields) => {
            let text = fields.iter().filter(|(key, _)| !STRUCTURE.contains(&key.as_str()));
            text.flat_map(|(_, value)| texts_of(value)).collect()
        }
        _ => Vec::new(),
    }
}

fn usage() -> Value {
    json!({"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18})
}

fn call_id(choice: u64, call: u64) -> String {
    format!("call_{choice}_{call}")
}

fn arguments(call: u64, texts: &[String]) -> String {
    json!({"call": call, "nested": {"texts": texts}}).to_string()
}

fn cut(text: &str, length: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(length).map(|piece| piece.iter().collect()).collect()
}

/// The first piece of each list, then the second of each, and so on.
fn interleaved(lists: &[Vec<String>]) -> impl Iterator<Item = (u64, &String)> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(move |at| {
        let piece = move |(list, pieces): (usize, &'_ Vec<String>)| pieces.get(at).map(|_| (list as u64, at));
        let present: Vec<(u64, usize)> = lists.iter().enumerate().filter_map(piece).collect();
        present.into_iter().map(|(list, at)| (list, &lists[list as usize][at]))
    })
}

fn chunk(choices: Value, usage: Option<Value>) -> Value {
    json!({"id": "chatcmpl-echo", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "echo-1",
           "system_fingerprint": "fp_echo", "choices": choices, "usage": usage})
}

fn push(out: &mut String, choice: u64, delta: Value, finish_reason: Option<&str>) {
    let choices = json!([{"index": choice, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]);
    out.push_str(&format!("data: {}\n\n", chunk(choices, None)));
}
