//! Numbers of Asian states beside those of [`super::asia_pacific`].

use super::asia_pacific::verhoeff;
use super::checksum::{alphanumerics, digits, exactly, iso7064_mod_11_2, number, weighted};
use super::date::{calendar_day, plausible_day};

/// Resident identity number, GB 11643-1999: a date and ISO 7064 MOD 11-2; the
/// fifteen digits of the first generation have a date alone.
pub(super) fn cn_resident(value: &str) -> bool {
    let digits = digits(value);
    match alphanumerics(value).len() {
        18 if digits.len() >= 17 => {
            let (year, month, day) =
                (number(&digits[6..10]), digits[10] * 10 + digits[11], digits[12] * 10 + digits[13]);
            calendar_day(year as u32, month, day) && iso7064_mod_11_2(value)
        }
        15 => digits.len() == 15 && plausible_day(digits[10] * 10 + digits[11], digits[8] * 10 + digits[9]),
        _ => false,
    }
}

/// Unified social credit code, GB 32100-2015: powers of 3, modulus 31.
pub(super) fn cn_credit_code(value: &str) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let places: Option<Vec<usize>> =
        alphanumerics(value).iter().map(|char| ALPHABET.iter().position(|known| known == char)).collect();
    places.filter(|places| places.len() == 18).is_some_and(|places| {
        let (sum, _) = places[..17].iter().fold((0, 1), |(sum, weight), place| (sum + place * weight, weight * 3 % 31));
        (31 - sum % 31) % 31 == places[17]
    })
}

/// Identity card of Hong Kong, Registration of Persons: letters from ten on, a
/// space as 36, weights 9 to 1, modulus 11 with A for ten.
pub(super) fn hk_identity(value: &str) -> bool {
    let chars = alphanumerics(value);
    let place = |char: &u8| u32::from(if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 });
    let padding = if chars.len() == 8 { vec![36] } else { Vec::new() };
    let places = [padding, chars.iter().map(place).collect()].concat();
    places.len() == 9 && weighted(&places, &[9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// National ID of Taiwan, Household Registration: the letter as two digits,
/// weights 1 9 8 to 1 1, modulus 10.
pub(super) fn tw_identity(value: &str) -> bool {
    const LETTERS: &[u8; 26] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let chars = alphanumerics(value);
    let Some(place) = chars.first().and_then(|first| LETTERS.iter().position(|letter| letter == first)) else {
        return false;
    };
    let code = place as u32 + 10;
    let digits = digits(value);
    digits.len() == 9
        && (code / 10 + code % 10 * 9 + weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1])).is_multiple_of(10)
}

/// Corporate number of Japan, ordinance of the Ministry of Finance 70 of 2014: a
/// check digit in front, weights 1 and 2 from the right, modulus 9.
pub(super) fn jp_corporate(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| 9 - weighted(&d[1..], &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]) % 9 == d[0])
}

/// Driver's licence of Japan: weights 5 4 3 2 7 6 5 4 3 2, modulus 11, the check
/// digit in the eleventh place.
pub(super) fn jp_licence(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        let check = 11 - weighted(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        d[10] == if check >= 10 { 0 } else { check }
    })
}

/// Corporation registration of Korea: weights 1 and 2, modulus 10.
pub(super) fn kr_corporation(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| (10 - weighted(&d, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10) % 10 == d[12])
}

/// Resident registration of Korea in its form: a date of the century that the
/// seventh digit names.
pub(super) fn kr_resident_date(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|d| {
        let century = match d[6] {
            1 | 2 | 5 | 6 => 1900,
            3 | 4 | 7 | 8 => 2000,
            _ => 1800,
        };
        calendar_day(century + d[0] * 10 + d[1], d[2] * 10 + d[3], d[4] * 10 + d[5])
    })
}

