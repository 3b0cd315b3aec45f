//! One request's tokens.

mod stored;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::key::ScopeKey;
use super::normalize::normalize;
use super::people::People;
use super::reserve::Reserved;
use super::restore::Restorer;
use super::surrogate::{Surrogates, Surroundings, Wanted};
use super::token::{Style, TAG_LEN_MAX, Token, TokenStyle, full_tag};
use super::value::Value;
use crate::detect::Label;

/// The tokens of one request and what they stand for.
///
/// Tokens come from the scope's key and the values alone: another request of
/// the conversation, or another replica, mints the same ones. Where a tag is
/// taken, and for whose name a part of a name is, what was minted before counts,
/// so mint in the order of the text: what comes later changes no earlier token.
pub struct TokenMap {
    scope: ScopeKey,
    style: TokenStyle,
    reserved: Reserved,
    entries: Vec<Entry>,
    /// How many of the first entries earlier requests have minted.
    adopted: usize,
    by_surface: HashMap<(Label, Style), HashMap<Value, usize>>,
    /// Where in `values` a normalized value is: forms of one person meet there.
    by_value: HashMap<Label, HashMap<Value, usize>>,
    values: Vec<Known>,
    people: People,
    surrogates: Surrogates,
    taken: HashSet<(&'static str, String)>,
    hosts: BTreeSet<String>,
}

/// One surface form of a value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) token: Token,
    pub(super) label: Label,
    pub(super) surface: Value,
    pub(super) restorable: bool,
    /// In the request it stands in brackets of the text, next to its own: doubled
    /// ones are not a model's doing.
    pub(super) keeps_brackets: bool,
    /// In the request a parenthesis follows it: what stands there is no link of
    /// the model's.
    pub(super) meets_parenthesis: bool,
}

/// A value and how many of its forms were minted.
struct Known {
    tag: String,
    forms: usize,
}

impl TokenMap {
    /// An empty map.
    pub fn new(scope: ScopeKey, style: TokenStyle) -> TokenMap {
        let mut reserved = Reserved::default();
        if style.style() == Style::Surrogate {
            reserved.keep_words();
        }
        TokenMap {
            scope,
            style,
            reserved,
            entries: Vec::new(),
            adopted: 0,
            by_surface: HashMap::new(),
            by_value: HashMap::new(),
            values: Vec::new(),
            people: People::default(),
            surrogates: Surrogates::default(),
            taken: HashSet::new(),
            hosts: BTreeSet::new(),
        }
    }

    /// Keeps tokens minted from now on apart from whatever looks like one in
    /// `text`, so that a literal comes back as it was. Call it with every text
    /// of the request before the first is scrubbed; [`super::sanitize`] does.
    pub fn reserve(&mut self, text: &str) {
        self.reserved.add(text);
    }

    /// What stands for `surface`: the same for the same surface; a token with the
    /// same tag and another suffix for another form of the same value, for a part
    /// of the one full name minted before that it is a part of, and for the first
    /// full name behind a part of it. What was minted once as not `restorable`
    /// stays so.
    pub fn mint(&mut self, label: Label, surface: &str, restorable: bool) -> &Token {
        &self.entry(label, surface, restorable, self.style.style()).token
    }

    /// The same, in `style` where the map's own and the value allow it.
    pub(super) fn entry(&mut self, label: Label, surface: &str, restorable: bool, style: Style) -> &mut Entry {
        let index = self.index_of(label, surface, restorable, style);
        &mut self.entries[index]
    }

    fn index_of(&mut self, label: Label, surface: &str, restorable: bool, style: Style) -> usize {
        let known = |map: &TokenMap, style| map.by_surface.get(&(label, style))?.get(surface).copied();
        let (token, surrogate) = (known(self, Style::Token), known(self, Style::Surrogate));
        let is_restorable = restorable && [token, surrogate].iter().flatten().all(|at| self.entries[*at].restorable);
        for index in [token, surrogate].into_iter().flatten() {
            self.entries[index].restorable = is_restorable;
        }
        // What is not put back must not be taken for a real value by who reads it.
        let style = if is_restorable { style.min(self.style.style()) } else { Style::Token };
        if let Some(index) = if style == Style::Surrogate { surrogate } else { token } {
            return index;
        }
        let token = self.new_token(label, surface, is_restorable, style);
        if token.style() != style
            && let Some(index) = known(self, token.style())
        {
            return index;
        }
        let index = self.entries.len();
        let forms = self.by_surface.entry((label, token.style())).or_default();
        forms.insert(Value::new(surface), index);
        let surface = Value::new(surface);
        let entry =
            Entry { token, label, surface, restorable: is_restorable, keeps_brackets: false, meets_parenthesis: false };
        self.entries.push(entry);
        index
    }

