//! Two detectors that find the same thing are surer than each.

use super::Span;

/// What the token classifiers found in a text, by label; those of one label sorted
/// and apart.
pub(super) struct Names(Vec<Span>);

impl Names {
    /// Of `spans`, in whatever order several classifiers found them; those of one
    /// label that overlap become one, as sure as the surest.
    pub(super) fn of(spans: &[Span]) -> Names {
        let mut names = spans.to_vec();
        names.sort_by_key(|name| (name.label, name.start));
        names.dedup_by(|next, name| {
            let overlaps = next.label == name.label && next.start < name.end;
            if overlaps {
                name.end = name.end.max(next.end);
                name.score = name.score.max(next.score);
            }
            overlaps
        });
        Names(names)
    }

    /// How sure a classifier is of the label of `span` where it stands.
    pub(super) fn score_of(&self, span: &Span) -> Option<f32> {
        let first = self.0.partition_point(|name| (name.label, name.end) <= (span.label, span.start));
        let name = self.0.get(first).filter(|name| name.label == span.label && name.start < span.end);
        name.map(|name| name.score)
    }

    /// `span`, surer where it overlaps a name of the same label: the chance that
    /// both are wrong is the product of the chances that each is.
    pub(super) fn agreed(&self, span: Span) -> Span {
        let score = self.score_of(&span).map_or(span.score, |name| 1.0 - (1.0 - span.score) * (1.0 - name));
        Span { score, ..span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DetectorKind, Label};

    fn name(start: usize, end: usize, label: Label, score: f32) -> Span {
        Span { start, end, label, score, detector: DetectorKind::Ner }
    }

    #[test]
    fn a_weak_pattern_gains_from_a_classifier_that_says_the_same() {
        let names = Names::of(&[name(0, 4, Label::PERSON, 0.9), name(10, 22, Label::TAX_ID, 0.6)]);
        let score =
            |label| names.agreed(Span { start: 12, end: 20, label, score: 0.3, detector: DetectorKind::Pattern }).score;
        assert!((score(Label::TAX_ID) - 0.72).abs() < 1e-6);
        assert_eq!(score(Label::PHONE_NUMBER), 0.3);
    }

    /// The spans of one model come behind those of the other.
    #[test]
    fn each_of_several_classifiers_is_heard_in_whatever_order_they_speak() {
        let names = Names::of(&[
            name(0, 90, Label::LOCATION, 0.5),
            name(40, 50, Label::TAX_ID, 0.6),
            name(60, 70, Label::TAX_ID, 0.9),
            name(10, 20, Label::TAX_ID, 0.8),
            name(44, 48, Label::TAX_ID, 0.7),
        ]);
        let score = |start, end, label| names.score_of(&name(start, end, label, 0.0));
        assert_eq!(score(12, 20, Label::TAX_ID), Some(0.8));
        assert_eq!(score(48, 50, Label::TAX_ID), Some(0.7));
        assert_eq!(score(65, 80, Label::TAX_ID), Some(0.9));
        assert_eq!(score(65, 80, Label::LOCATION), Some(0.5));
        assert_eq!(score(20, 40, Label::TAX_ID), None);
    }
}
