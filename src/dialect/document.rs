//! A request as the pipeline sees it: a document with slots of text.

use serde_json::Value;

use super::Dialect;
use super::rules::Media;
use super::signed::{self, Opened};
use super::walk::{Place, Visit, walk};
use crate::detect::{Depth, Slot};
use crate::scrub::{Document, SealKey, Shape, SlotText};

/// Where a text comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Written by the application or its user.
    Prompt,
    /// What a tool returned or a model said: anybody may have had it written, and
    /// what an injected instruction made a model say comes again with the history.
    Tool,
}

impl Origin {
    pub(super) fn of_role(role: Option<&str>) -> Origin {
        match role {
            Some("system" | "developer" | "user") => Origin::Prompt,
            _ => Origin::Tool,
        }
    }
}

/// A string of a request that must be scanned.
pub struct TextSlot {
    /// The string itself, or a leaf of the JSON document in it.
    pub text: String,
    /// Which detectors look at it.
    pub depth: Depth,
    /// How tokens must look there.
    pub shape: Shape,
    /// Who wrote it.
    pub origin: Origin,
    /// The object key in front of it, evidence for what it is.
    pub key: Option<String>,
}

impl TextSlot {
    /// The slot as the detectors take it.
    pub fn as_slot(&self) -> Slot<'_> {
        Slot { text: &self.text, depth: self.depth, key: self.key.as_deref() }
    }
}

/// Why a body is not a request of its dialect; the message is for the caller
/// and repeats nothing of the body.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{message}")]
pub struct RequestError {
    /// What is wrong and what to do.
    pub message: String,
    /// The field it is about.
    pub param: Option<&'static str>,
}

impl RequestError {
    /// An error about `param`.
    pub fn at(param: &'static str, message: impl Into<String>) -> RequestError {
        RequestError { message: message.into(), param: Some(param) }
    }
}

/// A request that has the shape its dialect asks for.
pub struct Request {
    dialect: &'static Dialect,
    body: Value,
    /// What a provider signed, taken out of the body until it is put together.
    signed: Vec<Opened>,
    slots: Vec<TextSlot>,
    unscannable: Vec<Media>,
}

impl Request {
    /// Reads a body. What `seals` opens is the provider's own and has no slots.
    ///
    /// # Errors
    /// When it is not JSON or lacks what the dialect needs.
    pub fn parse(dialect: &'static Dialect, bytes: &[u8], seals: Option<&SealKey>) -> Result<Request, RequestError> {
        let mut body: Value = serde_json::from_slice(bytes).map_err(|error| RequestError {
            // serde_json's own message may quote the body.
            message: format!("the body is not valid JSON (line {}, column {})", error.line(), error.column()),
            param: None,
        })?;
        (dialect.validate)(&body)?;
        let signed = match seals.filter(|_| SealKey::may_be_in(bytes)) {
            Some(seals) => signed::open(&mut body, &dialect.request, seals),
            None => Vec::new(),
        };
        let mut collect = Collect::default();
        walk(&mut body, &dialect.request, &mut collect);
        Ok(Request { dialect, body, signed, slots: collect.slots, unscannable: collect.unscannable })
    }

    /// The dialect it came in.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// Every string that must be scanned.
    pub fn slots(&self) -> &[TextSlot] {
        &self.slots
    }

    /// Content that cannot be scanned.
    pub fn unscannable(&self) -> &[Media] {
        &self.unscannable
    }

    /// The name the caller asked for.
    pub fn model(&self) -> &str {
        self.body.get("model").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the caller wants a stream of events.
    pub fn wants_stream(&self) -> bool {
        self.body.get("stream") == Some(&Value::Bool(true))
    }

    /// Whether the text of the answer will be a JSON document.
    pub fn wants_structured_output(&self) -> bool {
        (self.dialect.structured_output)(&self.body)
    }

    /// What tells this conversation from others.
    pub fn conversation(&self) -> Option<String> {
        (self.dialect.conversation)(&self.body)
    }

    /// The answer that this request goes on from, by its provider's id.
    pub fn continues(&self) -> Option<&str> {
        self.body.get(self.dialect.stateful?.continues?)?.as_str()
    }

    /// Names the model as its provider does.
    pub fn set_model(&mut self, model: &str) {
        if let Value::Object(fields) = &mut self.body {
            fields.insert("model".into(), Value::from(model));
        }
    }

    /// The body with its real values: only for what stays inside. A null stands for
    /// what a provider signed.
    pub fn raw(&self) -> &Value {
        &self.body
    }

    /// The same without what a provider signed, for a model inside: no other can
    /// use it.
    pub fn raw_unsigned(&self) -> Value {
        let mut body = self.body.clone();
        // From the last to the first, so that the places of those in front stay.
        for opened in self.signed.iter().rev() {
            opened.leave_out(&mut body);
        }
        body
    }
}

#[derive(Default)]
struct Collect {
    slots: Vec<TextSlot>,
    unscannable: Vec<Media>,
}

impl Visit for Collect {
    fn text(&mut self, place: Place<'_>, text: &mut String) {
        self.slots.push(TextSlot {
            text: text.clone(),
            depth: place.depth,
            shape: place.shape,
            origin: place.origin,
            key: place.key.map(str::to_owned),
        });
    }

    fn unscannable(&mut self, media: Media) {
        self.unscannable.push(media);
    }
}

struct Replace {
    texts: std::vec::IntoIter<String>,
}

impl Visit for Replace {
    fn text(&mut self, _: Place<'_>, text: &mut String) {
        // Fewer texts than strings would let one through unscanned; the empty
        // string is the only value that leaks nothing.
        *text = self.texts.next().unwrap_or_default();
    }

    fn unscannable(&mut self, _: Media) {}
}

impl Document for Request {
    type Output = Value;

    fn slots(&self) -> Vec<SlotText<'_>> {
        self.slots.iter().map(|slot| SlotText { text: &slot.text, shape: slot.shape }).collect()
    }

    fn rebuild(mut self, texts: Vec<String>) -> Value {
        walk(&mut self.body, &self.dialect.request, &mut Replace { texts: texts.into_iter() });
        for opened in self.signed {
            opened.put_back(&mut self.body);
        }
        self.body
    }
}
