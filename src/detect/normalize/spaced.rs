//! Words and numbers of which every character stands apart: `5 3 6 - 2 2`,
//! `J o h n`, `5.3.6.2.2`.

use memchr::memchr;

use super::map::Steps;
use super::rewrite::Rewriter;

/// Fewer letters and digits than this are initials, lists and versions.
const CHARS_MIN: usize = 5;
/// Words of a spaced text are this many spaces apart, at most.
const WORD_GAP_MAX: usize = 4;
/// So many digits behind a word are a number of their own.
const NUMBER_DIGITS: usize = 5;

/// Undoes single characters with spaces between them.
pub(super) fn undo_spaces(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b' ', text, rewriter);
}

/// Undoes single characters with full stops between them.
pub(super) fn undo_stops(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b'.', text, rewriter);
}

/// Undoes single characters with hyphens between them.
pub(super) fn undo_hyphens(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b'-', text, rewriter);
}

/// Undoes single characters with underscores between them.
pub(super) fn undo_underscores(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b'_', text, rewriter);
}

fn undo(separator: u8, text: &str, rewriter: &mut Rewriter<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr(separator, &bytes[at..]) {
        let first = at + found;
        at = first + 1;
        let Some(start) = char_before(text, first).filter(|_| is_char_apart(separator, bytes, at)) else { continue };
        let run = run(separator, text, start);
        if let Some(last) = run.last() {
            at = at.max(last.start);
        }
        let apart = run.iter().filter(|apart| apart.c.is_alphanumeric()).count();
        if apart >= CHARS_MIN {
            join(text, &run, rewriter);
        }
    }
}

/// Whether `separator` stands behind one character at `at`, further ones in
/// front of it not counted: behind most it does not.
fn is_char_apart(separator: u8, bytes: &[u8], at: usize) -> bool {
    let gap = bytes[at..].iter().take(WORD_GAP_MAX).take_while(|byte| **byte == separator).count();
    let is_inside = |byte: &&u8| (0x80..0xC0).contains(*byte);
    let c = at + gap;
    let inside = bytes.iter().skip(c + 1).take(3).take_while(is_inside).count();
    bytes.get(c + 1 + inside) == Some(&separator)
}

/// Where the character in front of `at` starts, if it stands alone.
fn char_before(text: &str, at: usize) -> Option<usize> {
    let mut before = text[..at].char_indices().rev();
    let (start, c) = before.next()?;
    let stands_alone = before.next().is_none_or(|(_, before)| !before.is_alphanumeric() || !c.is_alphanumeric());
    (stands_alone && !c.is_whitespace()).then_some(start)
}

/// A character that stands apart, and where the next one starts.
struct Apart {
    c: char,
    start: usize,
    end: usize,
}

impl Apart {
    /// Bytes between the character and the next one.
    fn gap(&self) -> usize {
        self.end - self.start - self.c.len_utf8()
    }
}

/// The single characters from `start` on.
fn run(separator: u8, text: &str, start: usize) -> Vec<Apart> {
    let bytes = text.as_bytes();
    // What else separates words may itself be kept apart: `3---2` is `3-2`.
    let gap_max = if separator == b' ' { WORD_GAP_MAX } else { 1 };
    let gap_end = if separator == b' ' { gap_max + 1 } else { 1 };
    let mut run = Vec::new();
    let mut at = start;
    while let Some(c) = text[at..].chars().next().filter(|c| !c.is_whitespace()) {
        let c_end = at + c.len_utf8();
        let gap = bytes[c_end..].iter().take(gap_end).take_while(|byte| **byte == separator).count();
        let is_apart = (1..=gap_max).contains(&gap);
        // The last one may have punctuation behind it.
        if !is_apart && c.is_alphanumeric() && text[c_end..].starts_with(char::is_alphanumeric) {
            break;
        }
        let end = if is_apart { c_end + gap } else { c_end };
        run.push(Apart { c, start: at, end });
        if !is_apart {
            break;
        }
        at = end;
    }
    run
}

