//! Words of names: titles, particles, and how spellings of a word meet.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether `word` stands in front of a name and is no part of it.
pub(super) fn is_title(word: &str) -> bool {
    const TITLES: &[&str] = &[
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "professor",
        "doctor",
        "sir",
        "madam",
        "mister",
        "herr",
        "frau",
        "señor",
        "señora",
        "sra",
        "monsieur",
        "madame",
        "mme",
        "mlle",
        "signor",
        "signora",
        "sig",
        "dott",
    ];
    TITLES.contains(&word.trim_end_matches('.').to_lowercase().as_str())
}

/// Whether `word` joins the words of a surname (`van der Berg`).
pub(super) fn is_particle(word: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "van", "von", "der", "den", "de", "del", "della", "des", "du", "di", "da", "das", "dos", "do", "la", "le",
        "los", "ten", "ter", "zu", "zum", "zur", "bin", "ibn", "bint", "al", "el", "ap", "y", "e", "st", "st.",
    ];
    PARTICLES.contains(&word.to_lowercase().as_str())
}

/// `word` in lower case and without accents, in which spellings of one name meet:
/// `José` is `JOSE`, `Weiß` is `WEISS`.
pub(crate) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_into(word, &mut folded);
    folded
}

/// Appends what [`fold`] gives.
pub(super) fn fold_into(word: &str, folded: &mut String) {
    if word.is_ascii() {
        return folded.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    }
    for c in word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            // What lower-casing `İ` leaves.
            '\u{307}' => {}
            c => folded.push(c),
        }
    }
}

/// `word` folded with an `e` for each umlaut (`Mueller`), where it has some.
pub(crate) fn fold_umlauts(word: &str) -> Option<String> {
    let mut spelled = String::with_capacity(word.len() + 2);
    let mut has_umlaut = false;
    for c in word.nfc().flat_map(char::to_lowercase) {
        has_umlaut |= matches!(c, 'ä' | 'ö' | 'ü' | 'ø' | 'å');
        match c {
            'ä' => spelled.push_str("ae"),
            'ö' | 'ø' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'å' => spelled.push_str("aa"),
            c => spelled.push(c),
        }
    }
    has_umlaut.then(|| fold(&spelled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_meet() {
        for (one, other) in
            [("José", "JOSE"), ("Weiß", "WEISS"), ("Łukasz", "lukasz"), ("İnci", "inci"), ("Σας", "ΣΑΣ")]
        {
            assert_eq!(fold(one), fold(other));
        }
        assert_eq!(fold_umlauts("Müller").as_deref(), Some("mueller"));
        assert_eq!(fold_umlauts("Muller"), None);
    }
}
