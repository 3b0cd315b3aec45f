//! Which names are forms of one person.

use std::collections::HashMap;

use super::value::Value;
use crate::detect::{fold, fold_umlauts};

/// What has more words is no name of a person.
const WORDS_MAX: usize = 16;
/// A word that more people share says nothing about which of them is meant.
const SHARED_MAX: usize = 64;
/// So many short forms without a person are kept by word.
const ORPHANS_MAX: usize = 4;

/// The full names of one request, by the words and initials that they share with
/// shorter forms of themselves.
#[derive(Default)]
pub(super) struct People {
    names: Vec<Name>,
    /// The names that hold a word; also, by all their initials (`m g`).
    by_word: HashMap<Value, Vec<usize>>,
    /// Short forms that were met before the full name was, by their word.
    orphans: HashMap<Value, Vec<Name>>,
}

/// A full name: two words or more, beside initials. As an orphan: one word.
struct Name {
    words: Vec<Value>,
    /// The value that it is a form of.
    value: usize,
}

impl People {
    /// The value of the one person of whose name `normalized` is a part, another
    /// order or a spelling with initials; none where two people fit.
    pub(super) fn owner(&self, normalized: &str) -> Option<usize> {
        let words: Vec<Value> = words_of(normalized).into_iter().flat_map(|word| self.known_pieces(word)).collect();
        if words.len() > WORDS_MAX {
            return None;
        }
        let (initials, full): (Vec<&Value>, Vec<&Value>) = words.iter().partition(|word| is_initial(word));
        let rarest = if full.is_empty() {
            self.by_word.get(&all_initials(&words))?
        } else {
            let holding: Option<Vec<_>> = full.iter().map(|word| self.by_word.get(word.as_str())).collect();
            holding?.into_iter().min_by_key(|names| names.len())?
        };
        if rarest.len() > SHARED_MAX {
            return None;
        }
        let fits = |name: &Name| full.iter().chain(&initials).all(|word| holds(&name.words, word));
        let mut owners = rarest.iter().map(|at| &self.names[*at]).filter(|name| fits(name)).map(|name| name.value);
        let first = owners.next()?;
        owners.all(|other| other == first).then_some(first)
    }

    /// `word`, or its parts where only they are known: `maria-gonzalez`.
    fn known_pieces(&self, word: Value) -> Vec<Value> {
        let parts: Vec<Value> = components(word.as_str()).collect();
        if parts.is_empty() || self.by_word.contains_key(&word) { vec![word] } else { parts }
    }

    /// The value of a short form that was met before this full name, and has no
    /// person yet: whoever is called `Maria` and then `Maria Gonzalez` is one.
    pub(super) fn adopt(&mut self, normalized: &str) -> Option<usize> {
        let words = words_of(normalized);
        if words.len() > WORDS_MAX || !is_full_name(&words) {
            return None;
        }
        let spelled = with_spellings(words, normalized);
        let fits = |orphan: &Name| orphan.words.iter().all(|word| holds(&spelled, word));
        let fitting = spelled.iter().filter_map(|word| self.orphans.get(word)).flatten().filter(|orphan| fits(orphan));
        let value = fitting.map(|orphan| orphan.value).min()?;
        for orphans in spelled.iter() {
            if let Some(orphans) = self.orphans.get_mut(orphans) {
                orphans.retain(|orphan| orphan.value != value);
            }
        }
        Some(value)
    }

    /// The words of the one person's name that `normalized` is a form of.
    pub(super) fn words_of_owner(&self, normalized: &str) -> Option<&[Value]> {
        let owner = self.owner(normalized)?;
        self.names.iter().find(|name| name.value == owner).map(|name| name.words.as_slice())
    }

    /// Remembers a form of `value`: a full name, or what may be short for one that
    /// comes later.
    pub(super) fn remember(&mut self, normalized: &str, value: usize) {
        let words = words_of(normalized);
        if words.len() > WORDS_MAX {
            return;
        }
        if !is_full_name(&words) {
            return self.remember_orphan(words, value);
        }
        let initials = all_initials(&words);
        let words = with_spellings(words, normalized);
        for key in words.iter().chain([&initials]) {
            let names = self.by_word.entry(key.clone()).or_default();
            if names.last() != Some(&self.names.len()) {
                names.push(self.names.len());
            }
        }
        self.names.push(Name { words, value });
    }

    /// Remembers `value` by its forms, in the order of their minting: by the full
    /// name among them, which goes before what is short for it.
    pub(super) fn remember_forms<S: AsRef<str>>(&mut self, forms: &[S], value: usize) {
        let mut all = forms.iter().map(AsRef::as_ref);
        let full = all.clone().find(|form| is_full_name(&words_of(form)));
        if let Some(form) = full.or(all.next()) {
            self.remember(form, value);
        }
    }

