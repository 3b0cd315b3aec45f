//! What must hold of every stranger's bytes. Each check takes any bytes and panics
//! when it does not hold; [`tests`] calls them with bytes that are likely to break
//! something, `fuzz/` for as long as it is given.

mod events;
mod restorer;
mod sse;
#[cfg(test)]
mod tests;
mod walker;

pub use events::{answers_survive, events_survive};
pub use restorer::restorer_holds;
pub use sse::splitter_holds;
pub use walker::walker_holds;

use std::sync::Arc;

use crate::detect::Label;
use crate::scrub::{MasterKey, Restorer, ScopeKey, SealKey, Style, TokenMap, TokenStyle};
use crate::tenant::TenantId;

/// Values that no text holds: each between two characters of private use.
const VALUES: [(Label, &str); 4] = [
    (Label::PERSON, "\u{e000}Maria \"M\" \\ Gonzalez\u{e001}"),
    (Label::PERSON, "\u{e000}MARIA\u{e001}"),
    (Label::EMAIL_ADDRESS, "\u{e000}maria@example.com\u{e001}"),
    (Label::STREET_ADDRESS, "\u{e000}12 Rue Neuve\n\u{e001}"),
];

fn master() -> MasterKey {
    MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a whole key")
}

fn tenant() -> TenantId {
    TenantId::parse("checks").expect("a tenant's name")
}

/// Seals what is signed, and opens what it has sealed.
fn seals() -> SealKey {
    SealKey::derive(&master(), &tenant()).expect("a cipher")
}

/// A map, always the same for the same `reserved` text.
fn token_map(reserved: &str) -> TokenMap {
    let mut map = TokenMap::new(ScopeKey::derive(&master(), &tenant(), "1"), TokenStyle::default());
    map.reserve(reserved);
    map.allow_hosts_of("https://good.test/");
    for (label, value) in VALUES {
        map.mint(label, value, true);
    }
    map
}

/// A restorer, and the tokens it knows.
fn restorer() -> (Arc<Restorer>, Vec<String>) {
    let map = token_map("");
    (map.restorer(), map.tokens().map(|(token, ..)| token.to_string()).collect())
}

/// The same with surrogates in the place of tokens.
fn surrogate_restorer() -> (Arc<Restorer>, Vec<String>) {
    let style = TokenStyle::default().in_style(Style::Surrogate);
    let mut map = TokenMap::new(ScopeKey::derive(&master(), &tenant(), "1"), style);
    map.reserve("");
    for (label, value) in [
        (Label::PERSON, "Maria Gonzalez"),
        (Label::PERSON, "Ana Ruiz"),
        (Label::EMAIL_ADDRESS, "maria@example.com"),
        (Label::PHONE_NUMBER, "+1 415 867 5309"),
    ] {
        map.mint(label, value, true);
    }
    (map.restorer(), map.tokens().map(|(token, ..)| token.to_string()).collect())
}

/// `text` with `$0` to `$3` replaced by tokens: nobody guesses one.
fn with_tokens(text: &str, tokens: &[String]) -> String {
    tokens.iter().enumerate().fold(text.to_owned(), |text, (at, token)| text.replace(&format!("${at}"), token))
}

/// `bytes` in pieces whose lengths follow from `seed`.
fn pieces(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed) | 1;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let len = if seed == 0 { 1 } else { 1 + (state >> 24) as usize % usize::from(seed) };
        let (piece, after) = rest.split_at(len.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The last byte says how the others are cut.
fn with_seed(data: &[u8]) -> (&[u8], u8) {
    data.split_last().map_or((data, 0), |(seed, rest)| (rest, *seed))
}