/// GSTIN of India, CGST Rules 2017: a state of 01 to 37, 97 or 99; a newer state
/// by the check character, factors 1 and 2 over base 36.
pub(super) fn in_gstin(value: &str) -> bool {
    let chars = alphanumerics(value);
    let place = |char: &u8| u32::from(if char.is_ascii_digit() { char - b'0' } else { char - b'A' + 10 });
    let Some((check, body)) = chars.split_last().filter(|(_, body)| body.len() == 14) else { return false };
    let folded = |(at, char): (usize, &u8)| {
        let product = place(char) * (1 + at as u32 % 2);
        product / 36 + product % 36
    };
    let sum: u32 = body.iter().enumerate().map(folded).sum();
    let state = digits(value).get(..2).map_or(0, number);
    matches!(state, 1..=37 | 97 | 99) || (36 - sum % 36) % 36 == place(check) && body[..2] != *b"00"
}

/// Virtual ID of UIDAI: sixteen digits by the scheme of Verhoeff.
pub(super) fn in_virtual_id(value: &str) -> bool {
    exactly::<16>(value).is_some_and(|d| d[0] >= 2 && verhoeff(&d))
}

/// MyKad, National Registration Department of Malaysia: a date and a place of
/// birth.
pub(super) fn my_kad(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|d| {
        plausible_day(d[4] * 10 + d[5], d[2] * 10 + d[3])
            && !matches!(number(&d[6..8]), 0 | 17..=20 | 69..=70 | 73 | 80 | 81 | 94..=97)
    })
}

/// NIK of Indonesia, Permendagri 72/2022: a province, a date with 40 added to
/// a woman's day.
pub(super) fn id_nik(value: &str) -> bool {
    exactly::<16>(value).is_some_and(|d| {
        matches!(number(&d[..2]), 11..=21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97)
            && plausible_day((d[6] * 10 + d[7]) % 40, d[8] * 10 + d[9])
            && number(&d[12..]) != 0
    })
}

/// Citizen identity of Vietnam, Nghị định 137/2015: a province, sex and century.
pub(super) fn vn_citizen(value: &str) -> bool {
    exactly::<12>(value).is_some_and(|d| d[0] == 0 && matches!(number(&d[..3]), 1..=96) && d[3] <= 3)
}

/// Plate of Singapore, Land Transport Authority: two letters and four digits by
/// weights 9 4 5 4 3 2, a letter of the remainder by 19.
pub(super) fn sg_plate(value: &str) -> bool {
    const LETTERS: &[u8; 19] = b"AZYXUTSRPMLKJHGEDCB";
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let letters: Vec<u32> =
        body.iter().filter(|char| char.is_ascii_uppercase()).map(|char| u32::from(char - b'A') + 1).collect();
    let digits = digits(value);
    if !(1..=3).contains(&letters.len()) || !(1..=4).contains(&digits.len()) {
        return false;
    }
    let two = if letters.len() == 1 { vec![0, letters[0]] } else { letters[letters.len() - 2..].to_vec() };
    let four = [&[0; 4][..4 - digits.len()], &digits].concat();
    LETTERS[(weighted(&[two, four].concat(), &[9, 4, 5, 4, 3, 2]) % 19) as usize] == *check
}

/// UEN of Singapore, ACRA: eight or nine digits with weights and a letter.
pub(super) fn sg_uen(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some((check, body)) = chars.split_last() else { return false };
    let digits = digits(value);
    let expected = match (body.len(), digits.len()) {
        (8, 8) => b"XMKECAWLJDB"[(weighted(&digits, &[10, 4, 9, 3, 8, 2, 7, 1]) % 11) as usize],
        (9, 9) => b"ZKCMDNERGWH"[(weighted(&digits, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11) as usize],
        (9, _) => return sg_uen_of_entity(body, *check),
        _ => return false,
    };
    expected == *check
}

/// The third form: R, S or T, a year, the kind of entity, four digits.
fn sg_uen_of_entity(body: &[u8], check: u8) -> bool {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
    let places: Option<Vec<u32>> =
        body.iter().map(|char| ALPHABET.iter().position(|known| known == char).map(|at| at as u32)).collect();
    places.is_some_and(|places| {
        let rest = (weighted(&places, &[4, 3, 5, 3, 10, 2, 2, 5, 7]) + 11 - 5) % 11;
        ALPHABET[rest as usize] == check
    })
}
