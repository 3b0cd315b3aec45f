//! A value that was found once is found wherever else it stands: what gave it
//! away in one place (a sentence, a word of context) may be missing in another.

use std::collections::{BTreeMap, BTreeSet};

use super::list::DenyLists;
use super::{DetectorKind, Label, Slot, Span, TermList};

/// An identifier has at least so many letters and digits; shorter ones stand in
/// other things' names.
const IDENTIFIER_LEN_MIN: usize = 6;

/// Adds the other occurrences, in any slot and any ASCII case, of each name and
/// identifier in `found`, which holds the spans of each slot. True when there
/// were some.
pub(super) fn propagate(slots: &[Slot<'_>], found: &mut [Vec<Span>]) -> bool {
    let mut values: BTreeMap<Label, BTreeSet<&str>> = BTreeMap::new();
    for (slot, spans) in slots.iter().zip(found.iter()) {
        for span in spans {
            let value = &slot.text[span.start..span.end];
            if is_distinctive(span.label, value) {
                values.entry(span.label).or_default().insert(value);
            }
        }
    }
    if values.is_empty() {
        return false;
    }
    let list = |(label, terms): (Label, BTreeSet<&str>)| TermList {
        label,
        terms: terms.into_iter().map(str::to_owned).collect(),
    };
    // An automaton too large to build is beyond any text that fits a request.
    let Ok(values) = DenyLists::compile(&values.into_iter().map(list).collect::<Vec<_>>()) else { return false };
    let mut any = false;
    for (slot, spans) in slots.iter().zip(found) {
        let mut again = Vec::new();
        values.find(slot.text, &mut again);
        again.retain(|span| !spans.iter().any(|known| known.start <= span.start && span.end <= known.end));
        any |= !again.is_empty();
        spans.extend(again.into_iter().map(as_found));
    }
    any
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

#[cfg(test)]
mod tests {
    use super::*;

    /// L20: an identifier that only its context gave away is hidden in every
    /// place, also where there is no context.
    #[test]
    fn a_value_is_found_in_every_text_once_it_is_known() {
        let slots = ["passport AB1234567 of Ana Ruiz", "re ab1234567, ANA RUIZ, XAB1234567"].map(Slot::text);
        let span = |start, end, label| Span { start, end, label, score: 0.9, detector: DetectorKind::Pattern };
        let mut found = vec![vec![span(9, 18, Label::PASSPORT), span(22, 30, Label::PERSON)], Vec::new()];
        assert!(propagate(&slots, &mut found));
        assert!(!propagate(&slots, &mut found), "what is known is not added again");
        let second: Vec<_> = found[1].iter().map(|span| (&slots[1].text[span.start..span.end], span.label)).collect();
        assert_eq!(second, [("ab1234567", Label::PASSPORT), ("ANA RUIZ", Label::PERSON)]);
    }

    #[test]
    fn what_may_mean_something_else_elsewhere_is_not_carried_over() {
        assert!(!is_distinctive(Label::PERSON, "May"));
        assert!(!is_distinctive(Label::PASSWORD, "tiger"));
        assert!(!is_distinctive(Label::POSTAL_CODE, "90210"));
        assert!(is_distinctive(Label::EMAIL_ADDRESS, "ana@b.example"));
    }
}
