//! Numbers of Latin American states beside those of [`super::americas`].

use super::checksum::{alphanumerics, digits, exactly, luhn, number, one_repeated, weighted};

/// CNPJ with letters, Instrução Normativa RFB 2.229/2024: characters count as
/// their code minus 48, weights as for digits.
pub(super) fn br_cnpj_with_letters(value: &str) -> bool {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let places: Vec<u32> = alphanumerics(value).iter().map(|char| u32::from(char - b'0')).collect();
    let check = |weights: &[u32]| match 11 - weighted(&places, weights) % 11 {
        10 | 11 => 0,
        check => check,
    };
    places.len() == 14 && check(&WEIGHTS[1..]) == places[12] && check(&WEIGHTS) == places[13] && !one_repeated(&places)
}

/// CNH, Resolução CONTRAN 886/2021: two check digits, modulus 11.
pub(super) fn br_cnh(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let first = weighted(&d, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
        let second = weighted(&d, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11;
        let lowered = if first >= 10 { 2 } else { 0 };
        let (first, second) = (first % 10 * u32::from(first < 10), (second + 11 - lowered) % 11);
        first == d[9] && second % 10 * u32::from(second < 10) == d[10] && !one_repeated(&d)
    })
}

/// PIS, PASEP, NIS or NIT, Caixa Econômica Federal: weights 3 2 9 8 7 6 5 4 3 2,
/// modulus 11.
pub(super) fn br_pis(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        (11 - weighted(&d, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == d[10] && !one_repeated(&d)
    })
}

/// Cartão Nacional de Saúde, DATASUS: weights 15 to 1, divisible by 11.
pub(super) fn br_cns(value: &str) -> bool {
    exactly::<15>(value).is_some_and(|d| {
        matches!(d[0], 1 | 2 | 7..=9)
            && weighted(&d, &[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
    })
}

/// Título de eleitor, Resolução TSE 21.538/2003: a state and two check digits,
/// modulus 11.
pub(super) fn br_voter(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        let state = d[8] * 10 + d[9];
        let first = weighted(&d, &[2, 3, 4, 5, 6, 7, 8, 9]) % 11 % 10;
        let second = weighted(&d[8..], &[7, 8, 9]) % 11 % 10;
        (1..=28).contains(&state) && first == d[10] && second == d[11]
    })
}

/// CURP, RENAPO: letters and digits from 0 to 36 with Ñ after N, weights 18 to
/// 2, modulus 10.
pub(super) fn mx_curp(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let place = |char: &u8| match char {
        b'0'..=b'9' => char - b'0',
        b'A'..=b'N' => char - b'A' + 10,
        _ => char - b'A' + 11,
    };
    let sum: u32 =
        body.iter().zip((2..=18).rev()).map(|(char, weight): (_, u32)| u32::from(place(char)) * weight).sum();
    chars.len() == 18 && check.is_ascii_digit() && (10 - sum % 10) % 10 == u32::from(check - b'0')
}

/// NIT of Colombia, DIAN: primes 3 to 71 from the right, modulus 11.
pub(super) fn co_nit(value: &str) -> bool {
    const WEIGHTS: [u32; 15] = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
    let digits = digits(value);
    let Some((check, body)) = digits.split_last() else { return false };
    let rest = body.iter().rev().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    (8..=16).contains(&digits.len()) && *check == if rest < 2 { rest } else { 11 - rest }
}

/// RUC of Peru, SUNAT: weights 5 4 3 2 7 6 5 4 3 2, modulus 11.
pub(super) fn pe_ruc(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        matches!(d[0] * 10 + d[1], 10 | 15 | 16 | 17 | 20)
            && (11 - weighted(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10 == d[10]
    })
}

/// Cédula of Ecuador, Registro Civil: a province and Luhn over ten digits; a RUC
/// adds a serial of three.
pub(super) fn ec_cedula(value: &str) -> bool {
    let digits = digits(value);
    let province = || matches!(number(&digits[..2]), 1..=24 | 30 | 50);
    match digits.len() {
        10 => province() && digits[2] < 6 && luhn(&digits),
        13 => province() && number(&digits[10..]) > 0 && (digits[2] >= 6 || luhn(&digits[..10])),
        _ => false,
    }
}

/// Cédula of Uruguay, DNIC: weights 2 9 8 7 6 3 4, modulus 10.
pub(super) fn uy_cedula(value: &str) -> bool {
    let digits = digits(value);
    let padded = [&[0; 8][..8usize.saturating_sub(digits.len())], &digits].concat();
    let sum = weighted(&padded[..7], &[2, 9, 8, 7, 6, 3, 4]);
    matches!(digits.len(), 7 | 8) && (10 - sum % 10) % 10 == padded[7] && number(&padded) != 0
}

/// RIF of Venezuela, SENIAT: the kind by a table, weights 3 2 7 6 5 4 3 2,
/// modulus 11.
pub(super) fn ve_rif(value: &str) -> bool {
    let chars = alphanumerics(value);
    let kind = match chars.first() {
        Some(b'V') => 4,
        Some(b'E') => 8,
        Some(b'J' | b'C') => 12,
        Some(b'P') => 16,
        Some(b'G') => 20,
        _ => return false,
    };
    exactly::<9>(value).is_some_and(|d| {
        let check = 11 - (kind + weighted(&d, &[3, 2, 7, 6, 5, 4, 3, 2])) % 11;
        d[8] == if check >= 10 { 0 } else { check }
    })
}

/// NSS, IMSS of Mexico: Luhn over eleven digits.
pub(super) fn mx_social_security(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| luhn(&d) && !one_repeated(&d))
}

/// Cédula of the Dominican Republic, JCE: Luhn over eleven digits.
pub(super) fn do_cedula(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| luhn(&d) && !one_repeated(&d))
}
