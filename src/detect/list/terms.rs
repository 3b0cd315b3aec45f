//! Many terms, found as whole words in time that does not grow with their number.
//!
//! Terms are kept as hashes, not as text or as the states of an automaton: a million of
//! them take some 40 MB and load in a fraction of a second, and a word of the text that
//! begins no term costs one look-up. A text's hash is that of Karp and Rabin ("Efficient
//! randomized pattern-matching algorithms", 1987) over its characters in lower case, modulo
//! the prime 2^61 - 1: a text of `n` characters has the hash of another term with a
//! probability of about `n` / 2^61, and that of any of a million with about 10^-11.
//!
//! The search walks from each place where a word begins, and goes on past a break between
//! words only where some term does. Beginnings of terms are kept for the first, second,
//! fourth, eighth... break, so that a term of a script without spaces, which has a break
//! after each character, adds few of them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::detect::pattern::{continues, is_plural};

/// Terms with a number each that the caller gives.
pub(super) struct TermIndex {
    known: HashMap<u64, Known, BuildHasherDefault<Spread>>,
    /// Whether a term begins with the ASCII character of that number.
    begins_ascii: [bool; 128],
    begins_other: bool,
    /// Characters of the longest term.
    chars_max: usize,
}

/// What a text with a known hash is.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The number of the term that it is.
    term: Option<u16>,
    /// Whether longer terms begin with it.
    goes_on: bool,
}

impl TermIndex {
    /// `terms` have a character at least; of equal ones, the last counts.
    pub(super) fn new(terms: &[(&str, u16)]) -> TermIndex {
        let mut index = TermIndex {
            known: HashMap::with_capacity_and_hasher(terms.len(), BuildHasherDefault::default()),
            begins_ascii: [false; 128],
            begins_other: false,
            chars_max: 0,
        };
        for (term, number) in terms {
            index.add(term, *number);
        }
        index
    }

    fn add(&mut self, term: &str, number: u16) {
        let mut hash = HASH_OF_NOTHING;
        let (mut breaks, mut chars) = (0_u32, 0);
        let mut last: Option<char> = None;
        for c in term.chars().map(lower) {
            match last {
                None => self.begin_with(c),
                Some(last) if !continues(last, c) => {
                    breaks += 1;
                    if breaks.is_power_of_two() {
                        self.known.entry(hash).or_default().goes_on = true;
                    }
                }
                Some(_) => {}
            }
            hash = with_char(hash, c);
            last = Some(c);
            chars += 1;
        }
        self.known.entry(hash).or_default().term = Some(number);
        self.chars_max = self.chars_max.max(chars);
    }

    fn begin_with(&mut self, first: char) {
        match self.begins_ascii.get_mut(first as usize) {
            Some(begins) => *begins = true,
            None => self.begins_other = true,
        }
    }

    fn may_begin_with(&self, first: char) -> bool {
        self.begins_ascii.get(lower(first) as usize).copied().unwrap_or(self.begins_other)
    }

    /// Calls `found` for each place in `text` where a term stands as a whole word.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(Range<usize>, u16)) {
        let mut before = None;
        for (start, first) in text.char_indices() {
            if self.may_begin_with(first) && before.is_none_or(|before| !continues(before, first)) {
                self.walk(text, start, &mut found);
            }
            before = Some(first);
        }
    }

    /// The terms that begin at `start`.
    fn walk(&self, text: &str, start: usize, found: &mut impl FnMut(Range<usize>, u16)) {
        let mut hash = HASH_OF_NOTHING;
        let mut breaks = 0_u32;
        let mut rest = text[start..].chars();
        let Some(mut c) = rest.next() else { return };
        let mut lowered = lower(c);
        for _ in 0..self.chars_max {
            hash = with_char(hash, lowered);
            let next = rest.clone().next();
            let next_lowered = next.map(lower);
            let is_break = next_lowered.is_none_or(|next| !continues(lowered, next));
            let may_end = is_break || next.is_none_or(|next| !continues(c, next)) || is_plural(c, rest.clone());
            if may_end {
                let known = self.known.get(&hash).copied().unwrap_or_default();
                if let Some(term) = known.term {
                    found(start..text.len() - rest.as_str().len(), term);
                }
                breaks += u32::from(is_break);
                if is_break && breaks.is_power_of_two() && !known.goes_on {
                    return;
                }
            }
            let (Some(next), Some(next_lowered)) = (rest.next(), next_lowered) else { return };
            (c, lowered) = (next, next_lowered);
        }
    }
}

/// The character in lower case; itself where that is more than one.
fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The Mersenne prime 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Any number below the prime serves; this one has no structure.
const BASE: u64 = 0x0e3f_9a61_5d27_c48b;
/// Not zero, so that a text's length counts.
const HASH_OF_NOTHING: u64 = 1;

/// The hash of a text with `c` behind it.
fn with_char(hash: u64, c: char) -> u64 {
    let product = u128::from(hash) * u128::from(BASE) + u128::from(u32::from(c));
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// Spreads a hash that is below 2^61 over the 64 bits that the map looks at.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(*byte));
        }
    }
}

#[cfg(test)]
mod tests;
