//! Numbers that nobody was given, with check digits that hold.

use super::case::{laid, significant};
use super::draw::Draw;
use crate::detect::{Label, number_checks_passed};

/// A number with a check digit or a date in it is drawn so often until the checks
/// of the real one hold.
const DRAWS_MAX: usize = 1000;

/// Letters for letters and digits for digits, in the same places; of the checks of
/// official numbers that `surface` passes, as many as possible hold.
pub(super) fn identifier(draw: &mut Draw, label: Label, surface: &str) -> String {
    let kinds = significant(surface);
    let checks = number_checks_passed(label, surface);
    let mut best = (0, laid(surface, &by_class(draw, &kinds)));
    for _ in 0..if checks.is_empty() { 0 } else { DRAWS_MAX } {
        let candidate = laid(surface, &by_class(draw, &kinds));
        let passed = checks.iter().filter(|check| check(&candidate)).count();
        if passed > best.0 {
            best = (passed, candidate);
        }
        if best.0 == checks.len() {
            break;
        }
    }
    best.1
}

/// Each letter and digit by one of its kind; the first digit stays zero or not.
fn by_class(draw: &mut Draw, kinds: &[char]) -> Vec<u8> {
    let class = |(at, c): (usize, &char)| match c.to_digit(10) {
        Some(0) if at == 0 => b'0',
        Some(_) => draw.digit(u8::from(at == 0)),
        None if c.is_numeric() => draw.digit(1),
        None => draw.letter(),
    };
    kinds.iter().enumerate().map(class).collect()
}

/// A card of the ranges that payment networks use in tests, with a right Luhn digit.
pub(super) fn card(draw: &mut Draw, surface: &str) -> String {
    let digits = significant(surface);
    let prefix: &[u8] = match (digits.first(), digits.len()) {
        (Some('4'), _) => b"400000",
        (Some('5'), _) => b"555555",
        (Some('2'), _) => b"222300",
        (Some('3'), 15) => b"378282",
        (Some('6'), _) => b"601111",
        _ => b"400000",
    };
    let mut card: Vec<u8> =
        (0..digits.len()).map(|at| prefix.get(at).copied().unwrap_or_else(|| draw.digit(0))).collect();
    if let Some(last) = card.len().checked_sub(1) {
        card[last] = b'0' + luhn_digit(&card[..last]);
    }
    laid(surface, &card)
}

/// ISO/IEC 7812-1 annex B: what makes the sum a multiple of ten.
fn luhn_digit(body: &[u8]) -> u8 {
    let value = |(at, digit): (usize, &u8)| match (at % 2, digit - b'0') {
        (0, digit @ 5..) => digit * 2 - 9,
        (0, digit) => digit * 2,
        (_, digit) => digit,
    };
    let sum: u32 = body.iter().rev().enumerate().map(|pair| u32::from(value(pair))).sum();
    ((10 - sum % 10) % 10) as u8
}

/// An account of the same country and length with right check digits (ISO 13616,
/// ISO 7064 MOD 97-10). The bank may exist; the account is drawn.
pub(super) fn iban(draw: &mut Draw, surface: &str) -> String {
    let kinds: Vec<char> = significant(surface).iter().map(char::to_ascii_uppercase).collect();
    if kinds.len() < 5 || !kinds.iter().all(char::is_ascii) {
        return identifier(draw, Label::IBAN_CODE, surface);
    }
    let country: Vec<u8> = kinds[..2].iter().map(|c| *c as u8).collect();
    let account = by_class(draw, &kinds[4..]);
    let body = account.iter().chain(&country).chain(b"00");
    let rest = body.fold(0u32, |rest, c| match c {
        b'0'..=b'9' => (rest * 10 + u32::from(c - b'0')) % 97,
        _ => (rest * 100 + u32::from(c.wrapping_sub(b'A')) + 10) % 97,
    });
    let check = format!("{:02}", 98 - rest);
    laid(surface, &[&country[..], check.as_bytes(), &account].concat())
}

/// A number that the Social Security Administration never issues: no area begins
/// with 9 (POMS RM 10201.035), nor is it a taxpayer number with a group below 50.
pub(super) fn us_ssn(draw: &mut Draw, surface: &str) -> String {
    let mut number = by_class(draw, &significant(surface));
    if number.len() == 9 {
        number[0] = b'9';
        number[3] = b'0' + draw.below(5) as u8;
        number[4] = draw.digit(1);
        number[8] = draw.digit(1);
    }
    laid(surface, &number)
}

/// A bank code of the same country; the zero in the eighth place marks a code for
/// tests (ISO 9362).
pub(super) fn swift(draw: &mut Draw, surface: &str) -> String {
    let kinds = significant(surface);
    let mut code = by_class(draw, &kinds);
    for at in 4..kinds.len().min(6) {
        code[at] = kinds[at].to_ascii_uppercase() as u8;
    }
    if let Some(test) = code.get_mut(7) {
        *test = b'0';
    }
    laid(surface, &code)
}

/// A hardware address that no manufacturer gives out: locally administered and of
/// one device (IEEE 802, clause 8.2).
pub(super) fn mac(draw: &mut Draw, surface: &str) -> String {
    let hex = |at: usize| match at {
        1 => draw.of(&["2", "6", "A", "E"]).as_bytes()[0],
        _ => b"0123456789ABCDEF"[draw.below(16)],
    };
    let address: Vec<u8> = (0..significant(surface).len()).map(hex).collect();
    let is_lower = surface.contains(|c: char| c.is_lowercase()) || !surface.contains(|c: char| c.is_uppercase());
    let address = laid(surface, &address);
    if is_lower { address.to_ascii_lowercase() } else { address.to_ascii_uppercase() }
}

/// An address of the ranges for documentation (RFC 5737, RFC 3849).
pub(super) fn ip(draw: &mut Draw, surface: &str) -> String {
    let (address, rest) = surface.split_at(surface.find(['/', '%']).unwrap_or(surface.len()));
    if !address.contains(':') {
        let network = draw.of(&["192.0.2", "198.51.100", "203.0.113"]);
        return format!("{network}.{}{rest}", 1 + draw.below(254));
    }
    let groups: Vec<String> = (0..6).map(|_| format!("{:x}", 0x1000 + draw.below(0xefff))).collect();
    format!("2001:db8:{}{rest}", groups.join(":"))
}

/// Degrees within range, with as many digits.
pub(super) fn coordinates(draw: &mut Draw, surface: &str) -> String {
    let mut place = 0;
    let mut is_fraction = false;
    let number = |c: char| {
        let Some(digit) = c.to_digit(10) else {
            is_fraction = matches!(c, '.') || (is_fraction && c.is_alphanumeric());
            place = 0;
            return c;
        };
        place += 1;
        let drawn = match (is_fraction, place, digit) {
            (false, 1, 0) => b'0',
            (false, 1, 1) => b'1',
            (false, 1, _) => b'2' + draw.below(4) as u8,
            (false, 2, _) => b'0' + draw.below(6) as u8,
            _ => draw.digit(0),
        };
        char::from(drawn)
    };
    surface.chars().map(number).collect()
}
