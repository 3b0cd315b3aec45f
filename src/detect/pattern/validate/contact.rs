//! Phone numbers.

use super::digits;

/// An international number, ITU-T E.164: 7 to 15 digits after the plus, an
/// extension not counted.
pub(super) fn phone_e164(value: &str) -> bool {
    let number = value.split(['x', 'X', 'e', 'E']).next().unwrap_or(value);
    (7..=15).contains(&digits(number.trim_start_matches("00")).len())
}
