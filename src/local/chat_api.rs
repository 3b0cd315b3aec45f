//! The embedded model behind the shapes of OpenAI's chat completions, so that it
//! can stand wherever a provider can.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ChatMessage, ChatRequest, Chunk, End, FinishReason, Generation, LocalError, LocalModel};

/// Choices of one request; each is a generation of its own.
const CHOICES_MAX: u64 = 8;

/// Why the embedded model does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The request asks for something that the model cannot do.
    #[error("the embedded model does not support {0}")]
    Unsupported(&'static str),
    /// The model itself.
    #[error(transparent)]
    Model(#[from] LocalError),
}

/// One chat completion of the embedded model.
pub struct Completion {
    id: String,
    created: u64,
    model: String,
    include_usage: bool,
    generations: Vec<Generation>,
}

/// A whole answer.
pub struct WholeAnswer {
    /// The body of a chat completion.
    pub body: Value,
    /// The text of its first choice.
    pub text: String,
}

impl Completion {
    /// Starts to answer `body`, the body of a chat completion request.
    ///
    /// # Errors
    /// When it asks for what the model cannot do, or the model refuses.
    pub async fn start(model: &Arc<LocalModel>, body: &Value) -> Result<Completion, ChatError> {
        refuse_unsupported(body)?;
        let request = chat_request(body);
        let choices = body.get("n").and_then(Value::as_u64).unwrap_or(1).max(1);
        if choices > CHOICES_MAX {
            return Err(ChatError::Unsupported("more than 8 choices"));
        }
        let starts = (0..choices).map(|choice| {
            let seed = request.seed.map(|seed| seed.wrapping_add(choice as u32));
            model.generate(ChatRequest { seed, ..request.clone() })
        });
        let generations = try_join_all(starts).await?;
        Ok(Completion {
            id: format!("chatcmpl-{}", Uuid::new_v4().simple()),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            model: body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
            include_usage: body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)),
            generations,
        })
    }

    /// Waits for the whole answer.
    pub async fn whole(mut self) -> Result<WholeAnswer, ChatError> {
        let generations = std::mem::take(&mut self.generations);
        let ended = try_join_all(generations.into_iter().map(Generation::collect)).await?;
        let prompt_tokens = ended.first().map_or(0, |(_, end)| end.prompt_tokens);
        let completion_tokens = ended.iter().map(|(_, end)| end.completion_tokens).sum();
        let text = ended.first().map(|(text, _)| text.clone()).unwrap_or_default();
        let choices: Vec<Value> = ended
            .into_iter()
            .enumerate()
            .map(|(index, (text, end))| {
                json!({
                    "index": index,
                    "message": {"role": "assistant", "content": text, "refusal": null},
                    "logprobs": null,
                    "finish_reason": finish_reason(end.finish_reason),
                })
            })
            .collect();
        let body = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": usage(prompt_tokens, completion_tokens),
        });
        Ok(WholeAnswer { body, text })
    }

    /// The answer as server-sent events, while it is made.
    pub fn events(mut self) -> BoxStream<'static, Bytes> {
        let generations = std::mem::take(&mut self.generations);
        let lanes = generations.into_iter().enumerate().map(|(index, generation)| lane(index, generation).boxed());
        let pieces = stream::select_all(lanes);
        let state = (self, pieces, Tally::default(), false);
        stream::unfold(state, |(completion, mut pieces, mut tally, ended)| async move {
            if ended {
                return None;
            }
            let (bytes, ended) = match pieces.next().await {
                Some((index, event)) => (completion.event(index, event, &mut tally), false),
                None => (completion.last_events(&tally), true),
            };
            Some((bytes, (completion, pieces, tally, ended)))
        })
        .boxed()
    }

    fn event(&self, index: usize, event: Piece, tally: &mut Tally) -> Bytes {
        match event {
            Piece::First => self.chunk(index, json!({"role": "assistant", "content": ""}), Value::Null),
            Piece::Text(text) => self.chunk(index, json!({"content": text}), Value::Null),
            Piece::End(end) => {
                tally.prompt_tokens = end.prompt_tokens;
                tally.completion_tokens += end.completion_tokens;
                self.chunk(index, json!({}), finish_reason(end.finish_reason).into())
            }
            Piece::Error(error) => sse(&json!({"error": {
                "message": error.to_string(), "type": "api_error", "param": null, "code": "local_model_error",
            }})),
        }
    }

    fn last_events(&self, tally: &Tally) -> Bytes {
        let mut bytes = Vec::new();
        if self.include_usage {
            let mut event = self.envelope();
            event["choices"] = json!([]);
            event["usage"] = usage(tally.prompt_tokens, tally.completion_tokens);
            bytes.extend_from_slice(&sse(&event));
        }
        bytes.extend_from_slice(b"data: [DONE]\n\n");
        bytes.into()
    }

    fn chunk(&self, index: usize, delta: Value, finish_reason: Value) -> Bytes {
        let mut event = self.envelope();
        event["choices"] = json!([{"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]);
        sse(&event)
    }

    fn envelope(&self) -> Value {
        json!({"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model})
    }
}

#[derive(Default)]
struct Tally {
    prompt_tokens: u32,
    completion_tokens: u32,
}

enum Piece {
    First,
    Text(String),
    End(End),
    Error(LocalError),
}

fn lane(index: usize, generation: Generation) -> impl futures_util::Stream<Item = (usize, Piece)> {
    let pieces = generation.map(|chunk| match chunk {
        Ok(Chunk::Piece(text)) => Piece::Text(text),
        Ok(Chunk::End(end)) => Piece::End(end),
        Err(error) => Piece::Error(error),
    });
    stream::once(async { Piece::First }).chain(pieces).map(move |piece| (index, piece))
}

/// Numbers that the model goes by, and the least each may be.
const NUMBERS: &[(&str, f64, &str)] = &[
    ("temperature", 0.0, "a temperature that is not a number from 0"),
    ("top_p", 0.0, "a top_p that is not a number from 0"),
    ("n", 1.0, "an n that is not a number from 1"),
    ("max_tokens", 1.0, "max_tokens that is not a number from 1"),
    ("max_completion_tokens", 1.0, "max_completion_tokens that is not a number from 1"),
];

/// What cannot be done is refused, never left out in silence. Tools that the
/// model need not call are no obstacle: it answers in words.
fn refuse_unsupported(body: &Value) -> Result<(), ChatError> {
    let asks = |pointer: &str| body.pointer(pointer).filter(|value| !value.is_null() && **value != false);
    if asks("/tool_choice").is_some_and(|choice| choice != "auto" && choice != "none") {
        return Err(ChatError::Unsupported("a forced tool call"));
    }
    if asks("/response_format/type").is_some_and(|format| format != "text") {
        return Err(ChatError::Unsupported("structured output"));
    }
    let wrong = |(field, least, _): &&(&str, f64, &str)| {
        let given = body.get(field).filter(|value| !value.is_null());
        given.is_some_and(|value| value.as_f64().is_none_or(|number| number < *least))
    };
    if let Some((_, _, complaint)) = NUMBERS.iter().find(wrong) {
        return Err(ChatError::Unsupported(complaint));
    }
    let parts = body.get("messages").and_then(Value::as_array).into_iter().flatten();
    let mut parts = parts.filter_map(|message| message.get("content")?.as_array()).flatten();
    if parts.any(|part| part.get("text").is_none_or(|text| !text.is_string()) && part.get("refusal").is_none()) {
        return Err(ChatError::Unsupported("content that is no text"));
    }
    if asks("/logprobs").is_some() {
        return Err(ChatError::Unsupported("log probabilities"));
    }
    Ok(())
}

fn chat_request(body: &Value) -> ChatRequest {
    let number = |name: &str| body.get(name).and_then(Value::as_f64);
    let count = |name: &str| body.get(name).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let stop = match body.get("stop") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    ChatRequest {
        messages: messages.iter().map(chat_message).collect(),
        max_tokens: count("max_completion_tokens").or(count("max_tokens")),
        temperature: number("temperature").unwrap_or(0.0) as f32,
        top_p: number("top_p").unwrap_or(1.0) as f32,
        seed: count("seed"),
        stop,
    }
}

/// Small models know three roles; what tools say is told as the user's words.
fn chat_message(message: &Value) -> ChatMessage {
    let role = match message.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => "system",
        Some("assistant") => "assistant",
        _ => "user",
    };
    let mut content = match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    };
    for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        content.push_str(&call["function"].to_string());
    }
    ChatMessage { role: role.to_owned(), content }
}

fn finish_reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

fn usage(prompt_tokens: u32, completion_tokens: u32) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    })
}

fn sse(event: &Value) -> Bytes {
    format!("data: {event}\n\n").into()
}
