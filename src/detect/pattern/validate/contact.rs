//! E-mail addresses and phone numbers.

use std::net::Ipv4Addr;

use super::checksum::{digits, number, one_repeated};
use super::date::{calendar_date, plausible_day};

/// An address, not a file for dense screens (`icon@2x.png`).
pub(super) fn email(value: &str) -> bool {
    const FILES: &[&str] = &["png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "pdf", "css", "js", "tgz"];
    let ending = value.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    !FILES.contains(&ending.as_str())
}

/// An international number, ITU-T E.164: 9 to 15 digits after the plus or 00
/// (an extension not counted), of an assigned country code; ten after the 1 of
/// North America. Without groups fewer than ten are just a number with a sign.
pub(super) fn phone_e164(value: &str) -> bool {
    let value = without_extension(value).trim_start_matches("00");
    let digits = digits(value);
    let count = digits.len();
    let grouped = value.trim_start_matches(['+', ' ']).contains(|c: char| !c.is_ascii_digit());
    let long_enough = match digits[..] {
        [1, ..] => count == 11,
        [2 | 3 | 4 | 5 | 6 | 8 | 9, ..] if grouped => count >= 9,
        _ => count >= 10,
    };
    let is_round = count >= 6 && number(&digits[count - 6..]) == 0;
    long_enough && count <= 15 && is_country_code(&digits) && !is_round && !one_repeated(&digits)
}

/// Whether `digits` begin with a country code that ITU-T E.164 (list of
/// assigned codes) gives to a country or network.
fn is_country_code(digits: &[u32]) -> bool {
    match digits {
        [1 | 7, ..] => true,
        [2, second, third, ..] => match second {
            0 | 7 => true,
            1 => matches!(third, 1..=3 | 6 | 8),
            8 => false,
            9 => matches!(third, 0 | 1 | 7..=9),
            _ => true,
        },
        [3, second, ..] => *second != 8 || digits.get(2).is_some_and(|third| matches!(third, 0..=3 | 5..=7 | 9)),
        [4, 2, third, ..] => matches!(third, 0 | 1 | 3),
        [5, ..] | [4, ..] => true,
        [6, ..] | [9, ..] => true,
        [8, second, ..] => !matches!(second, 3 | 9),
        _ => false,
    }
}

/// A national number with trunk prefix or area in brackets: 9 to 12 digits, no
/// date.
pub(super) fn phone_national(value: &str) -> bool {
    let digits = digits(value);
    let groups = || value.split([' ', '-', '.']).map(str::len);
    (9..=12).contains(&digits.len()) && !one_repeated(&digits) && !holds_date(value) && !groups().eq([3, 3, 3])
}

/// A number in groups that a phone word stands near: 6 to 15 digits; no date,
/// span of years, amount, decimal fraction or address of a machine.
pub(super) fn phone_grouped(value: &str) -> bool {
    let value = without_extension(value);
    let count = digits(value).len();
    let is_grouped = value.contains(|c: char| !c.is_ascii_digit());
    let is_address = value.parse::<Ipv4Addr>().is_ok();
    (6..=15).contains(&count)
        && is_grouped
        && !is_address
        && !holds_date(value)
        && !is_span_of_years(value)
        && !is_amount(value)
}

/// Digits without groups right beside a phone word: 6 to 13, neither round nor
/// a date or time written together.
pub(super) fn phone_bare(value: &str) -> bool {
    let digits = digits(without_extension(value));
    let is_round = digits.ends_with(&[0, 0, 0, 0]);
    (6..=13).contains(&digits.len()) && !is_round && !one_repeated(&digits) && !is_compact_date(&digits)
}

/// `20241126`, with or without a time after it; `202411`.
pub(super) fn is_compact_date(digits: &[u32]) -> bool {
    let year = digits.len() >= 6 && matches!(number(&digits[..4]), 1900..=2099);
    let month = || number(&digits[4..6]) as u32;
    let day = || digits.get(6..8).map_or(1, |day| number(day) as u32);
    matches!(digits.len(), 6 | 8 | 10 | 12 | 14) && year && plausible_day(day(), month())
}

/// The number before `x12`, `ext. 12`.
fn without_extension(value: &str) -> &str {
    value.split(['x', 'X', 'e', 'E']).next().unwrap_or(value).trim_end()
}

/// Whether a date with a year of four digits is in `value`.
fn holds_date(value: &str) -> bool {
    const SHORTEST: usize = "1.2.2003".len();
    calendar_date(value) || value.split(' ').any(|part| part.len() >= SHORTEST && calendar_date(part))
}

/// `1914-1918`, `2019/2020`.
fn is_span_of_years(value: &str) -> bool {
    let is_year = |part: &str| part.parse().is_ok_and(|year: u32| (1000..=2100).contains(&year)) && part.len() == 4;
    let mut parts = value.split(['-', '/', ' ']).filter(|part| !part.is_empty());
    parts.by_ref().take(2).all(is_year) && parts.next().is_none()
}

/// `1.284.500`, `14 000 000`: thousands with points or round; or one decimal
/// point. Three groups of three are also how numbers in Spain are written.
fn is_amount(value: &str) -> bool {
    let groups: Vec<&str> = value.split([' ', '.']).collect();
    let by_threes = groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let like_a_number = groups.len() == 3 && groups[0].len() == 3 && !value.ends_with("000");
    let rounded = groups[0].len() == 1 || groups.len() == 2 || value.ends_with("00") || value.contains('.');
    let is_decimal = groups.len() == 2 && value.contains('.') && value.bytes().all(|b| b == b'.' || b.is_ascii_digit());
    by_threes && rounded && !like_a_number || is_decimal
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L35: weak number patterns.
    #[test]
    fn dates_years_and_amounts_are_no_phone_numbers() {
        for other in ["26.11.2024 03", "2019-2024", "1.284.500", "14 000 000", "3.14159265", "192.168.10.11"] {
            assert!(!phone_grouped(other), "{other}");
        }
        assert!(phone_bare("4155550132") && !phone_bare("20241126") && !phone_bare("12500000"));
        for phone in ["612 345 678", "555-0142", "25-62-29-70", "415.555.0132", "22 34 56 78"] {
            assert!(phone_grouped(phone), "{phone}");
        }
    }

    #[test]
    fn a_country_code_must_be_assigned() {
        for (phone, right) in [
            ("+44 20 7946 0958", true),
            ("+998 90 123 45 67", true),
            ("+210 20 7946 0958", false),
            ("+1 415 555 0132", true),
            ("+1 415 555 013", false),
        ] {
            assert_eq!(phone_e164(phone), right, "{phone}");
        }
    }

    #[test]
    fn files_for_dense_screens_are_no_e_mail_addresses() {
        assert!(email("ann.lee@example.com") && !email("icon@2x.png"));
    }
}
