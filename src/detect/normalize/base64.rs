//! Text in base64, standard and URL-safe (RFC 4648, sections 4 and 5), or in
//! hexadecimal (section 8).

use std::ops::Range;
use std::slice::from_ref;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER_PERMISSIVE};

use super::map::Steps;
use super::rewrite::Rewriter;

/// Shorter runs are words, unless padding says what they are.
const RUN_BYTES_MIN: usize = 6;
/// Runs that are shorter than this are most often words: they stand for a
/// capitalised name or a number, or for nothing.
const WORD_BYTES: usize = 8;
/// Shorter hexadecimal runs are numbers and colours.
const HEX_BYTES_MIN: usize = 16;
/// Base64 of text that is shorter than this might be a word: the text is then
/// letters and digits only.
const SHORT_BYTES: usize = 12;
/// Lines of a long text in base64 (RFC 2045: 76 characters) are at least so
/// long.
const LINE_BYTES_MIN: usize = 56;

/// Undoes what decodes to readable text.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (len, kinds) = digits(bytes, at);
        if len < RUN_BYTES_MIN && (len == 0 || bytes.get(at + len) != Some(&b'=')) {
            at += len + 1;
            continue;
        }
        // Such names and numbers begin with one of these.
        let may_be_word =
            len >= WORD_BYTES || bytes.get(at + len) == Some(&b'=') || matches!(bytes[at], b'M'..=b'O' | b'Q'..=b'W');
        if !may_be_word || !is_mixed(len, kinds) {
            at += len;
            continue;
        }
        let lines = lines(bytes, at);
        let end = lines.last().map_or(at, |last| last.end);
        let padding = bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
        at = end + padding;
        let is_closed = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let padding = if is_closed { padding } else { 0 };
        if !undo_run(text, &lines, padding, rewriter) && lines.len() == 1 {
            undo_parts(text, &lines[0], padding, rewriter);
        }
    }
}

/// Kinds of base64 digits, as bits.
type Kinds = u8;
const LOWER: Kinds = 1;
const UPPER: Kinds = 2;
const DECIMAL: Kinds = 4;
const MARK: Kinds = 8;

/// How many base64 digits stand at `start`, and of which kinds.
fn digits(bytes: &[u8], start: usize) -> (usize, Kinds) {
    const KINDS: [Kinds; 256] = {
        let mut kinds = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            kinds[byte] = match byte as u8 {
                b'a'..=b'z' => LOWER,
                b'A'..=b'Z' => UPPER,
                b'0'..=b'9' => DECIMAL,
                b'+' | b'/' | b'-' | b'_' => MARK,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };
    let kinds = bytes[start..].iter().map(|byte| KINDS[usize::from(*byte)]).take_while(|kind| *kind != 0);
    kinds.fold((0, 0), |(len, all), kind| (len + 1, all | kind))
}

/// Whether a run is neither a word in one case nor a number, but for long
/// numbers, which may be hexadecimal.
fn is_mixed(len: usize, kinds: Kinds) -> bool {
    kinds & UPPER != 0 || kinds & DECIMAL != 0 && (kinds & LOWER != 0 || len >= HEX_BYTES_MIN)
}

/// The run of base64 digits at `start`; a long one goes on in the next line.
fn lines(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let run = |start: usize| start..start + digits(bytes, start).0;
    let mut line = run(start);
    let mut lines = vec![line.clone()];
    while line.len() >= LINE_BYTES_MIN && line.len().is_multiple_of(4) {
        let line_break = match &bytes[line.end..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => break,
        };
        line = run(line.end + line_break);
        if line.is_empty() {
            break;
        }
        lines.push(line.clone());
    }
    lines
}

/// What stands between the digits that are no letters or digits: in a path,
/// say.
fn undo_parts(text: &str, run: &Range<usize>, padding: usize, rewriter: &mut Rewriter<'_>) {
    let mut start = run.start;
    for part in text[run.clone()].split(|c: char| !c.is_ascii_alphanumeric()) {
        let part = start..start + part.len();
        if part.len() < run.len() {
            undo_run(text, from_ref(&part), if part.end == run.end { padding } else { 0 }, rewriter);
        }
        start = part.end + 1;
    }
}

/// Undoes one run, if it is text in disguise.
fn undo_run(text: &str, lines: &[Range<usize>], padding: usize, rewriter: &mut Rewriter<'_>) -> bool {
    let Some((decoded, steps)) = decoded(text, lines, padding) else { return false };
    let mut parts = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let units_end = line.end - line.len() % steps.old;
        parts.push((line.start..units_end, steps));
        if units_end < line.end {
            let rest = Steps { new: decoded.len() % steps.new, old: line.end - units_end + padding, separator: 0 };
            parts.push((units_end..line.end + padding, rest));
        }
    }
    rewriter.replace_parts(&parts, &decoded);
    true
}

