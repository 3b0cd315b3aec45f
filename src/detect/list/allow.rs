//! What a policy lets pass.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{ListError, Terms};
use crate::detect::own_patterns::TextPattern;
use crate::detect::{AllowSpec, Label, Span};

/// Texts that are never an entity: whatever it would be, or an entity of one label.
#[derive(Clone, Default)]
pub(in crate::detect) struct AllowList {
    always: Allowed,
    by_label: BTreeMap<Label, Allowed>,
}

impl AllowList {
    pub(in crate::detect) fn compile(
        always: &AllowSpec,
        by_label: &BTreeMap<Label, AllowSpec>,
    ) -> Result<AllowList, ListError> {
        let by_label = by_label.iter().map(|(label, spec)| Ok((*label, Allowed::compile(spec)?)));
        Ok(AllowList { always: Allowed::compile(always)?, by_label: by_label.collect::<Result<_, ListError>>()? })
    }

    /// Removes the spans that an allowed text or pattern covers entirely.
    pub(in crate::detect) fn remove_from(&self, text: &str, spans: &mut Vec<Span>) {
        self.always.remove_from(text, spans, |_| true);
        for (label, allowed) in &self.by_label {
            allowed.remove_from(text, spans, |span| span.label == *label);
        }
    }
}

#[derive(Clone, Default)]
struct Allowed {
    terms: Terms,
    patterns: Vec<TextPattern>,
}

impl Allowed {
    fn compile(spec: &AllowSpec) -> Result<Allowed, ListError> {
        let pattern = |pattern: &String| {
            TextPattern::compile(pattern, false)
                .map_err(|error| ListError::AllowPattern { pattern: pattern.clone(), error })
        };
        Ok(Allowed {
            terms: Terms::new(&spec.terms).map_err(ListError::Allowed)?,
            patterns: spec.patterns.iter().map(pattern).collect::<Result<_, _>>()?,
        })
    }

    fn remove_from(&self, text: &str, spans: &mut Vec<Span>, concerns: impl Fn(&Span) -> bool) {
        if !spans.iter().any(&concerns) {
            return;
        }
        let mut allowed: Vec<Range<usize>> = Vec::new();
        self.terms.find(text, |range| allowed.push(range));
        for pattern in &self.patterns {
            allowed.extend(pattern.find_iter(text).map(|found| found.whole));
        }
        if allowed.is_empty() {
            return;
        }
        let covers = farthest_end_by_start(allowed);
        spans.retain(|span| {
            let before = covers.partition_point(|(start, _)| *start <= span.start);
            !concerns(span) || before == 0 || covers[before - 1].1 < span.end
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
