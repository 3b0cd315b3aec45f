//! The model: tokenizer, graph and labels, from the words of a window to the
//! words that belong to entities.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use ort::session::{Session, SessionInputValue};
use ort::value::{TensorElementType, TensorRef};

use super::NerError;
use super::labels::Outputs;
use super::tokenizer::WindowTokenizer;
use super::window::stitch;
use super::words::{Piece, Word, found_words};

/// What all workers share of a model.
pub(super) struct Model {
    pub(super) tokenizer: WindowTokenizer,
    pub(super) outputs: Outputs,
    /// The longest sequence the graph takes, special tokens included.
    pub(super) tokens_max: usize,
}

/// The role of an input of the graph.
#[derive(Clone, Copy)]
enum Input {
    Ids,
    Mask,
    Types,
}

/// One session over the model; each worker has its own.
pub(super) struct Classifier {
    model: Arc<Model>,
    session: Session,
    inputs: Vec<(String, Input)>,
    output: String,
}

impl Classifier {
    /// Checks that the graph is a token classifier over the model's labels,
    /// by its signature and by one run.
    pub(super) fn new(model: Arc<Model>, session: Session) -> Result<Classifier, NerError> {
        let inputs = session.inputs().iter().map(input).collect::<Result<Vec<_>, _>>()?;
        if !inputs.iter().any(|(_, role)| matches!(role, Input::Ids)) {
            return Err(NerError::Model("it has no input `input_ids`".to_owned()));
        }
        let named = session.outputs().iter().find(|output| output.name() == "logits");
        let output = named
            .or_else(|| session.outputs().first())
            .ok_or_else(|| NerError::Model("it has no output".to_owned()))?;
        if output.dtype().tensor_type() != Some(TensorElementType::Float32) {
            let reason = "its output is not of 32-bit floats: export it without half precision";
            return Err(NerError::Model(reason.to_owned()));
        }
        let output = output.name().to_owned();
        let mut classifier = Classifier { model, session, inputs, output };
        classifier.classify("a b").map_err(|error| match error {
            NerError::Inference(reason) => NerError::Model(reason),
            other => other,
        })?;
        classifier.try_highest_token()?;
        Ok(classifier)
    }

    /// Another model's tokenizer makes tokens that this model does not know, and the
    /// first text that holds one would fail.
    fn try_highest_token(&mut self) -> Result<(), NerError> {
        let id = self.model.tokenizer.id_max;
        let tried = self.run(&[Piece { id, bytes: 0..1, word: None }]);
        tried.map(drop).map_err(|error| {
            NerError::Model(format!(
                "it fails on the highest token, {id}, of tokenizer.json, which may be another model's ({error})"
            ))
        })
    }

    /// The words of the window that belong to entities.
    pub(super) fn classify(&mut self, window: &str) -> Result<Vec<Word>, NerError> {
        let pieces = self.model.tokenizer.pieces(window)?;
        let budget = self.model.tokens_max - self.model.tokenizer.special_count();
        if pieces.len() <= budget {
            return self.run(&pieces);
        }
        // A script that takes several tokens a character (decomposed Hangul,
        // digits, base64) does not fit: windows again, now of tokens.
        let mut parts = Vec::new();
        for range in token_windows(&pieces, budget) {
            let part = &pieces[range];
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            parts.push((first.bytes.start..last.bytes.end, self.run(part)?));
        }
        Ok(stitch(parts))
    }

    fn run(&mut self, pieces: &[Piece]) -> Result<Vec<Word>, NerError> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let tokenizer = &self.model.tokenizer;
        let body = pieces.iter().map(|piece| piece.id);
        let ids: Vec<i64> =
            tokenizer.prefix.iter().copied().chain(body).chain(tokenizer.suffix.iter().copied()).collect();
        let (ones, zeros) = (vec![1; ids.len()], vec![0; ids.len()]);
        let mut feed: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(self.inputs.len());
        for (name, role) in &self.inputs {
            let values: &[i64] = match role {
                Input::Ids => &ids,
                Input::Mask => &ones,
                Input::Types => &zeros,
            };
            let tensor = TensorRef::from_array_view(([1, ids.len()], values)).map_err(inference)?;
            feed.push((name.as_str().into(), tensor.into()));
        }
        let results = self.session.run(feed).map_err(inference)?;
        let value = results.get(&self.output).ok_or_else(|| NerError::Inference("no logits".to_owned()))?;
        let (shape, logits) = value.try_extract_tensor::<f32>().map_err(inference)?;
        let width = self.model.outputs.len();
        match shape[..] {
            [1, tokens, scores] if tokens == ids.len() as i64 && scores == width as i64 => {}
            [1, tokens, scores] if tokens == ids.len() as i64 => {
                let reason =
                    format!("it gives {scores} scores a token, and id2label in config.json names {width} labels");
                return Err(NerError::Inference(reason));
            }
            ref found => {
                let expected = [1, ids.len(), width];
                let reason = format!("its output has shape {found:?}; that of a token classifier is {expected:?} here");
                return Err(NerError::Inference(reason));
            }
        }
        let from = tokenizer.prefix.len() * width;
        Ok(found_words(pieces, &logits[from..from + pieces.len() * width], &self.model.outputs))
    }
}

fn inference(error: ort::Error) -> NerError {
    NerError::Inference(error.to_string())
}

fn input(outlet: &ort::value::Outlet) -> Result<(String, Input), NerError> {
    let name = outlet.name();
    let role = match name {
        "input_ids" => Input::Ids,
        "attention_mask" => Input::Mask,
        "token_type_ids" => Input::Types,
        _ => return Err(NerError::Model(format!("it asks for an input `{name}` that no BERT-like model has"))),
    };
    match outlet.dtype().tensor_type() {
        Some(TensorElementType::Int64) => Ok((name.to_owned(), role)),
        _ => Err(NerError::Model(format!("its input `{name}` is not of 64-bit integers"))),
    }
}

/// Tokens that two token windows share.
const OVERLAP_TOKENS: usize = 64;

/// Ranges of at most `budget` pieces that overlap and start at words.
fn token_windows(pieces: &[Piece], budget: usize) -> Vec<Range<usize>> {
    let overlap = OVERLAP_TOKENS.min(budget / 4);
    let mut ranges = Vec::new();
    let mut start = 0;
    loop {
        let end = (start + budget).min(pieces.len());
        ranges.push(start..end);
        if end == pieces.len() {
            return ranges;
        }
        let wanted = end - overlap;
        let earliest = wanted.saturating_sub(overlap).max(start + 1);
        let starts_word = |at: &usize| pieces[*at].word.is_none() || pieces[*at].word != pieces[*at - 1].word;
        start = (earliest..=wanted).rev().find(starts_word).unwrap_or(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_windows_cover_all_pieces_and_fit_the_budget() {
        for piece_words in [1_usize, 3, 200] {
            let pieces: Vec<_> =
                (0..1000).map(|at| Piece { id: 0, bytes: at..at + 1, word: Some((at / piece_words) as u32) }).collect();
            let ranges = token_windows(&pieces, 100);
            assert_eq!((ranges[0].start, ranges.last().unwrap().end), (0, 1000));
            assert!(ranges.iter().all(|range| range.len() <= 100));
            assert!(ranges.windows(2).all(|pair| pair[0].start < pair[1].start && pair[1].start < pair[0].end));
        }
    }
}
