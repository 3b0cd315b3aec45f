//! What a caller got.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A response read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A choice of an answer, put together from its deltas where it was streamed.
#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    pub content: String,
    /// The arguments of its tool calls, in order.
    pub arguments: Vec<String>,
    pub finish_reason: Option<String>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body; it must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `code` of the error object.
    pub fn error_code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The data of the events in order, `[DONE]` left out.
    pub fn events(&self) -> Vec<Value> {
        let data = self.text().lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {data}")))
            .collect()
    }

    /// Whether the last event is `[DONE]`.
    pub fn is_done(&self) -> bool {
        self.text().ends_with("data: [DONE]\n\n")
    }

    /// The choices by index, of a streamed answer or a whole one.
    pub fn choices(&self) -> Vec<Choice> {
        assert_eq!(self.status, 200, "{}", self.text());
        let streamed = self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        let (documents, part) = if streamed { (self.events(), "delta") } else { (vec![self.json()], "message") };
        let mut choices: BTreeMap<u64, Assembled> = BTreeMap::new();
        for choice in documents.iter().flat_map(|document| document["choices"].as_array().unwrap()) {
            choices.entry(choice["index"].as_u64().unwrap()).or_default().add(choice, part);
        }
        choices.into_values().map(Assembled::finish).collect()
    }

    /// The content of the only choice.
    pub fn content(&self) -> String {
        let choices = self.choices();
        assert_eq!(choices.len(), 1);
        choices.into_iter().next().unwrap().content
    }
}

#[derive(Default)]
struct Assembled {
    choice: Choice,
    arguments: BTreeMap<u64, String>,
}

impl Assembled {
    fn add(&mut self, choice: &Value, part: &str) {
        let message = &choice[part];
        self.choice.content.push_str(message["content"].as_str().unwrap_or_default());
        for (position, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let index = call["index"].as_u64().unwrap_or(position as u64);
            let piece = call["function"]["arguments"].as_str().unwrap_or_default();
            self.arguments.entry(index).or_default().push_str(piece);
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            assert_eq!(self.choice.finish_reason.replace(reason.to_owned()), None, "finished twice");
        }
    }

    fn finish(mut self) -> Choice {
        self.choice.arguments = self.arguments.into_values().collect();
        self.choice
    }
}
