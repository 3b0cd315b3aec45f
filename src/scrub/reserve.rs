//! Literal text that a minted token must not be mistaken for.

mod words;

use memchr::memmem;
use zeroize::Zeroizing;

use self::words::ReservedWords;
use super::lookalike::ascii_of;
use super::token::{digit_of, fold_tag_char};
use super::unit::{Decoded, decode};

/// The letters and digits of the user's texts, folded as tags are and without
/// anything between them.
///
/// However the matcher reads a bent token, it reads these characters in this
/// order, so a token that is not found here cannot be found in those texts.
/// That asks for more than word boundaries would, which costs a longer tag once
/// in a great while and never a wrong restoration.
#[derive(Default)]
pub(super) struct Reserved {
    folded: Zeroizing<Vec<u8>>,
    /// Which four characters of Crockford's alphabet stand next to each other
    /// somewhere in `folded`, a bit each, once searching it has a price.
    quads: Option<Box<[u64]>>,
    quads_until: usize,
    /// The words of the texts, where surrogates must not be mistaken for them.
    words: Option<ReservedWords>,
}

const QUADS_FROM_BYTES: usize = 16 * 1024;
const QUADS: usize = 1 << 20;

impl Reserved {
    /// Remembers whole words as well, in their order, from now on.
    pub(super) fn keep_words(&mut self) {
        self.words.get_or_insert_default();
    }

    /// Whether a word of one of the texts is `upper`, which is in capitals.
    pub(super) fn holds_word(&self, upper: &str) -> bool {
        self.words.as_ref().is_some_and(|words| words.know(upper))
    }

    /// Whether the words of `text` stand in one of the texts in their order, with
    /// whatever between them; where `is_joined`, also with nothing.
    pub(super) fn holds_text(&self, text: &str, is_joined: bool) -> bool {
        let Some(words) = &self.words else { return false };
        let joined = || self.holds_joined(text.chars());
        words.hold(text) || is_joined && joined()
    }

    pub(super) fn add(&mut self, text: &str) {
        self.folded.reserve(text.len() + 1);
        let mut at = 0;
        while at < text.len() {
            let first = text.as_bytes()[at];
            if first.is_ascii() && !matches!(first, b'&' | b'\\' | b'%') {
                self.push(char::from(first));
                at += 1;
                continue;
            }
            let Decoded::Unit(unit) = decode(&text[at..], true) else { break };
            self.push(unit.value);
            at += unit.byte_len;
        }
        self.folded.push(b' ');
        if let Some(words) = &mut self.words {
            words.end_text();
        }
        if self.folded.len() >= QUADS_FROM_BYTES {
            self.note_quads();
        }
    }

    fn note_quads(&mut self) {
        let quads = self.quads.get_or_insert_with(|| vec![0; QUADS / 64].into_boxed_slice());
        for quad in self.folded[self.quads_until..].windows(4).filter_map(quad_of) {
            quads[quad / 64] |= 1 << (quad % 64);
        }
        // Texts end with a blank, so that no quad spans two of them.
        self.quads_until = self.folded.len();
    }

    fn push(&mut self, c: char) {
        if let Some(words) = &mut self.words {
            words.push(c);
        }
        let c = ascii_of(c);
        if c.is_ascii_alphanumeric() {
            self.folded.push(fold_tag_char(c) as u8);
        }
    }

    /// Whether a token of this name and tag may stand in one of the texts.
    pub(super) fn holds(&self, token_name: &str, tag: &str) -> bool {
        self.may_hold(tag.as_bytes()) && self.holds_joined(token_name.chars().chain(tag.chars()))
    }

    /// Whether the letters and digits stand in one of the texts, next to each other.
    fn holds_joined(&self, characters: impl Iterator<Item = char>) -> bool {
        let needle: String = characters.filter(char::is_ascii_alphanumeric).map(fold_tag_char).collect();
        self.may_hold(needle.as_bytes()) && memmem::find(&self.folded, needle.as_bytes()).is_some()
    }

    /// Whether the first four of `folded` may stand in one of the texts.
    fn may_hold(&self, folded: &[u8]) -> bool {
        match (&self.quads, folded.get(..4).and_then(quad_of)) {
            (Some(quads), Some(quad)) => quads[quad / 64] & (1 << (quad % 64)) != 0,
            _ => true,
        }
    }
}

/// Four characters of a tag as a number of 20 bits.
fn quad_of(characters: &[u8]) -> Option<usize> {
    characters.iter().try_fold(0, |quad, c| Some(quad << 5 | digit_of(*c)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_seen_however_it_is_written() {
        let bends = [
            "[PERSON_7KQ2]",
            "person 7kq2",
            "PERSON\\_7KQ2",
            "&#91;PERSON&amp;#95;7KQ2",
            "PER\u{200b}SON_**7KQ2**",
            "ＰＥＲSОΝ_7KQ2",
        ];
        for bend in bends {
            let mut reserved = Reserved::default();
            reserved.add(&format!("ask {bend}, please"));
            assert!(reserved.holds("PERSON", "7KQ2"), "{bend}");
            assert!(!reserved.holds("PERSON", "7KQ3"), "{bend}");
        }
    }

    #[test]
    fn a_literal_in_a_long_text_is_seen() {
        let mut reserved = Reserved::default();
        reserved.add(&"The committee met on Tuesday. ".repeat(1000));
        reserved.add("ask PERSON_7KQ2");
        reserved.add(&"PERSON 7KQ ".repeat(1000));
        assert!(reserved.quads.is_some());
        assert!(reserved.holds("PERSON", "7KQ2") && reserved.holds("PERSON", "7KQP"));
        assert!(!reserved.holds("PERSON", "7KQ3") && !reserved.holds("AGE", "7KQ2"));
    }

    #[test]
    fn whole_words_are_seen_in_their_order() {
        let mut reserved = Reserved::default();
        reserved.keep_words();
        reserved.add("Erin\u{ad} met *Walsh*-Keane; Walshington, gathering.");
        reserved.add("Ér 555-0123");
        assert!(reserved.holds_word("ERIN") && reserved.holds_word("WALSH") && !reserved.holds_word("RIN"));
        assert!(reserved.holds_text("walsh, keane", false) && reserved.holds_text("Erin", false));
        assert!(!reserved.holds_text("Keane Walsh", false) && !reserved.holds_text("Gathering 555", false));
        assert!(reserved.holds_text("55 50123", true) && !reserved.holds_text("55 50123", false));
    }

    #[test]
    fn two_texts_do_not_join() {
        let mut reserved = Reserved::default();
        reserved.add("PERSON_7K");
        reserved.add("Q2");
        assert!(!reserved.holds("PERSON", "7KQ2"));
    }
}
