//! Which words are names of people, from everything that speaks for or against it.
//!
//! The default model reads text in lower case, so it sees neither capitals nor where
//! sentences begin, and it has met some thousand names. Both are added here: a word's
//! log odds of being part of a name are a weighted sum of what the model says of it and
//! of its neighbours, how it is written, what the lexicon knows of it and what stands
//! around it.

mod by_name;
mod features;
mod line;
mod surroundings;
mod weights;

use super::labels::{Class, Part};
use super::words::{SCORE_MIN, Word};
use crate::detect::Label;
use features::{Candidate, Reader};
use line::{Shape, Token};

/// A word as sure as this is kept; what a policy asks for is asked of whole names.
const CERTAINTY_MIN: f32 = 0.2;

/// `words` of `text`, in its order, those of people decided anew: out come the words
/// whose score is enough, a person's with how sure it is part of a name.
pub(super) fn weigh(text: &str, words: &[Word]) -> Vec<Word> {
    let mut weighed: Vec<Word> = words.iter().filter(|word| stays(text, word)).copied().collect();
    let mut from = 0;
    for line in line::lines(text) {
        let to = from + words[from..].partition_point(|word| word.start < line.end);
        let tokens = line::tokens(text, line.clone());
        let candidates = candidates(&tokens, &words[from..to]);
        from = to;
        let mut reader = Reader::new(text, line, &tokens, &candidates);
        for (at, (token, candidate)) in tokens.iter().zip(&candidates).enumerate() {
            let weighed_up = reader.features(at).map_or(0.0, |features| weights::certainty(&features));
            let certainty = weighed_up.max(reader.certainty_by_name(at));
            if certainty >= CERTAINTY_MIN {
                weighed.push(person(token, candidate, reader.part(at), certainty));
            }
        }
    }
    weighed.sort_by_key(|word| (word.start, word.end));
    weighed
}

/// Whether a word is none that is decided here, and its score is enough.
fn stays(text: &str, word: &Word) -> bool {
    let is_person = word.class.label == Label::PERSON;
    word.score >= SCORE_MIN && (!is_person || line::shape(&text[word.start..word.end]) == Shape::Unspaced)
}

/// What the model says of each token.
fn candidates(tokens: &[Token], words: &[Word]) -> Vec<Candidate> {
    let mut words = words.iter().peekable();
    let of_token = |token: &Token| {
        let mut candidate = Candidate::default();
        while let Some(word) = words.next_if(|word| word.start < token.end) {
            if word.end > token.start {
                candidate.add(word);
            }
        }
        candidate
    };
    tokens.iter().map(of_token).collect()
}

fn person(token: &Token, candidate: &Candidate, part: Part, certainty: f32) -> Word {
    Word {
        start: token.start,
        end: token.end,
        class: Class { label: Label::PERSON, part },
        begin: candidate.begin,
        score: certainty,
        person: candidate.person,
    }
}

#[cfg(test)]
mod tests;
