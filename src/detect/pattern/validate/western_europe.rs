//! Numbers of western European states beside those of [`super::europe`].

use super::checksum::{alphanumerics, digits, exactly, luhn, number, weighted};

/// Ondernemingsnummer, KB 24 juni 2003 (Belgium): 97 minus the remainder of the
/// first eight digits by 97.
pub(super) fn be_enterprise(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| d[0] <= 1 && 97 - number(&d[..8]) % 97 == number(&d[8..]))
}

/// Number of a Belgian identity card: the remainder of ten digits by 97, 97 for
/// none.
pub(super) fn be_identity_card(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|d| match number(&d[..10]) % 97 {
        0 => number(&d[10..]) == 97,
        rest => rest == number(&d[10..]),
    })
}

/// UID, UIDG art. 3 (Switzerland): weights 5 4 3 2 7 6 5 4, modulus 11.
pub(super) fn ch_uid(value: &str) -> bool {
    exactly::<9>(value)
        .is_some_and(|d| (11 - weighted(&d, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == d[8] && number(&d) != 0)
}

/// Numéro fiscal de référence (SPI) of the DGFiP: the remainder of ten digits
/// by 511.
pub(super) fn fr_spi(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| d[0] <= 3 && number(&d[..10]) % 511 == number(&d[10..]) && number(&d) != 0)
}

/// SIRET, décret 73-314: Luhn over the SIREN and over all fourteen digits; La
/// Poste's places by a digit sum divisible by 5.
pub(super) fn fr_siren(value: &str) -> bool {
    let digits = digits(value);
    match digits.len() {
        9 => luhn(&digits) && number(&digits) != 0,
        14 if digits.starts_with(&[3, 5, 6, 0, 0, 0, 0, 0, 0]) => digits.iter().sum::<u32>().is_multiple_of(5),
        14 => luhn(&digits[..9]) && luhn(&digits),
        _ => false,
    }
}

/// Unique taxpayer reference of HMRC: weights 6 7 8 9 10 5 4 3 2 over the last
/// nine digits, the check digit in front by a table.
pub(super) fn uk_utr(value: &str) -> bool {
    const CHECKS: [u32; 11] = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    exactly::<10>(value)
        .is_some_and(|d| CHECKS[(weighted(&d[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11) as usize] == d[0])
}

/// CHI number, NHS Scotland: a date, then the check of the NHS number.
pub(super) fn uk_chi(value: &str) -> bool {
    exactly::<10>(value)
        .is_some_and(|d| super::date::plausible_day(d[0] * 10 + d[1], d[2] * 10 + d[3]) && super::europe::uk_nhs(value))
}

/// Lebenslange Arztnummer, § 75 Abs. 7 SGB V: weights 4 and 9, modulus 10, the
/// check digit in the seventh place; then the field of practice.
pub(super) fn de_physician(value: &str) -> bool {
    exactly::<9>(value)
        .is_some_and(|d| (10 - weighted(&d[..6], &[4, 9, 4, 9, 4, 9]) % 10) % 10 == d[6] && number(&d[..6]) != 0)
}

/// Abgabenkontonummer of Austria, BMF: weights 1 and 2 over the digit sums.
pub(super) fn at_tax(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|d| luhn(&d) && number(&d) != 0)
}

/// Numbers of papers by ICAO 9303-3: weights 7 3 1, letters from ten on, the last
/// the check digit; a `D` may follow for Germany.
pub(super) fn icao_checked(value: &str) -> bool {
    let mut chars = alphanumerics(value);
    if chars.len() > 9 && chars.last() == Some(&b'D') {
        chars.pop();
    }
    let Some((check, body)) = chars.split_last() else { return false };
    let place = |char: &u8| if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 };
    let sum: u32 =
        body.iter().map(|char| u32::from(place(char))).zip([7, 3, 1].iter().cycle()).map(|(v, w)| v * w).sum();
    body.len() >= 8 && check.is_ascii_digit() && u32::from(check - b'0') == sum % 10
}
