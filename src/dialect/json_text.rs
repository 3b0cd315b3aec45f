//! JSON inside a string: its keys and leaves, replaced in place so that the
//! document keeps its spacing, key order and number formats.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value;

/// A string or number of a JSON document.
#[derive(Debug, PartialEq)]
pub struct Leaf {
    /// Where its literal stands, quotes included.
    range: Range<usize>,
    /// What it is.
    pub kind: LeafKind,
    /// Its value, unescaped.
    pub text: String,
    /// The object key it stands under.
    pub key: Option<String>,
}

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A key of an object.
    Key,
    /// A string value.
    Text,
    /// A number.
    Number,
}

/// The keys, strings and numbers of `document` in order; `None` when it is not
/// a JSON object, array or string.
pub fn leaves(document: &str) -> Option<Vec<Leaf>> {
    if !document.trim_start().starts_with(['{', '[', '"']) {
        return None;
    }
    serde_json::from_str::<IgnoredAny>(document).ok().map(|_| scan(document))
}

/// Writes `texts`, one for each of `leaves`, into `document`. A number that got
/// another text becomes a string.
pub fn replace(document: &str, leaves: &[Leaf], texts: &[String]) -> String {
    let mut out = String::with_capacity(document.len());
    let mut done = 0;
    for (leaf, text) in leaves.iter().zip(texts).filter(|(leaf, text)| leaf.text != **text) {
        out.push_str(&document[done..leaf.range.start]);
        out.push_str(&Value::from(text.as_str()).to_string());
        done = leaf.range.end;
    }
    out.push_str(&document[done..]);
    out
}

/// Splits a document that is known to be valid JSON.
fn scan(document: &str) -> Vec<Leaf> {
    let bytes = document.as_bytes();
    let mut leaves = Vec::new();
    let mut keys: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = match byte {
            b'"' => string_end(bytes, at),
            b'-' | b'0'..=b'9' => number_end(bytes, at),
            _ => at + 1,
        };
        match byte {
            b'{' | b'[' => keys.push(keys.last().cloned().flatten()),
            b'}' | b']' => drop(keys.pop()),
            b'"' => {
                let text: String = serde_json::from_str(&document[start..at]).unwrap_or_default();
                let kind = if is_key(bytes, at) { LeafKind::Key } else { LeafKind::Text };
                let key = keys.last().cloned().flatten();
                if let (LeafKind::Key, Some(current)) = (kind, keys.last_mut()) {
                    *current = Some(text.clone());
                }
                leaves.push(Leaf { range: start..at, kind, text, key });
            }
            b'-' | b'0'..=b'9' => leaves.push(Leaf {
                range: start..at,
                kind: LeafKind::Number,
                text: document[start..at].to_owned(),
                key: keys.last().cloned().flatten(),
            }),
            _ => {}
        }
    }
    leaves
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while bytes.get(at).is_some_and(|byte| *byte != b'"') {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let digits = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(digits).count()
}

fn is_key(bytes: &[u8], end: usize) -> bool {
    bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L13: values in tool-call arguments are found at any depth, whatever
    /// their escapes, and the rest of the document stays as it was.
    #[test]
    fn replaces_leaves_and_keeps_every_other_byte() {
        let document = r#"{ "to" : "mar\u00eda \"m\" x",  "n":[1.50, {"a@b.co": 42}] }"#;
        let leaves = leaves(document).unwrap();
        let texts: Vec<_> = leaves.iter().map(|leaf| leaf.text.as_str()).collect();
        assert_eq!(texts, ["to", "maría \"m\" x", "n", "1.50", "a@b.co", "42"]);
        assert_eq!(leaves[1].key.as_deref(), Some("to"));
        assert_eq!(leaves[5].key.as_deref(), Some("a@b.co"));
        let unchanged: Vec<_> = leaves.iter().map(|leaf| leaf.text.clone()).collect();
        assert_eq!(replace(document, &leaves, &unchanged), document);
        let mut changed = unchanged;
        changed[1] = "[P\"1]".into();
        changed[5] = "[T]".into();
        let expected = r#"{ "to" : "[P\"1]",  "n":[1.50, {"a@b.co": "[T]"}] }"#;
        assert_eq!(replace(document, &leaves, &changed), expected);
    }

    #[test]
    fn what_is_not_a_json_object_or_array_has_no_leaves() {
        assert_eq!(leaves("{\"a\":"), None);
        assert_eq!(leaves("7"), None);
        assert_eq!(leaves("plain text"), None);
    }
}
