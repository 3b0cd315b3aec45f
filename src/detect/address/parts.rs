//! What the parts of an address look like.

use unicode_normalization::char::is_combining_mark;

use crate::detect::fold;
use crate::detect::lexicon::known;

/// Words in front of a unit's, floor's or house's number.
const DESIGNATORS: &[&str] = &[
    "apartment",
    "apartamento",
    "appartement",
    "apt",
    "app",
    "apto",
    "ap",
    "appt",
    "atico",
    "bajo",
    "bât",
    "bldg",
    "blk",
    "block",
    "bloco",
    "bloque",
    "box",
    "bte",
    "building",
    "bus",
    "byt",
    "cmr",
    "daire",
    "depto",
    "dpto",
    "door",
    "etage",
    "étage",
    "etaj",
    "fl",
    "flat",
    "floor",
    "hs",
    "interior",
    "interno",
    "int",
    "kat",
    "lakás",
    "lejl",
    "level",
    "local",
    "lok",
    "lot",
    "no",
    "nr",
    "nº",
    "office",
    "oficina",
    "piano",
    "piso",
    "planta",
    "psc",
    "puerta",
    "rm",
    "room",
    "sala",
    "scala",
    "ste",
    "stiege",
    "suite",
    "top",
    "tower",
    "tür",
    "unit",
    "villa",
    "wohnung",
    "кв",
    "квартира",
    "офис",
    "корп",
    "διαμ",
];

/// Words of a sentence that no town has in it, for texts in lower case.
const FUNCTION_WORDS: &[&str] = &[
    "and", "or", "for", "please", "in", "at", "is", "was", "last", "to", "on", "by", "with", "i", "it", "my", "we",
    "you", "they", "und", "für", "bitte", "et", "pour", "y", "para", "e", "per", "en", "voor", "next", "since", "but",
];

/// Words of towns and streets that are written small between capitalised ones.
const PARTICLES: &[&str] = &[
    "a", "am", "an", "auf", "aan", "bei", "da", "das", "de", "del", "della", "delle", "den", "der", "des", "di", "do",
    "dos", "du", "el", "en", "im", "in", "la", "las", "le", "les", "los", "nad", "of", "ob", "og", "op", "pod", "sur",
    "the", "u", "upon", "van", "von", "y", "zu", "και",
];

/// Kinds of street by which a name alone is known as one.
const KINDS: &[&str] = &["avenue", "ave", "boulevard", "drive", "lane", "road", "street"];

/// Kinds of street that are ordinary words too: they make an address of a number
/// and a name, not of a number alone.
const KINDS_WITH_NAME: &[&str] = &[
    "avenue",
    "boulevard",
    "circle",
    "close",
    "court",
    "crescent",
    "drive",
    "gardens",
    "grove",
    "lane",
    "mews",
    "park",
    "place",
    "road",
    "route",
    "row",
    "square",
    "street",
    "terrace",
    "trail",
    "walk",
    "way",
];

/// Abbreviated kinds of street, written with a full stop.
const ABBREVIATIONS: &[&str] =
    &["st", "ave", "blvd", "rd", "dr", "ln", "ct", "pl", "sq", "hwy", "pkwy", "str", "u", "sok", "cad", "col", "urb"];

/// Whether `found` is no address by itself: a number without a street, a
/// street's kind without a name.
pub(super) fn is_weak(found: &str) -> bool {
    let words = || found.split(|c: char| !is_word_char(c)).filter(|word| !word.is_empty());
    let has_number = words().any(|word| word.chars().any(char::is_numeric));
    if has_number {
        return !words().any(is_name);
    }
    let named = found.starts_with(char::is_uppercase) || words().any(|word| KINDS.contains(&word));
    !named || words().count() < 2
}

/// Whether `found` counts or measures something or names a product, and a
/// classifier takes it for a street and its number: `3/4 cup`, `Room 12, floor 3`,
/// `R2-D2`.
pub(super) fn is_quantity(found: &str) -> bool {
    let tokens = found.split(|c: char| c.is_whitespace() || c == ',').filter(|token| !is_designation(token));
    let (mut has_kind, mut has_name) = (false, false);
    for word in tokens.flat_map(|token| token.split(|c: char| !is_word_char(c))).filter(|word| is_name(word)) {
        let is_kind = KINDS_WITH_NAME.contains(&word.to_lowercase().as_str());
        if !is_kind && is_own_word(word) {
            return false;
        }
        has_kind |= is_kind;
        has_name |= !is_kind && !is_designator(word);
    }
    found.contains(char::is_numeric) && !(has_kind && has_name)
}

