//! A shadow of the text in which disguises are undone, for the detectors.
//!
//! What is certainly a disguise is undone before anything is looked for:
//! characters that are not seen or look like others ([`characters`],
//! [`homoglyph`]) and escapes of characters ([`backslash`], [`entity`]). What
//! may be one and may as well be meant as it stands is undone in a second
//! reading: bytes written in characters ([`bytes`], [`base64`]), addresses
//! spelled out ([`spelled`]), single characters and groups of digits kept
//! apart ([`spaced`], [`groups`]), values broken over two lines
//! ([`line_break`]). Patterns look at the first reading and at what the second
//! one changes; who reads prose gets the second one. Spans are mapped back, so
//! that the original is cut (L40).

mod backslash;
mod base64;
mod bytes;
mod characters;
mod entity;
mod groups;
mod homoglyph;
mod leet;
mod line_break;
mod map;
mod rewrite;
mod spaced;
mod spelled;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use map::OffsetMap;
use rewrite::{Rewriter, Rewritten};

use super::Span;

/// Finds one kind of disguise in a text and replaces it by what it stands for.
type Undo = fn(&str, &mut Rewriter<'_>);

/// What nobody writes who means it as it stands.
const CERTAIN: &[Undo] = &[backslash::undo, entity::undo, characters::undo, homoglyph::undo];
/// What may be meant as it stands.
const POSSIBLE: &[Undo] = &[
    bytes::undo_percent,
    bytes::undo_quoted_printable,
    base64::undo,
    spaced::undo_spaces,
    spaced::undo_stops,
    spaced::undo_hyphens,
    spaced::undo_underscores,
    spelled::undo_brackets,
    spelled::undo_words,
    leet::undo_addresses,
    leet::undo_names,
    groups::undo,
    line_break::undo,
];
/// Disguises inside disguises are undone so deep.
const ROUNDS_MAX: usize = 3;
/// Patterns see so much of the text before and behind what changed.
const AROUND_BYTES: usize = 320;
/// Words are no longer than this.
const WORD_CHARS: usize = 32;

/// A text as the detectors see it.
pub(super) struct Shadow<'a> {
    /// The text with all disguises undone, certain and possible ones.
    pub(super) text: Cow<'a, str>,
    /// From `text` down to the original, the last one first made.
    maps: Vec<OffsetMap>,
    /// The text with only the certain ones undone, and how many of `maps` it
    /// has; `None` when there are no others.
    first: Option<(Cow<'a, str>, usize)>,
    /// What `text` does not have from `first`, as stretches with what stands
    /// around them.
    changed: Vec<Stretch>,
}

/// A changed stretch of a shadow's text.
struct Stretch {
    changed: Range<usize>,
    /// The same with what stands around it.
    around: Range<usize>,
}

/// A part of one reading of a text.
pub(super) struct View<'s> {
    /// The text to search.
    pub(super) text: &'s str,
    start: usize,
    /// Spans that miss this are found in another view.
    changed: Option<Range<usize>>,
    maps: &'s [OffsetMap],
}

