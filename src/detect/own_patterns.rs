//! A policy's own patterns, beside the catalogue's.
//!
//! They come from whoever writes a policy, so each has limits: on its length, on the size
//! that it compiles to, on how far a search looks ahead. A search takes linear time in the
//! text, whatever the pattern.

mod text_pattern;

use std::ops::Range;

use super::list::{TERM_CHARS_MAX, Terms};
use super::pattern::{Validator, validator_named};
use super::{DetectorKind, Label, Span};
pub(super) use text_pattern::{Found, TextPattern};

/// Patterns of a policy; each is a search of its own over the text.
pub const PATTERNS_MAX: usize = 100;

/// What a policy's own pattern is, as written.
#[derive(Clone, PartialEq, Debug)]
pub struct PatternSpec {
    /// What its values are.
    pub label: Label,
    /// A regular expression in the `regex` crate's syntax. A group called `v` is the
    /// value; without one the whole match is.
    pub regex: String,
    /// Whether letters match in any case.
    pub ignore_case: bool,
    /// The name of one of [`validator_names`](super::pattern::validator_names); a value that
    /// it refuses is none.
    pub validator: Option<String>,
    /// Whole words, in any case, that speak for a value when near, or in its key.
    pub context: Vec<String>,
    /// Confidence in a value by itself, 0 to 1. Without one, a pattern that has context
    /// words needs one of them near, and one that has none gets 0.85.
    pub score: Option<f32>,
    /// Confidence in a value beside a context word, 0 to 1; not below `score` where it is
    /// not given.
    pub context_score: Option<f32>,
}

impl PatternSpec {
    /// What `regex` matches is of `label`, as it stands and wherever it stands.
    pub fn new(label: Label, regex: impl Into<String>) -> PatternSpec {
        let (regex, ignore_case, validator, context) = (regex.into(), false, None, Vec::new());
        PatternSpec { label, regex, ignore_case, validator, context, score: None, context_score: None }
    }
}

/// Confidence where a pattern gives none, as in the catalogue.
const SCORE_DEFAULT: f32 = 0.85;

/// What is wrong with a pattern; reads on from where the pattern stands and repeats nothing of it.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PatternError {
    /// The expression is longer than is read.
    #[error("has more than {} characters; write several patterns", text_pattern::CHARS_MAX)]
    Long,
    /// The expression cannot be read.
    #[error("is not a regular expression of Rust's regex crate: {0}")]
    Syntax(String),
    /// It needs too much memory.
    #[error(
        "compiles to more than {} KiB; use smaller repetitions, or ASCII classes such as [0-9] or (?-u:\\w)",
        text_pattern::SIZE_MAX_BYTES >> 10
    )]
    Large,
    /// It would match between any two characters.
    #[error("matches the empty text; write + where there is *")]
    MatchesEmpty,
    /// It cannot match at all.
    #[error("matches no text")]
    MatchesNothing,
    /// There is no such check.
    #[error("is no validator")]
    UnknownValidator,
    /// A confidence outside its range.
    #[error("must be from 0 to 1")]
    Score,
    /// The same, of a value beside a context word.
    #[error("must be from 0 to 1")]
    ContextScore,
    /// A confidence for what cannot be.
    #[error("needs context words")]
    NoContext,
    /// A context word that is none.
    #[error("holds an empty word, or one of more than {TERM_CHARS_MAX} characters")]
    ContextWord,
}

impl PatternError {
    /// The key of [`PatternSpec`] that it is about.
    pub fn key(&self) -> &'static str {
        match self {
            PatternError::UnknownValidator => "validator",
            PatternError::Score => "score",
            PatternError::ContextScore | PatternError::NoContext => "context_score",
            PatternError::ContextWord => "context",
            _ => "regex",
        }
    }
}

