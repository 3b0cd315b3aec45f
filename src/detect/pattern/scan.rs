//! Running the catalogue over one text.

use regex_automata::{Anchored, Input, util::captures::Captures};

use super::catalogue::Catalogue;
use super::digits::digit_groups;
use super::entry::{Entry, Gate, VALUE_GROUP};
use super::entry_set::EntrySet;
use super::language::Languages;
use super::windows::{Window, Windows};
use super::words::Hit;
use crate::detect::{DetectorKind, Span};

/// What a policy lets the catalogue look for.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// The labels, as [`crate::detect::Label`] bits.
    pub(crate) label_bits: u128,
    /// Languages of context words.
    pub(crate) languages: Languages,
}

/// Context counts up to this far before a value, in bytes: a clause.
const CONTEXT_BEFORE_BYTES: usize = 56;
/// Context counts up to this far after a value, in bytes: a few words.
const CONTEXT_AFTER_BYTES: usize = 24;
/// A key is context for a value up to this long, in bytes; longer strings are
/// prose that happens to stand under a key.
const KEYED_VALUE_BYTES_MAX: usize = 256;

/// A text with what one pass over it found.
struct Scan<'a> {
    catalogue: &'a Catalogue,
    text: &'a str,
    languages: Languages,
    /// Whole context words, by rising end.
    hits: Vec<Hit>,
    /// Entries for which the key is context.
    keyed: EntrySet,
}

impl Catalogue {
    /// The values in `text`, unsorted, possibly overlapping; `key` is the JSON
    /// key or form label that the text stands under.
    pub(crate) fn scan(&self, text: &str, key: Option<&str>, scope: Scope) -> Vec<Span> {
        self.scan_with(text, key, scope, &self.entries_of(scope.label_bits))
    }

    /// [`Catalogue::scan`] with only the entries in `enabled`.
    pub(super) fn scan_with(&self, text: &str, key: Option<&str>, scope: Scope, enabled: &EntrySet) -> Vec<Span> {
        let keyed = match key {
            Some(key) if text.len() <= KEYED_VALUE_BYTES_MAX => self.entries_keyed_by(key, scope.languages),
            _ => EntrySet::default(),
        };
        let mut scan = Scan { catalogue: self, text, languages: scope.languages, hits: Vec::new(), keyed };
        let windows = scan.open_gates(enabled);
        let mut spans = Vec::new();
        for window in windows {
            scan.search(window, &mut spans);
        }
        spans
    }

    fn entries_keyed_by(&self, key: &str, languages: Languages) -> EntrySet {
        let mut keyed = EntrySet::default();
        for (_, word, whole) in self.words.hits(key) {
            if whole {
                word.contexts.iter().filter(|(_, of)| of.meets(languages)).for_each(|(id, _)| keyed.insert(*id));
            }
        }
        keyed
    }
}

