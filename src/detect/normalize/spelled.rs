//! Addresses written so that machines do not see them: `ann [at] example
//! [dot] com`, `example[.]com`.

use std::ops::Range;

use memchr::{memchr_iter, memchr3_iter};

use super::rewrite::Rewriter;

/// How an at sign is said, in brackets or between spaces.
const AT: &[&str] = &["at", "@", "ät", "arroba", "arobase", "chiocciola", "klammeraffe", "apenstaartje"];
/// What the ASCII words among them begin with.
const AT_INITIALS: &[u8] = b"aAcCkK";
/// How a full stop is said.
const DOT: &[&str] = &["dot", ".", "punkt", "punto", "point", "ponto", "punt"];
/// What is said is no longer than this, spaces inside the brackets included.
const SAID_BYTES_MAX: usize = 16;
/// Top-level domains that end a spelled-out address or are written with digits.
pub(super) const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "edu", "gov", "info", "biz", "mil", "dev", "app", "example", "io", "co", "us", "uk", "ie",
    "ca", "au", "nz", "in", "de", "at", "ch", "fr", "be", "nl", "lu", "es", "pt", "it", "eu", "dk", "se", "no", "fi",
    "pl", "cz", "ro", "tr", "il", "ae", "sg", "kr", "jp", "cn", "th", "ph", "za", "ng", "br", "mx", "ar", "cl",
];

/// Undoes `[at]`, `(dot)`, `{.}`, `[:]//` between letters and digits.
pub(super) fn undo_brackets(text: &str, rewriter: &mut Rewriter<'_>) {
    let mut done = 0;
    for open in memchr3_iter(b'[', b'(', b'{', text.as_bytes()) {
        let Some((sign, end)) = bracketed(&text[open..]).map(|(sign, len)| (sign, open + len)) else { continue };
        let (before, after) = (text[..open].trim_end_matches(' '), text[end..].trim_start_matches(' '));
        let is_in_word = |c: char| c.is_alphanumeric() || sign == ":" && c == '/';
        let (start, end) = (before.len(), text.len() - after.len());
        let is_near = open - start <= 1 && start >= done;
        if is_near && before.ends_with(char::is_alphanumeric) && after.starts_with(is_in_word) {
            rewriter.replace(start..end, sign);
            done = end;
        }
    }
}

/// The sign that stands in the brackets at the start of `text`, and how long
/// they are.
fn bracketed(text: &str) -> Option<(&'static str, usize)> {
    let closing = match text.as_bytes().first()? {
        b'[' => b']',
        b'(' => b')',
        _ => b'}',
    };
    let len = text.bytes().take(SAID_BYTES_MAX).position(|byte| byte == closing)?;
    let said = text[1..len].trim().to_lowercase();
    let sign = match said.as_str() {
        ":" => ":",
        said if AT.contains(&said) => "@",
        said if DOT.contains(&said) => ".",
        _ => return None,
    };
    Some((sign, len + 1))
}

/// Undoes `ann at example dot com`: only as a whole, since those are words.
pub(super) fn undo_words(text: &str, rewriter: &mut Rewriter<'_>) {
    let mut done = 0;
    for at in memchr_iter(b' ', text.as_bytes()) {
        let may_be_said = |byte: &u8| !byte.is_ascii() || AT_INITIALS.contains(byte);
        if at < done || !text.as_bytes().get(at + 1).is_some_and(may_be_said) {
            continue;
        }
        let Some(end) = said(&text[at..], AT).map(|len| at + len) else { continue };
        if !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let dots = dots_of_host(text, end);
        if let Some(last) = dots.last() {
            rewriter.replace(at..end, "@");
            dots.iter().for_each(|dot| rewriter.replace(dot.clone(), "."));
            done = last.end;
        }
    }
}

/// The length of one of `signs` at the start of `text`, said between spaces.
fn said(text: &str, signs: &[&str]) -> Option<usize> {
    let word = text[1..].split(' ').next()?;
    let is_short = word.len() < SAID_BYTES_MAX && text[1 + word.len()..].starts_with(' ');
    let is_word = word.len() > 1 && is_short && signs.contains(&word.to_lowercase().as_str());
    is_word.then_some(word.len() + 2)
}

/// The said full stops of the host name at `start`, which ends in a top-level
/// domain; none when it is none.
fn dots_of_host(text: &str, start: usize) -> Vec<Range<usize>> {
    const LABELS_MAX: usize = 6;
    let mut dots: Vec<Range<usize>> = Vec::new();
    let mut at = start;
    while dots.len() < LABELS_MAX {
        let rest = &text[at..];
        let label = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        let end = at + label.len();
        let dot = text[end..].starts_with(' ').then(|| said(&text[end..], DOT)).flatten().filter(|_| !label.is_empty());
        let Some(dot) = dot else {
            let is_top_level = TOP_LEVEL.contains(&label.to_ascii_lowercase().as_str());
            return if is_top_level { dots } else { Vec::new() };
        };
        dots.push(end..end + dot);
        at = end + dot;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: `[at]`.
    #[test]
    fn spelled_out_addresses_become_addresses() {
        for (spelled, expected) in [
            ("ann.lee [at] example [dot] com", "ann.lee@example.com"),
            ("ann(AT)example(.)com, ann{at}example{dot}com", "ann@example.com, ann@example.com"),
            ("ftp[:]//www[.]example[.]com", "ftp://www.example.com"),
            ("mail ann AT mail DOT example DOT com now", "mail ann@mail.example.com now"),
            ("ann arroba example punto es", "ann@example.es"),
        ] {
            assert_eq!(plain(spelled), expected);
        }
    }

    #[test]
    fn words_in_brackets_and_sentences_stay() {
        for text in [
            "look (at this), f(at), a[at] = 1, (dot)",
            "meet at noon dot the i",
            "we met at example and put a dot in it",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_spelled_out_address_is_cut_as_it_stands() {
        let text = "(ann [at] example [dot] com)";
        assert_eq!(original(text, &Shadow::of(text), "ann@example.com"), "ann [at] example [dot] com");
    }
}
