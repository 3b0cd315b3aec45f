//! Vehicles.

use super::checksum::alphanumerics;

/// A vehicle identification number, ISO 3779, with the check digit of
/// 49 CFR 565.15 (North America and China).
pub(super) fn vin(value: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let chars = alphanumerics(value);
    let sum: u32 = chars.iter().zip(WEIGHTS).map(|(char, weight)| transliterated(*char) * weight).sum();
    let check = if sum % 11 == 10 { b'X' } else { b'0' + (sum % 11) as u8 };
    chars.len() == 17 && chars[8] == check && chars.iter().any(u8::is_ascii_alphabetic)
}

fn transliterated(char: u8) -> u32 {
    match char {
        b'0'..=b'9' => u32::from(char - b'0'),
        b'A'..=b'H' => u32::from(char - b'A') + 1,
        b'J'..=b'R' => u32::from(char - b'J') + 1,
        b'S'..=b'Z' => u32::from(char - b'S') + 2,
        _ => 0,
    }
}
