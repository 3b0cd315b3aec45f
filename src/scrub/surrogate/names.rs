//! Names of people who do not exist.
//!
//! The lists are the project's own. Surnames are put together from a stem and an
//! ending, so that there are thousands and two people rarely meet.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::case::cased;
use super::draw::Draw;
use crate::scrub::key::ScopeKey;
use crate::scrub::people::{People, is_initial, words_of};
use crate::scrub::reserve::Reserved;
use crate::scrub::value::Value;

/// After so many draws a list counts as used up, and names are put together of
/// more parts.
const DRAWS_OF_A_LIST: u32 = 16;
const DRAWS_MAX: u32 = 2000;
/// So many ways there are to write a name in the same words.
const FORMS: u32 = 8;

pub(super) static GIVEN: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("data/given.txt").split_whitespace().collect());
pub(super) static STEMS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("data/stems.txt").split_whitespace().collect());
static ENDINGS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("data/surname_endings.txt").split_whitespace().collect());

/// What a word of a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Given,
    Surname,
}

/// The words of names: each has one stand-in wherever it stands, and no two the
/// same. So forms of one person stay together, a surname that two people share
/// stays shared, and one word of an invented name leads back to one real word.
#[derive(Default)]
pub(super) struct NameWords {
    of: HashMap<Value, String>,
    taken: HashSet<String>,
}

/// What the choice of a name depends on.
pub(super) struct Context<'a> {
    pub(super) scope: &'a ScopeKey,
    pub(super) reserved: &'a Reserved,
    pub(super) people: &'a People,
}

impl NameWords {
    /// `surface` with each of its words replaced; `None` where it is no name. A
    /// further `round` has an initial more, so that two spellings of one name
    /// ("María", "Maria") stay one name, and at last other words.
    pub(super) fn name(
        &mut self,
        context: &Context<'_>,
        surface: &str,
        normalized: &str,
        round: u32,
    ) -> Option<String> {
        let plain = self.replaced(context, surface, normalized, round / FORMS)?;
        if round.is_multiple_of(FORMS) {
            return Some(plain);
        }
        let initial = char::from(Draw::new(context.scope, &["form", normalized], round).letter());
        let initial = cased(&format!("{initial}."), surface);
        Some(match plain.rsplit_once(' ').filter(|_| !plain.contains([',', '.'])) {
            Some((given, surname)) => format!("{given} {initial} {surname}"),
            None => format!("{plain} {initial}"),
        })
    }

    fn replaced(&mut self, context: &Context<'_>, surface: &str, normalized: &str, variant: u32) -> Option<String> {
        let parts = parts_of(surface);
        let folded: Vec<Option<Value>> = parts.iter().map(folded_word).collect();
        let is_full = |word: &Option<Value>| word.as_ref().is_some_and(|word| !is_initial(word) && !is_title(word));
        let count = folded.iter().filter(|word| is_full(word)).count();
        let surname_first = parts.iter().any(|part| matches!(part, Part::Between(between) if between.contains(',')));
        let mut at = 0;
        let mut name = String::with_capacity(surface.len() + 8);
        for (part, folded) in parts.iter().zip(&folded) {
            match (part, folded) {
                (Part::Word(word), Some(folded)) if is_title(folded) => name.push_str(word),
                (Part::Word(word), Some(folded)) if is_initial(folded) => {
                    let initial = self.initial(context, folded, normalized, variant);
                    name.push_str(&cased(&initial.to_string(), word));
                }
                (Part::Word(word), Some(folded)) => {
                    at += 1;
                    let role = match (count, surname_first) {
                        (1, _) => role_alone(folded),
                        (_, true) if at == 1 => Role::Surname,
                        (_, false) if at == count => Role::Surname,
                        _ => Role::Given,
                    };
                    name.push_str(&cased(self.word(context, folded, role, variant)?, word));
                }
                (Part::Word(_), None) => return None,
                (Part::Between(between), _) => name.push_str(&between.replace('’', "'")),
            }
        }
        (at > 0 || count == 0 && !name.is_empty()).then_some(name)
    }

    /// The stand-in of `source`, which nothing else has and no text of the request
    /// holds, nor its plural.
    pub(super) fn word(&mut self, context: &Context<'_>, source: &Value, role: Role, variant: u32) -> Option<&str> {
        let key = key_of(source, variant);
        if !self.of.contains_key(&key) {
            let drawn = (0..DRAWS_MAX).map(|round| {
                let mut draw = Draw::new(context.scope, &["name", key.as_str()], round);
                drawn_name(&mut draw, role, round)
            });
            let is_free = |name: &String| {
                let upper = name.to_ascii_uppercase();
                let is_there =
                    ["", "S", "ES"].iter().any(|ending| context.reserved.holds_word(&format!("{upper}{ending}")));
                !is_there && !self.taken.contains(&upper)
            };
            let name = drawn.into_iter().find(is_free)?;
            self.taken.insert(name.to_ascii_uppercase());
            self.of.insert(key.clone(), name);
        }
        self.of.get(key.as_str()).map(String::as_str)
    }

