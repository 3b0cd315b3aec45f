//! A policy's lists: terms that are always an entity, texts that never are.

mod allow;
mod terms;

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::own_patterns::PatternError;
use super::pattern::is_whole_word;
use super::{DetectorKind, Label, Span, TermList};
pub(super) use allow::AllowList;
use terms::TermIndex;

/// A list that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A term that cannot be looked for.
    #[error("the list of {label} {error}")]
    Term {
        /// Whose list.
        label: Label,
        /// What is wrong with the term.
        error: TermError,
    },
    /// An allowed text that cannot be looked for.
    #[error("the allow list {0}")]
    Allowed(TermError),
    /// More lists than can be told apart.
    #[error("there are more than {} lists; join those of one label", u16::MAX)]
    TooMany,
    /// An allow pattern that cannot be compiled.
    #[error("allow pattern {pattern:?} {error}")]
    AllowPattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// More values than an automaton can hold.
    #[error("the values of a request are too many: {0}")]
    TooLarge(#[from] aho_corasick::BuildError),
}

/// What is wrong with a term; reads on from where it stands and does not repeat it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TermError {
    /// It has no character.
    #[error("holds an empty term")]
    Empty,
    /// It is longer than is searched for.
    #[error("holds a term of more than {TERM_CHARS_MAX} characters; shorten it, or write a pattern")]
    Long,
}

/// Checks that a term can be looked for.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_term(term: &str) -> Result<(), TermError> {
    checked(term).map(drop)
}

/// The search goes over a text once for each character of its longest term, at worst.
pub(crate) const TERM_CHARS_MAX: usize = 500;

/// Terms without a label, found as whole words in any case.
#[derive(Clone, Default)]
pub(super) struct Terms(Option<Arc<TermIndex>>);

impl Terms {
    pub(super) fn new(terms: &[String]) -> Result<Terms, TermError> {
        let terms: Vec<_> = terms.iter().map(|term| Ok((checked(term)?, 0))).collect::<Result<_, _>>()?;
        Ok(Terms(index(&terms)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Calls `found` for each place in `text` where one stands.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(Range<usize>)) {
        if let Some(terms) = &self.0 {
            terms.find(text, |range, _| found(range));
        }
    }

    /// Whether one of them stands in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut any = false;
        self.find(text, |_| any = true);
        any
    }
}

/// Terms that are always an entity, found as whole words in any case.
#[derive(Clone, Default)]
pub(crate) struct DenyLists {
    terms: Option<Arc<TermIndex>>,
    /// By the number of the list.
    labels: Vec<Label>,
}

impl DenyLists {
    /// Of a term in two lists, the later list counts.
    pub(crate) fn compile(lists: &[TermList]) -> Result<DenyLists, ListError> {
        let mut terms = Vec::with_capacity(lists.iter().map(|list| list.terms.len()).sum());
        for (number, list) in lists.iter().enumerate() {
            let number = u16::try_from(number).map_err(|_| ListError::TooMany)?;
            for term in &list.terms {
                let term = checked(term).map_err(|error| ListError::Term { label: list.label, error })?;
                terms.push((term, number));
            }
        }
        Ok(DenyLists { terms: index(&terms), labels: lists.iter().map(|list| list.label).collect() })
    }

    /// The terms in `text`.
    pub(crate) fn find(&self, text: &str, spans: &mut Vec<Span>) {
        let Some(terms) = &self.terms else { return };
        terms.find(text, |found, list| spans.push(listed(found, self.labels[usize::from(list)])));
    }
}

/// The values of one request, found in any ASCII case.
///
/// An automaton, unlike [`DenyLists`]: it takes longer to make, but callers choose both values and
/// texts here, and its search takes the same time whatever they are.
pub(super) struct KnownValues {
    values: AhoCorasick,
    labels: Vec<Label>,
}

impl KnownValues {
    pub(super) fn compile(lists: &[TermList]) -> Result<KnownValues, ListError> {
        let values = lists.iter().flat_map(|list| list.terms.iter().map(|term| term.trim()));
        let labels = lists.iter().flat_map(|list| list.terms.iter().map(|_| list.label)).collect();
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard);
        // Soon built rather than fast.
        let values = builder.kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(values)?;
        Ok(KnownValues { values, labels })
    }

    /// The values that stand in `text` as whole words.
    pub(super) fn find(&self, text: &str, spans: &mut Vec<Span>) {
        let found = self.values.find_overlapping_iter(text);
        let whole = found.filter(|found| is_whole_word(text, found.start(), found.end()));
        spans.extend(whole.map(|found| listed(found.range(), self.labels[found.pattern().as_usize()])));
    }
}

fn listed(found: Range<usize>, label: Label) -> Span {
    Span { start: found.start, end: found.end, label, score: 1.0, detector: DetectorKind::List }
}

fn checked(term: &str) -> Result<&str, TermError> {
    let term = term.trim();
    if term.is_empty() {
        return Err(TermError::Empty);
    }
    // A character is a byte at least.
    if term.len() > TERM_CHARS_MAX && term.chars().count() > TERM_CHARS_MAX {
        return Err(TermError::Long);
    }
    Ok(term)
}

fn index(terms: &[(&str, u16)]) -> Option<Arc<TermIndex>> {
    (!terms.is_empty()).then(|| Arc::new(TermIndex::new(terms)))
}

#[cfg(test)]
mod tests;
