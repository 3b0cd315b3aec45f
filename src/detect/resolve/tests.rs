use proptest::prelude::*;

use super::*;
use crate::detect::testing::processor_time;
use crate::detect::{DetectorKind, Label};

fn span(start: usize, end: usize, label: Label, score: f32, detector: DetectorKind) -> Span {
    Span { start, end, label, score, detector }
}

#[test]
fn a_longer_pattern_swallows_a_better_one_inside_it() {
    let text = "https://x.example/?q=ann@example.com";
    let url = span(0, 36, Label::URL, 0.6, DetectorKind::Pattern);
    let email = span(21, 36, Label::EMAIL_ADDRESS, 1.0, DetectorKind::Pattern);
    assert_eq!(resolve(text, vec![email, url]), vec![url]);
}

#[test]
fn a_checked_number_stays_whole_inside_a_name_that_reached_too_far() {
    let text = "John Smith 536-22-8726";
    let name = span(0, 22, Label::PERSON, 0.99, DetectorKind::Ner);
    let ssn = span(11, 22, Label::US_SSN, 0.7, DetectorKind::Pattern);
    let rest = Span { end: 10, ..name };
    assert_eq!(resolve(text, vec![name, ssn]), vec![rest, ssn]);
}

#[test]
fn the_name_of_a_field_is_not_part_of_its_value() {
    let text = "Email: ann@example.com";
    let ner = span(0, text.len(), Label::EMAIL_ADDRESS, 0.9, DetectorKind::Ner);
    let email = span(7, text.len(), Label::EMAIL_ADDRESS, 1.0, DetectorKind::Pattern);
    assert_eq!(resolve(text, vec![ner, email]), vec![email]);
}

#[test]
fn of_equal_spans_the_surer_one_stays() {
    let phone = span(0, 9, Label::PHONE_NUMBER, 0.5, DetectorKind::Pattern);
    let routing = span(0, 9, Label::ABA_ROUTING_NUMBER, 0.9, DetectorKind::Pattern);
    assert_eq!(resolve("021000021", vec![phone, routing]), vec![routing]);
}

/// Overlapping spans of all detectors, 32 times as many, take about 32 times as
/// long; quadratic would be 1024 times.
#[test]
fn many_overlapping_spans_take_linear_time() {
    let timed = |count: usize| {
        let text = "1".repeat(count + 64);
        let kinds = [DetectorKind::List, DetectorKind::Pattern, DetectorKind::Ner];
        let span = |at| span(at, at + 3 + at % 40, Label::CATALOGUE[at % 7], 0.5, kinds[at % 3]);
        let spans = (0..count).map(span).collect();
        processor_time(|| assert!(!resolve(&text, spans).is_empty()))
    };
    // As much work on both sides, so that both suffer the same from what else
    // the machine does.
    let small: std::time::Duration = (0..32).map(|_| timed(5_000)).sum();
    let large = (0..3).map(|_| timed(160_000)).min().unwrap();
    assert!(large < small * 12, "{small:?} for 32 times 5000 spans, {large:?} for 160000");
}

/// Spans on character boundaries of a text with characters of 1 to 4 bytes.
fn text_and_spans() -> impl Strategy<Value = (String, Vec<Span>)> {
    "[a1 \u{e9}\u{20ac}\u{1f600}]{1,40}".prop_flat_map(|text| {
        let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let one = (0..boundaries.len(), 0..boundaries.len(), 0..4usize, 0..5u8, 0..3usize).prop_map(
            move |(a, b, label, score, detector)| {
                let (start, end) = (boundaries[a.min(b)], boundaries[a.max(b)]);
                let detector = [DetectorKind::List, DetectorKind::Pattern, DetectorKind::Ner][detector];
                span(start, end, Label::CATALOGUE[label], f32::from(score) / 4.0, detector)
            },
        );
        (Just(text), prop::collection::vec(one, 0..12))
    })
}

fn covered(text: &str, spans: &[Span]) -> Vec<bool> {
    let mut covered = vec![false; text.len()];
    spans.iter().for_each(|span| covered[span.start..span.end].fill(true));
    covered
}

proptest! {
    /// L20: overlapping spans corrupt the text.
    #[test]
    fn spans_come_out_sorted_apart_and_on_character_boundaries((text, spans) in text_and_spans()) {
        let resolved = resolve(&text, spans);
        for span in &resolved {
            prop_assert!(span.start < span.end && text.get(span.start..span.end).is_some());
        }
        for pair in resolved.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
    }

    /// L20: nothing that was found is left in the open, and nothing else is
    /// hidden.
    #[test]
    fn the_same_text_is_covered_but_for_white_space((text, spans) in text_and_spans()) {
        let before = covered(&text, &spans);
        let after = covered(&text, &resolve(&text, spans));
        for (at, char) in text.char_indices().filter(|(_, char)| !char.is_whitespace()) {
            prop_assert_eq!(before[at], after[at], "at {} ({:?})", at, char);
        }
        prop_assert!(before.iter().zip(&after).all(|(before, after)| *before || !*after));
    }

    #[test]
    fn the_order_in_which_detectors_report_does_not_matter((text, mut spans) in text_and_spans()) {
        let forwards = resolve(&text, spans.clone());
        spans.reverse();
        prop_assert_eq!(forwards, resolve(&text, spans));
    }
}
