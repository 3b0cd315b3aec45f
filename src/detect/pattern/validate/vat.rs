//! VAT numbers of European states, by the prefix that each begins with.
//!
//! The forms are those of VIES (Commission Implementing Regulation (EU) 79/2012);
//! the check digits those that each state publishes for its number.

use super::checksum::{alphanumerics, digits, exactly, iso7064_mod_11_10, luhn, number, weighted};
use super::{central_europe, europe, spain_italy, western_europe};

/// A VAT number with its prefix, of a member state, Northern Ireland, the
/// United Kingdom, Switzerland or Norway.
pub(super) fn eu_vat(value: &str) -> bool {
    let chars = alphanumerics(value);
    let Some((prefix, body)) = chars.split_at_checked(2) else { return false };
    let body = &String::from_utf8_lossy(body);
    match prefix {
        b"AT" => at(body),
        b"BE" => western_europe::be_enterprise(body),
        b"BG" => central_europe::bg_eik(body) || europe::bg_egn(body),
        b"CH" => western_europe::ch_uid(body),
        b"CY" => cy(body),
        b"CZ" => central_europe::cz_company(body) || europe::cz_birth_number(body),
        b"DE" => digits(body).len() == 9 && iso7064_mod_11_10(body),
        b"DK" => dk(body),
        b"EE" => ee(body),
        b"EL" | b"GR" => central_europe::gr_afm(body),
        b"ES" => spain_italy::es_nif(body) || spain_italy::es_cif(body),
        b"FI" => fi(body),
        b"FR" => fr(body),
        b"GB" | b"XI" => gb(body),
        b"HR" => digits(body).len() == 11 && iso7064_mod_11_10(body),
        b"HU" => central_europe::hu_company(body),
        b"IE" => europe::ie_pps(body),
        b"IT" => spain_italy::it_vat(body),
        b"LT" => lt(body),
        b"LU" => lu(body),
        b"LV" => lv(body),
        b"MT" => mt(body),
        b"NL" => nl(body),
        b"NO" => no_company(body),
        b"PL" => europe::pl_nip(body),
        b"PT" => europe::pt_nif(body),
        b"RO" => central_europe::ro_cui(body),
        b"SE" => se(body),
        b"SI" => central_europe::si_tax(body),
        b"SK" => exactly::<10>(body).is_some_and(|digits| number(&digits).is_multiple_of(11)),
        _ => false,
    }
}

/// UID of Austria: U, then weights 1 and 2 over the digit sums, 4 added.
fn at(body: &str) -> bool {
    exactly::<8>(body).is_some_and(|d| {
        let doubled: u32 = [d[1], d[3], d[5]].iter().map(|digit| digit * 2 / 10 + digit * 2 % 10).sum();
        body.starts_with('U') && (10 - (d[0] + d[2] + d[4] + d[6] + doubled + 4) % 10) % 10 == d[7]
    })
}

/// Cyprus: the odd places by a table, a letter of the remainder by 26.
fn cy(body: &str) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    exactly::<8>(body).is_some_and(|d| {
        let sum: u32 = (0..8).map(|at| if at % 2 == 0 { ODD[d[at] as usize] } else { d[at] }).sum();
        body.ends_with(char::from(b'A' + (sum % 26) as u8))
    })
}

/// CVR of Denmark: weights 2 7 6 5 4 3 2 1, modulus 11.
pub(super) fn dk(body: &str) -> bool {
    exactly::<8>(body).is_some_and(|d| d[0] > 0 && weighted(&d, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

/// KMKR of Estonia: weights 3 7 1, modulus 10.
fn ee(body: &str) -> bool {
    exactly::<9>(body).is_some_and(|d| weighted(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
}

/// Y-tunnus of Finland: weights 7 9 10 5 8 4 2 1, modulus 11.
pub(super) fn fi(body: &str) -> bool {
    exactly::<8>(body).is_some_and(|d| weighted(&d, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11))
}

/// France: a key of two digits from the SIREN by 97, or one with letters; the
/// SIREN by Luhn.
fn fr(body: &str) -> bool {
    let Some((key, siren)) = body.split_at_checked(2) else { return false };
    let digits = digits(siren);
    let expected = (12 + 3 * (number(&digits) % 97)) % 97;
    digits.len() == 9 && luhn(&digits) && key.parse().map_or(true, |key: u64| key == expected)
}

/// United Kingdom: weights 8 to 2 and the last two digits by 97, since 2010
/// with 55 added.
fn gb(body: &str) -> bool {
    let digits = digits(body);
    let sum = || u64::from(weighted(&digits, &[8, 7, 6, 5, 4, 3, 2])) + number(&digits[7..9]);
    matches!(digits.len(), 9 | 12) && (sum().is_multiple_of(97) || (sum() + 55).is_multiple_of(97))
}

/// Lithuania: weights 1 to 9 and on, a second round when ten is left.
fn lt(body: &str) -> bool {
    let digits = digits(body);
    let Some((check, head)) = digits.split_last() else { return false };
    let round =
        |first: u32| head.iter().zip(0..).map(|(digit, at)| digit * ((first - 1 + at) % 9 + 1)).sum::<u32>() % 11;
    let expected = if round(1) < 10 { round(1) } else { round(3) % 10 };
    matches!(digits.len(), 9 | 12) && *check == expected
}

/// Luxembourg: the remainder by 89.
fn lu(body: &str) -> bool {
    exactly::<8>(body).is_some_and(|d| number(&d[..6]) % 89 == number(&d[6..]))
}

/// Latvia: a company's by weights, a person's by the personal code.
fn lv(body: &str) -> bool {
    exactly::<11>(body).is_some_and(|d| {
        let sum = weighted(&d, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11;
        if d[0] > 3 { sum == 3 } else { central_europe::lv_personal_code(body) }
    })
}

/// Malta: weights 3 4 6 7 8 9, 37 minus the remainder by 37.
fn mt(body: &str) -> bool {
    exactly::<8>(body).is_some_and(|d| u64::from(37 - weighted(&d, &[3, 4, 6, 7, 8, 9]) % 37) == number(&d[6..]))
}

/// Netherlands: the elfproef of the nine digits, or since 2020 ISO 7064 MOD
/// 97-10 over the whole number.
fn nl(body: &str) -> bool {
    let expanded = body.bytes().fold(23 * 100 + 21, |rest: u64, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u64::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u64::from(byte - b'A') + 10) % 97,
        _ => rest,
    });
    body.len() == 12 && (expanded == 1 || body.get(..9).is_some_and(europe::nl_bsn))
}

/// Organisasjonsnummer of Norway, Enhetsregisterloven: weights 3 2 7 6 5 4 3 2,
/// modulus 11.
pub(super) fn no_company(body: &str) -> bool {
    exactly::<9>(body)
        .is_some_and(|d| matches!(d[0], 8 | 9) && weighted(&d, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

/// Sweden: the organisationsnummer by Luhn and a serial.
fn se(body: &str) -> bool {
    exactly::<12>(body).is_some_and(|d| luhn(&d[..10]) && number(&d[10..]) > 0)
}
