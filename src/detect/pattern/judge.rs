//! How sure a value is, from its validator, its context and what it touches.

use super::context::{Context, Place};
use super::entry::Entry;
use super::words::is_whole_word;

/// What is thought of a value.
pub(crate) struct Verdict {
    /// Whether the entry's validator takes the value; `None` without one.
    pub(crate) valid: Option<bool>,
    /// What in the text speaks for the value.
    pub(crate) context: Option<Context>,
    /// Confidence, 0 to 1, or why there is none.
    pub(crate) score: Result<f32, Doubt>,
}

/// Why a value is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doubt {
    /// It is part of a decimal number, a version or a sum.
    PartOfNumber,
    /// A hyphen or slash joins it to more.
    Joined,
    /// The word before it says that it is something else.
    NamedOtherwise,
    /// The validator refuses it.
    Invalid,
    /// It is nothing without context.
    NoContext,
}

/// How much of what context adds to a score is left when it stands in another
/// sentence or line.
const FROM_ANOTHER_CLAUSE: f32 = 0.75;

impl Verdict {
    fn refused(doubt: Doubt) -> Verdict {
        Verdict { valid: None, context: None, score: Err(doubt) }
    }

    /// The verdict on `value` of `text`; `context` looks for its context when
    /// that is wanted.
    pub(super) fn of(
        entry: &Entry,
        text: &str,
        value: (usize, usize),
        context: impl Fn(bool) -> Option<Context>,
    ) -> Verdict {
        if is_part_of_number(text.as_bytes(), value) {
            return Verdict::refused(Doubt::PartOfNumber);
        }
        if entry.apart && is_joined(text.as_bytes(), value) {
            return Verdict::refused(Doubt::Joined);
        }
        if entry.not_after.iter().any(|word| is_right_after(&text[..value.0], word)) {
            return Verdict::refused(Doubt::NamedOtherwise);
        }
        let valid = entry.validator.map(|validator| validator(&text[value.0..value.1]));
        let (alone, with_context) = match valid {
            None | Some(true) => (entry.score, Some(entry.context_score)),
            Some(false) => (None, entry.invalid_score.filter(|_| !is_one_digit_repeated(&text[value.0..value.1]))),
        };
        let context = context(with_context > alone);
        let score = match (&context, with_context) {
            (Some(context), Some(best)) if with_context > alone => Ok(weighed(alone, best, context.place)),
            _ => alone.ok_or(if with_context.is_some() { Doubt::NoContext } else { Doubt::Invalid }),
        };
        Verdict { valid, context, score }
    }
}

/// The score between that without context and that with the best.
fn weighed(alone: Option<f32>, best: f32, place: Place) -> f32 {
    match (place, alone) {
        (Place::OtherClause, Some(alone)) => alone + FROM_ANOTHER_CLAUSE * (best - alone),
        _ => best,
    }
}

/// Whether `start..end` begins or ends with the digits of a decimal number or
/// version that goes on outside it (`0.4111111111111111`), or is what a sum
/// adds (`960121+1021413`).
fn is_part_of_number(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let opens = start >= 2 && digit(start) && bytes[start - 1] == b'.' && digit(start - 2);
    let closes = digit(end - 1) && bytes.get(end) == Some(&b'.') && digit(end + 1);
    let added = start >= 1 && bytes[start] == b'+' && digit(start - 1);
    opens || closes || added
}

/// Whether a hyphen or slash joins `start..end` to a letter or digit, as in
/// part numbers and UUIDs.
fn is_joined(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    let joint = |at: usize| matches!(bytes.get(at), Some(b'-' | b'/'));
    let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (start >= 2 && joint(start - 1) && word(start - 2)) || (joint(end) && word(end + 1))
}

/// Whether `before` ends in the whole word `word` and marks that join it to what
/// follows: `version 1.2.3.4`, `"version": "1.2.3.4"`, `Version/1.2.3.4`.
fn is_right_after(before: &str, word: &str) -> bool {
    let end = before.trim_end_matches([' ', '\t', ':', '=', '"', '\'', '/', '-', '(', '@', '~', '^']).len();
    end.checked_sub(word.len()).is_some_and(|start| {
        before.is_char_boundary(start)
            && before[start..end].eq_ignore_ascii_case(word)
            && is_whole_word(before, start, end)
    })
}

/// `000-00-0000` and the like are nobody's.
fn is_one_digit_repeated(value: &str) -> bool {
    let mut digits = value.bytes().filter(u8::is_ascii_digit);
    let first = digits.next();
    digits.all(|digit| Some(digit) == first) && !value.bytes().any(|byte| byte.is_ascii_alphabetic())
}
