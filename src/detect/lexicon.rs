//! Which words are names of people, and which are words of the language.
//!
//! `scripts/word-lists` wrote the lists of names and of English words and says where they come
//! from; the list of months, nations and languages is our own.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word is known as.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Known {
    /// A given name somewhere in the world.
    pub(super) given: bool,
    /// A surname somewhere in the world.
    pub(super) surname: bool,
    /// A word that English writes in lower case.
    pub(super) english: bool,
    /// A month, a weekday, a nation, a people or a language.
    pub(super) calendar_or_nation: bool,
}

const GIVEN: u8 = 1;
const SURNAME: u8 = 2;
const ENGLISH: u8 = 4;
const CALENDAR_OR_NATION: u8 = 8;

const LISTS: [(u8, &str); 4] = [
    (GIVEN, include_str!("lexicon/given_names.txt")),
    (SURNAME, include_str!("lexicon/surnames.txt")),
    (ENGLISH, include_str!("lexicon/english_words.txt")),
    (CALENDAR_OR_NATION, include_str!("lexicon/calendar_and_nations.txt")),
];

/// Some 110,000 words; built once, in some ten milliseconds.
static WORDS: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    let mut words = HashMap::with_capacity(1 << 17);
    for (bit, list) in LISTS {
        let lines = list.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_ascii_whitespace).for_each(|word| *words.entry(word).or_default() |= bit);
    }
    words
});

/// What `folded` is known as; see [`super::fold`].
pub(super) fn known(folded: &str) -> Known {
    let bits = WORDS.get(folded).copied().unwrap_or_default();
    let has = |bit: u8| bits & bit != 0;
    Known {
        given: has(GIVEN),
        surname: has(SURNAME),
        english: has(ENGLISH),
        calendar_or_nation: has(CALENDAR_OR_NATION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fold;

    #[test]
    fn words_are_known_however_they_are_spelled() {
        assert!(known(&fold("MARÍA")).given);
        assert!(known(&fold("Müller")).surname && known(&fold("Светлана")).given && known(&fold("김")).surname);
        assert!(known("table").english && !known("table").given && known("danish").calendar_or_nation);
        assert_eq!(known("qxzv"), Known::default());
    }

    /// Words are looked up as they are folded.
    #[test]
    fn every_word_is_written_as_it_is_looked_up() {
        for (_, list) in LISTS {
            for word in list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_ascii_whitespace) {
                assert_eq!(fold(word), word);
            }
        }
    }
}
