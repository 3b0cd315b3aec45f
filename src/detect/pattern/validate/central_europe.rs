//! Numbers of central and eastern European states beside those of
//! [`super::europe`].

use super::asia_pacific::verhoeff;
use super::checksum::{alphanumerics, digits, exactly, luhn, number, one_repeated, weighted};
use super::date::plausible_day;

/// REGON, Rozporządzenie RM 30.11.2015 (Poland): weights 8 9 2 3 4 5 6 7, or the
/// fourteen digits of a branch; modulus 11, ten as zero.
pub(super) fn pl_regon(value: &str) -> bool {
    let digits = digits(value);
    let holds = |body: &[u32], weights: &[u32], check: u32| weighted(body, weights) % 11 % 10 == check;
    match digits.len() {
        9 => holds(&digits[..8], &[8, 9, 2, 3, 4, 5, 6, 7], digits[8]) && !one_repeated(&digits),
        14 => {
            holds(&digits[..8], &[8, 9, 2, 3, 4, 5, 6, 7], digits[8])
                && holds(&digits[..13], &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8], digits[13])
        }
        _ => false,
    }
}

/// Dowód osobisty of Poland: letters from ten on, weights 7 3 1 9 7 3 1 7 3, the
/// fourth character the check digit.
pub(super) fn pl_identity_card(value: &str) -> bool {
    pl_document(value, &[7, 3, 1, 0, 7, 3, 1, 7, 3], 3)
}

/// Passport of Poland: weights 7 3 0 1 7 3 1 7 3, the third character the check
/// digit.
pub(super) fn pl_passport(value: &str) -> bool {
    pl_document(value, &[7, 3, 0, 1, 7, 3, 1, 7, 3], 2)
}

fn pl_document(value: &str, weights: &[u32; 9], check: usize) -> bool {
    let chars = alphanumerics(value);
    let places: Vec<u32> = chars
        .iter()
        .map(|char| u32::from(if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 }))
        .collect();
    places.len() == 9 && weighted(&places, weights) % 10 == places[check]
}

/// IČO of Czechia and Slovakia: weights 8 to 2, modulus 11.
pub(super) fn cz_company(value: &str) -> bool {
    exactly::<8>(value)
        .is_some_and(|d| (11 - weighted(&d, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == d[7] && number(&d) != 0)
}

/// TAJ, 1996. évi XX. törvény (Hungary): weights 3 and 7, modulus 10.
pub(super) fn hu_taj(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|d| weighted(&d, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == d[8] && !one_repeated(&d))
}

/// Adóazonosító jel, 1996. évi XX. törvény: weights 1 to 9, modulus 11.
pub(super) fn hu_tax(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| d[0] == 8 && weighted(&d, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == d[9])
}

/// Személyi szám, 1996. évi XX. törvény: sex and century, a date, weights 1 to
/// 10, until 1996 from the left, then from the right.
pub(super) fn hu_personal(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let ascending = weighted(&d, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
        let descending = weighted(&d, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
        plausible_day(d[5] * 10 + d[6], d[3] * 10 + d[4]) && (ascending == d[10] || descending == d[10])
    })
}

/// Adószám of Hungary: weights 9 7 3 1 over eight digits, modulus 10.
pub(super) fn hu_company(value: &str) -> bool {
    let digits = digits(value);
    matches!(digits.len(), 8 | 11)
        && weighted(&digits, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)
        && !one_repeated(&digits)
}

/// CUI of Romania: weights 7 5 3 2 1 7 5 3 2 from the right, times ten, modulus
/// 11.
pub(super) fn ro_cui(value: &str) -> bool {
    let digits = digits(value);
    let Some((check, body)) = digits.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip([2, 3, 5, 7, 1, 2, 3, 5, 7]).map(|(digit, weight)| digit * weight).sum();
    (2..=10).contains(&digits.len()) && digits[0] > 0 && sum * 10 % 11 % 10 == *check
}

/// BULSTAT or EIK of Bulgaria: weights 1 to 8, or 3 to 10 when ten is left.
pub(super) fn bg_eik(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|d| {
        let first = weighted(&d, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        let second = weighted(&d, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11;
        d[8] == if first < 10 { first } else { second % 10 } && number(&d) != 0
    })
}

/// Personas kods of Latvia: until 2017 a date and weights 1 6 3 7 9 10 5 8 4 2;
/// since then 32 and no meaning.
pub(super) fn lv_personal_code(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let check = (1101 - weighted(&d, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11 % 10;
        let dated = plausible_day(d[0] * 10 + d[1], d[2] * 10 + d[3]) && d[6] <= 2;
        number(&d[..2]) == 32 || dated && check == d[10]
    })
}

/// EMŠO of Slovenia, JMBG of the states that were Yugoslavia: a date, weights 7
/// to 2 twice, modulus 11.
pub(super) fn jmbg(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let rest = weighted(&d, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        plausible_day(d[0] * 10 + d[1], d[2] * 10 + d[3]) && matches!(d[4], 0 | 9) && (11 - rest) % 11 == d[12]
    })
}

/// Davčna številka of Slovenia: weights 8 to 2, modulus 11.
pub(super) fn si_tax(value: &str) -> bool {
    exactly::<8>(value).is_some_and(|d| d[0] > 0 && (11 - weighted(&d, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == d[7])
}

/// ΑΦΜ of Greece: powers of two from 256 on, modulus 11.
pub(super) fn gr_afm(value: &str) -> bool {
    exactly::<9>(value)
        .is_some_and(|d| weighted(&d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == d[8] && number(&d) != 0)
}

/// Matricule of Luxembourg, règlement grand-ducal du 28 novembre 2013: a date,
/// Luhn over the first eleven digits and the twelfth, Verhoeff with the
/// thirteenth.
pub(super) fn lu_matricule(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let without_luhn = [&d[..11], &d[12..]].concat();
        plausible_day(d[6] * 10 + d[7], d[4] * 10 + d[5]) && luhn(&d[..12]) && verhoeff(&without_luhn)
    })
}

/// РНОКПП of Ukraine: weights -1 5 7 9 4 6 10 5 7, modulus 11.
pub(super) fn ua_tax(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let sum = weighted(&d[1..], &[5, 7, 9, 4, 6, 10, 5, 7]) + 11 - d[0];
        sum % 11 % 10 == d[9] && number(&d) != 0
    })
}

/// ИНН of Russia, приказ ФНС ММВ-7-6/435: ten digits with one check digit, or
/// twelve with two; modulus 11, ten as zero.
pub(super) fn ru_inn(value: &str) -> bool {
    let digits = digits(value);
    let holds = |weights: &[u32], at: usize| weighted(&digits, weights) % 11 % 10 == digits[at];
    match digits.len() {
        10 => holds(&[2, 4, 10, 3, 5, 9, 4, 6, 8], 9) && number(&digits) != 0,
        12 => {
            holds(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 10)
                && holds(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 11)
                && number(&digits) != 0
        }
        _ => false,
    }
}
