//! A shadow of the text in which disguises are undone, for the detectors.
//!
//! JSON's escapes of characters become these, zero-width characters go, digits of other scripts, full-width forms,
//! no-break spaces and typographic hyphens become ASCII; an em dash parts
//! clauses and stays. Spans found in the shadow are mapped back, so that the
//! original is cut (L40).

use std::borrow::Cow;

use memchr::memmem;

use super::Span;

/// A text as the detectors see it.
pub(super) struct Shadow<'a> {
    /// The text to search.
    pub(super) text: Cow<'a, str>,
    /// Where the shadow departs from the original, by rising offset; empty
    /// when the two are equal.
    pieces: Vec<Piece>,
}

/// From `shadow` on, the shadow's bytes stand for the original's from
/// `original` on: one for one, or all of them for `replaced` bytes.
#[derive(Clone, Copy)]
struct Piece {
    shadow: usize,
    original: usize,
    /// Length in the original of the one character this piece replaces; `None`
    /// where the piece is a plain copy.
    replaced: Option<usize>,
}

impl<'a> Shadow<'a> {
    /// The shadow of `original`; borrowed when nothing is disguised.
    pub(super) fn of(original: &'a str) -> Shadow<'a> {
        let disguised = |c: char| !c.is_ascii() && plain(c) != Plain::Same;
        let is_escaped = memmem::find(original.as_bytes(), b"\\u").is_some();
        if !is_escaped && (original.is_ascii() || !original.chars().any(disguised)) {
            return Shadow { text: Cow::Borrowed(original), pieces: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut pieces: Vec<Piece> = Vec::new();
        let mut copying = false;
        let mut at = 0;
        while let Some(c) = original[at..].chars().next() {
            let escaped = unescaped(&original[at..]);
            let (c, len) = escaped.unwrap_or((c, c.len_utf8()));
            let plain = plain(c);
            let is_same = plain == Plain::Same && escaped.is_none();
            if is_same && !copying {
                pieces.push(Piece { shadow: text.len(), original: at, replaced: None });
            }
            if !is_same && plain != Plain::Gone {
                pieces.push(Piece { shadow: text.len(), original: at, replaced: Some(len) });
            }
            match plain {
                Plain::Same => text.push(c),
                Plain::Gone => {}
                Plain::Ascii(byte) => text.push(char::from(byte)),
            }
            copying = is_same;
            at += len;
        }
        Shadow { text: Cow::Owned(text), pieces }
    }

    /// `span` of the shadow as one of the original.
    pub(super) fn to_original(&self, span: Span) -> Span {
        let (start, end) = if span.start < span.end { self.original_range(span.start, span.end) } else { (0, 0) };
        Span { start, end, ..span }
    }

    /// The bytes of the original that `start..end` of the shadow stands for;
    /// `start < end`, both on character boundaries.
    fn original_range(&self, start: usize, end: usize) -> (usize, usize) {
        if self.pieces.is_empty() {
            return (start, end);
        }
        let piece_at = |at: usize| self.pieces[self.pieces.partition_point(|piece| piece.shadow <= at) - 1];
        let first = piece_at(start);
        let last = piece_at(end - 1);
        (first.original + (start - first.shadow), last.original + last.replaced.unwrap_or(end - last.shadow))
    }
}

/// The character that JSON's escape at the start of `text` stands for, and the
/// escape's length. In a document inside a document, its backslash is doubled.
fn unescaped(text: &str) -> Option<(char, usize)> {
    let (unit, len) = escaped_unit(text)?;
    if !(0xD800..0xDC00).contains(&unit) {
        return Some((char::from_u32(unit)?, len));
    }
    let (low, low_len) = escaped_unit(&text[len..])?;
    let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + ((unit - 0xD800) << 10) + low)?, len + low_len))
}

