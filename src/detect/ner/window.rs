//! Cutting a long text into windows that overlap, and joining what was found
//! in them.

use std::ops::Range;

use super::words::Word;

/// The length in characters that the default model finds most in; its recall
/// drops with windows that fill its 512 tokens (Rampart's own client uses the
/// same).
pub(super) const WINDOW_CHARS: usize = 480;

/// How many characters two windows share: an entity at a cut has at least
/// half of this as context on either side.
const OVERLAP_CHARS: usize = 64;

/// Byte ranges of windows that together cover the text.
///
/// Windows are laid from the start and end at whitespace where there is some,
/// so a text that grows keeps all its windows but the last.
pub(super) fn windows(text: &str) -> Vec<Range<usize>> {
    let mut windows = Vec::with_capacity(text.len() / (WINDOW_CHARS - OVERLAP_CHARS) + 1);
    let mut start = 0;
    loop {
        let Some(limit) = nth_char(text, start, WINDOW_CHARS) else {
            windows.push(start..text.len());
            return windows;
        };
        let end = last_break(text, start, limit);
        windows.push(start..end);
        start = overlap_start(text, start, end);
    }
}

/// The byte of the `n`th character after `start`, none at or past the end.
fn nth_char(text: &str, start: usize, n: usize) -> Option<usize> {
    text[start..].char_indices().nth(n).map(|(at, _)| start + at)
}

/// The last whitespace of the window's second half, else the last character
/// there that belongs to no word, else `limit`.
fn last_break(text: &str, start: usize, limit: usize) -> usize {
    let half = nth_char(text, start, WINDOW_CHARS / 2).unwrap_or(limit);
    let tail = &text[half..limit];
    let found = tail.rfind(char::is_whitespace).or_else(|| tail.rfind(|c: char| !c.is_alphanumeric()));
    found.map_or(limit, |at| half + at)
}

/// Goes back from `end` by the overlap, then on to the start of the word
/// there, so that the next window does not open inside a word.
fn overlap_start(text: &str, start: usize, end: usize) -> usize {
    let window = &text[start..end];
    let back = |chars: usize| window.char_indices().nth_back(chars - 1).map_or(start, |(at, _)| start + at);
    let wanted = back(OVERLAP_CHARS);
    let earliest = back(2 * OVERLAP_CHARS);
    match text[earliest..wanted].rfind(char::is_whitespace) {
        Some(at) => {
            text[earliest + at..].find(|c: char| !c.is_whitespace()).map_or(wanted, |skip| earliest + at + skip)
        }
        None => wanted,
    }
}

/// Joins the words found in overlapping windows, each with its byte range;
/// in an overlap each window decides over the half that lies further inside it.
pub(super) fn stitch(parts: impl IntoIterator<Item = (Range<usize>, Vec<Word>)>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::new();
    let mut previous_end = None;
    for (range, words) in parts {
        let cut = match previous_end {
            Some(end) if end > range.start => range.start + (end - range.start) / 2,
            _ => range.start,
        };
        // A word belongs to the window in which it starts, before or after
        // the cut. One longer than the overlap continues into the new window
        // and is kept from the cut on.
        joined.retain(|word| word.start < cut);
        joined.extend(words.into_iter().filter_map(|word| match word.start >= cut {
            true => Some(word),
            false if previous_end.is_some_and(|end| word.end > end) => Some(Word { start: cut, ..word }),
            false => None,
        }));
        previous_end = Some(range.end);
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::Label;
    use crate::detect::ner::labels::{Class, Part};

    proptest! {
        #[test]
        fn windows_cover_every_byte_overlap_and_stay_within_the_limit(text in "(\\PC{0,80}[ \\n]?){0,60}") {
            let windows = windows(&text);
            prop_assert_eq!(windows[0].start, 0);
            prop_assert_eq!(windows.last().unwrap().end, text.len());
            for window in &windows {
                prop_assert!(text[window.clone()].chars().count() <= WINDOW_CHARS);
            }
            for pair in windows.windows(2) {
                prop_assert!(pair[0].start < pair[1].start);
                let shared = text[pair[1].start..pair[0].end].chars().count();
                prop_assert!((OVERLAP_CHARS / 2..=2 * OVERLAP_CHARS).contains(&shared), "{} shared", shared);
            }
        }

        /// L33
        #[test]
        fn a_growing_text_keeps_all_windows_but_the_last(text in "(\\w{1,12}[ \\n]){1,400}", more in "(\\w{1,12} ){0,200}") {
            let before = windows(&text);
            let after = windows(&format!("{text}{more}"));
            let kept = before.len() - 1;
            prop_assert_eq!(&before[..kept], &after[..kept]);
        }
    }

    fn word(start: usize, end: usize, score: f32) -> Word {
        Word { start, end, class: Class { label: Label::PERSON, part: Part::Given }, begin: true, score, person: 0.0 }
    }

    #[test]
    fn in_an_overlap_the_window_that_sees_more_around_a_word_decides() {
        let first = vec![word(10, 15, 0.1), word(110, 115, 0.1), word(150, 155, 0.1)];
        let second = vec![word(110, 115, 0.2), word(150, 155, 0.2), word(300, 305, 0.2)];
        let joined = stitch([(0..164, first), (100..400, second)]);
        assert_eq!(joined, [word(10, 15, 0.1), word(110, 115, 0.1), word(150, 155, 0.2), word(300, 305, 0.2)]);
    }

    #[test]
    fn a_word_longer_than_the_overlap_is_kept_whole() {
        let joined = stitch([(0..164, vec![word(0, 164, 0.1)]), (100..400, vec![word(100, 400, 0.2)])]);
        let covered: Vec<_> = joined.iter().map(|w| (w.start, w.end)).collect();
        assert_eq!(covered, [(0, 164), (132, 400)]);
    }
}
