//! Names that the lexicon alone tells, where the model cannot: in identifiers and paths
//! (`/home/maria.gonzalez/`), and in scripts that it does not read.

use super::features::Reader;
use super::line::Shape;

/// How sure two words are a name when one is known as a given name and the other as a
/// surname.
const CERTAINTY: f32 = 0.6;
/// Shorter words are parts of too many identifiers.
const HANDLE_LETTERS_MIN: usize = 4;

impl Reader<'_> {
    /// How sure the token at `at` is part of a name, by the lexicon alone.
    pub(super) fn certainty_by_name(&mut self, at: usize) -> f32 {
        let is_name = self.is_name(at) || at.checked_sub(1).is_some_and(|before| self.is_name(before));
        if is_name { CERTAINTY } else { 0.0 }
    }

    /// Whether the token at `at` and the one behind it are a name.
    fn is_name(&mut self, at: usize) -> bool {
        if at + 1 >= self.tokens.len() {
            return false;
        }
        let (first, second) = (self.tokens[at].shape, self.tokens[at + 1].shape);
        match self.gap(at + 1) {
            "." | "_" | "-" => self.is_handle(at),
            " " if is_foreign(first, self.word(at)) && is_foreign(second, self.word(at + 1)) => {
                let (first, second) = (self.known(at), self.known(at + 1));
                first.given && second.surname || first.surname && second.given
            }
            _ => false,
        }
    }

    /// Whether the tokens are a given name and a surname that nothing else is called.
    fn is_handle(&mut self, at: usize) -> bool {
        let is_host = self.text[..self.tokens[at].start].ends_with(['@', '.'])
            || self.text[self.tokens[at + 1].end..].starts_with(['.', '(']) && self.gap(at + 1) == ".";
        let is_long = |word: &str| word.chars().count() >= HANDLE_LETTERS_MIN;
        if is_host || !is_long(self.word(at)) || !is_long(self.word(at + 1)) {
            return false;
        }
        let (given, surname) = (self.known(at), self.known(at + 1));
        let are_words = given.english && surname.english || given.calendar_or_nation || surname.calendar_or_nation;
        given.given && surname.surname && !are_words
    }
}

/// Whether a word is written like a name in letters that are not Latin ones. The letters
/// of India are left out: without their marks, other words are the same as names.
fn is_foreign(shape: Shape, word: &str) -> bool {
    let is_letter = |c| !matches!(c, '\0'..='\u{24f}' | '\u{900}'..='\u{dff}' | '\u{1e00}'..='\u{1eff}');
    matches!(shape, Shape::Title | Shape::Caseless) && word.starts_with(is_letter)
}