/// The number of `\u00e9`, which may have several backslashes.
fn escaped_unit(text: &str) -> Option<(u32, usize)> {
    const BACKSLASHES_MAX: usize = 16;
    let backslashes = text.bytes().take_while(|b| *b == b'\\').count();
    let digits = text.get(backslashes + 1..backslashes + 5)?;
    let is_escape = (1..=BACKSLASHES_MAX).contains(&backslashes)
        && text.as_bytes()[backslashes] == b'u'
        && digits.bytes().all(|b| b.is_ascii_hexdigit());
    Some((u32::from_str_radix(digits, 16).ok().filter(|_| is_escape)?, backslashes + 5))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    Same,
    Gone,
    Ascii(u8),
}

/// First digits (value 0) of the decimal digit ranges of Unicode 16 (general
/// category Nd) in living use.
const ZEROES: [u32; 22] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040,
    0x17E0, 0x1810, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
];

fn plain(c: char) -> Plain {
    match u32::from(c) {
        0..0xA0 | 0xAE..0x34F | 0x350..0x61C => Plain::Same,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark, Mongolian
        // vowel separator, zero-width and bidirectional controls, byte order
        // mark, variation selectors.
        0xAD
        | 0x34F
        | 0x61C
        | 0x180E
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x2064
        | 0x2066..=0x2069
        | 0xFEFF
        | 0xFE00..=0xFE0F => Plain::Gone,
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Plain::Ascii(b' '),
        0x2010..=0x2013 | 0x2212 | 0xFE58 | 0xFE63 => Plain::Ascii(b'-'),
        0x2024 | 0xFE52 => Plain::Ascii(b'.'),
        0xFE6B => Plain::Ascii(b'@'),
        full_width @ 0xFF01..=0xFF5E => Plain::Ascii((full_width - 0xFF01) as u8 + b'!'),
        other => {
            let digit = ZEROES.iter().find_map(|zero| other.checked_sub(*zero).filter(|value| *value < 10));
            digit.map_or(Plain::Same, |value| Plain::Ascii(b'0' + value as u8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L13, L40: a name in JSON that stands in other text has its letters escaped.
    #[test]
    fn escaped_letters_become_plain_and_map_back() {
        for (escaped, plain) in [
            (r"Jos\u00e9 N\u00fa\u00f1ez", "José Núñez"),
            (r"Bj\\u00f6rn", "Björn"),
            (r"a\ud83d\ude00b", "a😀b"),
            (r"\u200bx\uff11", "x1"),
            (r"\u00e", r"\u00e"),
            (r"C:\users \ud83d x", r"C:\users \ud83d x"),
        ] {
            let shadow = Shadow::of(escaped);
            assert_eq!(shadow.text, plain);
            if !plain.is_empty() {
                let (start, end) = shadow.original_range(0, shadow.text.len());
                assert!(start == 0 || escaped.starts_with(r"\u200b"));
                assert_eq!(end, escaped.len());
            }
        }
        let shadow = Shadow::of(r"by Zo\u00eb M\u00fcller, now");
        let start = shadow.text.find("Zoë").unwrap();
        let (start, end) = shadow.original_range(start, start + "Zoë Müller".len());
        assert_eq!(&r"by Zo\u00eb M\u00fcller, now"[start..end], r"Zo\u00eb M\u00fcller");
    }

    /// L40: obfuscation passes.
    #[test]
    fn disguised_digits_become_plain_and_map_back() {
        for (disguised, plain) in [
            ("né １２３－４５", "né 123-45"),
            ("a 1\u{200b}2\u{ad}3 b", "a 123 b"),
            ("٠١٢\u{a0}٣", "012 3"),
            ("plain", "plain"),
        ] {
            let shadow = Shadow::of(disguised);
            assert_eq!(shadow.text, plain);
            let (start, end) = shadow.original_range(0, plain.len());
            assert_eq!(&disguised[start..end], disguised);
        }
    }

    #[test]
    fn a_span_of_the_shadow_cuts_the_same_characters_of_the_original() {
        let original = "é x\u{200b}y 4\u{200b}１ z";
        let shadow = Shadow::of(original);
        let at = shadow.text.find("41").unwrap();
        let (start, end) = shadow.original_range(at, at + 2);
        assert_eq!(&original[start..end], "4\u{200b}１");
    }
}
