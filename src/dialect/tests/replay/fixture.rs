//! A recorded stream and the same answer in one piece.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use crate::scrub::{MasterKey, Restorer, ScopeKey, SealKey, TokenMap, TokenStyle};
use crate::tenant::TenantId;

/// What the placeholders stand for; each value needs escapes in JSON.
const VALUES: [(&str, Label, &str); 3] = [
    ("PERSON", Label::PERSON, "Maria \"M\" Gonzalez"),
    ("EMAIL", Label::EMAIL_ADDRESS, "maria.gonzalez@example.com"),
    ("ADDRESS", Label::STREET_ADDRESS, "12 Rue \\Neuve\n75001 Paris"),
];

/// The tokens that stand in the place of the placeholders.
pub(super) struct Tokens {
    texts: Vec<String>,
    restorer: Arc<Restorer>,
    seals: SealKey,
}

impl Tokens {
    pub(super) fn mint() -> Tokens {
        let master = MasterKey::generate().unwrap();
        let tenant = TenantId::parse("t").unwrap();
        let scope = ScopeKey::derive(&master, &tenant, "c");
        let mut map = TokenMap::new(scope, TokenStyle::default());
        let texts = VALUES.iter().map(|(_, label, value)| map.mint(*label, value, true).to_string()).collect();
        Tokens { texts, restorer: map.restorer(), seals: SealKey::derive(&master, &tenant).unwrap() }
    }

    /// Shows what was sealed in `answer`: no two seals of one thing are alike.
    pub(super) fn open_seals(&self, answer: &mut Value) {
        match answer {
            Value::String(text) => {
                if let Some(signed) = self.seals.open(text) {
                    *answer = json!({"sealed": signed});
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.open_seals(item)),
            Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| self.open_seals(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What was sealed in `answer`.
    pub(super) fn sealed_in(&self, answer: &Value) -> Vec<Value> {
        match answer {
            Value::String(text) => self.seals.open(text).into_iter().collect(),
            Value::Array(items) => items.iter().flat_map(|item| self.sealed_in(item)).collect(),
            Value::Object(fields) => fields.values().flat_map(|value| self.sealed_in(value)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
        }
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'static str> {
        VALUES.iter().map(|(_, _, value)| *value)
    }

    /// Puts tokens into `recorded`: `{{PERSON}}` is a whole one, `{{PERSON[..4]}}`
    /// and `{{PERSON[4..]}}` are parts of it, counted in bytes.
    fn fill(&self, recorded: &str) -> String {
        let mut out = String::new();
        let mut rest = recorded;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, after) = after.split_once("}}").unwrap();
            out.push_str(before);
            out.push_str(self.part(placeholder));
            // `}` that follow a placeholder belong to the document.
            rest = after;
        }
        out + rest
    }

    fn part(&self, placeholder: &str) -> &str {
        let (name, range) = placeholder.split_once('[').unwrap_or((placeholder, "..]"));
        let index = VALUES.iter().position(|(known, _, _)| *known == name);
        let token = &self.texts[index.unwrap_or_else(|| panic!("no value is called {name}"))];
        let (start, end) = range.trim_end_matches(']').split_once("..").unwrap();
        let bound = |text: &str, open: usize| if text.is_empty() { open } else { text.parse().unwrap() };
        &token[bound(start, 0).min(token.len())..bound(end, token.len()).min(token.len())]
    }
}

/// A recorded stream, by its files below `fixtures/streams/<dialect>/`.
pub(super) struct Fixture {
    pub(super) dialect: &'static Dialect,
    pub(super) name: String,
    path: PathBuf,
}

impl Fixture {
    /// All of them; a folder that no dialect has the name of is a mistake.
    pub(super) fn all() -> Vec<Fixture> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/streams");
        let mut all = Vec::new();
        for folder in entries(&root) {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let dialect = Dialect::all().into_iter().find(|dialect| dialect.name == name);
            let dialect = dialect.unwrap_or_else(|| panic!("no dialect is called {name}"));
            for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "sse")) {
                all.push(Fixture { dialect, name: path.file_stem().unwrap().to_str().unwrap().to_owned(), path });
            }
        }
        assert!(!all.is_empty());
        all
    }

    /// The stream as the provider sends it.
    pub(super) fn stream(&self, tokens: &Tokens) -> Vec<u8> {
        tokens.fill(&std::fs::read_to_string(&self.path).unwrap()).into_bytes()
    }

    /// The restored answer in one piece.
    pub(super) fn answer(&self, tokens: &Tokens) -> Value {
        let mut answer = self.as_written(tokens);
        let (structured_output, seals) = (self.is_structured(), Some(&tokens.seals));
        Answer { dialect: self.dialect, restorer: &tokens.restorer, structured_output, seals }.restore(&mut answer);
        answer
    }

