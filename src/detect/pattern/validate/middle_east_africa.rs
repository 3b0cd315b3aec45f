//! Numbers of states of the Middle East and Africa.

use super::checksum::{digits, exactly, luhn, number, one_repeated};
use super::date::{calendar_day, plausible_day};

/// Emirates ID, Federal Authority for Identity: 784, a year, Luhn.
pub(super) fn ae_identity(value: &str) -> bool {
    exactly::<15>(value)
        .is_some_and(|d| d.starts_with(&[7, 8, 4]) && matches!(number(&d[3..7]), 1900..=2099) && luhn(&d))
}

/// Teudat zehut, Population Registry of Israel: Luhn over nine digits.
pub(super) fn il_identity(value: &str) -> bool {
    let digits = digits(value);
    let padded = [&[0; 9][..9usize.saturating_sub(digits.len())], &digits].concat();
    (8..=9).contains(&digits.len()) && luhn(&padded) && !one_repeated(&digits)
}

/// National ID and iqama of Saudi Arabia, Absher: 1 or 2, Luhn over ten digits.
pub(super) fn sa_identity(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| matches!(d[0], 1 | 2) && luhn(&d))
}

/// National ID of Egypt, Civil Status Authority: century, date, governorate.
pub(super) fn eg_identity(value: &str) -> bool {
    exactly::<14>(value).is_some_and(|d| {
        matches!(d[0], 2 | 3)
            && plausible_day(d[5] * 10 + d[6], d[3] * 10 + d[4])
            && matches!(number(&d[7..9]), 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88)
    })
}

/// Identity number of South Africa, Identification Act 68 of 1997: a date,
/// citizenship 0 to 2, an 8 or 9, Luhn.
pub(super) fn za_identity(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let (year, month, day) = (number(&d[..2]), d[2] * 10 + d[3], d[4] * 10 + d[5]);
        calendar_day(1900 + year as u32, month, day).max(calendar_day(2000 + year as u32, month, day))
            && d[10] <= 2
            && d[11] >= 8
            && luhn(&d)
    })
}

/// Vergi kimlik numarası, Gelir İdaresi of Turkey: each digit plus its place
/// times a power of two, modulus 9.
pub(super) fn tr_tax(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let sum: u32 = d[..9]
            .iter()
            .zip(1..)
            .map(|(digit, at)| match ((digit + 10 - at) % 10, 1 << (10 - at)) {
                (0, _) => 0,
                (shifted, power) => match shifted * power % 9 {
                    0 => 9,
                    rest => rest,
                },
            })
            .sum();
        (10 - sum % 10) % 10 == d[9] && number(&d) != 0
    })
}
