//! Numbers that only the token classifier names, and nothing near them speaks for.

use super::catalogue::Catalogue;
use super::context::{CONTEXT_AFTER_BYTES, CONTEXT_BEFORE_BYTES, Surroundings};
use super::scan::Scope;
use super::windows::Regions;
use crate::detect::lexicon::known;
use crate::detect::resolve::resolve;
use crate::detect::{Label, Span, fold};

/// Numbers whose form tells nothing.
const NUMBERS_OF_PEOPLE: &[Label] =
    &[Label::NATIONAL_ID, Label::TAX_ID, Label::PASSPORT, Label::DRIVER_LICENSE, Label::US_SSN];

/// Labels whose context words explain such a number; the classifier may take one
/// kind for another.
const EXPLAINING: &[Label] = &[
    Label::NATIONAL_ID,
    Label::TAX_ID,
    Label::PASSPORT,
    Label::DRIVER_LICENSE,
    Label::US_SSN,
    Label::US_ITIN,
    Label::UK_NHS,
    Label::UK_NINO,
    Label::ES_NIF,
    Label::IT_FISCAL_CODE,
    Label::PL_PESEL,
    Label::IN_AADHAAR,
    Label::MEDICAL_RECORD_NUMBER,
    Label::HEALTH_PLAN_ID,
    Label::EMPLOYEE_ID,
    Label::BANK_ACCOUNT,
];

/// How much of what is joined to a number is looked at on each side, in bytes: as much
/// as a SHA-256 has digits, so that many numbers in one long token cost no more.
const TOKEN_REACH_BYTES: usize = 64;

/// Labels of what a postal code stands beside.
const PLACES: &[Label] = &[Label::STREET_ADDRESS, Label::LOCATION, Label::POSTAL_CODE];
/// How far from a place its postal code may stand, in bytes.
const PLACE_REACH_BYTES: usize = 24;
/// Letters and digits of the shortest, `M1 1AE`.
const CODE_WITH_LETTERS_LEN_MIN: usize = 5;
/// Fewer digits are those of an extension or of anything else.
const PHONE_DIGITS_MIN: usize = 7;

impl Catalogue {
    /// Takes those numbers out of `names`, which the token classifier found in
    /// `text`, that nothing near them speaks for, neither a key or word nor, for a
    /// postal code, a place: it takes the number of an order for one of a person
    /// and a sum for a postal code.
    pub(crate) fn drop_unexplained_numbers(&self, text: &str, key: Option<&str>, scope: Scope, names: &mut Vec<Span>) {
        let is_doubtful = |span: &Span| is_doubtful_number(text, span);
        if !names.iter().any(is_doubtful) {
            return;
        }
        let of_people = self.entries_of(bits_of(EXPLAINING));
        let of_places = self.entries_of(bits_of(PLACES));
        let of_phones = self.entries_of(bits_of(&[Label::PHONE_NUMBER]));
        let mut surroundings = Surroundings::of(self, text, key, scope.languages);
        let mut around = Regions::default();
        let before = CONTEXT_BEFORE_BYTES + self.words.len_max();
        for span in names.iter().filter(|span| is_doubtful(span)) {
            around.add(span.start.saturating_sub(before), span.end + CONTEXT_AFTER_BYTES + self.words.len_max());
        }
        surroundings.look_around(&around.joined());
        let places = resolve(text, names.iter().filter(|span| is_place(text, span)).copied().collect());
        names.retain(|span| {
            let (start, end) = token_around(text.as_bytes(), span);
            let spoken_for = || surroundings.spoken_for_beside(start, end);
            match span.label {
                _ if !is_doubtful(span) => true,
                Label::POSTAL_CODE => is_near(text, &places, span) || spoken_for().meets(&of_places),
                Label::PHONE_NUMBER => spoken_for().meets(&of_phones),
                _ => spoken_for().meets(&of_people),
            }
        });
    }
}

fn bits_of(labels: &[Label]) -> u128 {
    labels.iter().filter_map(|label| label.catalogue_bit()).fold(0, |bits, bit| bits | bit)
}

/// Whether `span` is a number that tells nothing by its form.
fn is_doubtful_number(text: &str, span: &Span) -> bool {
    let value = &text[span.start..span.end];
    let count = |is: fn(char) -> bool| value.chars().filter(|c| is(*c)).count();
    match span.label {
        // The form of a British or Canadian code, or one with its country in front.
        Label::POSTAL_CODE => {
            !(value.starts_with(char::is_alphabetic) && count(char::is_alphanumeric) >= CODE_WITH_LETTERS_LEN_MIN)
        }
        Label::PHONE_NUMBER => count(char::is_numeric) < PHONE_DIGITS_MIN,
        _ => NUMBERS_OF_PEOPLE.contains(&span.label),
    }
}

/// A town or street with a word that is no ordinary one in lower case.
fn is_place(text: &str, span: &Span) -> bool {
    let is_own = |word: &str| !(word.starts_with(char::is_lowercase) && known(&fold(word)).english);
    let mut words = text[span.start..span.end].split(|c: char| !c.is_alphabetic());
    let mut has_own = || words.any(|word| word.chars().count() >= 3 && is_own(word));
    matches!(span.label, Label::LOCATION | Label::STREET_ADDRESS) && has_own()
}

/// Whether one of `places`, which are in order and apart, stands beside `span`.
fn is_near(text: &str, places: &[Span], span: &Span) -> bool {
    let next = places.partition_point(|place| place.end + PLACE_REACH_BYTES < span.start);
    let mut near = places[next..].iter().take_while(|place| place.start <= span.end + PLACE_REACH_BYTES);
    near.any(|place| !is_numbered_word(text, place, span))
}

/// One word with its number, `port 5432`: the number is no code of that place.
fn is_numbered_word(text: &str, place: &Span, span: &Span) -> bool {
    place.label == Label::STREET_ADDRESS
        && place.end <= span.start
        && matches!(&text[place.end..span.start], "" | " ")
        && !text[place.start..place.end].contains(|c: char| c.is_numeric() || c.is_whitespace())
}

/// `span` with the letters and digits that hyphens and underscores join to it: what
/// looks like a word in a UUID or a digest is none.
fn token_around(bytes: &[u8], span: &Span) -> (usize, usize) {
    let joined = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let before = bytes[..span.start].iter().rev().take(TOKEN_REACH_BYTES).take_while(|byte| joined(byte)).count();
    let after = bytes[span.end..].iter().take(TOKEN_REACH_BYTES).take_while(|byte| joined(byte)).count();
    (span.start - before, span.end + after)
}