/// Checks a pattern, and gives the highest confidence that it can have.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_pattern(spec: &PatternSpec) -> Result<f32, PatternError> {
    let OwnPattern { score, context_score, context, .. } = OwnPattern::compile(spec)?;
    let alone = score.unwrap_or_default();
    Ok(if context.is_empty() { alone } else { alone.max(context_score) })
}

/// Checks an expression that is no entity's.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_regex(pattern: &str) -> Result<(), PatternError> {
    TextPattern::compile(pattern, false).map(drop)
}

/// A context word counts up to this far before a value, in bytes: a clause, as in the catalogue.
const CONTEXT_BEFORE_BYTES: usize = 56;
/// A context word counts up to this far after a value, in bytes: a few words.
const CONTEXT_AFTER_BYTES: usize = 24;
/// A refused value up to this long, in bytes, may hide one that starts a little later.
const RETRIED_BYTES_MAX: usize = 64;

/// A pattern, ready to match.
#[derive(Clone)]
pub(super) struct OwnPattern {
    label: Label,
    pattern: TextPattern,
    validator: Option<Validator>,
    context: Terms,
    score: Option<f32>,
    context_score: f32,
}

impl OwnPattern {
    pub(super) fn compile(spec: &PatternSpec) -> Result<OwnPattern, PatternError> {
        let is_score = |score: &f32| (0.0..=1.0).contains(score);
        if !spec.score.iter().all(is_score) {
            return Err(PatternError::Score);
        }
        if !spec.context_score.iter().all(is_score) {
            return Err(PatternError::ContextScore);
        }
        if spec.context.is_empty() && spec.context_score.is_some() {
            return Err(PatternError::NoContext);
        }
        let alone = if spec.context.is_empty() { Some(SCORE_DEFAULT) } else { None };
        let score = spec.score.or(alone);
        let validator =
            spec.validator.as_deref().map(|name| validator_named(name).ok_or(PatternError::UnknownValidator));
        Ok(OwnPattern {
            label: spec.label,
            pattern: TextPattern::compile(&spec.regex, spec.ignore_case)?,
            validator: validator.transpose()?,
            context: Terms::new(&spec.context).map_err(|_| PatternError::ContextWord)?,
            score,
            context_score: spec.context_score.unwrap_or(score.unwrap_or(0.0).max(SCORE_DEFAULT)),
        })
    }

    /// The values in `text`, which stands under `key`.
    pub(super) fn find(&self, text: &str, key: Option<&str>, spans: &mut Vec<Span>) {
        let is_keyed = key.is_some_and(|key| self.context.is_in(key));
        let mut at = 0;
        while let Some(Found { whole, value }) = self.pattern.find_from(text, at) {
            at = whole.end;
            let is_valid = !value.is_empty() && self.validator.is_none_or(|is_valid| is_valid(&text[value.clone()]));
            if !is_valid {
                if whole.len() <= RETRIED_BYTES_MAX {
                    at = text.ceil_char_boundary(whole.start + 1);
                }
                continue;
            }
            let score = if is_keyed || self.has_context(text, &value) { Some(self.context_score) } else { self.score };
            if let Some(score) = score {
                let detector = DetectorKind::Pattern;
                spans.push(Span { start: value.start, end: value.end, label: self.label, score, detector });
            }
        }
    }

    fn has_context(&self, text: &str, value: &Range<usize>) -> bool {
        let from = text.floor_char_boundary(value.start.saturating_sub(CONTEXT_BEFORE_BYTES));
        let to = text.ceil_char_boundary(value.end + CONTEXT_AFTER_BYTES);
        let mut is_near = false;
        self.context.find(&text[from..to], |word| {
            let word = from + word.start..from + word.end;
            let is_apart = word.end <= value.start || value.end <= word.start;
            // At the edges stand parts of words.
            let is_cut = word.start == from && from > 0 || word.end == to && to < text.len();
            is_near |= is_apart && !is_cut;
        });
        is_near
    }
}

#[cfg(test)]
mod tests;
