//! Words that are names of people and something else as well.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Months and weekdays of the languages that write them with a capital: no case
/// tells them from a name.
const DATES: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "januar",
    "februar",
    "marz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
];

/// Whether a folded word is a month's or a weekday's name wherever it stands alone.
pub(super) fn is_date(word: &str) -> bool {
    DATES.contains(&word)
}

/// Whether a folded word in lower case is a word of the sentence.
pub(super) fn is_ordinary(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let lines = include_str!("ordinary_words.txt").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    });
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fold;

    /// Words are looked up as they are folded.
    #[test]
    fn every_word_is_written_as_it_is_looked_up() {
        let lines = include_str!("ordinary_words.txt").lines().filter(|line| !line.starts_with('#'));
        for word in lines.flat_map(str::split_whitespace).chain(DATES.iter().copied()) {
            assert_eq!(fold(word), word);
        }
        assert!(is_ordinary("grant") && !is_ordinary("gonzalez") && is_date("may"));
    }
}