    fn remember_orphan(&mut self, words: Vec<Value>, value: usize) {
        let Some(key) = words.iter().find(|word| !is_initial(word)).cloned() else { return };
        let orphans = self.orphans.entry(key).or_default();
        if orphans.len() < ORPHANS_MAX {
            orphans.push(Name { words, value });
        }
    }
}

fn is_full_name(words: &[Value]) -> bool {
    words.iter().filter(|word| !is_initial(word)).count() > 1
}

/// Whether `words` hold the word, or one that the initial stands for.
fn holds(words: &[Value], word: &Value) -> bool {
    let is_short = is_initial(word);
    words.iter().any(|known| known == word || is_short && known.as_str().starts_with(word.as_str()))
}

/// `words` of `normalized` with what else they are written as: the parts of those
/// with hyphens or apostrophes, an `e` for an umlaut.
fn with_spellings(words: Vec<Value>, normalized: &str) -> Vec<Value> {
    let parts: Vec<Value> = words.iter().flat_map(|word| components(word.as_str())).collect();
    let umlauts = split(normalized).flat_map(|word| std::iter::once(word).chain(pieces(word)));
    let umlauts: Vec<Value> = umlauts.filter_map(|word| fold_umlauts(word).map(|word| Value::new(&word))).collect();
    words.into_iter().chain(parts).chain(umlauts).collect()
}

/// The words of a normalized name, without accents: `José` is written `Jose` too.
pub(super) fn words_of(normalized: &str) -> Vec<Value> {
    split(normalized).map(|word| Value::new(&fold(word))).collect()
}

fn split(normalized: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '_');
    normalized.split(is_between).filter(|word| !word.is_empty())
}

/// The parts of a word with hyphens or apostrophes.
fn components(word: &str) -> impl Iterator<Item = Value> {
    pieces(word).map(Value::new)
}

fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(['-', '‐', '‑', '\'', '’']).filter(move |part| part.len() < word.len() && !part.is_empty())
}

fn all_initials(words: &[Value]) -> Value {
    let initials = words.iter().filter_map(|word| word.as_str().chars().next());
    Value::new(&initials.flat_map(|c| [' ', c]).collect::<String>())
}

pub(super) fn is_initial(word: &Value) -> bool {
    let mut letters = word.as_str().chars();
    // An ideograph is a whole name.
    letters.next().is_some_and(|c| u32::from(c) < 0x3000) && letters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &[&str]) -> People {
        let mut people = People::default();
        for (value, name) in names.iter().enumerate() {
            people.remember(name, value);
        }
        people
    }

    /// L21: whatever is short for one person is that person's.
    #[test]
    fn parts_initials_and_other_orders_belong_to_the_full_name() {
        let people = people(&["maría gonzalez ruiz", "jean-luc van der berg", "иван петров", "王 小明"]);
        for form in ["maria", "gonzález", "gonzalez ruiz", "gonzalez, maria", "m. gonzalez", "maria g.", "m.g.r."] {
            assert_eq!(people.owner(form), Some(0), "{form}");
        }
        for form in ["van der berg", "jean", "jean-luc", "j.-l. berg", "berg, j"] {
            assert_eq!(people.owner(form), Some(1), "{form}");
        }
        assert_eq!((people.owner("петров"), people.owner("王")), (Some(2), Some(3)));
    }

    /// L21: the full name that comes after its part is the same person; only the
    /// first, so that two with one surname stay two.
    #[test]
    fn a_full_name_adopts_the_part_that_came_before() {
        let mut people = people(&["gonzalez", "j. müller", "a", "maria"]);
        assert_eq!(people.adopt("ana ruiz"), None);
        assert_eq!(people.adopt("maria gonzalez"), Some(0));
        assert_eq!(people.adopt("miguel gonzalez"), None);
        assert_eq!(people.adopt("johann mueller"), None);
        assert_eq!(people.adopt("jürgen müller"), Some(1));
        assert_eq!(people.adopt("maria"), None);
    }

    /// L21: two people with one surname stay two.
    #[test]
    fn what_fits_two_people_or_none_belongs_to_nobody() {
        let people = people(&["maria gonzalez", "miguel gonzalez", "ana ruiz", "ruiz"]);
        for form in ["gonzalez", "m. gonzalez", "m.g.", "maria ruiz", "x. ruiz", "ruizito", "a", "", "."] {
            assert_eq!(people.owner(form), None, "{form}");
        }
        assert_eq!((people.owner("miguel g."), people.owner("ruiz")), (Some(1), Some(2)));
    }
}
