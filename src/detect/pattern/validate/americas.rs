//! Numbers of the American states other than the United States.

use super::checksum::{alphanumerics, digits, exactly, luhn, one_repeated, weighted};
use super::date::plausible_day;

/// CPF, Receita Federal: two check digits, modulus 11.
pub(super) fn br_cpf(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| {
        let first = below_ten(weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]));
        let second = below_ten(weighted(&digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
        digits[9] == first && digits[10] == second && !one_repeated(&digits)
    })
}

/// CNPJ, Receita Federal: two check digits, modulus 11.
pub(super) fn br_cnpj(value: &str) -> bool {
    exactly::<14>(value).is_some_and(|digits| {
        let first = below_ten(weighted(&digits, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
        let second = below_ten(weighted(&digits, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
        digits[12] == first && digits[13] == second && !one_repeated(&digits)
    })
}

fn below_ten(sum: u32) -> u32 {
    match 11 - sum % 11 {
        10 | 11 => 0,
        check => check,
    }
}

/// RUT, Registro Civil of Chile: weights 2 to 7 from the right, modulus 11,
/// K for ten.
pub(super) fn cl_rut(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let sum: u32 = body
        .iter()
        .rev()
        .zip([2, 3, 4, 5, 6, 7].iter().cycle())
        .map(|(char, weight)| u32::from(char - b'0') * weight)
        .sum();
    let expected = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        check => b'0' + check as u8,
    };
    *check == expected
}

/// CUIT and CUIL, ARCA of Argentina: weights 5 4 3 2 7 6 5 4 3 2, modulus 11, nine
/// for ten.
pub(super) fn ar_cuit(value: &str) -> bool {
    let digits = digits(value);
    let check = || match (11 - weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 {
        10 => 9,
        check => check,
    };
    digits.len() == 11 && check() == digits[10]
}

/// Social insurance number, ESDC of Canada: Luhn, no 0 or 8 in front.
pub(super) fn ca_sin(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|d| !matches!(d[0], 0 | 8) && luhn(&d) && !one_repeated(&d))
}

/// Business number with a programme account, Canada Revenue Agency: Luhn over the
/// first nine digits.
pub(super) fn ca_business(value: &str) -> bool {
    let digits = digits(value);
    digits.get(..9).is_some_and(|body| luhn(body) && !one_repeated(body))
}

/// Health card of Ontario, OHIP: Luhn over ten digits.
pub(super) fn ca_ohip(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| d[0] > 0 && luhn(&d))
}

/// NAM, RAMQ of Québec: a date with 50 added to a woman's month.
pub(super) fn ca_ramq(value: &str) -> bool {
    exactly::<8>(value).is_some_and(|d| plausible_day(d[4] * 10 + d[5], (d[2] * 10 + d[3]) % 50))
}

/// Personal health number of British Columbia: 9, weights 2 4 8 5 10 9 7 3,
/// modulus 11.
pub(super) fn ca_bc_health(value: &str) -> bool {
    exactly::<10>(value)
        .is_some_and(|d| d[0] == 9 && (11 - weighted(&d[1..], &[2, 4, 8, 5, 10, 9, 7, 3]) % 11) % 11 == d[9])
}
