//! Gate literals and context words of all entries, found in one pass.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::entry::{Gate, RawEntry};
use super::language::Languages;

/// What a literal or context word is for.
#[derive(Default)]
pub(super) struct Word {
    /// Entries whose patterns are tried around it.
    pub(super) gates: Vec<u16>,
    /// Entries that it is context for, when it stands as a whole word.
    pub(super) contexts: Vec<(u16, Languages)>,
}

/// The words of a catalogue.
pub(super) struct Words {
    automaton: AhoCorasick,
    words: Vec<Word>,
}

/// A place where a word stands.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    word: u32,
}

impl Words {
    pub(super) fn compile(entries: &[(RawEntry, Gate)]) -> Result<Words, String> {
        let mut by_text: BTreeMap<String, Word> = BTreeMap::new();
        for (id, (raw, gate)) in entries.iter().enumerate() {
            let id = u16::try_from(id).map_err(|_| "too many entries")?;
            if *gate == Gate::Literals {
                for literal in raw.literals.iter().flat_map(|literal| with_digits(literal)) {
                    by_text.entry(literal.to_ascii_lowercase()).or_default().gates.push(id);
                }
            }
            for (code, words) in &raw.context {
                let language = Languages::of(code).ok_or_else(|| format!("{}: unknown language {code}", raw.name))?;
                for form in words.iter().flat_map(|word| forms(word)) {
                    by_text.entry(form).or_default().contexts.push((id, language));
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(by_text.keys())
            .map_err(|error| error.to_string())?;
        Ok(Words { automaton, words: by_text.into_values().collect() })
    }

    /// Every place where a word stands, by rising end; a context word only as
    /// a whole word (L36).
    pub(super) fn hits<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Hit, &'t Word, bool)> {
        self.automaton.find_overlapping_iter(text).filter_map(|found| {
            let word = &self.words[found.pattern().as_usize()];
            let whole = !word.contexts.is_empty() && is_whole_word(text, found.start(), found.end());
            let hit = Hit { start: found.start(), end: found.end(), word: found.pattern().as_u32() };
            (whole || !word.gates.is_empty()).then_some((hit, word, whole))
        })
    }

    pub(super) fn word(&self, hit: Hit) -> &Word {
        &self.words[hit.word as usize]
    }
}

/// A literal that ends in `#` once with each digit.
fn with_digits(literal: &str) -> Vec<String> {
    match literal.strip_suffix('#') {
        Some(stem) => (0..10).map(|digit| format!("{stem}{digit}")).collect(),
        None => vec![literal.to_owned()],
    }
}

/// The ways a context word is written: `date of birth`, `date_of_birth`,
/// `date-of-birth`, `dateofbirth` (so also `dateOfBirth`), and in capitals,
/// which matters where letters are not ASCII.
fn forms(word: &str) -> Vec<String> {
    let mut forms: Vec<String> =
        [" ", "_", "-", ""].iter().map(|joint| word.to_lowercase().replace(' ', joint)).collect();
    if !word.is_ascii() {
        let mut capital = word.chars();
        let first: String = capital.by_ref().take(1).flat_map(char::to_uppercase).collect();
        forms.extend([word.to_uppercase(), first + capital.as_str()]);
    }
    forms.iter_mut().for_each(|form| form.make_ascii_lowercase());
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Whether `start..end` is a word of its own: beside it stands no letter or
/// digit that continues it. `ssn_backup`, `patientSSN`, `MRN04857211` and
/// `passports` hold whole words; `public` does not hold `lic`.
pub(crate) fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let first = text[start..end].chars().next();
    let last = text[start..end].chars().next_back();
    let mut after = text[end..].chars();
    let next = after.next();
    let next_but_one = after.next();
    let (Some(first), Some(last)) = (first, last) else { return false };
    let opens = before.is_none_or(|before| !continues(before, first));
    let closes = next.is_none_or(|next| !continues(last, next));
    let plural =
        matches!(next, Some('s' | 'S')) && last.is_alphabetic() && next_but_one.is_none_or(|c| !c.is_alphanumeric());
    opens && (closes || plural)
}

/// Whether `right` goes on the word that `left` stands in. A step from lower
/// case to upper or between letter and digit starts a new word, and so does
/// any letter of a script that glues particles to words (all beyond Cyrillic).
fn continues(left: char, right: char) -> bool {
    const GLUING_SCRIPTS: char = '\u{590}';
    left.is_alphanumeric()
        && right.is_alphanumeric()
        && left.is_alphabetic() == right.is_alphabetic()
        && !(left.is_lowercase() && right.is_uppercase())
        && ((left < GLUING_SCRIPTS) == (right < GLUING_SCRIPTS))
        && left < GLUING_SCRIPTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_end_at_case_steps_digits_and_underscores() {
        let whole = |text: &str, word: &str| {
            let start = text.find(word).unwrap();
            is_whole_word(text, start, start + word.len())
        };
        for (text, word) in
            [("ssn_backup", "ssn"), ("patientSSN", "SSN"), ("MRN04857211", "MRN"), ("passports", "passport")]
        {
            assert!(whole(text, word), "{word} in {text}");
        }
    }

    /// L36: context by substring.
    #[test]
    fn a_part_of_a_word_is_not_a_whole_word() {
        for (text, word) in [("the public road", "lic"), ("passionate", "pass"), ("éssn", "ssn")] {
            let start = text.find(word).unwrap();
            assert!(!is_whole_word(text, start, start + word.len()), "{word} in {text}");
        }
    }
}
