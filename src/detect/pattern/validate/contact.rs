//! Phone numbers.

use super::checksum::{digits, one_repeated};
use super::date::calendar_date;

/// An international number, ITU-T E.164: 7 to 15 digits after the plus or 00,
/// an extension not counted.
pub(super) fn phone_e164(value: &str) -> bool {
    let number = value.split(['x', 'X', 'e', 'E']).next().unwrap_or(value);
    let digits = digits(number.trim_start_matches("00"));
    (7..=15).contains(&digits.len()) && !one_repeated(&digits)
}

/// A national number with trunk prefix: 9 to 12 digits, no date.
pub(super) fn phone_national(value: &str) -> bool {
    let digits = digits(value);
    (9..=12).contains(&digits.len()) && !one_repeated(&digits)
}

/// A number that a phone word stands beside: 6 to 15 digits, neither a date
/// nor a lone year range.
pub(super) fn phone_local(value: &str) -> bool {
    let number = value.split(['x', 'X', 'e', 'E']).next().unwrap_or(value);
    (6..=15).contains(&digits(number).len()) && !calendar_date(value)
}