/// Writes the characters of `run` without what separates them; words stay
/// apart.
fn join(text: &str, run: &[Apart], rewriter: &mut Rewriter<'_>) {
    let Some((last, others)) = run.split_last() else { return };
    // Within words the gaps are alike, and most gaps are within words.
    let inside = (1..=WORD_GAP_MAX).max_by_key(|gap| others.iter().filter(|apart| apart.gap() == *gap).count());
    let gap = inside.unwrap_or(1);
    for word in run.split_inclusive(|apart| apart.gap() != gap) {
        // Addresses are one word whatever is in them.
        let is_address = word.iter().any(|apart| matches!(apart.c, '@' | '/'));
        for (at, apart) in word.iter().enumerate() {
            let c_end = apart.start + apart.c.len_utf8();
            if apart.start == last.start {
                continue;
            }
            if at + 1 == word.len() && apart.gap() != gap {
                rewriter.replace(c_end + 1..apart.end, "");
            } else if is_address || !starts_word(word, at + 1) {
                let steps = Steps { new: apart.c.len_utf8(), old: apart.end - apart.start, separator: gap };
                rewriter.replace_parts(&[(apart.start..apart.end, steps)], &text[apart.start..c_end]);
            }
        }
    }
}

/// Whether a word starts at `at` although nothing more than elsewhere stands
/// in front of it: `J o h n D o e`, `1 2 E l m`, `O h i o 4 3 0 0 4`.
fn starts_word(word: &[Apart], at: usize) -> bool {
    let is = |at: usize, holds: fn(char) -> bool| word.get(at).is_some_and(|apart| holds(apart.c));
    let is_name = is(at, char::is_uppercase) && is(at + 1, char::is_lowercase);
    let is_long = is(at + 2, char::is_lowercase) || at + 2 == word.len();
    let is_number = || (at..at + NUMBER_DIGITS).all(|at| is(at, |c| c.is_ascii_digit()));
    match word[at - 1].c {
        before if before.is_lowercase() => {
            is_name && is_long || at > 1 && is(at - 2, char::is_lowercase) && is_number()
        }
        before => before.is_ascii_digit() && is_name && is_long,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: spaced and dotted digits.
    #[test]
    fn characters_kept_apart_become_words_and_numbers() {
        for (spaced, expected) in [
            ("SSN 5 3 6 - 2 2 - 8 7 2 6, ok", "SSN 536-22-8726, ok"),
            ("(a n n @ e x a m p l e . c o m) x", "(ann@example.com) x"),
            ("for J o h n D o e, from 1 2 E l m   S t r e e t", "for John Doe, from 12 Elm Street"),
            ("O h i o 4 3 0 0 4", "Ohio 43004"),
            ("5  3  6  2  2  8  7, J  o  h  n D  o  e", "5362287, John Doe"),
            ("5-3-6---2-2---8-7", "536-22-87"),
            ("id 5.3.6.2.2.8.7.2.6.", "id 536228726."),
            ("W-0-1-2-3-4-5 and A_B_7_7_1", "W012345 and AB771"),
            ("R e n é e !", "Renée!"),
        ] {
            assert_eq!(plain(spaced), expected);
        }
    }

    #[test]
    fn initials_versions_and_addresses_of_machines_stay() {
        for text in [
            "J. R. R. Tolkien",
            "I am a b c",
            "1.2.3.4",
            "U.S.A. e.g. i.e.",
            "x - y - z",
            "a, b, c, d, e, f",
            "- a\n- b\n- c",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_number_kept_apart_is_cut_with_what_is_between_its_digits() {
        let text = "on 5 3 6 2 2 8 7 2 6 , n o w";
        assert_eq!(original(text, &Shadow::of(text), "536228726"), "5 3 6 2 2 8 7 2 6");
    }
}
