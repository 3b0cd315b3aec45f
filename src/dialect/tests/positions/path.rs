//! Where something stands in a request: `messages[role=user].content[type=text].text`.

use std::fmt;

use serde_json::{Value, json};

use super::MAIL_IN_A_KEY;

/// One step into a document.
#[derive(Debug)]
pub(super) enum Step {
    Field(String),
    /// The only element of an array.
    Item,
    /// An object of the kind that the field says; no step down.
    Kind(String, String),
    /// A key that the caller chose.
    AnyKey,
}

/// A path that can be written into a request.
#[derive(Debug)]
pub(super) struct Path {
    text: String,
    steps: Vec<Step>,
}

impl Path {
    pub(super) fn parse(text: &str) -> Path {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = match rest.split_at(1) {
                (".", after) => after,
                (open @ ("[" | "("), after) => {
                    let (kind, after) = after.split_once([']', ')']).unwrap();
                    steps.extend((open == "[").then_some(Step::Item));
                    steps.extend(kind.split_once('=').map(|(field, word)| Step::Kind(field.into(), word.into())));
                    after
                }
                ("*", after) => {
                    steps.push(Step::AnyKey);
                    after
                }
                _ => {
                    let (name, after) = rest.split_at(rest.find(['.', '[', '(']).unwrap_or(rest.len()));
                    steps.push(Step::Field(name.to_owned()));
                    after
                }
            };
        }
        Path { text: text.to_owned(), steps }
    }

    /// The word that names the kind of an object, where that is the position.
    pub(super) fn kind(&self) -> Option<&str> {
        match self.steps.last() {
            Some(Step::Kind(_, word)) => Some(word),
            _ => None,
        }
    }

    /// The steps to the string itself.
    pub(super) fn leaf_steps(&self) -> Vec<Step> {
        let mut steps = Path::parse(&self.text).steps;
        if let Some(Step::Kind(field, _)) = steps.last() {
            let field = Step::Field(field.clone());
            steps.push(field);
        }
        steps
    }

    /// Writes `leaf` there, and the objects and lists around it.
    pub(super) fn put(&self, body: &mut Value, leaf: &Value) {
        put(body, &self.leaf_steps(), leaf);
    }
}

fn put(value: &mut Value, steps: &[Step], leaf: &Value) {
    let Some((step, rest)) = steps.split_first() else {
        *value = leaf.clone();
        return;
    };
    match step {
        Step::Item if !value.is_array() => *value = json!([null]),
        Step::Field(_) | Step::Kind(..) | Step::AnyKey if !value.is_object() => *value = json!({}),
        _ => {}
    }
    match step {
        Step::Item => put(&mut value[0], rest, leaf),
        Step::Field(name) => put(&mut value[name.as_str()], rest, leaf),
        Step::AnyKey => put(&mut value[MAIL_IN_A_KEY], rest, leaf),
        Step::Kind(field, word) => {
            value[field.as_str()] = json!(word);
            put(value, rest, leaf);
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