/// No ordinary word in lower case, no unit or currency, no kind of room.
fn is_own_word(word: &str) -> bool {
    let is_ordinary = word.starts_with(char::is_lowercase) && known(&fold(word)).english;
    !is_ordinary && !is_region(word) && !is_designator(word)
}

/// `R2-D2`, `Coder-32B`: letters and digits joined by a hyphen.
fn is_designation(token: &str) -> bool {
    token.contains('-') && token.contains(char::is_numeric) && token.contains(char::is_alphabetic)
}

/// A word that can be a street's name, digits for some of its letters
/// included; `no`, `5b` and `MK73` cannot.
fn is_name(word: &str) -> bool {
    let small = word.chars().filter(|c| c.is_lowercase()).count();
    let is_cased = small > 0 || word.contains(char::is_uppercase);
    let has_digits = word.contains(char::is_numeric);
    word.starts_with(char::is_alphabetic) && (!has_digits || small >= 2) && (!is_cased || word.chars().count() >= 3)
}

pub(super) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// The end of the word that `end` stands in or behind.
pub(super) fn word_end(text: &str, end: usize) -> usize {
    let inside = text[..end].chars().next_back().is_some_and(is_word_char);
    if inside { end + word_len(&text[end..]) } else { end }
}

/// Bytes of letters, digits and marks at the start of `rest`.
fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len())
}

/// The word at the start of `rest`, with hyphens and apostrophes inside it.
pub(super) fn word(rest: &str) -> &str {
    let mut len = word_len(rest);
    while len > 0 {
        let Some(joint) = rest[len..].chars().next().filter(|c| matches!(c, '-' | '\'' | '’' | '/')) else { break };
        match word_len(&rest[len + joint.len_utf8()..]) {
            0 => break,
            more => len += joint.len_utf8() + more,
        }
    }
    &rest[..len]
}

/// A unit at the start of `rest` ("Apt. 12", "Suite #4b", "#05-67"): its
/// length.
pub(super) fn unit_len(rest: &str) -> Option<usize> {
    let designator = word(rest);
    let mut len = designator.len();
    if is_designator(designator) {
        len += rest[len..].len() - rest[len..].trim_start_matches(['.', ' ', ':']).len();
    } else if !rest.starts_with('#') {
        return None;
    }
    len += usize::from(rest[len..].starts_with('#'));
    let value = word(&rest[len..]);
    let is_value = value.len() <= 8
        && (value.starts_with(|c: char| c.is_numeric())
            || value.ends_with(|c: char| c.is_numeric())
            || (value.len() == 1 && value.starts_with(|c: char| c.is_ascii_uppercase())));
    is_value.then_some(len + value.len())
}

pub(super) fn is_designator(word: &str) -> bool {
    !word.is_empty() && DESIGNATORS.contains(&word.to_lowercase().as_str())
}

/// A postal code at the start of `rest`: its length. Four to six digits, with
/// a hyphen or the letters of the Dutch form, or one with a country in front.
pub(super) fn postal_code_len(rest: &str) -> Option<usize> {
    let first = word(rest);
    let code = first.split_once('-').filter(|(country, _)| is_region(country)).map_or(first, |(_, code)| code);
    let digits = code.chars().filter(char::is_ascii_digit).count();
    let has_form =
        (4..=9).contains(&digits) && code.chars().all(|c| c.is_ascii_digit() || c == '-') && code.len() <= 10;
    if !has_form || code.starts_with('-') {
        return None;
    }
    // More digits on the line make it a telephone number.
    let after = &rest[first.len()..];
    let goes_on = after.trim_start_matches([' ', '-', '.', '/']).starts_with(|c: char| c.is_ascii_digit())
        || after.starts_with(['x', '@', '%', '€', '$']);
    if goes_on {
        return None;
    }
    let letters =
        after.strip_prefix(' ').map(word).filter(|letters| digits == 4 && is_region(letters) && letters.len() == 2);
    Some(first.len() + letters.map_or(0, |letters| 1 + letters.len()))
}

/// An abbreviation of a region or country, or what a data export writes for
/// a missing one.
pub(super) fn is_region(word: &str) -> bool {
    ((2..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())) || word == "nan"
}

/// Whether `word` can be in the name of a town.
pub(super) fn is_town_word(word: &str, lower_case: bool) -> bool {
    let Some(first) = word.chars().next() else { return false };
    if first.is_numeric() {
        return word.len() <= 2;
    }
    if first.is_uppercase() || PARTICLES.contains(&word) {
        return true;
    }
    lower_case && first.is_alphabetic() && !FUNCTION_WORDS.contains(&word)
}

pub(super) fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word)
}

pub(super) fn is_street_abbreviation(word: &str) -> bool {
    ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}
