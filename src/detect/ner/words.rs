//! From the scores of word pieces to whole words with a class.

use std::ops::Range;

use super::labels::{Class, Outputs};
use crate::detect::Label;

/// A word that belongs to an entity. Holds no text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Word {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    pub(super) class: Class,
    /// Whether the model sees the start of an entity here.
    pub(super) begin: bool,
    /// The probability that the word belongs to any entity, 0 to 1.
    pub(super) score: f32,
    /// The probability that the word is part of a person's name.
    pub(super) person: f32,
}

impl Word {
    pub(super) fn shifted(self, by: usize) -> Word {
        Word { start: self.start + by, end: self.end + by, ..self }
    }
}

/// A piece of a word as the tokenizer cut it.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) id: i64,
    /// Bytes of the window.
    pub(super) bytes: Range<usize>,
    /// Pieces of one word share its number.
    pub(super) word: Option<u32>,
}

/// A word counts as found from this probability on that it belongs to some entity,
/// of whatever kind: the kinds share what is left of "outside", and a word that is
/// split between two of them is personal data all the same.
pub(super) const SCORE_MIN: f32 = 0.5;
/// A word that is as likely part of a person's name is kept for what else speaks for it.
const PERSON_MIN: f32 = 0.002;

/// Decides word by word: the probabilities of a word's pieces are averaged,
/// so that one word is found whole or not at all.
///
/// `logits` holds a row of `outputs.len()` values for each piece.
pub(super) fn found_words(pieces: &[Piece], logits: &[f32], outputs: &Outputs) -> Vec<Word> {
    let width = outputs.len();
    let mut words = Vec::new();
    let mut from = 0;
    let mut probabilities = vec![0.0; width];
    for group in pieces.chunk_by(|a, b| a.word.is_some() && a.word == b.word) {
        let to = from + group.len();
        let rows = logits[from * width..to * width].chunks_exact(width);
        from = to;
        average_softmax(rows, &mut probabilities);
        if let Some(word) = decide(group, &probabilities, outputs) {
            words.push(word);
        }
    }
    words
}

/// The words that are found by their score alone.
pub(super) fn sure(mut words: Vec<Word>) -> Vec<Word> {
    words.retain(|word| word.score >= SCORE_MIN);
    words
}

fn average_softmax<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, average: &mut [f32]) {
    average.fill(0.0);
    let count = rows.len() as f32;
    for row in rows {
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|logit| (logit - max).exp()).sum();
        for (mean, logit) in average.iter_mut().zip(row) {
            *mean += (logit - max).exp() / sum / count;
        }
    }
}

fn decide(pieces: &[Piece], probabilities: &[f32], outputs: &Outputs) -> Option<Word> {
    let (start, end) = (pieces.first()?.bytes.start, pieces.last()?.bytes.end);
    let score: f32 = found(probabilities, outputs).map(|(_, p)| p).sum();
    let person: f32 =
        found(probabilities, outputs).filter(|(o, _)| o.class.label == Label::PERSON).map(|(_, p)| p).sum();
    if score < SCORE_MIN && person < PERSON_MIN || start >= end {
        return None;
    }
    // The label is chosen first: a given name that may as well be a surname
    // is a person, even where a third label is likelier than either part.
    let sum_of = |label: Label| -> f32 {
        found(probabilities, outputs).filter(|(o, _)| o.class.label == label).map(|(_, p)| p).sum()
    };
    let label = found(probabilities, outputs)
        .map(|(output, _)| output.class.label)
        .max_by(|a, b| sum_of(*a).total_cmp(&sum_of(*b)))?;
    let (best, _) = found(probabilities, outputs)
        .filter(|(output, _)| output.class.label == label)
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(Word { start, end, class: best.class, begin: best.begin, score: score.min(1.0), person: person.min(1.0) })
}

fn found<'a>(
    probabilities: &'a [f32],
    outputs: &'a Outputs,
) -> impl Iterator<Item = (super::labels::Output, f32)> + 'a {
    outputs.iter().zip(probabilities).filter_map(|(output, p)| Some((output?, *p)))
}
