//! How a surrogate is written, and what models write for its signs.

use crate::scrub::map::Entry;
use crate::scrub::restore::noise::{Kind, kind};
use crate::scrub::surrogate::is_number;

/// White space of a surrogate.
pub(super) const SPACE: u8 = 1;
/// What parts the digits of a number.
pub(super) const NUMBER: u8 = 2;
/// Whether `spelled` may mean the surrogate of `entry`: a single word in small
/// letters is a word of the language rather than a name.
pub(super) fn may_be_spelled(entry: &Entry, spelled: &str) -> bool {
    let text = core(entry.token.as_str());
    let is_one_word = text.bytes().all(|b| b.is_ascii_alphabetic());
    let is_capital = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    !is_one_word || !is_capital(text) || is_capital(spelled)
}

/// The row of symbols that a surrogate is read by.
pub(super) fn symbols(text: &str) -> Vec<u8> {
    let is_number = is_number(text);
    let mut symbols: Vec<u8> = Vec::with_capacity(text.len());
    for c in core(text).chars() {
        let symbol = match c {
            _ if c.is_ascii_alphanumeric() => c.to_ascii_uppercase() as u8,
            _ if is_number => NUMBER,
            _ if c.is_whitespace() => SPACE,
            _ => c as u8,
        };
        if !matches!(symbol, SPACE | NUMBER) || symbols.last() != Some(&symbol) {
            symbols.push(symbol);
        }
    }
    symbols
}

/// `text` from its first letter or digit to its last.
pub(super) fn core(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

/// What stands in front of a surrogate's first letter.
pub(super) fn prefix(entry: &Entry) -> &str {
    let text = entry.token.as_str();
    &text[..text.len() - text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).len()]
}

/// What stands behind its last.
pub(super) fn tail(text: &str) -> &str {
    &text[text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len()..]
}

/// The sign of a surrogate that `c` is written for.
pub(super) fn sign(c: char) -> Option<u8> {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(b'-'),
        '’' => Some(b'\''),
        _ => c.is_ascii_punctuation().then_some(c as u8),
    }
}

/// Whether `c` parts the digits of a number.
pub(super) fn is_separator(c: char) -> bool {
    sign(c).is_some_and(|sign| b"-./()+".contains(&sign))
}

/// Whether `c` is emphasis, or escapes what follows.
pub(super) fn is_mark(c: char) -> bool {
    matches!(kind(c), Kind::Mark) || c == '\\'
}
