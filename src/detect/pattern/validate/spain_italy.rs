//! Numbers of Spain, Italy and Portugal.

use super::checksum::{alphanumerics, digits, exactly, luhn, number, one_repeated, weighted};

/// DNI, NIF and NIE, Real Decreto 1065/2007: the remainder by 23 as a letter;
/// X, Y and Z in front of a NIE count as 0, 1 and 2.
pub(super) fn es_nif(value: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let chars = alphanumerics(value);
    let (Some(first), Some(letter)) = (chars.first(), chars.last()) else { return false };
    let leading = match first {
        b'X'..=b'Z' => vec![u32::from(first - b'X')],
        _ => Vec::new(),
    };
    let digits = [leading, digits(value)].concat();
    LETTERS[(number(&digits) % 23) as usize] == *letter
}

/// Número de afiliación of the Seguridad Social: the remainder by 97.
pub(super) fn es_social_security(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|digits| {
        let (province, serial) = (number(&digits[..2]), number(&digits[2..10]));
        let body = if serial < 10_000_000 { province * 10_000_000 + serial } else { number(&digits[..10]) };
        body % 97 == number(&digits[10..])
    })
}

/// Codice fiscale, DM 23/12/1976: the sum of odd and even places by 26 as a
/// letter.
pub(super) fn it_fiscal_code(value: &str) -> bool {
    /// Values of 0 to 9, and likewise of A to J, in odd places; then K to Z.
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let place = |char: u8| if char.is_ascii_digit() { char - b'0' } else { char - b'A' };
    let value_at = |(at, char): (usize, &u8)| match at % 2 {
        0 => ODD[usize::from(place(*char))],
        _ => u32::from(place(*char)),
    };
    let sum: u32 = body.iter().enumerate().map(value_at).sum();
    chars.len() == 16 && u32::from(check.wrapping_sub(b'A')) == sum % 26
}

/// Partita IVA, DPR 633/1972: Luhn over eleven digits.
pub(super) fn it_vat(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| luhn(&digits) && !one_repeated(&digits))
}

/// CIF, Orden EHA/451/2008: a Luhn digit over seven, as a digit or as a letter.
pub(super) fn es_cif(value: &str) -> bool {
    let chars = alphanumerics(value);
    let digits = digits(value);
    let (Some(b'A'..=b'Z'), Some(check)) = (chars.first(), chars.last()) else { return false };
    if chars.len() != 9 || digits.len() < 7 {
        return false;
    }
    let doubled: u32 = [digits[0], digits[2], digits[4], digits[6]].iter().map(|d| d * 2 / 10 + d * 2 % 10).sum();
    let expected = (10 - (doubled + digits[1] + digits[3] + digits[5]) % 10) % 10;
    *check == b'0' + expected as u8 || *check == b"JABCDEFGHI"[expected as usize]
}

/// NISS, Segurança Social of Portugal: weights of primes from 29 to 2, modulus
/// 10.
pub(super) fn pt_niss(value: &str) -> bool {
    exactly::<11>(value)
        .is_some_and(|d| matches!(d[0], 1 | 2) && 9 - weighted(&d, &[29, 23, 19, 17, 13, 11, 7, 5, 3, 2]) % 10 == d[10])
}

/// Cartão de cidadão, Portaria 1590/2007 (Portugal): Luhn over twelve characters,
/// letters from ten on.
pub(super) fn pt_citizen_card(value: &str) -> bool {
    let chars = alphanumerics(value);
    let place = |char: &u8| u32::from(if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 });
    let doubled = |place: u32| if place > 4 { place * 2 - 9 } else { place * 2 };
    let counted = |(at, char): (usize, &u8)| if at % 2 == 0 { doubled(place(char)) } else { place(char) };
    chars.len() == 12 && chars.iter().enumerate().map(counted).sum::<u32>().is_multiple_of(10)
}