    fn new_token(&mut self, label: Label, surface: &str, restorable: bool, style: Style) -> Token {
        let normalized = normalize(label, surface);
        let known = self.by_value.get(&label).and_then(|values| values.get(normalized.as_str())).copied();
        let value = known.unwrap_or_else(|| self.value_of(label, &normalized, restorable));
        if style == Style::Surrogate {
            let wanted = Wanted { label, surface, normalized: &normalized };
            let around = Surroundings { scope: &self.scope, reserved: &self.reserved, people: &self.people };
            if let Some(text) = self.surrogates.mint(&wanted, &around) {
                return Token::surrogate(&text);
            }
        }
        if let Some(&index) = self.by_surface.get(&(label, Style::Token)).and_then(|forms| forms.get(surface)) {
            return self.entries[index].token.clone();
        }
        let known = &mut self.values[value];
        let token = Token::new(label, &known.tag, known.forms);
        known.forms += 1;
        token
    }

    /// The value that `normalized`, which was not met before, is a form of: the
    /// person's of whose name it is a part, that of a part which came before it, or
    /// one of its own.
    fn value_of(&mut self, label: Label, normalized: &str, restorable: bool) -> usize {
        let is_person = label == Label::PERSON;
        let owner = if is_person { self.people.owner(normalized) } else { None };
        let adopted = if is_person && owner.is_none() { self.people.adopt(normalized) } else { None };
        let value = owner.or(adopted).unwrap_or_else(|| {
            let tag = self.free_tag(label, normalized, restorable);
            self.taken.insert((label.token_name(), tag.clone()));
            self.values.push(Known { tag, forms: 0 });
            self.values.len() - 1
        });
        if is_person && owner.is_none() {
            self.people.remember(normalized, value);
        }
        self.by_value.entry(label).or_default().insert(Value::new(normalized), value);
        value
    }

    /// The value's shortest tag that neither another value nor a literal has. A
    /// literal does not matter for a token that is never restored: then it is
    /// most often that very token, which came back in an earlier answer.
    fn free_tag(&self, label: Label, normalized: &str, restorable: bool) -> String {
        let name = label.token_name();
        let is_taken =
            |tag: &str| self.taken.contains(&(name, tag.to_owned())) || restorable && self.reserved.holds(name, tag);
        for round in 0.. {
            let full = full_tag(&self.scope, label, normalized, round);
            if let Some(len) = (self.style.tag_len()..=TAG_LEN_MAX).find(|&len| !is_taken(&full[..len])) {
                return full[..len].to_owned();
            }
        }
        unreachable!("each round draws 40 new bits")
    }

    /// Lets answers put values into URLs of the hosts that `text` names. Call it
    /// with what the user and the operator wrote, never with a tool's result: a
    /// host that arrives there must not be able to draw values out.
    pub fn allow_hosts_of(&mut self, text: &str) {
        self.hosts.extend(super::restore::hosts_in(text));
    }

    /// The hosts that answers may put values into URLs of.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// Lets answers put values into URLs of `host`, one that [`TokenMap::hosts`]
    /// of an earlier request named.
    pub fn allow_host(&mut self, host: String) {
        self.hosts.insert(host);
    }

    /// How many tokens were minted.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none was minted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tokens with their labels and the values they stand for, in the order
    /// of minting.
    pub fn tokens(&self) -> impl Iterator<Item = (&Token, Label, &str)> {
        self.entries.iter().map(|entry| (&entry.token, entry.label, entry.surface.as_str()))
    }

    /// The matcher that turns what was minted so far back into values.
    pub fn restorer(&self) -> Arc<Restorer> {
        Arc::new(Restorer::new(self.entries.clone(), self.hosts.clone()))
    }
}

impl fmt::Debug for TokenMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.entries.iter().map(|entry| &entry.token);
        f.debug_struct("TokenMap").field("tokens", &tokens.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
