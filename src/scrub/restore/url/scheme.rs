//! What stands in front of a URL's colon.

use crate::scrub::unit::{Decoded, decode};

/// What a scheme makes of what stands behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// A host: browsers read it behind any number of slashes.
    Special,
    /// Something that is carried or run.
    Opaque,
    /// An address of a person's, and a query.
    Address,
}

impl Scheme {
    /// The scheme called `word`, of those that matter without slashes.
    pub(super) fn of(word: &str) -> Option<Scheme> {
        let is_any_of = |schemes: &[&str]| schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        if is_any_of(&SPECIAL_SCHEMES) {
            Some(Scheme::Special)
        } else if is_any_of(&OPAQUE_SCHEMES) {
            Some(Scheme::Opaque)
        } else if is_any_of(&ADDRESS_SCHEMES) {
            Some(Scheme::Address)
        } else {
            None
        }
    }
}

/// Schemes whose authority browsers read with any number of slashes (WHATWG URL,
/// "special scheme").
const SPECIAL_SCHEMES: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];
/// Schemes that carry or run what follows.
const OPAQUE_SCHEMES: [&str; 5] = ["data", "javascript", "vbscript", "blob", "file"];

/// Schemes of an address that values may stand in, and a query that only an
/// address of the conversation's could be trusted with.
const ADDRESS_SCHEMES: [&str; 11] =
    ["mailto", "tel", "sms", "smsto", "xmpp", "sip", "sips", "im", "skype", "callto", "facetime"];
/// Longer than a scheme that matters, broken as it may be.
const SCHEME_BYTES_MAX: usize = 100;

/// What parsers drop from a URL, wherever it stands.
pub(super) fn is_dropped(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// The scheme at the end of `before` with tabs and line breaks in it, as it is
/// spelled and as a parser reads it.
pub(super) fn broken_scheme(before: &str) -> (&str, String) {
    let window = &before[before.ceil_char_boundary(before.len().saturating_sub(SCHEME_BYTES_MAX))..];
    let (mut start, mut word, mut at) = (window.len(), String::new(), 0);
    while let Decoded::Unit(unit) = decode(&window[at..], true) {
        if is_scheme_char(unit.value) {
            start = if word.is_empty() { at } else { start };
            word.push(unit.value);
        } else if !is_dropped(unit.value) {
            word.clear();
            start = window.len();
        }
        at += unit.byte_len;
    }
    (&window[start..], word)
}

pub(super) fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}
