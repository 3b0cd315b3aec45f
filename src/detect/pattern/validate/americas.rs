//! Numbers of the American states other than the United States.

use super::checksum::{alphanumerics, digits, exactly, one_repeated, weighted};

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

/// CUIT and CUIL, AFIP of Argentina: weights 5 4 3 2 7 6 5 4 3 2, modulus 11.
pub(super) fn ar_cuit(value: &str) -> bool {
    let digits = digits(value);
    digits.len() == 11 && (11 - weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digits[10]
}
