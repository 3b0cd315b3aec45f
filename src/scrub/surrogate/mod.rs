//! Realistic stand-ins: names, numbers and addresses of nobody.
//!
//! A surrogate follows from the value and the scope's key alone, as a token does;
//! where it is taken, what was minted before counts. It equals no text of the
//! request, so that whatever reads like it in an answer is it.

mod case;
mod dates;
mod draw;
mod names;
mod numbers;
mod phone;
mod places;

use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

use self::draw::Draw;
use self::names::{Context, NameWords, Role};
use super::key::ScopeKey;
use super::normalize::is_identifier;
use super::people::{People, words_of};
use super::reserve::Reserved;
use super::value::Value;
use crate::detect::Label;

/// So many are drawn before a value gets a token after all.
const ROUNDS_MAX: u32 = 64;
/// Longer ones would not be copied rightly, nor found again.
const LEN_MAX: usize = 96;
/// Shorter ones would be met in answers by chance.
const SIGNIFICANT_MIN: usize = 5;

/// The surrogates of one request.
#[derive(Default)]
pub(super) struct Surrogates {
    names: NameWords,
    /// The letters and digits of each, and the value that it stands for.
    owners: HashMap<String, (Label, Value)>,
    texts: HashSet<String>,
    /// Values for which none was found: looking costs more than any that is found.
    without: HashSet<(Label, Value)>,
}

/// A value that a surrogate is wanted for.
pub(super) struct Wanted<'a> {
    pub(super) label: Label,
    pub(super) surface: &'a str,
    pub(super) normalized: &'a str,
}

/// What else a surrogate depends on.
pub(super) struct Surroundings<'a> {
    pub(super) scope: &'a ScopeKey,
    pub(super) reserved: &'a Reserved,
    pub(super) people: &'a People,
}

impl Surrogates {
    /// What stands for a value from now on; `None` where only a token can: for
    /// secrets, and where nothing was found that could not be taken for something
    /// else. Asked again for the same surface it draws another.
    pub(super) fn mint(&mut self, wanted: &Wanted<'_>, around: &Surroundings<'_>) -> Option<String> {
        let identity = (wanted.label, identity_of(wanted));
        if self.without.contains(&identity) {
            return None;
        }
        for round in 0..ROUNDS_MAX {
            let text = self.written(wanted, around, round)?;
            if !is_plain(&text) {
                // So will be whatever else is drawn in this form.
                break;
            }
            if self.is_free(&text, wanted, &identity, around.reserved) {
                self.owners.entry(key_of(&text)).or_insert(identity);
                self.texts.insert(text.clone());
                return Some(text);
            }
        }
        self.without.insert(identity);
        None
    }

    /// Takes over `text`, which an earlier request minted for the value.
    pub(super) fn adopt(&mut self, kept: &Wanted<'_>, text: &str) {
        self.owners.entry(key_of(text)).or_insert_with(|| (kept.label, identity_of(kept)));
        self.texts.insert(text.to_owned());
        if kept.label == Label::PERSON {
            self.names.adopt(kept.surface, text);
        }
    }

    fn written(&mut self, wanted: &Wanted<'_>, around: &Surroundings<'_>, round: u32) -> Option<String> {
        let Wanted { label, surface, normalized } = *wanted;
        let context = Context { scope: around.scope, reserved: around.reserved, people: around.people };
        let draw = &mut Draw::new(around.scope, &[label.as_str(), normalized], round);
        Some(match label {
            // A word in small letters that is no part of a name would be met in
            // answers as a word of the language.
            Label::PERSON if is_small_word(surface) && around.people.owner(normalized).is_none() => return None,
            Label::PERSON => return self.names.name(&context, surface, normalized, round),
            Label::ORGANIZATION => {
                let source = Value::new(&Zeroizing::new(format!("organization {normalized}")));
                let name = self.names.word(&context, &source, Role::Surname, round)?.to_owned();
                places::organization(draw, &name, surface)
            }
            Label::LOCATION => places::location(draw, surface),
            Label::STREET_ADDRESS => places::street_address(draw, surface),
            Label::EMAIL_ADDRESS => places::email(draw, surface),
            Label::USERNAME => places::username(draw, surface),
            Label::URL => places::url(draw, surface),
            Label::PHONE_NUMBER => phone::number(draw, surface),
            Label::DATE_TIME | Label::DATE_OF_BIRTH => return dates::date(draw, surface),
            Label::IP_ADDRESS => numbers::ip(draw, surface),
            Label::MAC_ADDRESS => numbers::mac(draw, surface),
            Label::CREDIT_CARD => numbers::card(draw, surface),
            Label::IBAN_CODE => numbers::iban(draw, surface),
            Label::SWIFT_CODE => numbers::swift(draw, surface),
            Label::US_SSN => numbers::us_ssn(draw, surface),
            Label::GEO_COORDINATES => numbers::coordinates(draw, surface),
            _ if is_identifier(label) || label == Label::CRYPTO => numbers::identifier(draw, label, surface),
            // Secrets, whose stand-ins somebody would try; ages and nationalities,
            // which are everyday words; a tenant's own words, of which nothing is known.
            _ => return None,
        })
    }

    fn is_free(&self, text: &str, wanted: &Wanted<'_>, identity: &(Label, Value), reserved: &Reserved) -> bool {
        let key = key_of(text);
        let is_name = matches!(wanted.label, Label::PERSON | Label::LOCATION | Label::ORGANIZATION);
        let is_distinct = key != key_of(wanted.surface)
            && (is_name && key.len() > 1 || key.len() >= SIGNIFICANT_MIN)
            && !text.starts_with(['[', '{', '<']);
        let is_nobodys = self.owners.get(&key).is_none_or(|owner| owner == identity) && !self.texts.contains(text);
        is_distinct && is_nobodys && !reserved.holds_text(text, is_number(text))
    }
}

fn is_small_word(name: &str) -> bool {
    name.chars().all(|c| !c.is_whitespace() && !c.is_uppercase()) && name.chars().any(char::is_lowercase)
}

/// Whether models copy `text` rightly, and it is found again.
fn is_plain(text: &str) -> bool {
    text.len() <= LEN_MAX && text.chars().all(|c| c.is_ascii() || c.is_whitespace())
}

/// What all spellings of a surrogate have in common.
fn key_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Whether `text` is digits with separators that models change or leave out.
pub(super) fn is_number(text: &str) -> bool {
    const DIGITS_MIN: usize = 6;
    text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c.is_whitespace() || "-./()+".contains(c))
}

/// Which forms are one value: of a name all that have the same words.
fn identity_of(wanted: &Wanted<'_>) -> Value {
    if wanted.label != Label::PERSON {
        return Value::new(wanted.normalized);
    }
    let words = words_of(wanted.normalized);
    Value::new(&Zeroizing::new(words.iter().map(Value::as_str).collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests;
