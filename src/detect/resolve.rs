//! The one rule for spans that overlap.
//!
//! Of two spans of one kind of detector, one that lies inside the other adds
//! nothing and goes. What then still overlaps is ranked: list before pattern
//! before token classifier, then the higher score, then the longer, then the
//! earlier. The better one stays whole; the other keeps what the better one
//! leaves of it, under its own label. So whatever a detector found stays
//! hidden; only white space at a cut is let go, and the label of a field that
//! the classifier took along with its value (`Email: ann@example.com`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{DetectorKind, Span};

/// `spans` of `text`, sorted and without overlaps.
pub(super) fn resolve(text: &str, mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    if spans.len() > 1 {
        drop_contained(&mut spans);
        spans.sort_by(by_rank);
    }
    let mut placed: BTreeMap<usize, Span> = BTreeMap::new();
    for span in spans {
        for piece in free_pieces(&placed, span) {
            if let Some(piece) = trimmed(text, piece, span) {
                placed.insert(piece.start, piece);
            }
        }
    }
    placed.into_values().collect()
}

/// The places in `spans`, which are sorted and apart, of those that overlap
/// `span`.
pub(super) fn overlaps(spans: &[Span], span: &Span) -> Range<usize> {
    let first = spans.partition_point(|other| other.end <= span.start);
    let len = spans[first..].partition_point(|other| other.start < span.end);
    first..first + len
}

/// Removes each span that lies inside a longer one, or doubles a better one,
/// of the same kind of detector.
fn drop_contained(spans: &mut Vec<Span>) {
    spans.sort_by(|a, b| {
        a.detector
            .cmp(&b.detector)
            .then(a.start.cmp(&b.start))
            .then(b.end.cmp(&a.end))
            .then(b.score.total_cmp(&a.score))
            .then(a.label.cmp(&b.label))
    });
    let mut last = None;
    spans.retain(|span| {
        let inside = last.is_some_and(|(detector, end)| detector == span.detector && span.end <= end);
        if !inside {
            last = Some((span.detector, span.end));
        }
        !inside
    });
}

fn by_rank(a: &Span, b: &Span) -> Ordering {
    a.detector
        .cmp(&b.detector)
        .then(b.score.total_cmp(&a.score))
        .then(b.byte_len().cmp(&a.byte_len()))
        .then(a.start.cmp(&b.start))
        .then(a.label.cmp(&b.label))
}

/// What of `span` no placed span covers.
fn free_pieces(placed: &BTreeMap<usize, Span>, span: Span) -> Vec<Span> {
    let reaching_in = placed.range(..span.start).next_back().map(|(_, before)| before.end);
    let mut at = reaching_in.map_or(span.start, |end| end.max(span.start));
    let mut pieces = Vec::new();
    for other in placed.range(span.start..span.end).map(|(_, other)| other) {
        if at < other.start {
            pieces.push(Span { start: at, end: other.start, ..span });
        }
        at = at.max(other.end);
    }
    if at < span.end {
        pieces.push(Span { start: at, ..span });
    }
    pieces
}

/// `piece` without the white space at its ends, if it was cut from `whole`;
/// `None` when nothing is left to hide.
fn trimmed(text: &str, piece: Span, whole: Span) -> Option<Span> {
    if piece == whole {
        return Some(piece);
    }
    let slice = &text[piece.start..piece.end];
    let start = piece.start + (slice.len() - slice.trim_start().len());
    let end = piece.end - (slice.len() - slice.trim_end().len());
    (start < end && !(whole.detector == DetectorKind::Ner && is_field_label(&text[start..end]))).then_some(Span {
        start,
        end,
        ..piece
    })
}

/// A word or two without digits before a colon or equals sign.
fn is_field_label(piece: &str) -> bool {
    piece.ends_with([':', '=']) && piece.len() <= 32 && !piece.contains(|c: char| c.is_numeric() || c == '@')
}

#[cfg(test)]
mod tests;
