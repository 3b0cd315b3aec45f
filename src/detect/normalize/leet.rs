//! Digits written for the letters that they look like: `ann@example.c0m`,
//! `h77p://`, `M4r1a`.

use std::ops::Range;

use memchr::memchr2_iter;

use super::rewrite::Rewriter;
use super::spelled::TOP_LEVEL;

/// Schemes are no longer than `https`.
const SCHEME_BYTES_MAX: usize = 8;
/// Names are no longer than this.
const NAME_BYTES_MAX: usize = 24;

/// Undoes digits for letters in a top-level domain, and in the scheme of a URL
/// digits and `x` for `t`: what is in front of and behind them is found whatever
/// letters it has.
pub(super) fn undo_addresses(text: &str, rewriter: &mut Rewriter<'_>) {
    let bytes = text.as_bytes();
    for at in memchr2_iter(b'.', b':', bytes) {
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
        if bytes[at] == b':' {
            let len = bytes[..at].iter().rev().take(SCHEME_BYTES_MAX).take_while(is_word).count();
            if let Some(scheme) = text[at..].strip_prefix("://").and_then(|_| scheme(&text[at - len..at])) {
                rewriter.replace(at - len..at, scheme);
            }
        } else if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
            let label = at + 1..at + 1 + bytes[at + 1..].iter().take_while(is_word).count();
            if let Some(top_level) = top_level(&text[label.clone()]) {
                rewriter.replace(label, top_level);
            }
        }
    }
}

fn scheme(written: &str) -> Option<&'static str> {
    let plain: String =
        written.chars().map(|c| if matches!(c, '7' | 'x' | 'X') { 't' } else { letter_of(c) }).collect();
    let scheme = ["http", "https", "ftp"].into_iter().find(|scheme| **scheme == plain)?;
    (!written.eq_ignore_ascii_case(scheme)).then_some(scheme)
}

fn top_level(label: &str) -> Option<&'static str> {
    let has = |is: fn(&u8) -> bool| label.as_bytes().iter().any(is);
    if !(3..=7).contains(&label.len()) || !has(u8::is_ascii_digit) || !has(u8::is_ascii_alphabetic) {
        return None;
    }
    let plain: String = label.chars().map(letter_of).collect();
    TOP_LEVEL.iter().find(|top_level| **top_level == plain).copied()
}

/// The letter that a digit is written for.
fn letter_of(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        _ => c.to_ascii_lowercase(),
    }
}

/// Undoes digits inside words that begin with a capital and go on in lower
/// case, as names do.
pub(super) fn undo_names(text: &str, rewriter: &mut Rewriter<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let word = word_around(bytes, at + digit);
        at = word.end;
        if is_name(text, &word) {
            let first = word.start + 1;
            let plain: String = text[first..word.end].chars().map(letter_of).collect();
            rewriter.replace(first..word.end, &plain);
        }
    }
}

/// The letters and digits around `at`, as far as they may matter.
fn word_around(bytes: &[u8], at: usize) -> Range<usize> {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    let before = bytes[..at].iter().rev().take(NAME_BYTES_MAX).take_while(is_word).count();
    let after = bytes[at..].iter().take_while(is_word).count();
    at - before..at + after
}

/// Whether `word` is one with digits for letters: not only at its end, where
/// numbers stand.
fn is_name(text: &str, word: &Range<usize>) -> bool {
    let is_outside =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | ',' | ';' | '.' | ':' | '!' | '?');
    let is_whole = text[..word.start].chars().next_back().is_none_or(is_outside)
        && text[word.end..].chars().next().is_none_or(|c| is_outside(c) || c == '-');
    let is_inside = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'0' | b'1' | b'3' | b'4' | b'5' | b'7');
    let [first, rest @ ..] = text[word.clone()].as_bytes() else { return false };
    let digit = rest.iter().position(u8::is_ascii_digit);
    is_whole
        && word.len() <= NAME_BYTES_MAX
        && first.is_ascii_uppercase()
        && rest.iter().all(is_inside)
        && rest.iter().rposition(u8::is_ascii_lowercase) > digit
}

#[cfg(test)]
mod tests {
    use super::super::tests::plain;

    /// L40: obfuscation passes.
    #[test]
    fn digits_for_letters_become_letters() {
        for (written, expected) in [
            ("ann@3x4mpl3.c0m, h77p://3x4mpl3.0rg/a", "ann@3x4mpl3.com, http://3x4mpl3.org/a"),
            ("hxxps://example.com", "https://example.com"),
            ("for M4r14 G0nz4l3z, (Sm17h).", "for Maria Gonzalez, (Smith)."),
        ] {
            assert_eq!(plain(written), expected);
        }
    }

    #[test]
    fn versions_models_and_files_stay() {
        for text in [
            "v1.m4a, a.7z, x.b1, http://example.com",
            "std::vec, a::b",
            "Covid19, H2O, Utf8, Win32, Type3, MP3, B2B, A4, Q4",
        ] {
            assert_eq!(plain(text), text);
        }
    }
}
