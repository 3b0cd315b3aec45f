//! Two detectors that find the same thing are surer than each.

use super::Span;
use super::resolve::overlaps;

/// `span`, surer where it overlaps one of `names`, which are sorted and apart,
/// of the same label: the chance that both are wrong is the product of the
/// chances that each is.
pub(super) fn agreed(span: Span, names: &[Span]) -> Span {
    let same = overlaps(names, &span).map(|at| &names[at]).find(|name| name.label == span.label);
    let score = same.map_or(span.score, |name| 1.0 - (1.0 - span.score) * (1.0 - name.score));
    Span { score, ..span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{DetectorKind, Label};

    #[test]
    fn a_weak_pattern_gains_from_a_classifier_that_says_the_same() {
        let span = |start, end, label, score, detector| Span { start, end, label, score, detector };
        let names =
            [span(0, 4, Label::PERSON, 0.9, DetectorKind::Ner), span(10, 22, Label::TAX_ID, 0.6, DetectorKind::Ner)];
        let score = |label| agreed(span(12, 20, label, 0.3, DetectorKind::Pattern), &names).score;
        assert!((score(Label::TAX_ID) - 0.72).abs() < 1e-6);
        assert_eq!(score(Label::PHONE_NUMBER), 0.3);
    }
}
