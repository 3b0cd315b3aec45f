//! Tokens that come from earlier requests of a conversation and go to later ones.

use std::collections::BTreeMap;

use super::{Entry, Known, TokenMap};
use crate::detect::Label;
use crate::scrub::normalize::normalize;
use crate::scrub::restore::words;
use crate::scrub::stored::StoredToken;
use crate::scrub::surrogate::{Wanted, is_number};
use crate::scrub::token::{Style, Token};
use crate::scrub::value::Value;

impl TokenMap {
    /// Takes over what earlier requests minted, before anything is minted here:
    /// their values keep their tokens, and new ones are kept apart from them.
    /// What is no token is left out.
    pub fn adopt(&mut self, tokens: Vec<StoredToken>) {
        let mut values: BTreeMap<(Label, String), Vec<(usize, StoredToken)>> = BTreeMap::new();
        let mut surrogates = Vec::new();
        for stored in tokens {
            let Some(token) = Token::read(&stored.token) else { continue };
            if token.style() == Style::Surrogate {
                surrogates.push(stored);
                continue;
            }
            let Some((tag, form)) = token.parts(stored.label) else { continue };
            values.entry((stored.label, tag.to_owned())).or_default().push((form, stored));
        }
        for ((label, tag), mut forms) in values {
            forms.sort_by_key(|(form, _)| *form);
            self.taken.insert((label.token_name(), tag.clone()));
            let value = self.values.len();
            self.values.push(Known { tag, forms: forms.last().map_or(0, |(form, _)| form + 1) });
            let normalized: Vec<_> = forms.iter().map(|(_, stored)| normalize(label, &stored.value)).collect();
            if label == Label::PERSON {
                self.people.remember_forms(&normalized, value);
            }
            for ((_, stored), normalized) in forms.into_iter().zip(normalized) {
                self.by_value.entry(label).or_default().insert(Value::new(&normalized), value);
                self.adopt_form(stored);
            }
        }
        self.adopt_surrogates(surrogates);
        self.adopted = self.entries.len();
    }

    fn adopt_surrogates(&mut self, mut surrogates: Vec<StoredToken>) {
        if !surrogates.is_empty() {
            self.reserved.keep_words();
        }
        // Full names first: what is short for one belongs to it.
        surrogates.sort_by_cached_key(|stored| {
            (std::cmp::Reverse(stored.value.split_whitespace().count()), stored.token.clone())
        });
        for stored in surrogates {
            let (label, normalized) = (stored.label, normalize(stored.label, &stored.value));
            if !self.by_value.get(&label).is_some_and(|values| values.contains_key(normalized.as_str())) {
                self.value_of(label, &normalized, stored.restorable);
            }
            let kept = Wanted { label, surface: &stored.value, normalized: &normalized };
            self.surrogates.adopt(&kept, &stored.token);
            self.adopt_form(stored);
        }
    }

    fn adopt_form(&mut self, stored: StoredToken) {
        let Some(token) = Token::read(&stored.token) else { return };
        let (label, surface) = (stored.label, Value::new(&stored.value));
        self.by_surface.entry((label, token.style())).or_default().insert(surface.clone(), self.entries.len());
        let StoredToken { restorable, keeps_brackets, meets_parenthesis, .. } = stored;
        self.entries.push(Entry { token, label, surface, restorable, keeps_brackets, meets_parenthesis });
    }

    /// What was minted here, to be kept for later requests.
    pub fn minted(&self) -> impl Iterator<Item = StoredToken> + '_ {
        self.entries[self.adopted..].iter().map(|entry| StoredToken {
            token: entry.token.as_str().to_owned(),
            label: entry.label,
            value: entry.surface.to_zeroizing(),
            restorable: entry.restorable,
            keeps_brackets: entry.keeps_brackets,
            meets_parenthesis: entry.meets_parenthesis,
        })
    }

    /// Whether a text of this request holds what looks like a token that an
    /// earlier one minted. The two could not be told apart in an answer: the
    /// earlier one has left and cannot be made longer any more.
    pub fn meets_adopted_literal(&self) -> bool {
        let is_met = |entry: &Entry| {
            let text = entry.token.as_str();
            if entry.token.style() == Style::Surrogate {
                // Each word of a name is read on its own too.
                let is_word = |word: &str| self.reserved.holds_word(&word.to_ascii_uppercase());
                let has_word = || entry.label == Label::PERSON && words(text).into_iter().any(is_word);
                return entry.restorable && (self.reserved.holds_text(text, is_number(text)) || has_word());
            }
            let parts = entry.token.parts(entry.label);
            entry.restorable && parts.is_some_and(|(tag, _)| self.reserved.holds(entry.label.token_name(), tag))
        };
        self.entries[..self.adopted].iter().any(is_met)
    }
}
