//! Addresses, places, companies and accounts that do not exist.

use std::sync::LazyLock;

use super::case::cased;
use super::draw::Draw;
use super::names::{GIVEN, STEMS};
use crate::detect::Label;

static PLACE_ENDINGS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("data/place_endings.txt").split_whitespace().collect());

/// Words of an address that say what kind of place it is, and stay.
#[rustfmt::skip]
const ADDRESS_WORDS: &[&str] = &[
    "street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "drive", "dr", "court", "ct", "boulevard", "blvd", "way", "place",
    "pl", "square", "sq", "terrace", "highway", "hwy", "apt", "apartment", "suite", "ste", "unit", "floor", "no", "po", "box", "flat",
    "north", "south", "east", "west", "n", "s", "e", "w", "calle", "avenida", "plaza", "rue", "place", "chemin", "via", "viale",
    "piazza", "rua", "straat", "weg", "platz", "allee", "am", "an", "der", "de", "la", "du", "des", "del", "di",
];
/// What a company's name may end with, and stays.
#[rustfmt::skip]
const COMPANY_KINDS: &[&str] = &[
    "Inc", "LLC", "Ltd", "Limited", "Corp", "Corporation", "Company", "Co", "GmbH", "AG", "KG", "SA", "SL", "BV", "NV", "PLC", "LLP",
    "Bank", "Hospital", "Clinic", "University", "College", "School", "Institute", "Foundation", "Group", "Insurance",
];
const OTHER_KINDS: &[&str] = &["Group", "Partners", "Holdings", "Works", "Services", "Systems"];
/// Names that are never given out (RFC 2606, section 3).
const DOMAINS: &[&str] = &["example.com", "example.org", "example.net"];

pub(super) fn location(draw: &mut Draw, surface: &str) -> String {
    cased(&format!("{}{}", draw.of(&STEMS), draw.of(&PLACE_ENDINGS)), surface)
}

/// The address with other numbers and other words, but for those that say what
/// kind of place it is.
pub(super) fn street_address(draw: &mut Draw, surface: &str) -> String {
    let mut out = String::with_capacity(surface.len());
    let mut rest = surface;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '\'';
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if !is_word(first) {
            out.push_str(run);
        } else if run.contains(|c: char| c.is_numeric()) {
            out.push_str(&super::numbers::identifier(draw, Label::STREET_ADDRESS, run));
        } else if ADDRESS_WORDS.contains(&run.to_lowercase().as_str()) {
            out.push_str(run);
        } else {
            out.push_str(&location(draw, run));
        }
    }
    out
}

/// `name`, and what kind of company `surface` says it is.
pub(super) fn organization(draw: &mut Draw, name: &str, surface: &str) -> String {
    let (body, last) = surface.trim_end().rsplit_once(char::is_whitespace).unwrap_or(("", surface));
    let plain = last.trim_matches(|c: char| !c.is_alphanumeric());
    let kind = COMPANY_KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(plain));
    match kind && !body.is_empty() {
        true => format!("{} {last}", cased(name, body)),
        false => cased(&format!("{name} {}", draw.of(OTHER_KINDS)), surface),
    }
}

pub(super) fn email(draw: &mut Draw, surface: &str) -> String {
    let (given, surname) = (draw.of(&GIVEN), surname(draw));
    let local = surface.split('@').next().unwrap_or(surface);
    format!("{}.{}@{}", cased(given, local), cased(&surname, local), draw.of(DOMAINS))
}

/// An account's name: two names, and a number of two digits.
pub(super) fn username(draw: &mut Draw, surface: &str) -> String {
    let at = if surface.starts_with('@') { "@" } else { "" };
    format!("{at}{}{}{}", draw.of(&GIVEN).to_ascii_lowercase(), surname(draw).to_ascii_lowercase(), 10 + draw.below(90))
}

/// A page of a reserved domain, with the scheme of `surface`.
pub(super) fn url(draw: &mut Draw, surface: &str) -> String {
    let (scheme, rest) = surface.split_once("://").map_or(("", surface), |(scheme, rest)| (scheme, rest));
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    let host = format!("{}{}.{}", surname(draw).to_ascii_lowercase(), 10 + draw.below(90), draw.of(DOMAINS));
    let has_path = rest.split_once(['/', '?']).is_some_and(|(_, path)| !path.is_empty());
    let path = if has_path { format!("/{}", surname(draw).to_ascii_lowercase()) } else { String::new() };
    let www = if rest.starts_with("www.") { "www." } else { "" };
    format!("{scheme}{www}{host}{path}")
}

fn surname(draw: &mut Draw) -> String {
    format!("{}{}", draw.of(&STEMS), draw.of(&PLACE_ENDINGS))
}