impl Scan<'_> {
    /// The one pass: notes context words and gives the stretches to search.
    fn open_gates(&mut self, enabled: &EntrySet) -> Vec<Window> {
        let catalogue = self.catalogue;
        let mut windows = Windows::new(catalogue.entries.len());
        let mut with_context = self.keyed;
        for id in catalogue.context_gated.intersection(&self.keyed).intersection(enabled).iter() {
            windows.add(id, 0, self.text.len());
        }
        for (hit, word, whole) in catalogue.words.hits(self.text) {
            for id in word.gates.iter().copied().filter(|id| enabled.contains(*id)) {
                self.open(&mut windows, id, hit.start, hit.end);
            }
            if !whole {
                continue;
            }
            self.hits.push(hit);
            for (id, _) in word.contexts.iter().filter(|(_, of)| of.meets(self.languages)) {
                with_context.insert(*id);
                if catalogue.entries[usize::from(*id)].gate == Gate::Context && enabled.contains(*id) {
                    self.open(&mut windows, *id, hit.start, hit.end);
                }
            }
        }
        let possible = enabled.intersection(&catalogue.free.union(&with_context));
        digit_groups(self.text.as_bytes(), |group| {
            for id in catalogue.entries_for(group).intersection(&possible).iter() {
                self.open(&mut windows, id, group.start, group.end);
            }
        });
        windows.finish()
    }

    fn open(&self, windows: &mut Windows, id: u16, start: usize, end: usize) {
        let [before, after] = self.catalogue.entries[usize::from(id)].reach;
        windows.add(id, start.saturating_sub(before), (end + after).min(self.text.len()));
    }

    fn search(&self, window: Window, spans: &mut Vec<Span>) {
        let entry = &self.catalogue.entries[usize::from(window.entry)];
        if entry.digits_min > 0 && entry.gate == Gate::Literals && self.digits_in(window) < entry.digits_min {
            return;
        }
        let mut captures = None;
        let mut at = floor_char_boundary(self.text, window.start);
        while let Some((whole, value)) = self.next_match(entry, at, window.end, &mut captures) {
            let judged = self.judge(entry, window.entry, value);
            at = match judged {
                Some(score) => {
                    spans.push(Span {
                        start: value.0,
                        end: value.1,
                        label: entry.label,
                        score,
                        detector: DetectorKind::Pattern,
                    });
                    value.1.max(whole.0 + 1)
                }
                // What was refused may hide a value that starts a little later.
                None => whole.0 + 1,
            };
            at = ceil_char_boundary(self.text, at);
        }
    }

    fn digits_in(&self, window: Window) -> usize {
        self.text.as_bytes()[window.start..window.end].iter().filter(|byte| byte.is_ascii_digit()).count()
    }

    /// The next match that starts in `at..end`, and its value. A match that
    /// the end of the window cuts is tried again with more room.
    fn next_match(
        &self,
        entry: &Entry,
        at: usize,
        end: usize,
        captures: &mut Option<Captures>,
    ) -> Option<((usize, usize), (usize, usize))> {
        let mut end = ceil_char_boundary(self.text, end);
        loop {
            if at >= end {
                return None;
            }
            let found = entry.regex.search(&Input::new(self.text).span(at..end))?;
            let whole = (found.start(), found.end());
            if found.end() == end && end < self.text.len() {
                let room = 4 * (end - found.start()).max(32);
                end = ceil_char_boundary(self.text, (end + room).min(self.text.len()));
                continue;
            }
            if !entry.has_value_group {
                return Some((whole, whole));
            }
            let captures = captures.get_or_insert_with(|| entry.regex.create_captures());
            let again = Input::new(self.text).span(whole.0..end).anchored(Anchored::Yes);
            entry.regex.search_captures(&again, captures);
            let value = captures.get_group_by_name(VALUE_GROUP).map_or(whole, |group| (group.start, group.end));
            return Some((whole, value));
        }
    }

    /// The confidence in a value, or `None` to drop it.
    fn judge(&self, entry: &Entry, id: u16, value: (usize, usize)) -> Option<f32> {
        if value.0 == value.1 || self.is_part_of_decimal(value) || (entry.apart && self.is_joined(value)) {
            return None;
        }
        let valid = entry.validator.is_none_or(|validator| validator(&self.text[value.0..value.1]));
        let base = if valid { entry.score } else { None };
        let with_context = match valid {
            true => Some(entry.context_score),
            false => entry.invalid_score.filter(|_| !is_one_digit_repeated(&self.text[value.0..value.1])),
        };
        if base >= with_context || !self.has_context(id, value) { base } else { with_context }
    }

    /// Whether `start..end` begins or ends with the digits of a decimal number
    /// or version that goes on outside it (`0.4111111111111111`), or is what a
    /// sum adds (`960121+1021413`).
    fn is_part_of_decimal(&self, (start, end): (usize, usize)) -> bool {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let opens = start >= 2 && digit(start) && bytes[start - 1] == b'.' && digit(start - 2);
        let closes = digit(end - 1) && bytes.get(end) == Some(&b'.') && digit(end + 1);
        let added = start >= 1 && bytes[start] == b'+' && digit(start - 1);
        opens || closes || added
    }

    /// Whether a hyphen or slash joins `start..end` to a letter or digit, as in
    /// part numbers and UUIDs.
    fn is_joined(&self, (start, end): (usize, usize)) -> bool {
        let bytes = self.text.as_bytes();
        let joint = |at: usize| matches!(bytes.get(at), Some(b'-' | b'/'));
        let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        (start >= 2 && joint(start - 1) && word(start - 2)) || (joint(end) && word(end + 1))
    }

    fn has_context(&self, id: u16, value: (usize, usize)) -> bool {
        if self.keyed.contains(id) {
            return true;
        }
        let first = self.hits.partition_point(|hit| hit.end + CONTEXT_BEFORE_BYTES < value.0);
        self.hits[first..]
            .iter()
            .take_while(|hit| hit.end <= value.1 + CONTEXT_AFTER_BYTES)
            .filter(|hit| hit.end <= value.0 || value.1 <= hit.start)
            .any(|hit| {
                let contexts = &self.catalogue.words.word(*hit).contexts;
                contexts.iter().any(|(of, language)| *of == id && language.meets(self.languages))
            })
    }
}

/// `000-00-0000` and the like are nobody's.
fn is_one_digit_repeated(value: &str) -> bool {
    let mut digits = value.bytes().filter(u8::is_ascii_digit);
    let first = digits.next();
    digits.all(|digit| Some(digit) == first) && !value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
