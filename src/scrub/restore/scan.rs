//! From an answer with tokens to one with values, as far as is certain.

use super::nesting::Nesting;
use super::noise::closer_of;
use super::url::{LOOKBACK_BYTES_MAX, UrlGuard, lookback, may_start_url};
use super::walk::{Cut, Match, walk};
use super::words::Words;
use super::{Escape, Restorer, escaped};
use crate::detect::Label;
use crate::scrub::lookalike::joins_words;
use crate::scrub::unit::{Decoded, Unit, decode};

/// Output that is kept for looking back; more is let go in a stream.
const KEPT_BYTES: usize = LOOKBACK_BYTES_MAX + 100;
const TRIM_AT_BYTES: usize = 4096;

/// The state between two pieces of an answer.
pub(in crate::scrub) struct Scanner {
    escape: Escape,
    /// What was put out, or the end of it.
    done: String,
    /// Where in `done` the last value ended.
    value_end: usize,
    /// Square brackets of the line that are open.
    depth: usize,
    guard: UrlGuard,
    nesting: Nesting,
}

/// What a place in the text turned out to be.
enum Step {
    Took(usize),
    Cut,
}

impl Scanner {
    pub(in crate::scrub) fn new(escape: Escape) -> Scanner {
        let guard = UrlGuard::new(escape == Escape::JsonString);
        Scanner { escape, done: String::new(), value_end: 0, depth: 0, guard, nesting: Nesting::default() }
    }

    /// Scans the whole of an answer.
    pub(super) fn scan_all(mut self, restorer: &Restorer, text: &str) -> String {
        self.done.reserve(text.len());
        self.advance(restorer, text, true);
        self.done
    }

    /// Scans what is certain of `text` and appends it to `out`. Returns how much
    /// of `text` that was; the rest comes again with the next piece.
    pub(in crate::scrub) fn scan(
        &mut self,
        restorer: &Restorer,
        text: &str,
        is_final: bool,
        out: &mut String,
    ) -> usize {
        let known = self.done.len();
        let taken = self.advance(restorer, text, is_final);
        out.push_str(&self.done[known..]);
        if self.done.len() > TRIM_AT_BYTES {
            let dropped = self.done.floor_char_boundary(self.done.len() - KEPT_BYTES);
            self.done.drain(..dropped);
            self.value_end = self.value_end.saturating_sub(dropped);
        }
        taken
    }

    fn advance(&mut self, restorer: &Restorer, text: &str, is_final: bool) -> usize {
        let mut at = 0;
        while at < text.len() {
            if !self.guard.is_inside() {
                let plain_len = self.plain_len(restorer, &text[at..]);
                self.put_plain(&text[at..at + plain_len]);
                at += plain_len;
                if at == text.len() {
                    break;
                }
            }
            match self.step(restorer, &text[at..], is_final) {
                Step::Took(byte_len) => at += byte_len,
                Step::Cut => break,
            }
        }
        at
    }

    /// How many bytes at the start of `text` can be neither a token's start nor a
    /// URL's.
    fn plain_len(&self, restorer: &Restorer, text: &str) -> usize {
        let bytes = text.as_bytes();
        let mut previous = self.done.bytes().next_back().unwrap_or(b' ');
        for (at, &byte) in bytes.iter().enumerate() {
            match restorer.stops[byte as usize] {
                Stop::No => {}
                Stop::Always => return at,
                Stop::AtWordStart => {
                    if !previous.is_ascii_alphanumeric() || at < 6 || may_end_escape(&bytes[..at]) {
                        return at;
                    }
                }
            }
            previous = byte;
        }
        bytes.len()
    }

    fn put_plain(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.depth > 0 && memchr::memchr(b'\n', text.as_bytes()).is_some() {
            self.depth = 0;
        }
        if !text.chars().all(|c| self.guard.drops(c)) {
            self.guard.interrupt();
        }
        self.put(text);
    }

    fn put(&mut self, text: &str) {
        if self.escape == Escape::JsonString {
            self.nesting.feed(text);
        }
        self.done.push_str(text);
    }

    fn step(&mut self, restorer: &Restorer, text: &str, is_final: bool) -> Step {
        if !self.guard.blocks() {
            match self.find(restorer, text, is_final) {
                Ok(Some(found)) => return Step::Took(self.put_match(restorer, text, &found)),
                Ok(None) => {}
                Err(Cut) => return Step::Cut,
            }
        }
        let in_json = self.escape == Escape::JsonString;
        match decode(text, is_final) {
            // A backslash of a JSON string's value is spelled by two.
            Decoded::Unit(unit) if in_json && !self.guard.is_inside() && text.starts_with(r"\\") => {
                self.feed_guard(restorer, text, unit);
                self.put(r"\\");
                Step::Took(2)
            }
            Decoded::Unit(unit) if self.guard.drops(unit.value) => {
                self.put(&text[..unit.byte_len]);
                Step::Took(unit.byte_len)
            }
            Decoded::Unit(unit) if self.guard.is_inside() || may_start_url(unit.value) => {
                self.feed_guard(restorer, text, unit);
                self.put(&text[..unit.byte_len]);
                Step::Took(unit.byte_len)
            }
            Decoded::Unit(_) => Step::Took(self.put_char(text)),
            Decoded::Cut => Step::Cut,
            Decoded::End => Step::Took(0),
        }
    }

