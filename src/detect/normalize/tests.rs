//! What holds for all disguises, in any mixture.

use super::*;
use crate::detect::{DetectorKind, Label};

/// `text` with all disguises undone.
pub(super) fn plain(text: &str) -> String {
    Shadow::of(text).text.into_owned()
}

/// What of `text` is cut for `value`, which its shadow holds.
pub(super) fn original<'t>(text: &'t str, shadow: &Shadow<'_>, value: &str) -> &'t str {
    let start = shadow.text.find(value).unwrap();
    let span = shadow.to_original(span(start, start + value.len()));
    &text[span.start..span.end]
}

fn span(start: usize, end: usize) -> Span {
    Span { start, end, label: Label::US_SSN, score: 1.0, detector: DetectorKind::Pattern }
}

/// L40: detect on a shadow, cut the original.
#[test]
fn a_span_of_the_shadow_cuts_the_same_characters_of_the_original() {
    let text = "é x\u{200b}y 4\u{200b}１ z";
    assert_eq!(original(text, &Shadow::of(text), "41"), "4\u{200b}１");
}
