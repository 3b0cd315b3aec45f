//! Telephone numbers that ring nowhere, where a country keeps such.

use super::draw::Draw;

/// Calling codes of two digits (ITU-T E.164); 1 and 7 have one, all others three.
const TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// The beginnings of national numbers for drama, by calling code and length, without
/// trunk prefix: 44 Ofcom, 33 ARCEP (décision 2018-0881), 49 Bundesnetzagentur
/// (Mitteilung 148/2021), 61 ACMA.
const FICTIONAL: &[(&str, usize, &[&str])] = &[
    ("44", 10, &["1632960", "7700900", "2079460"]),
    ("33", 9, &["19900", "26191", "35301", "46571", "53649", "63998"]),
    ("49", 10, &["3023125", "6990009", "4066969"]),
    ("61", 9, &["25550", "35550", "75550", "85550"]),
];

/// A number of the same format: the country's code and the separators stay.
pub(super) fn number(draw: &mut Draw, surface: &str) -> String {
    let end = extension(surface);
    let digits: String = surface[..end].chars().filter(char::is_ascii_digit).collect();
    let is_international = surface.trim_start_matches('(').starts_with('+') || digits.starts_with("00");
    let (prefix, national) = split(&digits, is_international);
    let drawn = national_number(draw, prefix.trim_start_matches('0'), national);
    let all = format!("{prefix}{drawn}");
    let mut next = all.bytes();
    let mut put = |draw: &mut Draw, c: char| match c {
        _ if c.is_ascii_punctuation() || c.is_whitespace() => c,
        '0'..='9' => char::from(next.next().unwrap_or_else(|| draw.digit(0))),
        _ if c.is_numeric() => char::from(draw.digit(0)),
        _ if c.is_lowercase() => char::from(draw.letter().to_ascii_lowercase()),
        _ if c.is_alphanumeric() => char::from(draw.letter()),
        _ => c,
    };
    let mut number: String = surface[..end].chars().map(|c| put(draw, c)).collect();
    for c in surface[end..].chars() {
        number.push(if c.is_ascii_digit() { char::from(draw.digit(0)) } else { c });
    }
    number
}

/// Where an extension begins: its word stays.
fn extension(surface: &str) -> usize {
    let words = ["ext", "x", "#"];
    let lower = surface.to_ascii_lowercase();
    let found = words.iter().filter_map(|word| lower.rfind(word)).filter(|at| {
        let rest = lower[*at..].trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '#');
        !rest.contains(|c: char| c.is_ascii_alphabetic()) && *at > 0
    });
    found.min().unwrap_or(surface.len())
}

/// What stays of `digits`, which is the country's code, and the rest.
fn split(digits: &str, is_international: bool) -> (&str, &str) {
    if !is_international {
        let trunk = match digits.len() {
            11 if digits.starts_with('1') => 1,
            _ => usize::from(digits.starts_with('0') && digits.len() > 1),
        };
        return digits.split_at(trunk);
    }
    let zeros = if digits.starts_with("00") { 2 } else { 0 };
    let code = &digits[zeros..];
    let code_len = match code {
        _ if code.starts_with(['1', '7']) => 1,
        _ if TWO_DIGITS.iter().any(|known| code.starts_with(known)) => 2,
        _ => 3,
    };
    digits.split_at((zeros + code_len).min(digits.len()))
}

fn national_number(draw: &mut Draw, code: &str, national: &str) -> String {
    let fixed = match (code, national.len()) {
        // The North American Numbering Plan keeps 555-0100 to 555-0199 in every area.
        ("1" | "", 10) => format!("{}{}{}55501", draw.digit(2) as char, draw.below(9), draw.digit(2) as char),
        ("1" | "", 7) => "55501".to_owned(),
        _ => {
            let known = FICTIONAL.iter().find(|(country, len, _)| *country == code && *len == national.len());
            known.map_or(String::new(), |(_, _, beginnings)| draw.of(beginnings).to_owned())
        }
    };
    let mut number = fixed;
    while number.len() < national.len() {
        let is_first = number.is_empty();
        number.push(char::from(draw.digit(u8::from(is_first))));
    }
    number
}
