//! One walk over a request's strings, used to collect them and to put others in
//! their place, so that the two can never disagree about which there are.

use serde_json::{Map, Value};

use super::document::Origin;
use super::json_text::{self, LeafKind};
use super::rules::{Kind, Media, ObjectRules, Tree};
use super::{rename, schema};
use crate::detect::Depth;
use crate::scrub::Shape;

/// How a string is to be read and replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) depth: Depth,
    pub(super) shape: Shape,
    pub(super) origin: Origin,
    /// The object key in front of it.
    pub(super) key: Option<&'a str>,
}

/// What looks at the strings of a walk.
pub(super) trait Visit {
    fn text(&mut self, place: Place<'_>, text: &mut String);
    fn unscannable(&mut self, media: Media);
}

/// So many documents inside one another are taken apart.
const DOCUMENTS_MAX: usize = 12;

/// Numbers with fewer digits than this cannot identify anybody.
const IDENTIFYING_DIGITS_MIN: usize = 7;

pub(super) fn walk(value: &mut Value, tree: &Tree, visit: &mut dyn Visit) {
    Walk { visit, origin: Origin::Prompt }.value(value, tree, None);
}

pub(super) struct Walk<'v> {
    visit: &'v mut dyn Visit,
    origin: Origin,
}

impl Walk<'_> {
    pub(super) fn value(&mut self, value: &mut Value, tree: &Tree, key: Option<&str>) {
        match (tree.kind, &mut *value) {
            (Some(Kind::Unscannable(media)), _) => self.unscannable(value, media, key),
            (Some(Kind::Schema), _) => schema::walk(self, value, key),
            // A field that nobody thought of may hold a file as well as words.
            (None | Some(Kind::Text | Kind::Prompt), Value::String(text)) if is_file(text) => {
                self.visit.unscannable(Media::File);
            }
            (kind, Value::String(text)) => self.string(text, kind.unwrap_or(Kind::Text), key),
            (Some(Kind::Prompt), Value::Number(_)) => self.visit.unscannable(Media::TokenIds),
            (kind, Value::Number(_)) if !matches!(kind, Some(Kind::Structure)) => self.number(value, key),
            (kind, Value::Array(items)) => {
                // A list is no number with a meaning, so neither is what it holds.
                let unknown = Tree::default();
                let tree = if matches!(kind, Some(Kind::Structure)) { &unknown } else { tree.items() };
                items.iter_mut().for_each(|item| self.value(item, tree, key));
            }
            (_, Value::Object(fields)) => self.object(fields, tree),
            (_, Value::Null | Value::Bool(_) | Value::Number(_)) => {}
        }
    }

    fn object(&mut self, fields: &mut Map<String, Value>, tree: &Tree) {
        let rules = tree.object(fields);
        let outer = self.origin;
        self.origin = match rules.kind() {
            Some(Kind::Message) => Origin::of_role(fields.get("role").and_then(Value::as_str)),
            Some(Kind::ToolOutput) => Origin::Tool,
            _ => outer,
        };
        self.fields(fields, rules);
        self.origin = outer;
    }

    /// Fields that the rules name are walked by them; any other field is text,
    /// its key included.
    fn fields(&mut self, fields: &mut Map<String, Value>, rules: ObjectRules<'_>) {
        let unknown = Tree::default();
        let mut keys = Vec::with_capacity(fields.len());
        for (key, value) in fields.iter_mut() {
            keys.push(if rules.named(key).is_some() { key.clone() } else { self.key(key) });
            self.value(value, rules.field(key).unwrap_or(&unknown), Some(key));
        }
        rename(fields, keys);
    }

    /// Shows a key and returns what it becomes.
    pub(super) fn key(&mut self, key: &str) -> String {
        let mut text = key.to_owned();
        self.visit.text(self.place(key_depth(key), Shape::Bare, None), &mut text);
        text
    }

    pub(super) fn string(&mut self, text: &mut String, kind: Kind, key: Option<&str>) {
        let (depth, shape) = match kind {
            Kind::OneOf(values) if values.contains(&text.as_str()) => return,
            Kind::Checked => return,
            // An identifier has no blanks; what has some is somebody's words.
            Kind::Identifier => (key_depth(text), Shape::Bare),
            Kind::Name => (Depth::Full, Shape::Bare),
            // Tools answer in JSON more often than not, whatever the API says, and
            // prompts hold JSON too: where it is escaped, only its leaves are text.
            Kind::Json => return self.json(text, key, DOCUMENTS_MAX),
            Kind::Text | Kind::Prompt | Kind::Signature if self.origin == Origin::Tool || text.contains('\\') => {
                return self.json(text, key, DOCUMENTS_MAX);
            }
            _ => (Depth::Full, Shape::Bracketed),
        };
        self.visit.text(self.place(depth, shape, key), text);
    }

    /// `document`'s leaves, and those of up to `depth` documents inside one another.
    fn json(&mut self, document: &mut String, key: Option<&str>, depth: usize) {
        if is_file(document) {
            return self.visit.unscannable(Media::File);
        }
        let Some(leaves) = depth.checked_sub(1).and_then(|_| json_text::leaves(document)) else {
            return self.visit.text(self.place(Depth::Full, Shape::Bracketed, key), document);
        };
        let mut texts = Vec::with_capacity(leaves.len());
        for leaf in &leaves {
            let mut text = leaf.text.clone();
            let place = self.place(Depth::Full, Shape::Bracketed, leaf.key.as_deref());
            match leaf.kind {
                LeafKind::Key => self.visit.text(Place { depth: key_depth(&text), key: None, ..place }, &mut text),
                LeafKind::Text => self.json(&mut text, leaf.key.as_deref(), depth - 1),
                LeafKind::Number if is_identifying(&text) => self.visit.text(place, &mut text),
                LeafKind::Number => {}
            }
            texts.push(text);
        }
        *document = json_text::replace(document, &leaves, &texts);
    }

    fn number(&mut self, value: &mut Value, key: Option<&str>) {
        let before = value.to_string();
        if is_identifying(&before) {
            let mut text = before.clone();
            self.visit.text(self.place(Depth::Full, Shape::Bracketed, key), &mut text);
            if text != before {
                *value = Value::String(text);
            }
        }
    }

    /// Reports the content; what stands beside its bytes (an address, a file's
    /// name) is text.
    fn unscannable(&mut self, value: &mut Value, media: Media, key: Option<&str>) {
        self.visit.unscannable(media);
        self.beside_bytes(value, key);
    }

    fn beside_bytes(&mut self, value: &mut Value, key: Option<&str>) {
        match value {
            Value::String(text) if is_encoded(text) => {}
            Value::String(text) => self.string(text, Kind::Text, key),
            Value::Array(items) => items.iter_mut().for_each(|item| self.beside_bytes(item, key)),
            Value::Object(fields) => {
                let keys: Vec<String> = fields.keys().map(|key| self.key(key)).collect();
                fields.iter_mut().for_each(|(key, value)| self.beside_bytes(value, Some(key)));
                rename(fields, keys);
            }
            Value::Number(_) => self.number(value, key),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn place<'a>(&self, depth: Depth, shape: Shape, key: Option<&'a str>) -> Place<'a> {
        Place { depth, shape, origin: self.origin, key }
    }
}

fn is_identifying(number: &str) -> bool {
    number.bytes().filter(u8::is_ascii_digit).count() >= IDENTIFYING_DIGITS_MIN
}

/// A key of one word is a name that a programmer chose; words are somebody's.
fn key_depth(key: &str) -> Depth {
    if key.contains(char::is_whitespace) { Depth::Full } else { Depth::PatternsOnly }
}

/// Whether `text` is a whole file in base64, with or without a `data:` in front.
fn is_file(text: &str) -> bool {
    const BASE64_BYTES_MIN: usize = 1024;
    let (media_type, rest) = text.split_once(',').unwrap_or(("", text));
    (media_type.starts_with("data:") && media_type.ends_with(";base64"))
        || (rest.len() == text.len() && rest.len() >= BASE64_BYTES_MIN && rest.bytes().all(is_base64))
}

/// Whether `text` is a file's bytes rather than words.
fn is_encoded(text: &str) -> bool {
    const WORD_BYTES_MAX: usize = 256;
    is_file(text) || (text.len() > WORD_BYTES_MAX && text.bytes().all(is_base64))
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=')
}
