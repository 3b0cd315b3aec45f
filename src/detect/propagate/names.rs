//! The words of known people, to find parts of their names.
//!
//! Everything about a person is put into tables of words and of pairs of words, so
//! that reading a text costs the same whatever the number of people.

use std::collections::{HashMap, HashSet};

use super::ordinary::{is_date, is_ordinary};
use crate::detect::name_words::{fold, fold_into, fold_umlauts, is_particle, is_title};

/// What is longer is no name of a person.
const WORDS_MAX: usize = 8;
/// Shorter words stand for too much else.
const PART_LETTERS_MIN: usize = 3;
/// What follows a name and is no part of it, folded.
const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "mba"];

/// What people are called by their office, folded: with a name it is a title, alone
/// it is nobody's.
const OFFICES: &[&str] = &[
    "emperor",
    "empress",
    "queen",
    "princess",
    "president",
    "minister",
    "chancellor",
    "senator",
    "governor",
    "ambassador",
    "captain",
    "colonel",
    "sergeant",
    "lieutenant",
    "officer",
    "saint",
    "sultan",
    "emir",
    "kaiser",
    "kaiserin",
    "konig",
    "konigin",
    "prinz",
    "prinzessin",
    "kanzler",
    "kanzlerin",
    "prasident",
    "reine",
    "empereur",
    "reina",
    "emperador",
    "presidente",
    "ministro",
    "imperatore",
    "regina",
    "keizer",
    "koning",
    "koningin",
];

/// A word of a known name; spellings of one word share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct WordId(u32);

/// What a word says where it stands alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Weight {
    /// Nothing: a particle, a month, one or two letters.
    Nothing,
    /// A name, where it is written like one.
    Ordinary,
    /// A name, unless it is in lower case.
    Whole,
    /// A name.
    Name,
}

/// The words of all known people.
#[derive(Default)]
pub(super) struct Names {
    words: HashMap<String, WordId>,
    weights: Vec<Weight>,
    particles: HashSet<WordId>,
    /// Words of one name, in its order; a particle and the word behind it.
    pairs: HashSet<(WordId, WordId)>,
    /// Words with the initials of the other words of the name.
    initials: HashSet<(WordId, char)>,
    /// Which letters words start with: of ASCII each its bit, of others the last.
    first_letters: u32,
}

impl Names {
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Adds the words of a name. One that has a single word counts only where
    /// `is_whole` says that this is how the person is called.
    pub(super) fn add(&mut self, name: &str, is_whole: bool) {
        let words: Vec<&str> = words(name).map(|range| &name[range]).collect();
        let has_capital = words.iter().any(|word| word.starts_with(char::is_uppercase));
        let full = words.iter().filter(|word| is_full(word)).count();
        if words.len() > WORDS_MAX || full < 2 && !(is_whole && words.len() == 1) {
            return;
        }
        let ids: Vec<Option<WordId>> = words
            .iter()
            .map(|word| {
                (word.chars().count() > 1 || full == 0).then(|| {
                    // `Curie went`: what the sentence goes on with was taken for a name.
                    let is_stray = has_capital && word.starts_with(char::is_lowercase);
                    self.id(word, is_whole && words.len() == 1, is_stray)
                })
            })
            .collect();
        for (at, id) in ids.iter().enumerate() {
            let Some(id) = *id else { continue };
            for (other_at, other) in words.iter().enumerate().filter(|(other_at, _)| *other_at != at) {
                self.initials.extend(fold(other).chars().next().map(|initial| (id, initial)));
                let Some(other) = ids[other_at] else { continue };
                let is_near = other_at == at + 1;
                if other_at > at && (is_near || !self.particles.contains(&id) && !self.particles.contains(&other)) {
                    self.pairs.insert((id, other));
                }
            }
        }
    }

    fn id(&mut self, word: &str, is_whole: bool, is_stray: bool) -> WordId {
        let folded = fold(word);
        let id = self.words.get(&folded).copied().unwrap_or_else(|| {
            let id = WordId(self.weights.len() as u32);
            self.weights.push(Weight::Nothing);
            if is_particle(word) {
                self.particles.insert(id);
            }
            self.spell(folded, id);
            if let Some(spelled) = fold_umlauts(word) {
                self.spell(spelled, id);
            }
            id
        });
        let least = if is_whole { Weight::Whole } else { Weight::Nothing };
        let own = if is_stray { Weight::Nothing } else { weight(word) };
        let weight = &mut self.weights[id.0 as usize];
        *weight = (*weight).max(own).max(least);
        id
    }

    fn spell(&mut self, folded: String, id: WordId) {
        self.first_letters |= folded.chars().next().map_or(0, letter_bit);
        self.words.entry(folded).or_insert(id);
    }

    /// The known word that `word` is, `folded` being a buffer to use.
    pub(super) fn find(&self, word: &str, folded: &mut String) -> Option<WordId> {
        let first = word.chars().next()?;
        if self.first_letters & letter_bit(first.to_ascii_lowercase()) == 0 {
            return None;
        }
        folded.clear();
        fold_into(word, folded);
        self.words.get(folded.as_str()).copied()
    }

    pub(super) fn weight(&self, id: WordId) -> Weight {
        self.weights[id.0 as usize]
    }

    pub(super) fn is_particle(&self, id: WordId) -> bool {
        self.particles.contains(&id)
    }

    /// Whether both words are one person's, and whether they stand in the order of
    /// the name.
    pub(super) fn pair(&self, left: WordId, right: WordId) -> Option<Order> {
        if self.pairs.contains(&(left, right)) {
            return Some(Order::Name);
        }
        let has_particle = self.is_particle(left) || self.is_particle(right);
        (!has_particle && self.pairs.contains(&(right, left))).then_some(Order::Turned)
    }

    /// Whether somebody whose name holds the word has this initial beside it.
    pub(super) fn has_initial(&self, id: WordId, initial: char) -> bool {
        !self.is_particle(id)
            && fold(initial.encode_utf8(&mut [0; 4])).chars().all(|c| self.initials.contains(&(id, c)))
    }
}

/// How two words of one name follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// As in the name.
    Name,
    /// The other way.
    Turned,
}

fn weight(word: &str) -> Weight {
    let folded = fold(word);
    let is_beside_names = [SUFFIXES, OFFICES].iter().any(|words| words.contains(&folded.as_str())) || is_title(word);
    if is_beside_names || is_particle(word) || is_date(&folded) || word.chars().count() < PART_LETTERS_MIN {
        Weight::Nothing
    } else if is_ordinary(&folded) {
        Weight::Ordinary
    } else {
        Weight::Name
    }
}

/// Whether a word of a name is more than an initial, a particle or a suffix.
fn is_full(word: &str) -> bool {
    word.chars().count() > 1 && !is_particle(word) && !SUFFIXES.contains(&fold(word).as_str())
}

fn letter_bit(c: char) -> u32 {
    if c.is_ascii_lowercase() { 1 << (c as u8 - b'a') } else { 1 << 31 }
}

/// The words of `text`: letters and digits in a row, with their marks.
pub(super) fn words(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c: char| c.is_alphanumeric())?;
        let goes_on = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
        at = start + text[start..].find(|c| !goes_on(c)).unwrap_or(text.len() - start);
        Some(start..at)
    })
}
