//! Numbers of the Nordic states.

use super::checksum::{alphanumerics, digits, exactly, luhn, number, weighted};
use super::date::{calendar_day, plausible_day};

/// Personnummer and samordningsnummer (day plus 60), SFS 1991:481; also
/// organisationsnummer (month from 20 on): Luhn over the last ten digits.
pub(super) fn se_personal_number(value: &str) -> bool {
    let digits = digits(value);
    let Some(ten) = digits.len().checked_sub(10).map(|century| &digits[century..]) else { return false };
    let (month, day) = (ten[2] * 10 + ten[3], ten[4] * 10 + ten[5]);
    luhn(ten) && (plausible_day(day % 60, month) || month >= 20)
}

/// Henkilötunnus, Väestötietojärjestelmä: the remainder of the nine digits by
/// 31 as a character.
pub(super) fn fi_hetu(value: &str) -> bool {
    const CHECKS: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let mut digits = digits(value);
    digits.truncate(6);
    let chars: Vec<u8> = value.bytes().collect();
    let serial: Option<Vec<u32>> =
        chars.get(7..10).map(|serial| serial.iter().map(|char| u32::from(char.wrapping_sub(b'0'))).collect());
    let (Some(serial), Some(check)) = (serial, alphanumerics(value).last().copied()) else { return false };
    let [d1, d2, m1, m2, ..] = digits[..] else { return false };
    let rest = number(&[digits, serial].concat()) % 31;
    // The century stands in a sign; 2000 was a leap year as are most in question.
    calendar_day(2000, m1 * 10 + m2, d1 * 10 + d2) && CHECKS.get(rest as usize) == Some(&check)
}

/// CPR-nummer, CPR-loven: a date; the modulus 11 is no longer promised since
/// 2007, so only the date counts.
pub(super) fn dk_cpr(value: &str) -> bool {
    exactly::<10>(value).is_some_and(|d| plausible_day(d[0] * 10 + d[1], d[2] * 10 + d[3]))
}

/// Fødselsnummer and D-nummer (day plus 40), Folkeregisterforskriften: two
/// check digits, modulus 11.
pub(super) fn no_fodselsnummer(value: &str) -> bool {
    exactly::<11>(value).is_some_and(|d| {
        plausible_day((d[0] * 10 + d[1]) % 40, (d[2] * 10 + d[3]) % 40)
            && weighted(&d, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
            && weighted(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
    })
}
