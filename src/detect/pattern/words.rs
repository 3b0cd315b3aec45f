//! Gate literals and context words of all entries.
//!
//! Literals are looked for in the whole text; context words, which are many
//! more, only around what may become a value.

use std::collections::BTreeMap;
use std::str::Chars;

use super::entry::{Gate, RawEntry};
use super::language::Languages;
use super::strings::Strings;

/// An entry that a context word speaks for, where the word's language counts.
pub(super) type SpeaksFor = (u16, Languages);

/// The literals around which patterns are tried.
pub(super) struct Literals {
    strings: Strings,
    opens: Vec<Opens>,
}

/// What a literal opens.
#[derive(Default)]
pub(super) struct Opens {
    /// Entries to try wherever it stands.
    pub(super) anywhere: Vec<u16>,
    /// Entries to try where it stands as a whole word.
    pub(super) as_word: Vec<SpeaksFor>,
}

/// The context words.
pub(super) struct Words {
    strings: Strings,
    words: Vec<Word>,
    /// Bytes of the longest.
    len_max: usize,
}

/// A context word.
pub(super) struct Word {
    /// As the catalogue writes it.
    pub(super) text: String,
    pub(super) speaks_for: Vec<SpeaksFor>,
}

/// A place where a context word stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    word: u32,
}

impl Literals {
    pub(super) fn compile(entries: &[(RawEntry, Gate)]) -> Result<Literals, String> {
        let mut by_text: BTreeMap<String, Opens> = BTreeMap::new();
        for ((raw, gate), id) in entries.iter().zip(0..) {
            if *gate == Gate::Literals {
                for literal in raw.literals.iter().flat_map(|literal| with_digits(literal)) {
                    by_text.entry(literal.to_ascii_lowercase()).or_default().anywhere.push(id);
                }
            }
            if *gate == Gate::Context {
                for (word, language) in context_words(raw)? {
                    for form in forms(word) {
                        by_text.entry(form).or_default().as_word.push((id, language));
                    }
                }
            }
        }
        Ok(Literals { strings: Strings::of(by_text.keys()), opens: by_text.into_values().collect() })
    }

    /// Calls `found` with start and end of every literal, by rising start.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize, usize, &Opens)) {
        let whole = (0, text.len());
        self.strings.find(
            text.as_bytes(),
            whole,
            |_| true,
            |start, end, literal| {
                found(start, end, &self.opens[literal as usize]);
            },
        );
    }
}

impl Words {
    pub(super) fn compile(entries: &[(RawEntry, Gate)]) -> Result<Words, String> {
        let mut by_form: BTreeMap<String, Word> = BTreeMap::new();
        for ((raw, _), id) in entries.iter().zip(0..) {
            for (word, language) in context_words(raw)? {
                for form in forms(word) {
                    let entry = by_form.entry(form);
                    let entry = entry.or_insert_with(|| Word { text: word.to_owned(), speaks_for: Vec::new() });
                    entry.speaks_for.push((id, language));
                }
            }
        }
        Ok(Words {
            strings: Strings::of(by_form.keys()),
            len_max: by_form.keys().map(String::len).max().unwrap_or(0),
            words: by_form.into_values().collect(),
        })
    }

    /// Every place in `start..end` of `text` where a context word stands as a
    /// whole word (L36), by rising end.
    pub(super) fn hits(&self, text: &str, start: usize, end: usize) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let may_begin = |at: usize| !(at > 0 && bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_lowercase());
        let mut hits = Vec::new();
        self.strings.find(bytes, (start, end), may_begin, |start, end, word| {
            if is_whole_word(text, start, end) {
                hits.push(Hit { start, end, word });
            }
        });
        hits.sort_unstable_by_key(|hit| (hit.end, hit.start));
        hits
    }

    pub(super) fn word(&self, hit: Hit) -> &Word {
        &self.words[hit.word as usize]
    }

    pub(super) fn len_max(&self) -> usize {
        self.len_max
    }
}

fn context_words(raw: &RawEntry) -> Result<Vec<(&str, Languages)>, String> {
    let mut all = Vec::new();
    for (code, words) in &raw.context {
        let language = Languages::of(code).ok_or_else(|| format!("{}: unknown language {code}", raw.name))?;
        all.extend(words.iter().map(|word| (word.as_str(), language)));
    }
    Ok(all)
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
/// digit that continues it. `ssn_backup`, `patientSSN`, `MRN04829137` and
/// `passports` hold whole words; `public` does not hold `lic`.
pub(crate) fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let first = text[start..end].chars().next();
    let last = text[start..end].chars().next_back();
    let after = text[end..].chars();
    let (Some(first), Some(last)) = (first, last) else { return false };
    let opens = before.is_none_or(|before| !continues(before, first));
    let closes = after.clone().next().is_none_or(|next| !continues(last, next));
    opens && (closes || is_plural(last, after))
}

/// Whether a word that ends in `last` has only a plural's `s` behind it.
pub(crate) fn is_plural(last: char, mut after: Chars<'_>) -> bool {
    matches!(after.next(), Some('s' | 'S')) && last.is_alphabetic() && after.next().is_none_or(|c| !c.is_alphanumeric())
}

/// Whether `right` goes on the word that `left` stands in. A step from lower
/// case to upper or between letter and digit starts a new word, and so does
/// any letter of a script that glues particles to words (all beyond Cyrillic).
pub(crate) fn continues(left: char, right: char) -> bool {
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
            [("ssn_backup", "ssn"), ("patientSSN", "SSN"), ("MRN04829137", "MRN"), ("passports", "passport")]
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