impl<'a> Shadow<'a> {
    /// The shadow of `original`; borrowed when nothing is disguised.
    pub(super) fn of(original: &'a str) -> Shadow<'a> {
        let mut shadow = Shadow { text: Cow::Borrowed(original), maps: Vec::new(), first: None, changed: Vec::new() };
        let mut changed = Vec::new();
        let (mut certain, mut possible) = (in_no_version(CERTAIN), in_no_version(POSSIBLE));
        for round in 0..ROUNDS_MAX {
            let before = shadow.maps.len();
            match round {
                0 => shadow.undo(&mut certain, None),
                _ => shadow.undo(&mut certain, Some(&mut changed)),
            }
            shadow.undo(&mut possible, Some(&mut changed));
            if shadow.maps.len() == before {
                break;
            }
        }
        shadow.changed = stretches(&shadow.text, changed);
        shadow
    }

    /// Undoes `disguises` and notes where; those of the first reading need no
    /// note. Beside each stands the version of the text, by the number of its
    /// maps, in which it was not found: there it need not be looked for again.
    fn undo(&mut self, disguises: &mut [(Undo, Option<usize>)], mut changed: Option<&mut Vec<Range<usize>>>) {
        for (undo, absent_in) in disguises {
            if *absent_in == Some(self.maps.len()) {
                continue;
            }
            let mut rewriter = Rewriter::new(&self.text);
            undo(&self.text, &mut rewriter);
            let Some(Rewritten { text, map, changed: new }) = rewriter.finish() else {
                *absent_in = Some(self.maps.len());
                continue;
            };
            let before = std::mem::replace(&mut self.text, Cow::Owned(text));
            if let Some(changed) = &mut changed {
                self.first.get_or_insert((before, self.maps.len()));
                changed.iter_mut().for_each(|range| *range = map.to_new(range.start)..map.to_new(range.end));
                changed.extend(new);
            }
            self.maps.push(map);
        }
    }

    /// Whether the shadow is another text than the original.
    pub(super) fn is_disguised(&self) -> bool {
        !self.maps.is_empty()
    }

    /// What patterns search: the first reading, and the stretches that the
    /// second one changes, with what stands around them.
    pub(super) fn views(&self) -> impl Iterator<Item = View<'_>> {
        let (text, maps) = match &self.first {
            Some((text, maps)) => (text, *maps),
            None => (&self.text, self.maps.len()),
        };
        let first = View { text, start: 0, changed: None, maps: &self.maps[..maps] };
        let second = self.changed.iter().map(|Stretch { changed, around }| View {
            text: &self.text[around.clone()],
            start: around.start,
            changed: Some(changed.clone()),
            maps: &self.maps,
        });
        std::iter::once(first).chain(second)
    }

    /// `span` of `text` as one of the original.
    pub(super) fn to_original(&self, span: Span) -> Span {
        to_original(&self.maps, span)
    }
}

impl View<'_> {
    /// `span` of this view's text as one of the original; `None` when it is
    /// another view's.
    pub(super) fn to_original(&self, span: Span) -> Option<Span> {
        let span = Span { start: span.start + self.start, end: span.end + self.start, ..span };
        let is_ours = self.changed.as_ref().is_none_or(|changed| span.start < changed.end && changed.start < span.end);
        is_ours.then(|| to_original(self.maps, span))
    }
}

/// `disguises`, none of which has been looked for.
fn in_no_version(disguises: &[Undo]) -> Vec<(Undo, Option<usize>)> {
    disguises.iter().map(|undo| (*undo, None)).collect()
}

fn to_original(maps: &[OffsetMap], span: Span) -> Span {
    if span.start >= span.end {
        return Span { start: 0, end: 0, ..span };
    }
    let range = maps.iter().rev().fold(span.start..span.end, |range, map| map.to_old(&range));
    Span { start: range.start, end: range.end, ..span }
}

/// `changed` in order, those that see each other joined, with what stands
/// around them.
fn stretches(text: &str, mut changed: Vec<Range<usize>>) -> Vec<Stretch> {
    changed.sort_unstable_by_key(|range| range.start);
    let mut stretches: Vec<Stretch> = Vec::new();
    for changed in changed {
        let around = word_start(text, changed.start.saturating_sub(AROUND_BYTES))
            ..word_end(text, (changed.end + AROUND_BYTES).min(text.len()));
        match stretches.last_mut() {
            Some(last) if around.start <= last.around.end => {
                last.changed.end = last.changed.end.max(changed.end);
                last.around.end = last.around.end.max(around.end);
            }
            _ => stretches.push(Stretch { changed, around }),
        }
    }
    stretches
}

/// The next place from `at` on where a word may start, or a character where
/// that is far.
fn word_start(text: &str, at: usize) -> usize {
    let at = (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let near = text[at..].char_indices().take(WORD_CHARS).find(|(_, c)| c.is_whitespace());
    if at == 0 { 0 } else { at + near.map_or(0, |(gap, _)| gap) }
}

/// The same back from `at`.
fn word_end(text: &str, at: usize) -> usize {
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let near = text[..at].char_indices().rev().take(WORD_CHARS).find(|(_, c)| c.is_whitespace());
    if at == text.len() { at } else { near.map_or(at, |(gap, _)| gap) }
}
