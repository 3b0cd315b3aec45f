//! Sets of the bytes that a part of a pattern matches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of kinds of bytes, see [`kind`].
pub(super) type Kinds = u32;
pub(super) const ANY_KIND: Kinds = u32::MAX;
/// In every shape, so that it meets the need of any kind.
pub(super) const NO_KIND: Kinds = 1 << 31;

/// A set of bytes; those beyond ASCII are in it together or not at all.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    ascii: u128,
    beyond: bool,
}

impl Bytes {
    pub(super) const DIGITS: Bytes = Bytes { ascii: range(b'0', b'9'), beyond: false };
    pub(super) const WORD: Bytes =
        Bytes { ascii: range(b'0', b'9') | range(b'A', b'Z') | range(b'a', b'z'), beyond: false };

    pub(super) fn with(mut self, byte: u8) -> Bytes {
        match byte.is_ascii() {
            true => self.ascii |= 1 << byte,
            false => self.beyond = true,
        }
        self
    }

    pub(super) fn of(pattern: &Hir) -> Bytes {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Bytes::default(),
            HirKind::Literal(literal) => literal.0.iter().fold(Bytes::default(), |bytes, byte| bytes.with(*byte)),
            HirKind::Class(class) => Bytes::of_class(class),
            HirKind::Repetition(repetition) => Bytes::of(&repetition.sub),
            HirKind::Capture(capture) => Bytes::of(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Bytes::of).fold(Bytes::default(), Bytes::or)
            }
        }
    }

    pub(super) fn of_class(class: &Class) -> Bytes {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => {
                class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
            }
            Class::Bytes(class) => {
                class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
            }
        };
        let mut bytes = Bytes::default();
        for (start, end) in ranges {
            (start..=end.min(0x7F)).for_each(|ascii| bytes.ascii |= 1 << ascii);
            bytes.beyond |= end > 0x7F;
        }
        bytes
    }

    pub(super) fn or(self, other: Bytes) -> Bytes {
        Bytes { ascii: self.ascii | other.ascii, beyond: self.beyond || other.beyond }
    }

    pub(super) fn is_empty(self) -> bool {
        self == Bytes::default()
    }

    pub(super) fn is_within(self, other: Bytes) -> bool {
        self.ascii & !other.ascii == 0 && (other.beyond || !self.beyond)
    }

    pub(super) fn meets(self, other: Bytes) -> bool {
        self.ascii & other.ascii != 0 || (self.beyond && other.beyond)
    }

    pub(super) fn kinds(self) -> Kinds {
        let ascii = (0..128_u8).filter(|byte| self.ascii >> byte & 1 == 1).fold(0, |kinds, byte| kinds | kind(byte));
        if self.beyond { ascii | kind(0xFF) } else { ascii }
    }
}

pub(super) const fn range(first: u8, last: u8) -> u128 {
    (u128::MAX >> (127 - (last - first))) << first
}

pub(super) const DIGIT_KIND: Kinds = kind(b'0');
pub(super) const WORD_KINDS: Kinds = DIGIT_KIND | kind(b'A') | kind(b'a');

/// The kind of every byte.
pub(super) static KINDS: [Kinds; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = kind(byte as u8);
        byte += 1;
    }
    kinds
};

/// The kind of a byte beside a digit, as one bit.
pub(super) const fn kind(byte: u8) -> Kinds {
    let bit = match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        0x80.. => 2,
        b' ' => 3,
        b'\t' | b'\n' | b'\r' => 4,
        b'-' => 5,
        b'.' => 6,
        b'/' => 7,
        b':' => 8,
        b',' => 9,
        b'(' => 10,
        b')' => 11,
        b'+' => 12,
        b'_' => 13,
        b'@' => 14,
        b'%' => 15,
        b'#' => 16,
        b'=' => 17,
        b'"' | b'\'' => 18,
        b'0'..=b'9' => 19,
        _ => 20,
    };
    1 << bit
}
