//! Numbers of European states other than the Nordic ones, Spain and Italy.

use super::checksum::{alphanumerics, digits, exactly, iso7064_mod_11_10, number, one_repeated, weighted};
use super::date::plausible_day;

/// NHS number, NHS Data Dictionary: weights 10 to 2, modulus 11.
pub(super) fn uk_nhs(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|digits| {
        let check = 11 - weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        check % 11 == digits[9] && check != 10 && !one_repeated(&digits)
    })
}

/// National insurance number, HMRC NIM39110: prefixes that are never given.
pub(super) fn uk_nino(value: &str) -> bool {
    let chars = alphanumerics(value);
    chars.len() == 9 && !matches!(&chars[..2], b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ")
}

/// PESEL, Dz.U. 2010 nr 217 poz. 1427: a date whose month tells the century,
/// weights 1 3 7 9.
pub(super) fn pl_pesel(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        plausible_day(d[4] * 10 + d[5], (d[2] * 10 + d[3]) % 20)
            && weighted(&d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
    })
}

/// NIP, the Polish tax number: weights 6 5 7 2 3 4 5 6 7, modulus 11.
pub(super) fn pl_nip(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|digits| weighted(&digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9])
}

/// Steuer-Identifikationsnummer, § 139b AO: ISO 7064 MOD 11,10; of the first
/// ten digits one stands two or three times.
pub(super) fn de_tax_id(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| {
        let mut counts = [0u32; 10];
        digits[..10].iter().for_each(|digit| counts[*digit as usize] += 1);
        digits[0] != 0 && counts.iter().all(|count| *count <= 3) && iso7064_mod_11_10(value)
    })
}

/// Rentenversicherungsnummer, VKVV § 4: the letter counts as two digits,
/// weights 2 1 2 5 7 1 2 1 2 1 2 1 over the digit sums.
pub(super) fn de_social_insurance(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some(letter) = chars.get(8).filter(|char| char.is_ascii_uppercase()) else { return false };
    let place = u32::from(letter - b'A') + 1;
    let plain = |range: &[u8]| range.iter().map(|char| u32::from(char.wrapping_sub(b'0'))).collect::<Vec<_>>();
    let expanded = [plain(&chars[..8]), vec![place / 10, place % 10], plain(&chars[9..])].concat();
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = expanded.iter().zip(weights).map(|(digit, weight)| digit * weight / 10 + digit * weight % 10).sum();
    chars.len() == 12 && expanded.last() == Some(&(sum % 10))
}

/// Krankenversichertennummer, § 290 SGB V: the letter counts as two digits,
/// weights 1 and 2 over the digit sums.
pub(super) fn de_health_insurance(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some(letter) = chars.first().filter(|char| char.is_ascii_uppercase()) else { return false };
    let place = u32::from(letter - b'A') + 1;
    let expanded = [vec![place / 10, place % 10], digits(value)].concat();
    let Some((check, body)) = expanded.split_last() else { return false };
    let weighted_digit = |(at, digit): (usize, &u32)| digit * (1 + at as u32 % 2);
    let sum: u32 = body.iter().enumerate().map(weighted_digit).map(|product| product / 10 + product % 10).sum();
    expanded.len() == 11 && *check == sum % 10
}

/// NIR, INSEE: with its key, 97 minus the remainder of the thirteen digits by
/// 97; Corsica's 2A and 2B count as 19 and 18. Without key it needs a month.
pub(super) fn fr_nir(value: &str) -> bool {
    let text = String::from_utf8_lossy(&alphanumerics(value)).replace("2A", "19").replace("2B", "18");
    let digits = digits(&text);
    digits.len() == 15 && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

/// BSN, Besluit burgerservicenummer: the "elfproef".
pub(super) fn nl_bsn(value: &str) -> bool {
    let digits = digits(value);
    let padded = if digits.len() == 8 { [vec![0], digits].concat() } else { digits };
    padded.len() == 9
        && (weighted(&padded, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * padded[8]).is_multiple_of(11)
        && !one_repeated(&padded)
}

/// Rijksregisternummer, KB 3 april 1984: 97 minus the remainder by 97 of the
/// nine digits, with a 2 in front for births from 2000 on.
pub(super) fn be_national_number(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| {
        let (body, key) = (number(&digits[..9]), number(&digits[9..]));
        let month = digits[2] * 10 + digits[3];
        month <= 12 && (97 - body % 97 == key || 97 - (2_000_000_000 + body) % 97 == key)
    })
}

/// Sozialversicherungsnummer, ASVG § 31: weights 3 7 9 5 8 4 2 1 6, the check
/// digit in the fourth place, then a date.
pub(super) fn at_social_insurance(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let body = [d[0], d[1], d[2], d[4], d[5], d[6], d[7], d[8], d[9]];
        weighted(&body, &[3, 7, 9, 5, 8, 4, 2, 1, 6]) % 11 == d[3] && plausible_day(d[4] * 10 + d[5], d[6] * 10 + d[7])
    })
}