fn decoded(text: &str, lines: &[Range<usize>], padding: usize) -> Option<(String, Steps)> {
    let mut run = String::new();
    lines.iter().for_each(|line| run.push_str(&text[line.clone()]));
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_uppercase) && has(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let as_text = |encoding: &Encoding, old, new| {
        let decoded = String::from_utf8(encoding.decode(run.as_bytes()).ok()?).ok()?;
        is_readable(&decoded).then_some((decoded, Steps { new, old, separator: 0 }))
    };
    if run.len() >= HEX_BYTES_MIN && !has(|byte| !byte.is_ascii_hexdigit()) {
        return as_text(&HEXLOWER_PERMISSIVE, 2, 1);
    }
    let is_whole = match padding {
        0 => run.len() >= RUN_BYTES_MIN && is_mixed,
        _ => (run.len() + padding).is_multiple_of(4) && has(u8::is_ascii_uppercase),
    };
    let is_url_safe = has(|byte| matches!(byte, b'-' | b'_'));
    let encoding = if is_url_safe { &BASE64URL_NOPAD } else { &BASE64_NOPAD };
    let is_sure = padding > 0 || run.len() >= WORD_BYTES;
    if is_whole { as_text(encoding, 4, 3).filter(|(text, _)| is_sure || is_name_or_number(text)) } else { None }
}

/// Whether `text` is what people write: bytes that only happen to be UTF-8 are
/// not.
fn is_readable(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | '@' | '-' | '_' | '\'' | '+');
    let is_text = |c: char| c.is_alphanumeric() || !c.is_control() && c.is_ascii() || c.is_whitespace();
    match text.len() < SHORT_BYTES {
        true => text.chars().all(is_word),
        false => text.chars().filter(|c| !is_text(*c)).count() * 8 <= text.chars().count() && !text.contains(is_binary),
    }
}

fn is_name_or_number(text: &str) -> bool {
    let is_name =
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text[1..].bytes().all(|byte| byte.is_ascii_lowercase());
    is_name || text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_binary(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: base64 of plausible text.
    #[test]
    fn encoded_text_becomes_readable() {
        for (encoded, expected) in [
            ("mail YW5uQGV4YW1wbGUuY29t now", "mail ann@example.com now"),
            ("age NDI=, to/Sm9zw6kgTsO6w7Fleg== as", "age 42, to/José Núñez as"),
            ("Sm9zw6kgTsO6w7Fleg for TGlzYQ", "José Núñez for Lisa"),
            ("data:text/plain;base64,U1NOIDUzNi0yMi04NzI2", "data:text/plain;base64,SSN 536-22-8726"),
            ("616e6e406578616d706c652e636f6d", "ann@example.com"),
            ("WVc1dVFHVjRZVzF3YkdVdVkyOXQ=", "ann@example.com"),
        ] {
            assert_eq!(plain(encoded), expected);
        }
    }

    #[test]
    fn words_hashes_paths_and_images_stay() {
        for text in [
            "internationalization getElementById HttpServletRequest MAX_LEN=4, name= x == y",
            "d41d8cd98f00b204e9800998ecf8427e 0x1234567890123456",
            "src/detect/Normalize/base64-url_safe",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_value_in_a_long_text_is_cut_by_groups_of_digits() {
        let text = "TXkgZS1tYWlsIGlzIGFubkBleGFtcGxlLmNvbSwgd3JpdGUu";
        assert_eq!(original(text, &Shadow::of(text), "ann@example.com"), "IGFubkBleGFtcGxlLmNvbSwg");
    }

    #[test]
    fn lines_of_a_long_text_are_one() {
        let line = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé";
        let encoded = data_encoding::BASE64.encode(line.repeat(2).as_bytes());
        let text = format!("{}\r\n{}", &encoded[..76], &encoded[76..]);
        assert_eq!(plain(&text), line.repeat(2));
    }
}
