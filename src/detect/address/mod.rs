//! The step that joins what belongs to one address.
//!
//! Patterns and the token classifier find addresses in pieces: a street here,
//! a unit, a town and a postal code there. From each piece of a street this
//! step walks on over separators ([`walk`]) and takes in the parts that stand
//! beside it ([`parts`], [`countries`]): the town of an address is part of the
//! address, whether or not places are looked for on their own. Pieces that are
//! no address by themselves and join nothing are dropped.

mod countries;
mod parts;
mod walk;

use std::ops::Range;

use super::{DetectorKind, Label, Span};
use walk::Walk;

/// Joins the pieces of addresses among `spans` of `text`.
///
/// The parts found as places or postal codes stay in `spans` as they are; where
/// overlaps are resolved, the address that holds them wins.
pub(super) fn join_addresses(text: &str, spans: &mut Vec<Span>) {
    if !spans.iter().any(|span| span.label == Label::STREET_ADDRESS) {
        return;
    }
    let pieces = pieces(text, spans);
    let others: Vec<Range<usize>> = others(spans);
    let walk = Walk { text, pieces: &pieces, others: &others };
    let mut joined: Vec<Span> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.is_street) {
        let floor = joined.last().map_or(0, |last| last.end);
        if piece.end <= floor {
            continue;
        }
        let range = walk.address_around(piece.start.max(floor)..piece.end, floor);
        let from = first_behind(&pieces, range.start);
        let held = &pieces[from..from + pieces[from..].partition_point(|held| held.start < range.end)];
        let found = &text[range.clone()];
        let is_unconfirmed = || held.iter().all(|held| held.detector == DetectorKind::Ner);
        if held.len() < 2 && parts::is_weak(found) || is_unconfirmed() && parts::is_quantity(found) {
            continue;
        }
        joined.push(Span {
            start: range.start,
            end: range.end,
            label: Label::STREET_ADDRESS,
            score: held.iter().map(|held| held.score).fold(0.0, f32::max),
            detector: held.iter().map(|held| held.detector).min().unwrap_or(DetectorKind::Ner),
        });
    }
    spans.retain(|span| span.label != Label::STREET_ADDRESS || span.detector == DetectorKind::List);
    spans.extend(joined);
}

/// A stretch that a detector took for a part of an address.
struct Piece {
    start: usize,
    end: usize,
    /// Not only a town, region or postal code.
    is_street: bool,
    score: f32,
    detector: DetectorKind,
}

/// The first of `pieces` that ends behind `at`.
fn first_behind(pieces: &[Piece], at: usize) -> usize {
    pieces.partition_point(|piece| piece.end <= at)
}

/// The parts of addresses in order; those that touch are one.
fn pieces(text: &str, spans: &[Span]) -> Vec<Piece> {
    let mut parts: Vec<&Span> = spans.iter().filter(|span| is_part(span)).collect();
    parts.sort_by_key(|span| (span.start, span.end));
    let mut pieces: Vec<Piece> = Vec::new();
    for span in parts {
        let is_street = span.label == Label::STREET_ADDRESS;
        let end = parts::word_end(text, span.end);
        match pieces.last_mut() {
            Some(last) if span.start < last.end || (span.start == last.end && last.is_street == is_street) => {
                last.end = last.end.max(end);
                last.is_street |= is_street;
                last.score = last.score.max(span.score);
                last.detector = last.detector.min(span.detector);
            }
            _ => pieces.push(Piece { start: span.start, end, is_street, score: span.score, detector: span.detector }),
        }
    }
    pieces
}

fn is_part(span: &Span) -> bool {
    span.detector != DetectorKind::List
        && matches!(span.label, Label::STREET_ADDRESS | Label::LOCATION | Label::POSTAL_CODE)
}

/// What is found as something else, in order: no address goes into it.
fn others(spans: &[Span]) -> Vec<Range<usize>> {
    let mut others: Vec<_> = spans.iter().filter(|span| !is_part(span)).map(|span| span.start..span.end).collect();
    others.sort_by_key(|range| (range.start, range.end));
    others
}

#[cfg(test)]
mod tests;
