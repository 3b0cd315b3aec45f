//! From the words of entities to spans: which words are one person, one
//! address, one number.

use std::ops::Range;

use super::junk::{is_junk_span, is_junk_word, refined_label, trim};
use super::labels::Part;
use super::words::Word;
use crate::detect::name_words::is_particle;
use crate::detect::{DetectorKind, Label, Span};

/// Joins words, in order of the text, into spans.
///
/// A span's score is the mean of its words' scores.
pub(super) fn join_words(text: &str, words: &[Word]) -> Vec<Span> {
    let mut entities: Vec<Entity> = Vec::new();
    for word in words.iter().filter(|word| !is_junk_word(&text[word.start..word.end], word.class.label)) {
        match entities.last_mut() {
            Some(entity) if entity.goes_on(text, word) => entity.push(word),
            _ => entities.push(Entity::new(word)),
        }
    }
    let mut spans: Vec<Span> = entities.iter().filter_map(|entity| entity.span(text)).collect();
    for at in 1..spans.len() {
        spans[at].start = spans[at].start.max(spans[at - 1].end);
    }
    spans.retain(|span| span.start < span.end);
    spans
}

/// The words of one entity so far.
struct Entity {
    start: usize,
    end: usize,
    label: Label,
    /// Bits of the [`Part`]s it has.
    parts: u8,
    last: Word,
    score_sum: f32,
    word_count: u16,
}

impl Entity {
    fn new(word: &Word) -> Entity {
        Entity {
            start: word.start,
            end: word.end,
            label: word.class.label,
            parts: word.class.part.bit(),
            last: *word,
            score_sum: word.score,
            word_count: 1,
        }
    }

    fn push(&mut self, word: &Word) {
        self.end = self.end.max(word.end);
        self.parts |= word.class.part.bit();
        self.last = *word;
        self.score_sum += word.score;
        self.word_count += 1;
    }

    fn has(&self, part: Part) -> bool {
        self.parts & part.bit() != 0
    }

    fn goes_on(&self, text: &str, word: &Word) -> bool {
        if self.label != word.class.label {
            return false;
        }
        let gap = text.get(self.end..word.start).unwrap_or_default();
        if gap.is_empty() {
            return true;
        }
        match self.label {
            Label::PERSON => self.same_person(text, gap, word),
            Label::STREET_ADDRESS => self.same_address(gap, word),
            _ => self.last.class == word.class && same_value(gap, word),
        }
    }

    /// One person: names side by side, hyphenated, with an initial, a nobiliary
    /// particle or an apostrophe between, or "surname, given name".
    fn same_person(&self, text: &str, gap: &str, word: &Word) -> bool {
        if matches!(gap, "-" | "'" | "’" | "‐" | "‑") {
            return true;
        }
        let part = word.class.part;
        let starts_another = word.begin && (part == Part::Whole || part == Part::Given && self.has(Part::Surname));
        let between = gap.trim();
        if gap.contains(['\n', '\r']) {
            // A wrapped line, not a list of names.
            return between.is_empty()
                && gap.matches('\n').count() <= 1
                && self.last.class.part == Part::Given
                && part == Part::Surname;
        }
        match between {
            "" => !(starts_another && self.has(Part::Given)) || part == Part::Whole && !word.begin,
            "," => self.parts == Part::Surname.bit() && part == Part::Given,
            "." => is_initial(&text[self.last.start..self.last.end]),
            _ => !starts_another && between.split_whitespace().all(|w| is_initial(w) || is_particle(w)),
        }
    }

    /// One address: number, street and unit in any order, side by side. A
    /// second number after a whole address begins the next one.
    fn same_address(&self, gap: &str, word: &Word) -> bool {
        let is_whole = self.has(Part::Number) && self.has(Part::Street);
        let begins_next = is_whole && word.class.part == Part::Number && gap.contains([',', ';']);
        !begins_next
            && gap.len() <= 3
            && !gap.contains(|c: char| c.is_alphanumeric() || matches!(c, '\n' | '\r' | '+' | '='))
    }

    fn span(&self, text: &str) -> Option<Span> {
        let mut range = trim(text, self.start..self.end, self.label);
        if self.label == Label::PERSON {
            range = with_suffixes(text, with_attached_names(text, range));
        }
        let found = text.get(range.clone())?;
        if is_junk_span(found, self.label) {
            return None;
        }
        Some(Span {
            start: range.start,
            end: range.end,
            label: refined_label(found, self.label),
            score: self.score_sum / f32::from(self.word_count),
            detector: DetectorKind::Ner,
        })
    }
}

/// Words of one number, place or other value: side by side, or with a mark
/// inside; a word that the model takes for a beginning needs a mark without space.
fn same_value(gap: &str, word: &Word) -> bool {
    if gap.contains(['\n', '\r', ',', ';']) || gap.chars().count() > 3 {
        return false;
    }
    let spaced = gap.contains(char::is_whitespace);
    (!spaced || !word.begin) && gap.chars().all(|c| c.is_whitespace() || c.is_ascii_punctuation() || c == '’')
}

fn is_initial(word: &str) -> bool {
    let mut letters = word.trim_end_matches('.').chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// Takes in what hangs on a name by a hyphen or apostrophe, so that no word is
/// half hidden: `O'` before `Brien`, `-Smith` after `Jones`; not the `'s` of a genitive.
fn with_attached_names(text: &str, mut range: Range<usize>) -> Range<usize> {
    const LINKS: [char; 5] = ['-', '‐', '‑', '\'', '’'];
    let is_name =
        |part: &str| part.chars().next().is_some_and(char::is_uppercase) && part.chars().all(char::is_alphabetic);
    let before = &text[..range.start];
    if let Some(stem) = before.strip_suffix(LINKS) {
        let at = stem
            .rfind(|c: char| !c.is_alphanumeric())
            .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
        let is_elision = before.ends_with(['\'', '’']) && stem.len() - at <= 2;
        if !stem[at..].is_empty() && (is_name(&stem[at..]) || is_elision) {
            range.start = at;
        }
    }
    if let Some(rest) = text[range.end..].strip_prefix(LINKS) {
        let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if len > 1 && is_name(&rest[..len]) {
            range.end = text.len() - rest.len() + len;
        }
    }
    range
}

/// Takes in what follows a name and goes with it: `Jr.`, `PhD`, `III`.
fn with_suffixes(text: &str, mut range: Range<usize>) -> Range<usize> {
    const SUFFIXES: &[&str] = &[
        "jr", "sr", "ii", "iii", "iv", "vi", "vii", "viii", "phd", "md", "dds", "dvm", "esq", "mba", "rn", "cpa", "jd",
        "msc", "bsc", "obe", "mbe",
    ];
    if range.is_empty() {
        return range;
    }
    while let Some(rest) = text[range.end..].strip_prefix(", ").or_else(|| text[range.end..].strip_prefix(' ')) {
        let len = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '.').unwrap_or(rest.len());
        let word = rest[..len].trim_end_matches('.');
        let is_suffix = word.starts_with(char::is_uppercase) || word == "jr" || word == "sr" || word == "phd";
        if !is_suffix || !SUFFIXES.contains(&word.replace('.', "").to_lowercase().as_str()) {
            break;
        }
        range.end = text.len() - rest.len() + word.len();
    }
    range
}

#[cfg(test)]
mod tests;
