//! Check digits that several standards share.

/// The ASCII digits of `value`, in order.
pub(super) fn digits(value: &str) -> Vec<u32> {
    value.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect()
}

/// The digits of `value` if there are exactly `N`.
pub(super) fn exactly<const N: usize>(value: &str) -> Option<[u32; N]> {
    digits(value).try_into().ok()
}

/// The ASCII letters and digits of `value` in upper case.
pub(super) fn alphanumerics(value: &str) -> Vec<u8> {
    value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
}

/// The number that `digits` write.
pub(super) fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

/// Whether all of `digits` are the same one, which passes many a check.
pub(super) fn one_repeated(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// The sum of `digits` times `weights`.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The Luhn check of ISO/IEC 7812-1 annex B.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let places = digits.iter().rev().enumerate();
    let sum: u32 = places.map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// [`luhn`] over the digits of a value, not one digit repeated.
pub(super) fn luhn_number(value: &str) -> bool {
    let digits = digits(value);
    luhn(&digits) && !one_repeated(&digits)
}

/// GS1 General Specifications 7.9: weights 1 and 3 over thirteen digits.
pub(super) fn ean13(value: &str) -> bool {
    exactly::<13>(value)
        .is_some_and(|digits| weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10))
}

/// ISO 7064 MOD 11,10 (hybrid): tax ids of Germany, OIB of Croatia.
pub(super) fn iso7064_mod_11_10(value: &str) -> bool {
    let digits = digits(value);
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        if sum == 0 { 9 } else { sum * 2 % 11 }
    });
    (11 - product) % 10 == *check && !one_repeated(&digits)
}

/// ISO 7064 MOD 11-2, with X for ten: resident identity of China.
pub(super) fn iso7064_mod_11_2(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let rest = body.iter().fold(0u32, |rest, char| (rest + u32::from(char.wrapping_sub(b'0'))) * 2 % 11);
    let expected = (12 - rest) % 11;
    *check == if expected == 10 { b'X' } else { b'0' + expected as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_pass_and_one_changed_digit_does_not() {
        for (check, right, wrong) in [
            (luhn_number as fn(&str) -> bool, "79927398713", "79927398710"),
            (ean13, "4006381333931", "4006381333932"),
            (iso7064_mod_11_10, "94577403194", "94577403195"),
            (iso7064_mod_11_2, "11010519491231002X", "110105194912310021"),
        ] {
            assert!(check(right) && !check(wrong), "{right}");
        }
    }
}
