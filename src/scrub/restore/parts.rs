//! One word of a person's name, where only the whole name was minted.

use std::collections::{HashMap, HashSet};

use crate::detect::Label;
use crate::scrub::map::Entry;
use crate::scrub::token::{Style, Token};
use crate::scrub::value::Value;

/// Adds the words of each name, and its first initial with the last word, so that
/// "Ms. Ashford" and "E. Ashford" lead back to the name that "Erin Ashford" stands
/// for. A word of an invented name stands for one real word, whosever name it is in.
pub(super) fn add_parts_of_names(entries: &mut Vec<Entry>) {
    let is_name =
        |entry: &&Entry| entry.label == Label::PERSON && entry.token.style() == Style::Surrogate && entry.restorable;
    if !entries.iter().any(|entry| is_name(&entry)) {
        return;
    }
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.token.as_str().to_owned()).collect();
    let parts: Vec<(String, Value)> = entries.iter().filter(is_name).flat_map(parts_of).collect();
    let mut meanings: HashMap<&str, &Value> = HashMap::new();
    // What is short for two people is nobody's.
    let ambiguous: HashSet<String> = parts
        .iter()
        .filter(|(text, surface)| *meanings.entry(text.as_str()).or_insert(surface) != surface)
        .map(|(text, _)| text.clone())
        .collect();
    for (text, surface) in parts {
        if !ambiguous.contains(&text) && known.insert(text.clone()) {
            entries.push(Entry {
                token: Token::surrogate(&text),
                label: Label::PERSON,
                surface,
                restorable: true,
                keeps_brackets: false,
                meets_parenthesis: false,
            });
        }
    }
}

fn parts_of(entry: &Entry) -> Vec<(String, Value)> {
    let (invented, real) = (words(entry.token.as_str()), words(entry.surface.as_str()));
    if invented.len() != real.len() || invented.len() < 2 {
        return Vec::new();
    }
    let pairs = invented.iter().zip(&real);
    // An initial alone would be met anywhere; a title stands for itself.
    let is_word = |(invented, real): &(&&str, &&str)| {
        invented != real && invented.chars().filter(char::is_ascii_alphanumeric).count() > 1
    };
    let mut parts: Vec<(String, Value)> =
        pairs.filter(is_word).map(|(invented, real)| ((*invented).to_owned(), Value::new(real))).collect();
    let initial = |words: &[&str]| {
        let first = words.first()?.chars().next().filter(|c| c.is_alphabetic())?;
        Some(format!("{first}. {}", words.last().filter(|word| word.chars().count() > 1)?))
    };
    let is_in_order = !entry.token.as_str().contains(',');
    if let (true, Some(invented), Some(real)) = (is_in_order, initial(&invented), initial(&real)) {
        parts.push((invented, Value::new(&real)));
    }
    parts
}

/// The words of a name that are read on their own.
pub(in crate::scrub) fn words(name: &str) -> Vec<&str> {
    name.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.')).filter(|word| !word.is_empty()).collect()
}
