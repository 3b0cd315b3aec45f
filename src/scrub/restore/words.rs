//! Reading one surrogate at the start of a text.
//!
//! It is read in any case. Between its words, white space may be a line break, and
//! emphasis may stand; separators of a number may be others, or none. The longest
//! surrogate wins, and nothing of a longer word is one.

mod spelling;

use self::spelling::{NUMBER, SPACE, core, is_mark, is_separator, may_be_spelled, prefix, sign, symbols, tail};
use super::noise::{Kind, is_invisible, kind, starts_line};
use super::trie::{NodeId, Trie};
use super::walk::{Cut, Match, TOKEN_BYTES_MAX};
use crate::detect::Label;
use crate::scrub::lookalike::{ascii_of, joins_words};
use crate::scrub::map::Entry;
use crate::scrub::token::Style;
use crate::scrub::unit::{Decoded, Unit, decode};

/// As much may stand between two words.
const GAP_UNITS_MAX: u8 = 12;
const NUMBER_GAP_UNITS_MAX: u8 = 3;

/// The surrogates of a request.
pub(super) struct Words {
    trie: Trie,
    prefixes: Vec<char>,
}

impl Words {
    pub(super) fn new(entries: &[Entry]) -> Words {
        let surrogates = || entries.iter().enumerate().filter(|(_, entry)| entry.token.style() == Style::Surrogate);
        let trie = Trie::new(surrogates().map(|(index, entry)| (symbols(entry.token.as_str()), index)));
        let mut prefixes: Vec<char> = surrogates().filter_map(|(_, entry)| prefix(entry).chars().next()).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        Words { trie, prefixes }
    }

    /// The letters and digits that surrogates start with, in upper case.
    pub(super) fn first_letters(&self) -> impl Iterator<Item = u8> {
        self.trie.first_symbols()
    }

    /// The signs that may stand in front of them, in ASCII.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = u8> {
        self.prefixes.iter().filter(|c| c.is_ascii()).map(|c| *c as u8)
    }

    /// Whether a surrogate may start `text`, by the letters of its first word: most
    /// words differ in the second.
    pub(super) fn may_start(&self, text: &str) -> bool {
        let mut node = Trie::ROOT;
        for byte in text.bytes() {
            if !byte.is_ascii_alphanumeric() {
                let is_first = node == Trie::ROOT;
                return !is_first || text.starts_with(self.prefixes.as_slice());
            }
            match self.trie.child(node, byte.to_ascii_uppercase()) {
                Some(next) => node = next,
                // Or the word ends here, in a plural or a number without separators.
                None => return !self.trie.entries(node).is_empty() || self.trie.child(node, NUMBER).is_some(),
            }
        }
        true
    }

    /// Reads the longest surrogate at the start of `text`.
    pub(super) fn read(&self, entries: &[Entry], text: &str, is_final: bool) -> Result<Option<Match>, Cut> {
        let is_limited = text.len() > TOKEN_BYTES_MAX;
        let text = &text[..text.floor_char_boundary(TOKEN_BYTES_MAX)];
        Reader { trie: &self.trie, entries, text, is_final: is_final || is_limited }.run()
    }
}

struct Reader<'a> {
    trie: &'a Trie,
    entries: &'a [Entry],
    text: &'a str,
    is_final: bool,
}

/// A place in the trie, and what was read last.
#[derive(Clone, Copy)]
struct Place {
    node: NodeId,
    last: Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Letter,
    /// Emphasis or a backslash behind a letter: no letter may follow.
    Mark,
    Sign,
    Space {
        units: u8,
        breaks: u8,
    },
    Number {
        units: u8,
        breaks: u8,
    },
}

