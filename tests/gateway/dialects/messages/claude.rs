//! A provider that speaks Anthropic's API.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use crate::support::{Answer, Recorded, Reply, Then, texts_of};

/// Thinks about what was said last and repeats it; takes no thoughts back that it
/// did not think.
#[derive(Clone, Copy, Default)]
pub(super) struct Claude {
    /// Whether it shows what it thinks.
    pub(super) thinks: bool,
    /// Whether it calls the tool `note` with what was said, until there is a result.
    pub(super) calls: bool,
    /// Length of a flushed piece of a stream, in bytes; 0 sends it whole.
    pub(super) piece: usize,
}

pub(super) const REDACTED: &str = "EmwKAhgBEgy3va3pzix/LafPsn4a";

impl Claude {
    pub(super) fn script(self) -> impl Fn(&Recorded) -> Answer + Send + Sync + 'static {
        move |request| self.answer(request)
    }

    fn answer(self, request: &Recorded) -> Answer {
        let body = request.json();
        if let Some(problem) = problem(&body) {
            let error = json!({"type": "error", "error": {"type": "invalid_request_error", "message": problem}});
            return Answer::json(400, error.to_string());
        }
        if request.uri.ends_with("/count_tokens") {
            return Answer::json(200, json!({"input_tokens": texts_of(&body).join(" ").len()}).to_string());
        }
        let (blocks, reason) = self.blocks(&body);
        if request.wants_stream() {
            return Answer::events(events(&blocks, reason).as_bytes(), self.piece, Then::End);
        }
        let mut message = head();
        message["content"] = blocks.into();
        message["stop_reason"] = reason.into();
        message["usage"]["output_tokens"] = 7.into();
        Answer::json(200, message.to_string())
    }

    fn blocks(self, body: &Value) -> (Vec<Value>, &'static str) {
        let last = body["messages"].as_array().unwrap().last().unwrap();
        let said = texts_of(&last["content"]).join("\n");
        let mut blocks = Vec::new();
        if self.thinks {
            let thought = format!("They say: {said}");
            blocks.push(json!({"type": "thinking", "thinking": thought, "signature": signature(&thought)}));
            blocks.push(json!({"type": "redacted_thinking", "data": REDACTED}));
        }
        let answers = last["content"].as_array().is_some_and(|it| it.iter().any(|it| it["type"] == "tool_result"));
        if self.calls && !answers {
            let input = json!({"note": said, "copies": 2, "nested": {"list": [said]}});
            blocks.push(json!({"type": "tool_use", "id": "toolu_1", "name": "note", "input": input}));
            return (blocks, "tool_use");
        }
        blocks.push(json!({"type": "text", "text": format!("You say: {said}")}));
        (blocks, "end_turn")
    }
}

/// What Anthropic's API would refuse.
fn problem(body: &Value) -> Option<String> {
    let turns = body["messages"].as_array().unwrap();
    let blocks = turns.iter().flat_map(|turn| turn["content"].as_array().into_iter().flatten());
    let changed = |block: &&Value| match block["type"].as_str() {
        Some("thinking") => block["signature"] != signature(block["thinking"].as_str().unwrap()),
        Some("redacted_thinking") => block["data"] != REDACTED,
        _ => false,
    };
    let changed = blocks.into_iter().find(changed)?;
    Some(format!("thinking blocks cannot be modified: {changed}"))
}

fn signature(thought: &str) -> String {
    let mut hasher = DefaultHasher::new();
    thought.hash(&mut hasher);
    format!("Eq{:016x}/+==", hasher.finish())
}

fn head() -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
           "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 11, "output_tokens": 1}})
}

fn events(blocks: &[Value], reason: &str) -> String {
    let mut out = String::new();
    let mut push = |event: Value| {
        out.push_str(&format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
    };
    push(json!({"type": "message_start", "message": head()}));
    push(json!({"type": "ping"}));
    for (index, block) in blocks.iter().enumerate() {
        let (start, deltas) = pieces(block);
        push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        push(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": reason, "stop_sequence": null});
    push(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}));
    push(json!({"type": "message_stop"}));
    out
}

/// A block as it starts, and what is added to it.
fn pieces(block: &Value) -> (Value, Vec<Value>) {
    let cut = |text: &str| -> Vec<String> {
        text.chars().collect::<Vec<_>>().chunks(5).map(|piece| piece.iter().collect()).collect()
    };
    let mut start = block.clone();
    let deltas = match block["type"].as_str().unwrap() {
        "text" => {
            start["text"] = "".into();
            let pieces = cut(block["text"].as_str().unwrap());
            pieces.iter().map(|piece| json!({"type": "text_delta", "text": piece})).collect()
        }
        "thinking" => {
            (start["thinking"], start["signature"]) = ("".into(), "".into());
            let pieces = cut(block["thinking"].as_str().unwrap());
            let thoughts = pieces.iter().map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
            thoughts.chain([json!({"type": "signature_delta", "signature": block["signature"]})]).collect()
        }
        "tool_use" => {
            start["input"] = json!({});
            let pieces = cut(&block["input"].to_string());
            pieces.iter().map(|piece| json!({"type": "input_json_delta", "partial_json": piece})).collect()
        }
        _ => Vec::new(),
    };
    (start, deltas)
}

/// The message that a caller got, put together from its events where it was streamed.
pub(super) fn message_of(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    if !reply.header("content-type").unwrap().starts_with("text/event-stream") {
        return reply.json();
    }
    let mut message = Value::Null;
    let mut inputs: Vec<String> = Vec::new();
    for mut event in reply.events() {
        let index = event["index"].as_u64().unwrap_or_default() as usize;
        let mut delta = event["delta"].take();
        match event["type"].as_str().unwrap() {
            "message_start" => message = event["message"].take(),
            "content_block_start" => {
                inputs.push(String::new());
                message["content"].as_array_mut().unwrap().push(event["content_block"].take());
            }
            "content_block_delta" => match delta["type"].as_str().unwrap() {
                "input_json_delta" => inputs[index].push_str(delta["partial_json"].as_str().unwrap()),
                "signature_delta" => message["content"][index]["signature"] = delta["signature"].take(),
                kind => {
                    let field = kind.strip_suffix("_delta").unwrap();
                    let text = message["content"][index][field].as_str().unwrap().to_owned();
                    message["content"][index][field] = (text + delta[field].as_str().unwrap()).into();
                }
            },
            "content_block_stop" if !inputs[index].is_empty() => {
                message["content"][index]["input"] = serde_json::from_str(&inputs[index]).unwrap();
            }
            "message_delta" => {
                message["stop_reason"] = delta["stop_reason"].take();
                for (name, count) in event["usage"].as_object().unwrap() {
                    message["usage"][name] = count.clone();
                }
            }
            "error" => panic!("{event}"),
            _ => {}
        }
    }
    assert!(reply.text().contains("event: message_stop"), "{}", reply.text());
    message
}
