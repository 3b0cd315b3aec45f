//! Which names are forms of one person.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::value::Value;

/// The full names of one request, by the words and initials that they share with
/// shorter forms of themselves.
#[derive(Default)]
pub(super) struct People {
    names: Vec<Name>,
    /// The names that hold a word; also, by all their initials (`m g`).
    by_word: HashMap<Value, Vec<usize>>,
}

/// A full name: two words or more, beside initials.
struct Name {
    words: Vec<Value>,
    /// The value that it is a form of.
    value: usize,
}

impl People {
    /// The value of the one person of whose name `normalized` is a part, another
    /// order or a spelling with initials; none where two people fit.
    pub(super) fn owner(&self, normalized: &str) -> Option<usize> {
        let words = words_of(normalized);
        let (initials, full): (Vec<&Value>, Vec<&Value>) = words.iter().partition(|word| is_initial(word));
        let rarest = if full.is_empty() {
            self.by_word.get(&all_initials(&words))?
        } else {
            let holding: Option<Vec<_>> = full.iter().map(|word| self.by_word.get(word.as_str())).collect();
            holding?.into_iter().min_by_key(|names| names.len())?
        };
        let fits = |name: &Name| {
            full.iter().all(|word| name.words.contains(word))
                && initials
                    .iter()
                    .all(|initial| name.words.iter().any(|word| word.as_str().starts_with(initial.as_str())))
        };
        let mut owners = rarest.iter().map(|at| &self.names[*at]).filter(|name| fits(name)).map(|name| name.value);
        let first = owners.next()?;
        owners.all(|other| other == first).then_some(first)
    }

    /// Remembers a form of `value`, if it is a full name.
    pub(super) fn remember(&mut self, normalized: &str, value: usize) {
        let mut words = words_of(normalized);
        if words.iter().filter(|word| !is_initial(word)).count() < 2 {
            return;
        }
        let initials = all_initials(&words);
        let joined: Vec<Value> = words.iter().flat_map(|word| components(word.as_str())).collect();
        words.extend(joined);
        for key in words.iter().chain([&initials]) {
            let names = self.by_word.entry(key.clone()).or_default();
            if names.last() != Some(&self.names.len()) {
                names.push(self.names.len());
            }
        }
        self.names.push(Name { words, value });
    }
}

/// The words of a normalized name, without accents: `José` is written `Jose` too.
fn words_of(normalized: &str) -> Vec<Value> {
    let words = normalized.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.')).filter(|word| !word.is_empty());
    words.map(|word| Value::new(&word.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>())).collect()
}

/// The parts of a word with hyphens.
fn components(word: &str) -> impl Iterator<Item = Value> {
    word.split(['-', '‐', '‑']).filter(move |part| part.len() < word.len() && !part.is_empty()).map(Value::new)
}

fn all_initials(words: &[Value]) -> Value {
    let initials = words.iter().filter_map(|word| word.as_str().chars().next());
    Value::new(&initials.flat_map(|c| [' ', c]).collect::<String>())
}

fn is_initial(word: &Value) -> bool {
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
            assert_eq!(people.owner(form).is_some(), form != "j.-l. berg", "{form}");
        }
        assert_eq!((people.owner("петров"), people.owner("王")), (Some(2), Some(3)));
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