impl Reader<'_> {
    fn run(&self) -> Result<Option<Match>, Cut> {
        let start = self.text.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(self.text.len());
        if start > PREFIX_BYTES_MAX {
            return Ok(None);
        }
        let mut places = vec![Place { node: Trie::ROOT, last: Last::Sign }];
        let mut at = start;
        let mut found = None;
        while let Some(unit) = self.unit(at)? {
            places = places.iter().flat_map(|place| self.next(*place, unit.value)).flatten().collect();
            if places.is_empty() {
                break;
            }
            at += unit.byte_len;
            for place in places.iter().filter(|place| place.last == Last::Letter) {
                found = self.ended(place.node, start, at)?.or(found);
            }
        }
        Ok(found)
    }

    fn unit(&self, at: usize) -> Result<Option<Unit>, Cut> {
        match decode(&self.text[at..], self.is_final) {
            Decoded::Unit(unit) => Ok(Some(unit)),
            Decoded::End if self.is_final => Ok(None),
            Decoded::End | Decoded::Cut => Err(Cut),
        }
    }

    /// Where `c` leads, on two ways at most.
    fn next(&self, place: Place, c: char) -> [Option<Place>; 2] {
        let Place { node, last } = place;
        let child = |node, symbol, last| Some(Place { node: self.trie.child(node, symbol)?, last });
        let letter = ascii_of(c);
        if is_invisible(c) {
            return [Some(place), None];
        }
        if letter.is_ascii_alphanumeric() {
            let upper = letter.to_ascii_uppercase() as u8;
            let glued = || child(self.trie.child(node, NUMBER)?, upper, Last::Letter);
            return match last {
                Last::Mark => [None, None],
                Last::Letter => [child(node, upper, Last::Letter), glued()],
                _ => [child(node, upper, Last::Letter), None],
            };
        }
        let is_space = c.is_whitespace();
        let breaks = u8::from(kind(c) == Kind::Break && c != '\r');
        match last {
            Last::Space { units, breaks: before } if units < GAP_UNITS_MAX && before + breaks < 2 => {
                let goes_on = is_space || is_mark(c) || before > 0 && starts_line(c);
                let here =
                    goes_on.then_some(Place { node, last: Last::Space { units: units + 1, breaks: before + breaks } });
                [here, sign(c).and_then(|sign| child(node, sign, Last::Sign))]
            }
            Last::Space { .. } => [None, None],
            Last::Number { units, breaks: before } => {
                let units_max = if before + breaks > 0 { GAP_UNITS_MAX } else { NUMBER_GAP_UNITS_MAX };
                let is_gap = is_space || is_separator(c) || is_mark(c) || before > 0 && starts_line(c);
                let goes_on = is_gap && units < units_max && before + breaks < 2;
                let last = Last::Number { units: units + 1, breaks: before + breaks };
                [goes_on.then_some(Place { node, last }), None]
            }
            _ if is_space => [
                child(node, SPACE, Last::Space { units: 1, breaks }),
                child(node, NUMBER, Last::Number { units: 1, breaks }),
            ],
            _ if is_separator(c) => [
                sign(c).and_then(|sign| child(node, sign, Last::Sign)),
                child(node, NUMBER, Last::Number { units: 1, breaks: 0 }),
            ],
            _ if is_mark(c) => [Some(Place { node, last: if last == Last::Letter { Last::Mark } else { last } }), None],
            _ => [sign(c).and_then(|sign| child(node, sign, Last::Sign)), None],
        }
    }

    /// The surrogate that ends at `at`, if its word does.
    fn ended(&self, node: NodeId, start: usize, at: usize) -> Result<Option<Match>, Cut> {
        let known = self.trie.entries(node);
        if known.is_empty() {
            return Ok(None);
        }
        let (prefix_text, spelled) = (&self.text[..start], &self.text[start..at]);
        let fits = |index: &&usize| {
            let entry = &self.entries[**index];
            (start == 0 || prefix(entry) == prefix_text) && may_be_spelled(entry, spelled)
        };
        let is_exact = |index: &&usize| core(self.entries[**index].token.as_str()) == spelled;
        let fitting = || known.iter().filter(fits);
        let Some(&index) = fitting().find(is_exact).or_else(|| fitting().next()) else { return Ok(None) };
        let entry = &self.entries[index];
        if !self.ends_word(at, entry.label == Label::PERSON)? {
            return Ok(None);
        }
        let tail = tail(entry.token.as_str());
        let rest = &self.text[at..];
        if !self.is_final && rest.len() < tail.len() && tail.starts_with(rest) {
            return Err(Cut);
        }
        let end = at + if rest.starts_with(tail) { tail.len() } else { 0 };
        let (marks_before, marks_after) = (String::new(), String::new());
        Ok(Some(Match { entry: index, byte_len: end, kept_len: 0, marks_before, marks_after }))
    }

    /// Whether no word goes on at `at`; a plural's ending may follow a name.
    fn ends_word(&self, at: usize, is_name: bool) -> Result<bool, Cut> {
        let mut at = at;
        let mut ending = String::new();
        while let Some(unit) = self.unit(at)? {
            at += unit.byte_len;
            match unit.value {
                c if is_invisible(c) => {}
                c if !joins_words(c) => break,
                c if is_name && ending.len() < 2 => ending.push(c),
                _ => return Ok(false),
            }
        }
        Ok(matches!(ending.to_ascii_lowercase().as_str(), "" | "s" | "es"))
    }
}

/// A sign in front of a surrogate is short.
const PREFIX_BYTES_MAX: usize = 4;
