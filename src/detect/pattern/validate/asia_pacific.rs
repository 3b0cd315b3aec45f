//! Numbers of Asian and Pacific states.

use super::checksum::{alphanumerics, digits, exactly, number, one_repeated, weighted};
use super::date::plausible_day;

/// Aadhaar, UIDAI: twelve digits by the scheme of Verhoeff; not three years.
pub(super) fn in_aadhaar(value: &str) -> bool {
    let digits = digits(value);
    let are_years = digits.chunks(4).all(|group| matches!(group, [1, 9, ..] | [2, 0, ..]));
    digits.len() == 12 && verhoeff(&digits) && !are_years && !digits.iter().eq(digits.iter().rev())
}

/// J. Verhoeff, Error Detecting Decimal Codes (1969): multiplication in the
/// dihedral group of order 10, permuted by place.
pub(super) fn verhoeff(digits: &[u32]) -> bool {
    const PERMUTATION: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let product = |a: usize, b: usize| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (5 + a - b) % 5,
    };
    let permuted = |digit: u32, place: usize| (0..place % 8).fold(digit as usize, |digit, _| PERMUTATION[digit]);
    digits.iter().rev().enumerate().fold(0, |check, (place, digit)| product(check, permuted(*digit, place))) == 0
}

/// TFN, Australian Taxation Office: weights 1 4 3 7 5 8 6 9 10, modulus 11.
pub(super) fn au_tfn(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|digits| {
        weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && !one_repeated(&digits)
    })
}

/// ABN, Australian Business Register: one off the first digit, modulus 89.
pub(super) fn au_abn(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|mut digits| {
        let leads = digits[0] > 0;
        digits[0] = digits[0].saturating_sub(1);
        leads && weighted(&digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
    })
}

/// ACN, ASIC: weights 8 to 1, modulus 10.
pub(super) fn au_acn(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|digits| {
        (10 - weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == digits[8] && number(&digits) != 0
    })
}

/// Medicare card, Services Australia: weights 1 3 7 9, modulus 10.
pub(super) fn au_medicare(value: &str) -> bool {
    let digits = digits(value);
    digits.len() >= 10 && weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == digits[8]
}

/// NRIC and FIN, Immigration & Checkpoints Authority of Singapore: weights
/// 2 7 6 5 4 3 2, an offset by series, a letter by series.
pub(super) fn sg_nric(value: &str) -> bool {
    let chars = alphanumerics(value);
    let (Some(series), Some(check)) = (chars.first(), chars.last()) else { return false };
    let (offset, letters): (u32, &[u8; 11]) = match series {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        _ => (3, b"KLJNPQRTUWX"),
    };
    let rest = (weighted(&digits(value), &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    let place = if *series == b'M' { 10 - rest } else { rest };
    letters[place as usize] == *check
}

/// RRN of Korea: a date, weights 2 to 9 and 2 to 5, modulus 11 (numbers given
/// before October 2020; foreigners' numbers add two).
pub(super) fn kr_rrn(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let sum = weighted(&d, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11;
        let foreign = matches!(d[6], 5..=8);
        let check = if foreign { (13 - sum) % 10 } else { (11 - sum) % 10 };
        plausible_day(d[4] * 10 + d[5], d[2] * 10 + d[3]) && check == d[12]
    })
}

/// Business registration of Korea: weights 1 3 7 1 3 7 1 3 5, the ninth
/// carried.
pub(super) fn kr_business(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|digits| {
        let sum = weighted(&digits, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + digits[8] * 5 / 10;
        (10 - sum % 10) % 10 == digits[9]
    })
}

/// Thai national ID, Department of Provincial Administration: the kind of person,
/// a province from 10 to 96, weights 13 to 2, modulus 11.
pub(super) fn th_national_id(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|digits| {
        let province = digits[1] * 10 + digits[2];
        !one_repeated(&digits)
            && (1..=8).contains(&digits[0])
            && (10..=96).contains(&province)
            && (11 - weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == digits[12]
    })
}

/// My Number, Ordinance 85 of 2014: weights 6 5 4 3 2 7 6 5 4 3 2, modulus 11.
pub(super) fn jp_my_number(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|digits| {
        let rest = weighted(&digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        let check = if rest <= 1 { 0 } else { 11 - rest };
        check == digits[11] && number(&digits) != 0
    })
}

/// IRD number, Inland Revenue of New Zealand: weights 3 2 7 6 5 4 3 2, then 7 4 3
/// 2 5 2 7 6 when ten is left, modulus 11.
pub(super) fn nz_ird(value: &str) -> bool {
    let digits = digits(value);
    let padded = if digits.len() == 8 { [vec![0], digits].concat() } else { digits };
    let check = |weights: &[u32]| (11 - weighted(&padded, weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let expected = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    padded.len() == 9 && padded[8] == expected && (10_000_000..150_000_000).contains(&number(&padded))
}

/// NHI number, HISO 10046 (New Zealand): letters without I and O from 1 to 24,
/// weights 7 to 2; modulus 11 with a digit, or modulus 23 with a letter.
pub(super) fn nz_nhi(value: &str) -> bool {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let chars = alphanumerics(value);
    let place = |char: &u8| match char {
        b'0'..=b'9' => Some(u32::from(char - b'0')),
        _ => LETTERS.iter().position(|letter| letter == char).map(|at| at as u32 + 1),
    };
    let Some(places) = chars.iter().map(place).collect::<Option<Vec<u32>>>() else { return false };
    let sum = weighted(&places, &[7, 6, 5, 4, 3, 2]);
    match chars.last() {
        _ if places.len() != 7 => false,
        Some(b'0'..=b'9') => !sum.is_multiple_of(11) && (11 - sum % 11) % 10 == places[6],
        _ => 23 - sum % 23 == places[6],
    }
}