    /// Takes over the words of `name`, which an earlier request minted for `surface`.
    pub(super) fn adopt(&mut self, surface: &str, name: &str) {
        let (real, invented) = (parts_of(surface), parts_of(name));
        let words = |parts: &[Part<'_>]| parts.iter().filter(|part| matches!(part, Part::Word(_))).count();
        let is_alike = words(&real) == words(&invented);
        for (real, invented) in real.iter().zip(&invented) {
            let Part::Word(invented) = invented else { continue };
            self.taken.insert(invented.to_ascii_uppercase());
            if let (true, Some(source)) = (is_alike && invented.len() > 1 && invented.is_ascii(), folded_word(real)) {
                let (first, rest) = invented.split_at(1);
                let capital = first.to_ascii_uppercase() + &rest.to_ascii_lowercase();
                self.of.entry(key_of(&source, 0)).or_insert(capital);
            }
        }
    }

    /// The initial of the word that `initial` is short for, if that is known.
    fn initial(&self, context: &Context<'_>, initial: &Value, normalized: &str, variant: u32) -> char {
        let words = context.people.words_of_owner(normalized).unwrap_or_default();
        let meant = words.iter().filter(|word| !is_initial(word) && word.as_str().starts_with(initial.as_str()));
        let known = meant.filter_map(|word| self.of.get(&key_of(word, variant)));
        let drawn = || char::from(Draw::new(context.scope, &["initial", initial.as_str()], variant).letter());
        known.filter_map(|name| name.chars().next()).next().unwrap_or_else(drawn)
    }
}

fn key_of(source: &Value, variant: u32) -> Value {
    Value::new(&Zeroizing::new(format!("{}\0{variant}", source.as_str())))
}

fn drawn_name(draw: &mut Draw, role: Role, round: u32) -> String {
    match (role, round / DRAWS_OF_A_LIST) {
        (Role::Given, 0) => draw.of(&GIVEN).to_owned(),
        (_, 0..=3) => format!("{}{}", draw.of(&STEMS), draw.of(&ENDINGS)),
        _ => format!("{}{}{}", draw.of(&STEMS), draw.of(&STEMS).to_ascii_lowercase(), draw.of(&ENDINGS)),
    }
}

/// A name of one word: a surname if it looks like those of the list.
fn role_alone(folded: &Value) -> Role {
    let is_surname = ENDINGS.iter().any(|ending| folded.as_str().ends_with(ending));
    if is_surname { Role::Surname } else { Role::Given }
}

enum Part<'a> {
    Word(&'a str),
    Between(&'a str),
}

const POSSESSIVES: &[&str] = &["'s", "’s"];

/// Titles and what stands behind a name are no part of it, and stay.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau", "senor", "senora", "jr", "sr", "ii", "iii", "iv",
    "md", "phd",
];

fn is_title(folded: &Value) -> bool {
    TITLES.contains(&folded.as_str())
}

/// Words, and what stands between them: white space, commas, dots, hyphens.
fn parts_of(surface: &str) -> Vec<Part<'_>> {
    let is_between = |c: char| c.is_whitespace() || (c.is_ascii_punctuation() && c != '\'');
    let mut parts = Vec::new();
    let mut rest = surface;
    while let Some(first) = rest.chars().next() {
        let between = is_between(first);
        let end = rest.find(|c| is_between(c) != between).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        let owner = POSSESSIVES.iter().find_map(|ending| part.strip_suffix(ending)).filter(|owner| !owner.is_empty());
        match owner {
            _ if between => parts.push(Part::Between(part)),
            Some(owner) => parts.extend([Part::Word(owner), Part::Between(&part[owner.len()..])]),
            None => parts.push(Part::Word(part)),
        }
    }
    parts
}

fn folded_word(part: &Part<'_>) -> Option<Value> {
    let Part::Word(word) = part else { return None };
    words_of(&crate::scrub::normalize::casefold(word)).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plural must not be read as another name.
    #[test]
    fn the_lists_hold_hundreds_of_names_and_none_is_the_plural_of_another() {
        let surnames = STEMS.iter().flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}{ending}")));
        let names: Vec<String> = GIVEN.iter().map(|name| (*name).to_owned()).chain(surnames).collect();
        let all: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(all.len(), names.len());
        assert!(GIVEN.len() >= 200 && STEMS.len() * ENDINGS.len() >= 3000);
        for name in &all {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
            assert!(!all.contains(&format!("{name}s")) && !all.contains(&format!("{name}es")), "{name}");
        }
    }
}
