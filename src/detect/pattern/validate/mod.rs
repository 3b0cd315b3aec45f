//! Checks that a value must pass: check digits, ranges, encodings.
//!
//! Each names the standard it implements. They see a value as it stands in the
//! text, separators included.

mod contact;
mod finance;
mod us;

/// Whether a value can be what its entry says.
pub(super) type Validator = fn(&str) -> bool;

const VALIDATORS: &[(&str, Validator)] = &[
    ("phone_e164", contact::phone_e164),
    ("payment_card", finance::payment_card),
    ("iban", finance::iban),
    ("us_ssn", us::ssn),
];

/// The validator called `name` in the catalogue.
pub(super) fn by_name(name: &str) -> Result<Validator, String> {
    let known = VALIDATORS.iter().find(|(known, _)| *known == name);
    known.map(|(_, validator)| *validator).ok_or_else(|| format!("unknown validator {name}"))
}

/// The ASCII digits of `value`, in order.
fn digits(value: &str) -> Vec<u8> {
    value.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}

/// The ASCII letters and digits of `value` in upper case.
fn alphanumerics(value: &str) -> Vec<u8> {
    value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
}

/// The Luhn check of ISO/IEC 7812-1 annex B.
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| u32::from(if at % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}
