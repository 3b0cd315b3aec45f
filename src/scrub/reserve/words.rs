//! The words of a request's texts, which no surrogate may be.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use memchr::memmem;
use zeroize::Zeroizing;

use crate::scrub::lookalike::{ascii_of, joins_words};
use crate::scrub::restore::is_invisible;

/// Texts as their words in capitals, with a blank around each.
#[derive(Default)]
pub(super) struct ReservedWords {
    text: Zeroizing<Vec<u8>>,
    known: HashSet<u64>,
    word_start: usize,
}

/// Stands for a letter that no surrogate has.
const FOREIGN_LETTER: u8 = b'~';
/// Stands between two texts.
const TEXT_END: &[u8] = b" | ";

impl ReservedWords {
    pub(super) fn push(&mut self, c: char) {
        let ascii = ascii_of(c);
        if ascii.is_ascii_alphanumeric() {
            self.text.push(ascii.to_ascii_uppercase() as u8);
        } else if joins_words(c) {
            self.text.push(FOREIGN_LETTER);
        } else if !is_invisible(c) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        if self.text.len() > self.word_start {
            self.known.insert(hash_of(&self.text[self.word_start..]));
            self.text.push(b' ');
            self.word_start = self.text.len();
        }
    }

    pub(super) fn end_text(&mut self) {
        self.end_word();
        self.text.extend_from_slice(TEXT_END);
        self.word_start = self.text.len();
    }

    /// Whether a word is `upper`, which is in capitals.
    pub(super) fn know(&self, upper: &str) -> bool {
        self.known.contains(&hash_of(upper.as_bytes()))
    }

    /// Whether the words of `text` stand there in their order.
    pub(super) fn hold(&self, text: &str) -> bool {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut needle = Vec::with_capacity(text.len() + 2);
        needle.push(b' ');
        for word in words {
            let upper = word.to_ascii_uppercase();
            if !self.know(&upper) {
                return false;
            }
            needle.extend_from_slice(upper.as_bytes());
            needle.push(b' ');
        }
        // The very first word has no blank in front of it.
        memmem::find(&self.text, &needle).is_some() || self.text.starts_with(&needle[1..])
    }
}

fn hash_of(word: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}
