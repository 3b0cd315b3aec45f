//! A policy's lists: terms that are always an entity, texts that never are.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

use super::pattern::is_whole_word;
use super::{DetectorKind, Label, Span, TermList};

/// A list that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A term or allowed text without a character.
    #[error("{list} holds an empty term; remove it")]
    EmptyTerm {
        /// Which list.
        list: String,
    },
    /// An allow pattern that is no regular expression.
    #[error("allow pattern {pattern:?} is no regular expression: {source}")]
    AllowPattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// More terms than an automaton can hold.
    #[error("{list} is too large: {source}; shorten it")]
    TooLarge {
        /// Which list.
        list: String,
        /// What the automaton says.
        source: aho_corasick::BuildError,
    },
}

/// Terms that are always an entity, found as whole words in any ASCII case.
#[derive(Clone, Default)]
pub(crate) struct DenyLists {
    terms: Option<AhoCorasick>,
    labels: Vec<Label>,
}

impl DenyLists {
    pub(crate) fn compile(lists: &[TermList]) -> Result<DenyLists, ListError> {
        DenyLists::of_kind(lists, None)
    }

    /// The same, for the texts of one request: soon built rather than fast.
    pub(super) fn compile_for_once(lists: &[TermList]) -> Result<DenyLists, ListError> {
        DenyLists::of_kind(lists, Some(AhoCorasickKind::NoncontiguousNFA))
    }

    fn of_kind(lists: &[TermList], kind: Option<AhoCorasickKind>) -> Result<DenyLists, ListError> {
        let mut terms = Vec::new();
        let mut labels = Vec::new();
        for list in lists {
            for term in &list.terms {
                let term = term.trim();
                if term.is_empty() {
                    return Err(ListError::EmptyTerm { list: format!("the list of {}", list.label) });
                }
                terms.push(term.to_owned());
                labels.push(list.label);
            }
        }
        Ok(DenyLists { terms: automaton(&terms, "the term lists", kind)?, labels })
    }

    /// The terms in `text`.
    pub(crate) fn find(&self, text: &str, spans: &mut Vec<Span>) {
        for (found, term) in self.terms.iter().flat_map(|terms| whole_words(terms, text)) {
            let label = self.labels[term];
            spans.push(Span { start: found.start, end: found.end, label, score: 1.0, detector: DetectorKind::List });
        }
    }
}

/// Texts that are never an entity.
#[derive(Clone, Default)]
pub(super) struct AllowList {
    texts: Option<AhoCorasick>,
    patterns: Vec<Regex>,
}

impl AllowList {
    pub(super) fn compile(texts: &[String], patterns: &[String]) -> Result<AllowList, ListError> {
        let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
        if texts.iter().any(String::is_empty) {
            return Err(ListError::EmptyTerm { list: "the allow list".to_owned() });
        }
        let compile = |pattern: &String| {
            Regex::new(pattern)
                .map_err(|error| ListError::AllowPattern { pattern: pattern.clone(), source: Box::new(error) })
        };
        Ok(AllowList {
            texts: automaton(&texts, "the allow list", None)?,
            patterns: patterns.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// Removes the spans that an allowed text or pattern covers entirely.
    pub(super) fn remove_from(&self, text: &str, spans: &mut Vec<Span>) {
        if spans.is_empty() {
            return;
        }
        let mut allowed: Vec<Range<usize>> =
            self.texts.iter().flat_map(|texts| whole_words(texts, text)).map(|(range, _)| range).collect();
        for pattern in &self.patterns {
            allowed.extend(pattern.find_iter(text).map(|found| found.range()));
        }
        if allowed.is_empty() {
            return;
        }
        let covers = farthest_end_by_start(allowed);
        spans.retain(|span| {
            let before = covers.partition_point(|(start, _)| *start <= span.start);
            before == 0 || covers[before - 1].1 < span.end
        });
    }
}

/// Sorted starts, each with the farthest end of a range that starts there or
/// earlier: what covers a span is then one look-up away.
fn farthest_end_by_start(mut ranges: Vec<Range<usize>>) -> Vec<(usize, usize)> {
    ranges.sort_by_key(|range| range.start);
    let mut farthest = 0;
    ranges
        .into_iter()
        .map(|range| {
            farthest = farthest.max(range.end);
            (range.start, farthest)
        })
        .collect()
}

fn automaton(terms: &[String], list: &str, kind: Option<AhoCorasickKind>) -> Result<Option<AhoCorasick>, ListError> {
    if terms.is_empty() {
        return Ok(None);
    }
    let mut builder = AhoCorasick::builder();
    let built = builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(kind).build(terms);
    built.map(Some).map_err(|source| ListError::TooLarge { list: list.to_owned(), source })
}

/// Where terms stand as whole words, with the number of the term.
fn whole_words(terms: &AhoCorasick, text: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    terms
        .find_overlapping_iter(text)
        .filter(|found| is_whole_word(text, found.start(), found.end()))
        .map(|found| (found.range(), found.pattern().as_usize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(label: &str, terms: &[&str]) -> TermList {
        TermList { label: Label::parse(label).unwrap(), terms: terms.iter().map(|term| term.to_string()).collect() }
    }

    #[test]
    fn terms_are_found_as_whole_words_in_any_case() {
        let lists =
            DenyLists::compile(&[terms("CUSTOM:PROJECT", &["Blue Falcon"]), terms("PERSON", &["Ann"])]).unwrap();
        let text = "BLUE FALCON and ann, not Annex or blue falconry";
        let mut spans = Vec::new();
        lists.find(text, &mut spans);
        let found: Vec<_> = spans.iter().map(|span| (&text[span.start..span.end], span.label.as_str())).collect();
        assert_eq!(found, vec![("BLUE FALCON", "CUSTOM:PROJECT"), ("ann", "PERSON")]);
    }

    #[test]
    fn an_allowed_text_removes_only_what_it_covers_entirely() {
        let text = "mail support@example.com or support@example.com.au";
        let span = |start: usize, end| Span {
            start,
            end,
            label: Label::EMAIL_ADDRESS,
            score: 1.0,
            detector: DetectorKind::Pattern,
        };
        let other = text.rfind("support").unwrap();
        for allow in [
            AllowList::compile(&["Support@example.com".into()], &[]).unwrap(),
            AllowList::compile(&[], &[r"support@example\.com\b".into()]).unwrap(),
        ] {
            let mut spans = vec![span(5, 24), span(other, text.len())];
            allow.remove_from(text, &mut spans);
            assert_eq!(spans, vec![span(other, text.len())]);
        }
    }

    #[test]
    fn what_cannot_be_compiled_is_named() {
        let error = AllowList::compile(&[], &["(".into()]).err().unwrap().to_string();
        assert!(error.contains("allow pattern \"(\""), "{error}");
        assert!(DenyLists::compile(&[terms("PERSON", &[" "])]).err().unwrap().to_string().contains("PERSON"));
    }
}