/// NIF of Portugal: weights 9 to 2, modulus 11.
pub(super) fn pt_nif(value: &str) -> bool {
    exactly::<9>(value).is_some_and(|digits| {
        let rest = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        digits[8] == if rest < 2 { 0 } else { 11 - rest }
    })
}

/// PPS number of Ireland: weights 8 to 2, a second letter by 9, remainder by
/// 23 as a letter.
pub(super) fn ie_pps(value: &str) -> bool {
    let chars = alphanumerics(value);
    let digits = digits(value);
    let letter = |at: usize| chars.get(at).map(|char| u32::from(char.wrapping_sub(b'A')) + 1);
    let second = letter(8).map_or(0, |place| if place == 23 { 0 } else { place * 9 });
    let rest = (weighted(&digits, &[8, 7, 6, 5, 4, 3, 2]) + second) % 23;
    digits.len() == 7 && letter(7) == Some(if rest == 0 { 23 } else { rest })
}

/// Rodné číslo, Zákon 133/2000 (Czechia, Slovakia): ten digits divisible by
/// 11, or nine before 1954; months plus 50 for women, plus 20 when a day is
/// full.
pub(super) fn cz_birth_number(value: &str) -> bool {
    let digits = digits(value);
    let day_fits = |d: &[u32]| plausible_day(d[4] * 10 + d[5], (d[2] * 10 + d[3]) % 50 % 20);
    match digits.len() {
        10 => {
            day_fits(&digits)
                && (number(&digits).is_multiple_of(11) || number(&digits[..9]) % 11 == 10 && digits[9] == 0)
        }
        9 => day_fits(&digits) && number(&digits[..2]) < 54,
        _ => false,
    }
}

/// CNP, Legea 105/1996 (Romania): a county from 01 to 52, weights 2 7 9 1 4 6 3 5
/// 8 2 7 9, modulus 11, ten as one.
pub(super) fn ro_cnp(value: &str) -> bool {
    exactly::<13>(value).is_some_and(|digits| {
        let rest = weighted(&digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        let county = digits[7] * 10 + digits[8];
        (1..=52).contains(&county) && digits[12] == if rest == 10 { 1 } else { rest }
    })
}

/// EGN of Bulgaria: weights 2 4 8 5 10 9 7 3 6, modulus 11.
pub(super) fn bg_egn(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| {
        let day_fits = plausible_day(d[4] * 10 + d[5], (d[2] * 10 + d[3]) % 20);
        day_fits && weighted(&d, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == d[9]
    })
}

/// Isikukood of Estonia, asmens kodas of Lithuania: modulus 11 with a second
/// round of weights when the first leaves ten.
pub(super) fn baltic_personal_code(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| {
        let first = weighted(&digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
        let second = weighted(&digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
        digits[10] == if first < 10 { first } else { second % 10 }
    })
}

/// SNILS of Russia: weights 9 to 1, remainder by 101, 100 as 00.
pub(super) fn ru_snils(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|digits| {
        let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
        u64::from(sum) == number(&digits[9..])
    })
}

/// T.C. kimlik numarası, Nüfus Hizmetleri: two check digits.
pub(super) fn tr_national_id(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        let odd: u32 = d[..9].iter().step_by(2).sum();
        let even: u32 = d[1..8].iter().step_by(2).sum();
        let sum: u32 = d[..10].iter().sum();
        d[0] != 0 && (odd * 7 + 100 - even) % 10 == d[9] && sum % 10 == d[10]
    })
}
