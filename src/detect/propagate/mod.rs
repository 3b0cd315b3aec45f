//! A value that was found once is found wherever else it stands: what gave it
//! away in one place (a sentence, a word of context) may be missing in another.
//!
//! Identifiers and full names are found as they are; of a full name also its
//! parts, in other case, without accents, in other order and with initials.

mod find;
mod names;
mod ordinary;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::list::{KnownValues, ListError};
use super::normalize::Shadow;
use super::{DetectorKind, Label, Slot, Span, TermList};

use names::Names;

/// An identifier has at least so many letters and digits; shorter ones stand in
/// other things' names.
const IDENTIFIER_LEN_MIN: usize = 6;
/// What stands under a key that speaks of names is one when it is no longer.
const NAME_BYTES_MAX: usize = 64;

/// A value that is known from elsewhere: from the request that a draft answers, or
/// from an earlier one of the conversation. It is found whatever it is.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What it is.
    pub label: Label,
    /// The value.
    pub value: &'a str,
}

/// Adds the other occurrences, in any slot, of `known` values and of each name and
/// identifier in `found`, which holds the spans of each slot, sorted and without
/// overlaps; `shadows` are those of the slots. True when there were some.
///
/// # Errors
/// When there is more to look for than can be looked for.
///
/// Takes time in proportion to the texts and the values, whoever chose them.
pub(super) fn propagate(
    slots: &[Slot<'_>],
    shadows: &[Shadow<'_>],
    known: &[Known<'_>],
    found: &mut [Vec<Span>],
) -> Result<bool, ListError> {
    let (values, names) = collect(slots, known, found);
    if values.is_empty() && names.is_empty() {
        return Ok(false);
    }
    let list = |(label, terms): (Label, BTreeSet<String>)| TermList { label, terms: terms.into_iter().collect() };
    let values = KnownValues::compile(&values.into_iter().map(list).collect::<Vec<_>>())?;
    let mut any = false;
    for ((slot, shadow), spans) in slots.iter().zip(shadows).zip(found) {
        let mut again = Vec::new();
        values.find(&shadow.text, &mut again);
        again.extend(parts_of_names(&names, slot, shadow).into_iter().map(|range| Span {
            start: range.start,
            end: range.end,
            label: Label::PERSON,
            score: 1.0,
            detector: DetectorKind::Ner,
        }));
        let new = again.into_iter().map(|span| as_found(shadow.to_original(span)));
        let new: Vec<Span> = new.filter(|span| !is_covered(spans, span)).collect();
        any |= !new.is_empty();
        spans.extend(new);
    }
    Ok(any)
}

/// The values to look for as they are, and the names to look for by their parts.
fn collect(slots: &[Slot<'_>], known: &[Known<'_>], found: &[Vec<Span>]) -> (BTreeMap<Label, BTreeSet<String>>, Names) {
    let mut values: BTreeMap<Label, BTreeSet<String>> = BTreeMap::new();
    let mut names = Names::default();
    let mut add = |label: Label, value: &str, is_known: bool| {
        let is_name = label == Label::PERSON;
        if is_name {
            names.add(value, is_known);
        }
        // A name of one word may be a word of the sentence.
        let is_one_word = is_name && names::words(value).nth(1).is_none();
        if !is_one_word && !value.trim().is_empty() && (is_known || is_distinctive(label, value)) {
            values.entry(label).or_default().insert(value.to_owned());
        }
    };
    for Known { label, value } in known {
        add(*label, &Shadow::of(value).text, true);
    }
    for (slot, spans) in slots.iter().zip(found) {
        for span in spans {
            add(span.label, &Shadow::of(&slot.text[span.start..span.end]).text, false);
        }
    }
    (values, names)
}

fn parts_of_names(names: &Names, slot: &Slot<'_>, shadow: &Shadow<'_>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    if !names.is_empty() {
        let is_name = slot.key.is_some_and(speaks_of_names) && slot.text.len() <= NAME_BYTES_MAX;
        find::find(names, &shadow.text, is_name, &mut parts);
    }
    parts
}

/// `last_name`, `surname`, `Vorname`, `nombre`, `nom`.
fn speaks_of_names(key: &str) -> bool {
    let key = key.to_lowercase();
    ["name", "nombre", "nome", "apellido"].iter().any(|word| key.contains(word)) || key == "nom"
}

/// Whether one of `spans`, which are sorted and do not overlap, covers `span`.
fn is_covered(spans: &[Span], span: &Span) -> bool {
    let before = spans.partition_point(|known| known.start <= span.start);
    before > 0 && span.end <= spans[before - 1].end
}

fn as_found(span: Span) -> Span {
    let detector = if span.label == Label::PERSON { DetectorKind::Ner } else { DetectorKind::Pattern };
    Span { detector, ..span }
}

/// Whether `value` means the same thing wherever it stands: a name of two or
/// more words, an identifier with digits, an address with an `@`.
fn is_distinctive(label: Label, value: &str) -> bool {
    if label == Label::PERSON {
        return value.split_whitespace().filter(|word| letters(word) > 1).count() > 1;
    }
    let len = value.chars().filter(|c| c.is_alphanumeric()).count();
    len >= IDENTIFIER_LEN_MIN && value.contains(|c: char| c.is_ascii_digit() || c == '@')
}

fn letters(word: &str) -> usize {
    word.chars().filter(|c| c.is_alphabetic()).count()
}
