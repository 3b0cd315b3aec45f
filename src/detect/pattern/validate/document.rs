//! Numbers of papers and references, which carry no check digit: only what
//! keeps words, years and dates out.

use super::checksum::{alphanumerics, digits};
use super::contact::is_compact_date;
use super::date::calendar_date;

/// A passport's number: letters and 6 to 9 digits, ICAO 9303-4; no date.
pub(super) fn passport(value: &str) -> bool {
    (6..=10).contains(&alphanumerics(value).len()) && digits(value).len() >= 4 && !is_date(value)
}

/// A document's number: at least 5 letters and digits, 3 of them digits, no
/// date.
pub(super) fn document_number(value: &str) -> bool {
    (5..=18).contains(&alphanumerics(value).len()) && digits(value).len() >= 3 && !is_date(value)
}

/// A device's serial number: at least 6 letters and digits, 2 of them digits,
/// no date.
pub(super) fn serial_number(value: &str) -> bool {
    alphanumerics(value).len() >= 6 && digits(value).len() >= 2 && !is_date(value)
}

/// A code, not an amount: it does not end in three zeros.
pub(super) fn not_a_round_number(value: &str) -> bool {
    !value.ends_with("000") || value.contains('-')
}

/// Whether `value` is a date, its parts apart or together (`20241126`).
fn is_date(value: &str) -> bool {
    let together = value.len() == 8 && is_compact_date(&digits(value));
    together || calendar_date(value)
}

/// A reference: at least 4 letters and digits with a digit among them, neither
/// a lone year nor a date.
pub(super) fn reference(value: &str) -> bool {
    let chars = alphanumerics(value);
    let digits = digits(value);
    let year = chars.len() == 4 && digits.len() == 4 && matches!(digits[..2], [1, 9] | [2, 0]);
    chars.len() >= 4 && digits.len() >= 2 && !year && !calendar_date(value)
}

/// A vehicle's plate: 4 to 10 letters and digits, both kinds, in capitals.
pub(super) fn license_plate(value: &str) -> bool {
    let chars = alphanumerics(value);
    let has_digit = chars.iter().any(u8::is_ascii_digit);
    (4..=10).contains(&chars.len()) && has_digit && chars.iter().any(u8::is_ascii_alphabetic)
}

/// What stands after the words for a plate: at least 4 letters and digits, no
/// year.
pub(super) fn plate_named(value: &str) -> bool {
    let digits = digits(value);
    let is_year =
        matches!(digits[..], [1, 9, _, _] | [2, 0, _, _]) && !value.contains(|c: char| c.is_ascii_uppercase());
    alphanumerics(value).len() >= 4 && digits.len() >= 2 && !is_year
}

/// An account's name, not a word of code or prose about one.
pub(super) fn username(value: &str) -> bool {
    let lower = value.trim_start_matches('@').to_ascii_lowercase();
    !NO_USERNAMES.split(' ').any(|word| word == lower)
}

/// Types, keywords of code and words of prose that stand after "username".
const NO_USERNAMES: &str = "string str none null undefined required invalid valid optional the not this that your you now unique \
    missing empty self request input args user username name text varchar true false and email int \
    integer with used already available taken correct incorrect wrong case-sensitive unknown default \
    password id";
