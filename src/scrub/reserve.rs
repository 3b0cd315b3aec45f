//! Literal text that a minted token must not be mistaken for.

use memchr::memmem;
use zeroize::Zeroizing;

use super::token::fold_tag_char;
use super::unit::{Decoded, decode};

/// The letters and digits of the user's texts, folded as tags are and without
/// anything between them.
///
/// However the matcher reads a bent token, it reads these characters in this
/// order, so a token that is not found here cannot be found in those texts.
/// That asks for more than word boundaries would, which costs a longer tag once
/// in a great while and never a wrong restoration.
#[derive(Default)]
pub(super) struct Reserved(Zeroizing<Vec<u8>>);

impl Reserved {
    pub(super) fn add(&mut self, text: &str) {
        self.0.reserve(text.len() + 1);
        let mut at = 0;
        while at < text.len() {
            let first = text.as_bytes()[at];
            if !matches!(first, b'&' | b'\\' | b'%') {
                self.push(char::from(first));
                at += 1;
                continue;
            }
            let Decoded::Unit(unit) = decode(&text[at..], true) else { break };
            self.push(unit.value);
            at += unit.byte_len;
        }
        self.0.push(b' ');
    }

    fn push(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.0.push(fold_tag_char(c) as u8);
        }
    }

    /// Whether a token of this name and tag may stand in one of the texts.
    pub(super) fn holds(&self, token_name: &str, tag: &str) -> bool {
        let significant = token_name.chars().chain(tag.chars()).filter(char::is_ascii_alphanumeric);
        let needle: String = significant.map(fold_tag_char).collect();
        memmem::find(&self.0, needle.as_bytes()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_seen_however_it_is_written() {
        let bends =
            ["[PERSON_7KQ2]", "person 7kq2", "PERSON\\_7KQ2", "&#91;PERSON&amp;#95;7KQ2", "PER\u{200b}SON_**7KQ2**"];
        for bend in bends {
            let mut reserved = Reserved::default();
            reserved.add(&format!("ask {bend}, please"));
            assert!(reserved.holds("PERSON", "7KQ2"), "{bend}");
            assert!(!reserved.holds("PERSON", "7KQ3"), "{bend}");
        }
    }

    #[test]
    fn two_texts_do_not_join() {
        let mut reserved = Reserved::default();
        reserved.add("PERSON_7K");
        reserved.add("Q2");
        assert!(!reserved.holds("PERSON", "7KQ2"));
    }
}
