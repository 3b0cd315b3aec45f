//! National bank accounts.

use super::checksum::{alphanumerics, digits, exactly, number, one_repeated, weighted};

/// A CLABE, Asociación de Bancos de México: the last of eighteen digits brings
/// the others, each times 3, 7 or 1 modulo 10, to a multiple of 10.
pub(super) fn mx_clabe(value: &str) -> bool {
    exactly::<18>(value).is_some_and(|digits| {
        let terms =
            digits.iter().zip([3, 7, 1].into_iter().cycle()).take(17).map(|(digit, weight)| digit * weight % 10);
        (terms.sum::<u32>() + digits[17]).is_multiple_of(10) && !one_repeated(&digits)
    })
}

/// A CBU, Banco Central de la República Argentina, Comunicación A 2622: blocks
/// of eight and fourteen digits, each with weights 3, 1, 7, 9 from its right
/// end.
pub(super) fn ar_cbu(value: &str) -> bool {
    let block = |digits: &[u32]| {
        let weights = [1, 3, 1, 7, 9].into_iter().chain([3, 1, 7, 9].into_iter().cycle());
        digits.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>().is_multiple_of(10)
    };
    exactly::<22>(value).is_some_and(|digits| block(&digits[..8]) && block(&digits[8..]) && !one_repeated(&digits))
}

/// A código cuenta cliente, Consejo Superior Bancario: two check digits modulo
/// 11 with weights 1, 2, 4, 8, 5, 10, 9, 7, 3, 6, over bank and branch and over
/// the account.
pub(super) fn es_ccc(value: &str) -> bool {
    const WEIGHTS: [u32; 10] = [1, 2, 4, 8, 5, 10, 9, 7, 3, 6];
    let check = |digits: &[u32]| match 11 - weighted(digits, &WEIGHTS[10 - digits.len()..]) % 11 {
        11 => 0,
        10 => 1,
        check => check,
    };
    exactly::<20>(value).is_some_and(|digits| {
        check(&digits[..8]) == digits[8] && check(&digits[10..]) == digits[9] && !one_repeated(&digits)
    })
}

/// A relevé d'identité bancaire, Comité français d'organisation et de
/// normalisation bancaires: 89 times the bank, 15 times the branch, 3 times the
/// account and the key make a multiple of 97; letters count as digits.
pub(super) fn fr_rib(value: &str) -> bool {
    let as_digit = |char: u8| match char {
        b'0'..=b'9' => u64::from(char - b'0'),
        b'A'..=b'R' => u64::from((char - b'A') % 9 + 1),
        _ => u64::from(char - b'S' + 2),
    };
    let digits: Vec<u64> = alphanumerics(value).into_iter().map(as_digit).collect();
    let number = |part: &[u64]| part.iter().fold(0, |number, digit| number * 10 + digit);
    digits.len() == 23
        && digits.iter().any(|digit| *digit != 0)
        && (89 * number(&digits[..5])
            + 15 * number(&digits[5..10])
            + 3 * number(&digits[10..21])
            + number(&digits[21..]))
        .is_multiple_of(97)
}

/// The Belgian form before SEPA: ten digits modulo 97 are the last two, 97 for
/// 0.
pub(super) fn be_account(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|digits| {
        let rest = number(&digits[..10]) % 97;
        number(&digits[10..]) == if rest == 0 { 97 } else { rest } && !one_repeated(&digits)
    })
}

/// A Czech account, decree 169/2011 of the Czech National Bank: prefix and
/// account each a multiple of 11 with weights 6, 3, 7, 9, 10, 5, 8, 4, 2, 1.
pub(super) fn cz_account(value: &str) -> bool {
    const WEIGHTS: [u32; 10] = [6, 3, 7, 9, 10, 5, 8, 4, 2, 1];
    let right = |part: &str| {
        let digits = digits(part);
        (1..=10).contains(&digits.len()) && weighted(&digits, &WEIGHTS[10 - digits.len()..]).is_multiple_of(11)
    };
    let Some((account, _bank)) = value.split_once('/') else { return false };
    account.split('-').all(right) && digits(account).iter().any(|digit| *digit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_accounts_pass_and_one_changed_digit_does_not() {
        for (check, right, wrong) in [
            (mx_clabe as fn(&str) -> bool, "032180000118359719", "032180000118359718"),
            (ar_cbu, "2850590940090418135201", "2850590940090418135211"),
            (es_ccc, "2085-0103-92-0300731702", "2085-0103-92-0300731703"),
            (fr_rib, "30002 00550 0000157841Z 25", "30002 00551 0000157841Z 25"),
            (be_account, "539-0075470-34", "539-0075471-34"),
            (cz_account, "19-2000145399/0800", "19-2000145390/0800"),
        ] {
            assert!(check(right) && !check(wrong), "{right}");
        }
    }
}
