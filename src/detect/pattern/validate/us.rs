//! Numbers that the United States give out.

use super::checksum::{digits, exactly, luhn, number};

/// A social security number, SSA POMS RM 10201.035: no area 000, 666 or 9xx,
/// no group 00, no serial 0000; nor one of those printed in advertisements.
pub(super) fn ssn(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|digits| {
        !matches!(number(&digits[..3]), 0 | 666 | 900..)
            && number(&digits[3..5]) != 0
            && number(&digits[5..]) != 0
            && !matches!(number(&digits), 78_051_120 | 219_099_999)
    })
}

/// An individual taxpayer number, IRS IRM 3.21.263: 9xx, then group 50 to 65,
/// 70 to 88, 90 to 92 or 94 to 99.
pub(super) fn itin(value: &str) -> bool {
    exactly::<9>(value)
        .is_some_and(|digits| digits[0] == 9 && matches!(number(&digits[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

/// A national provider identifier, CMS: Luhn over 80840 and the ten digits.
pub(super) fn npi(value: &str) -> bool {
    let digits = digits(value);
    digits.len() == 10 && luhn(&[&[8, 0, 8, 4, 0], &digits[..]].concat())
}

/// A DEA registration, 21 CFR 1301: the first, third and fifth digit plus
/// twice the others end in the seventh.
pub(super) fn dea(value: &str) -> bool {
    let tail: String = value.chars().rev().take(7).collect::<Vec<_>>().into_iter().rev().collect();
    exactly::<7>(&tail).is_some_and(|d| (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6] && number(&d) != 0)
}
