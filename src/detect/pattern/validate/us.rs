//! Numbers that the United States give out.

use super::digits;

/// A social security number, SSA POMS RM 10201.035: no area 000, 666 or 9xx,
/// no group 00, no serial 0000; nor one of those printed in advertisements.
pub(super) fn ssn(value: &str) -> bool {
    let digits = digits(value);
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    digits.len() == 9
        && !matches!(number(0..3), 0 | 666 | 900..)
        && number(3..5) != 0
        && number(5..9) != 0
        && !matches!(number(0..9), 78_051_120 | 219_099_999)
}
