//! Cards, international bank codes.

use super::checksum::{alphanumerics, digits, exactly, luhn, one_repeated, weighted};
use super::contact::is_compact_date;
use super::date::calendar_date;

/// A payment card number, ISO/IEC 7812-1: 12 to 19 digits with a right Luhn
/// digit, not one digit repeated.
pub(super) fn payment_card(value: &str) -> bool {
    let digits = digits(value);
    (12..=19).contains(&digits.len()) && luhn(&digits) && !one_repeated(&digits)
}

/// An American routing number, ABA Routing Number Policy: districts 00 to 12,
/// 21 to 32, 61 to 72 and 80; weights 3, 7, 1.
pub(super) fn aba_routing(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|digits| {
        matches!(digits[0] * 10 + digits[1], 0..=12 | 21..=32 | 61..=72 | 80)
            && weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
            && !one_repeated(&digits)
    })
}

/// 6 to 17 digits that are neither a date nor two years nor round.
pub(super) fn bank_account(value: &str) -> bool {
    let digits = digits(value);
    let years = digits.len() == 8 && value.len() > 8 && digits[..2] == digits[4..6];
    let is_date = calendar_date(value) || is_compact_date(&digits);
    (6..=17).contains(&digits.len()) && !is_date && !years && !digits.ends_with(&[0, 0, 0, 0])
}

/// A business identifier code, ISO 9362: an ISO 3166 country in the fifth and
/// sixth place, and no word in capitals.
pub(super) fn swift(value: &str) -> bool {
    const WORDS: &[&str] =
        &["DOCUMENT", "PAYMENTS", "TRANSFER", "ACCOUNTS", "CUSTOMER", "STANDARD", "MESSAGES", "SETTINGS"];
    let country = value.get(4..6).unwrap_or_default();
    (COUNTRIES.contains(&country) || IBAN_LENGTHS.iter().any(|(known, _)| *known == country)) && !WORDS.contains(&value)
}

/// Seats of banks beside the countries that use IBANs, ISO 3166-1.
const COUNTRIES: &[&str] = &[
    "US", "CA", "MX", "AU", "NZ", "JP", "CN", "HK", "SG", "IN", "KR", "TW", "TH", "MY", "ID", "PH", "VN", "ZA", "NG",
    "KE", "GH", "MA", "AR", "CL", "CO", "PE", "UY", "PA", "BM", "KY", "BS", "LK", "BD", "NP",
];

/// Lengths by country, from the SWIFT IBAN registry, release 99.
#[rustfmt::skip]
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22), ("BI", 27),
    ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27), ("DK", 18), ("DO", 28),
    ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27), ("GB", 22), ("GE", 22), ("GI", 23),
    ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21), ("HU", 28), ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26),
    ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28), ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21),
    ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22), ("MK", 19), ("MN", 20), ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28),
    ("NL", 18), ("NO", 15), ("OM", 23), ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22),
    ("RU", 33), ("SA", 24), ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("SO", 23), ("ST", 25),
    ("SV", 28), ("TL", 23), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20), ("YE", 30),
];

/// An IBAN, ISO 13616: a registered country and length, remainder 1 of
/// ISO 7064 MOD 97-10.
pub(super) fn iban(value: &str) -> bool {
    let chars = alphanumerics(value);
    iban_length(value) && mod_97(chars[4..].iter().chain(&chars[..4])) == 1
}

/// A registered country and its length, whatever the check digits.
pub(super) fn iban_length(value: &str) -> bool {
    let chars = alphanumerics(value);
    IBAN_LENGTHS.iter().any(|(country, length)| chars.starts_with(country.as_bytes()) && chars.len() == *length)
}

/// A mistyped IBAN: a registered country and a length near its own.
pub(super) fn iban_country(value: &str) -> bool {
    let chars = alphanumerics(value);
    let is_near = |length: &usize| chars.len().abs_diff(*length) <= 4;
    IBAN_LENGTHS.iter().any(|(country, length)| chars.starts_with(country.as_bytes()) && is_near(length))
}

/// A Polish NRB: an IBAN whose country is left out.
pub(super) fn pl_nrb(value: &str) -> bool {
    iban(&format!("PL{value}"))
}

/// A creditor identifier, EPC262-08: ISO 7064 MOD 97-10 over the national
/// identifier, country and check digits; the business code does not count.
pub(super) fn sepa_creditor_id(value: &str) -> bool {
    const BUSINESS_CODE_END: usize = 7;
    let chars = alphanumerics(value);
    chars.len() > BUSINESS_CODE_END && mod_97(chars[BUSINESS_CODE_END..].iter().chain(&chars[..4])) == 1
}

/// ISO 7064 MOD 97-10 over digits and letters (A = 10 to Z = 35).
fn mod_97<'a>(chars: impl Iterator<Item = &'a u8>) -> u32 {
    chars.fold(0, |rest, char| match char {
        b'0'..=b'9' => (rest * 10 + u32::from(char - b'0')) % 97,
        _ => (rest * 100 + u32::from(char - b'A') + 10) % 97,
    })
}