    /// The answer in one piece as the provider sends it.
    pub(super) fn as_written(&self, tokens: &Tokens) -> Value {
        let recorded = std::fs::read_to_string(self.path.with_extension("json")).unwrap();
        serde_json::from_str(&tokens.fill(&recorded)).unwrap()
    }

    /// The restored stream, read in pieces of `cuts` bytes.
    pub(super) fn replay(&self, tokens: &Tokens, cuts: impl Iterator<Item = usize>) -> (Vec<u8>, AnswerStream) {
        let bytes = self.stream(tokens);
        let mut stream = AnswerStream::new(self.dialect, Arc::clone(&tokens.restorer), self.is_structured());
        stream = stream.with_seals(Some(tokens.seals.clone()));
        let (mut out, mut rest) = (Vec::new(), bytes.as_slice());
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            stream.push(now, &mut out).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        stream.finish(&mut out);
        (out, stream)
    }

    /// Whether `out` is a stream of the `expected` answer. Log probabilities are
    /// left out where a value was put back: by chunk in a stream, by choice in an
    /// answer; none of them may spell a token.
    pub(super) fn check(&self, tokens: &Tokens, out: &[u8], expected: &Value, cutting: &str) {
        let mut assembled = assembled(self.dialect, tokens, out);
        let mut expected = expected.clone();
        tokens.open_seals(&mut expected);
        for answer in [&mut assembled, &mut expected] {
            for choice in answer["choices"].as_array_mut().into_iter().flatten() {
                let told = choice["logprobs"].take().to_string();
                assert!(!told.contains("PERSON"), "{}, {cutting}: {told}", self.name);
            }
        }
        assert_eq!(assembled, expected, "{} of {}, {cutting}", self.name, self.dialect.name);
    }

    fn is_structured(&self) -> bool {
        self.name.starts_with("structured")
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The frames of a stream, comments among them.
fn frames(stream: &[u8]) -> Vec<Frame> {
    let mut splitter = SseSplitter::default();
    splitter.push(stream).unwrap();
    let mut frames: Vec<Frame> = std::iter::from_fn(|| splitter.next_frame()).collect();
    frames.extend(splitter.finish());
    frames
}

/// The JSON events of a stream.
pub(super) fn events(stream: &[u8]) -> impl Iterator<Item = Value> {
    let data = frames(stream).into_iter().filter_map(|frame| frame.data).filter(|data| data != "[DONE]");
    data.map(|data| serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error} in {data}")))
}

/// What a stream holds besides pieces of text, in order.
pub(super) fn landmarks(dialect: &Dialect, stream: &[u8]) -> Vec<String> {
    frames(stream).iter().filter_map(|frame| landmark(dialect, frame)).collect()
}

fn landmark(dialect: &Dialect, frame: &Frame) -> Option<String> {
    let Some(data) = &frame.data else {
        return Some(String::from_utf8(frame.raw.clone()).unwrap().trim().to_owned());
    };
    let Ok(event) = serde_json::from_str::<Value>(data) else { return Some(data.clone()) };
    if let Some(kind) = event["type"].as_str() {
        return (!kind.ends_with("delta")).then(|| format!("{:?} {kind} {}", frame.event, event["usage"]));
    }
    let is_mark = !event["error"].is_null() || !event["usage"].is_null() || event["choices"] == json!([]);
    let reasons: Vec<&Value> = event["choices"].as_array().into_iter().flatten().map(|c| &c["finish_reason"]).collect();
    let has_ended = reasons.iter().any(|reason| !reason.is_null());
    (is_mark || has_ended)
        .then(|| format!("{} {reasons:?} {} {}", dialect.name, event["usage"], event["error"].is_null()))
}

/// Whether `part` is somewhere in `whole`.
pub(super) fn holds(whole: &Value, part: &Value) -> bool {
    whole == part
        || match whole {
            Value::Array(items) => items.iter().any(|item| holds(item, part)),
            Value::Object(fields) => fields.values().any(|value| holds(value, part)),
            _ => false,
        }
}

/// Every string of `value`, and of the JSON documents in it, a line each.
pub(super) fn texts_of(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let inner = serde_json::from_str::<Value>(text).ok().filter(|inner| inner.is_object() || inner.is_array());
            format!("{text}\n{}", inner.map(|inner| texts_of(&inner)).unwrap_or_default())
        }
        Value::Array(items) => items.iter().map(texts_of).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| format!("{key}\n{}", texts_of(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}
