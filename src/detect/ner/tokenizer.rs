//! From the text of a window to tokens, and to the words that they are parts of.

use std::ops::Range;
use std::path::Path;

use tokenizers::{NormalizedString, Normalizer, Tokenizer};

use super::NerError;
use super::words::Piece;

/// The tokenizer and the special tokens that it puts around a text.
pub(super) struct WindowTokenizer {
    tokenizer: Tokenizer,
    pub(super) prefix: Vec<i64>,
    pub(super) suffix: Vec<i64>,
    /// The highest token that it makes.
    pub(super) id_max: i64,
}

impl WindowTokenizer {
    pub(super) fn parse(path: &Path, json: &[u8]) -> Result<WindowTokenizer, NerError> {
        let unusable = |reason: String| NerError::Tokenizer { path: path.to_owned(), reason };
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|e| unusable(e.to_string()))?;
        tokenizer.with_truncation(None).map_err(|e| unusable(e.to_string()))?;
        tokenizer.with_padding(None);
        // "[SEP]" in a user's text is text.
        tokenizer.set_encode_special_tokens(true);
        let sample = tokenizer.encode_fast("a", true).map_err(|e| unusable(e.to_string()))?;
        let ids = || sample.get_ids().iter().map(|id| i64::from(*id)).zip(sample.get_special_tokens_mask());
        let prefix: Vec<i64> = ids().take_while(|(_, special)| **special == 1).map(|(id, _)| id).collect();
        let suffix = ids().skip(prefix.len()).filter(|(_, special)| **special == 1).map(|(id, _)| id).collect();
        let id_max = tokenizer.get_vocab(true).into_values().max().map_or(0, i64::from);
        Ok(WindowTokenizer { tokenizer, prefix, suffix, id_max })
    }

    /// Whether it makes small letters of capitals first.
    pub(super) fn ignores_case(&self) -> bool {
        let mut text = NormalizedString::from("A");
        let is_normalized = self.tokenizer.get_normalizer().is_some_and(|n| n.normalize(&mut text).is_ok());
        is_normalized && text.get() == "a"
    }

    /// The tokens of `window` without the special ones.
    pub(super) fn pieces(&self, window: &str) -> Result<Vec<Piece>, NerError> {
        let encoding = self.tokenizer.encode(window, false).map_err(|e| NerError::Inference(e.to_string()))?;
        let parts = encoding.get_ids().iter().zip(encoding.get_offsets()).zip(encoding.get_word_ids());
        let pieces = parts.map(|((id, (start, end)), word)| Piece {
            id: i64::from(*id),
            bytes: without_space(window, whole_chars(window, *start..*end)),
            word: *word,
        });
        Ok(words_apart(window, pieces.collect()))
    }

    pub(super) fn special_count(&self) -> usize {
        self.prefix.len() + self.suffix.len()
    }
}

/// A byte-level tokenizer may cut inside a character; an offset then goes to its ends.
fn whole_chars(text: &str, bytes: Range<usize>) -> Range<usize> {
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let start = (0..=bytes.start.min(text.len())).rev().find(is_boundary);
    let end = (bytes.end..=text.len()).find(is_boundary);
    start.unwrap_or(0)..end.unwrap_or(text.len())
}

/// SentencePiece's tokens begin with the space in front of a word.
fn without_space(text: &str, bytes: Range<usize>) -> Range<usize> {
    let piece = &text[bytes.clone()];
    let start = bytes.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

/// Numbers the words anew where the tokenizer takes several for one, as some do that have
/// SentencePiece's whole text in one.
fn words_apart(text: &str, mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut number = 0;
    let mut last: Option<Piece> = None;
    for piece in &mut pieces {
        let own = piece.clone();
        if let Some(last) = last {
            let gap = text.get(last.bytes.end..own.bytes.start).unwrap_or_default();
            number += u32::from(last.word != own.word || gap.contains(char::is_whitespace));
        }
        piece.word = own.word.map(|_| number);
        last = Some(own);
    }
    pieces
}