    /// What starts here: a token or a surrogate.
    fn find(&self, restorer: &Restorer, text: &str, is_final: bool) -> Result<Option<Match>, Cut> {
        if self.may_start_token(restorer, text) {
            // A bracket behind a quotation mark is within the quotation, others are not.
            let in_brackets = self.depth > 0 && !self.done.ends_with(['"', '\'', '`', '“', '«']);
            if let Some(found) = walk(&restorer.trie, &restorer.entries, text, is_final, in_brackets)? {
                return Ok(Some(found));
            }
        }
        let is_sign = !text.starts_with(|c: char| c.is_ascii_alphanumeric());
        match restorer.words.may_start(text) && (is_sign || self.is_at_word_start()) {
            true => restorer.words.read(&restorer.entries, text, is_final),
            false => Ok(None),
        }
    }

    /// Whether what comes goes on no word.
    fn is_at_word_start(&self) -> bool {
        self.value_end == self.done.len() || !self.done.ends_with(joins_words) || may_end_escape(self.done.as_bytes())
    }

    fn may_start_token(&self, restorer: &Restorer, text: &str) -> bool {
        let Some(first) = text.chars().next() else { return false };
        match first {
            '\\' | '&' | '%' => true,
            _ if first.is_ascii_alphanumeric() => {
                restorer.stops[first as usize] == Stop::AtWordStart && self.word_may_start(first)
            }
            // Braces and angles behind a word are a macro's or a type's.
            '{' | '<' => !self.done.ends_with(|c: char| c.is_ascii_alphanumeric()),
            _ => closer_of(first).is_some(),
        }
    }

    /// Whether a bare token may start here: not inside another word, nor in what
    /// is the rest of a longer token.
    fn word_may_start(&self, first: char) -> bool {
        if self.value_end == self.done.len() {
            return true;
        }
        let before = self.done.as_bytes();
        match before.last() {
            Some(b'\\') => !matches!(first, 'n' | 'r' | 't' | 'b' | 'f' | 'u'),
            Some(b'_') => !self.done.trim_end_matches('_').ends_with(|c: char| c.is_ascii_alphanumeric()),
            Some(last) => !last.is_ascii_alphanumeric() || may_end_escape(before),
            None => true,
        }
    }

    fn feed_guard(&mut self, restorer: &Restorer, text: &str, unit: Unit) {
        let is_plain = unit.byte_len == unit.value.len_utf8();
        let is_json_escape = self.escape == Escape::JsonString && text.starts_with('\\');
        let c = if is_plain || is_json_escape { unit.value } else { self.guard.escaped(unit.value) };
        let before = &self.done[self.value_end..];
        self.guard.feed(c, lookback(before), &mut &restorer.hosts);
    }

    /// Puts out one character that is neither part of a token nor of a URL.
    fn put_char(&mut self, text: &str) -> usize {
        let byte_len = text.chars().next().map_or(0, char::len_utf8);
        match text.as_bytes().first() {
            Some(b'[') => self.depth += 1,
            Some(b']') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.guard.interrupt();
        self.put(&text[..byte_len]);
        byte_len
    }

    fn put_match(&mut self, restorer: &Restorer, text: &str, found: &Match) -> usize {
        let entry = &restorer.entries[found.entry];
        if !entry.restorable {
            self.put_plain(&text[..found.byte_len]);
            return found.byte_len;
        }
        let kept = &text[..found.kept_len];
        self.depth += kept.bytes().filter(|b| *b == b'[').count();
        self.guard.feed_value();
        self.put(kept);
        self.put(&found.marks_before);
        let value = entry.surface.as_str();
        let start = self.done.len();
        self.put_value(value);
        if !self.guard.is_inside() && (entry.label == Label::URL || value.contains("://")) {
            let (before, value) = self.done.split_at(start);
            self.guard.feed_url_value(value, lookback(&before[self.value_end..]), &mut &restorer.hosts);
        }
        self.value_end = self.done.len();
        self.put(&found.marks_after);
        found.byte_len
    }

    fn put_value(&mut self, value: &str) {
        match self.escape {
            Escape::Text => self.done.push_str(value),
            Escape::JsonString => {
                let nested = (1..self.nesting.depth()).fold(escaped(value), |value, _| escaped(&value));
                self.done.push_str(&nested);
                self.nesting.feed_value();
            }
        }
    }
}

/// Whether a letter or digit at the end of `before` may be the end of an escape,
/// so that a word starts behind it: `\n`, `%20`, `\u000a`.
fn may_end_escape(before: &[u8]) -> bool {
    let from_end = |n: usize| before.len().checked_sub(n).map(|at| before[at]);
    let is_short = from_end(2) == Some(b'\\') && matches!(from_end(1), Some(b'n' | b'r' | b't' | b'b' | b'f'));
    is_short || from_end(3) == Some(b'%') || (from_end(6) == Some(b'\\') && from_end(5) == Some(b'u'))
}

/// Which bytes the scan stops at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    Always,
    AtWordStart,
}

/// The bytes to stop at when tokens start with `first_letters`.
pub(super) fn stops(first_letters: impl Iterator<Item = u8>, words: &Words) -> [Stop; 256] {
    let mut stops = [Stop::No; 256];
    for byte in b"[]{<\\&%/:?#." {
        stops[*byte as usize] = Stop::Always;
    }
    for bracket in ['【', '［', '〔', '⟦'] {
        stops[bracket.to_string().as_bytes()[0] as usize] = Stop::Always;
    }
    for prefix in words.prefixes() {
        stops[prefix as usize] = Stop::Always;
    }
    for letter in first_letters.chain(words.first_letters()) {
        stops[letter.to_ascii_uppercase() as usize] = Stop::AtWordStart;
        stops[letter.to_ascii_lowercase() as usize] = Stop::AtWordStart;
    }
    stops
}
