//! A name that was found once is found wherever else it stands.

use std::collections::BTreeSet;

use super::list::DenyLists;
use super::{DetectorKind, Label, Slot, Span, TermList};

/// Adds the other occurrences of each person's name of two or more words that
/// is in `found`, in any slot and any ASCII case; they count as found by the
/// token classifier. `found` holds the spans of each slot.
pub(super) fn propagate_names(slots: &[Slot<'_>], found: &mut [Vec<Span>]) {
    let mut names = BTreeSet::new();
    for (slot, spans) in slots.iter().zip(found.iter()) {
        let persons = spans.iter().filter(|span| span.label == Label::PERSON);
        names.extend(persons.map(|span| &slot.text[span.start..span.end]).filter(|name| has_two_words(name)));
    }
    if names.is_empty() {
        return;
    }
    let terms = names.into_iter().map(str::to_owned).collect();
    // An automaton too large to build is beyond any text that fits a request.
    let Ok(names) = DenyLists::compile(&[TermList { label: Label::PERSON, terms }]) else { return };
    for (slot, spans) in slots.iter().zip(found) {
        let known = spans.len();
        names.find(slot.text, spans);
        spans[known..].iter_mut().for_each(|span| span.detector = DetectorKind::Ner);
    }
}

fn has_two_words(name: &str) -> bool {
    name.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count() > 1
}
