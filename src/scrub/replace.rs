//! A text with tokens in the place of what was found in it.

use super::lookalike::joins_words;
use super::map::TokenMap;
use super::token::{Shape, Style};
use crate::detect::Label;

/// What a detector found and a policy wants replaced: bytes `start..end` of a
/// text, on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub label: Label,
    /// Whether the answer may show it again.
    pub restorable: bool,
}

/// `text` with a token in the place of each replacement.
///
/// Replacements come sorted and apart. If they do not, those that touch the same
/// bytes are joined under the first one's label, and one that cuts a character
/// is widened to the whole of it: rather too much hidden than a rest let through.
/// A [`Shape::Bare`] text is one identifier and becomes one token as a whole,
/// since a part of an identifier could not be told from the rest of it again.
/// What is a part of a word becomes a token too: a surrogate is found again only
/// as a word of its own.
pub fn scrub_text(text: &str, replacements: &[Replacement], shape: Shape, map: &mut TokenMap) -> String {
    let disjoint = disjoint(text, replacements);
    let Some(first) = disjoint.first() else {
        return text.to_owned();
    };
    if shape == Shape::Bare {
        let restorable = disjoint.iter().all(|replacement| replacement.restorable);
        let entry = map.entry(first.label, text, restorable, Style::Token);
        return entry.token.in_shape(Shape::Bare).to_owned();
    }
    let mut scrubbed = String::with_capacity(text.len() + 8 * disjoint.len());
    let mut copied = 0;
    for replacement in &disjoint {
        scrubbed.push_str(&text[copied..replacement.start]);
        let Replacement { start, end, label, restorable } = *replacement;
        let is_word = !scrubbed.ends_with(joins_words) && !text[end..].starts_with(joins_words);
        let style = if is_word { Style::Surrogate } else { Style::Token };
        let entry = map.entry(label, &text[start..end], restorable, style);
        entry.keeps_brackets |= scrubbed.ends_with('[') && text[replacement.end..].starts_with(']');
        entry.meets_parenthesis |= text[replacement.end..].starts_with('(');
        scrubbed.push_str(entry.token.as_str());
        copied = replacement.end;
    }
    scrubbed.push_str(&text[copied..]);
    scrubbed
}

fn disjoint(text: &str, replacements: &[Replacement]) -> Vec<Replacement> {
    let mut sorted: Vec<Replacement> = replacements
        .iter()
        .map(|r| Replacement { start: text.floor_char_boundary(r.start), end: text.ceil_char_boundary(r.end), ..*r })
        .filter(|r| r.start < r.end)
        .collect();
    sorted.sort_by_key(|r| (r.start, std::cmp::Reverse(r.end)));
    let mut joined: Vec<Replacement> = Vec::with_capacity(sorted.len());
    for next in sorted {
        match joined.last_mut() {
            Some(last) if next.start < last.end => {
                last.end = last.end.max(next.end);
                last.restorable &= next.restorable;
            }
            _ => joined.push(next),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn person(start: usize, end: usize) -> Replacement {
        Replacement { start, end, label: Label::PERSON, restorable: true }
    }

    proptest! {
        /// L20: any spans, overlapping or cutting characters, leave no replaced byte behind.
        #[test]
        fn any_spans_are_replaced_whole(text in "\\PC{0,40}", spans in prop::collection::vec((0usize..120, 0usize..120), 0..6)) {
            let spans: Vec<Replacement> = spans.into_iter().map(|(a, b)| person(a, b)).collect();
            let joined = disjoint(&text, &spans);
            prop_assert!(joined.windows(2).all(|pair| pair[0].end <= pair[1].start));
            for span in spans.iter().filter(|s| s.start < s.end.min(text.len())) {
                let covered = |at| joined.iter().any(|j| j.start <= at && at < j.end);
                prop_assert!((span.start..span.end.min(text.len())).all(covered));
            }
        }
    }
}
