//! What stands around a word, beyond its neighbours' own chance of being names.

use std::ops::Range;

use super::line::{Shape, Token};
use crate::detect::name_words::is_title;

/// What stands around a word.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Surroundings {
    /// A sentence, a quotation or a line begins here.
    pub(super) starts_sentence: bool,
    /// `Mr`, `King` in front.
    pub(super) title: bool,
    /// `Name:` in front.
    pub(super) field_name: bool,
    /// `'s` behind.
    pub(super) genitive: bool,
    /// It hangs on a mark of code: `strlen(`, `_odd_`.
    pub(super) identifier: bool,
    /// `IV` behind.
    pub(super) numeral: bool,
    /// `Street`, `Institute`, `Ltd` behind.
    pub(super) thing: bool,
    /// `the` in front.
    pub(super) article: bool,
    /// `in` in front.
    pub(super) place: bool,
    /// `said` behind.
    pub(super) verb: bool,
    /// `by` in front.
    pub(super) by: bool,
}

/// What stands around the token at `at` of a line.
pub(super) fn of(text: &str, line: Range<usize>, tokens: &[Token], at: usize) -> Surroundings {
    let token = tokens[at];
    let (before, behind) = (&text[line.start..token.start], &text[token.end..line.end]);
    let word = |at: usize| -> String { tokens.get(at).map_or(String::new(), |t| text[t.start..t.end].to_lowercase()) };
    let (previous, next) = (at.checked_sub(1).map(word).unwrap_or_default(), word(at + 1));
    let gap_before = at.checked_sub(1).map_or(before, |previous| &text[tokens[previous].end..token.start]);
    let gap_behind = tokens.get(at + 1).map_or(behind, |next| &text[token.end..next.start]);
    let follows = matches!(gap_before, " " | "\u{a0}");
    let goes_on = matches!(gap_behind, " " | "\u{a0}");
    let is_title_before =
        (is_title(&previous) || OFFICES.contains(&previous.as_str())) && (follows || gap_before == ". ");
    let is_initial_before = at > 0 && tokens[at - 1].shape == Shape::Initial && gap_before.starts_with('.');
    Surroundings {
        starts_sentence: starts_sentence(before) && !(is_title_before || is_initial_before),
        title: is_title_before,
        field_name: is_assigned(gap_before) && names_a_field(&previous),
        genitive: gap_behind.starts_with(['\'', '’']) && next == "s",
        identifier: is_code(before.chars().next_back(), behind.chars().next()),
        numeral: goes_on && NUMERALS.contains(&next.as_str()) && tokens[at + 1].shape != Shape::Lower,
        thing: goes_on && THINGS.contains(&next.as_str()),
        article: follows && ARTICLES.contains(&previous.as_str()),
        place: follows && PLACES.contains(&previous.as_str()),
        verb: goes_on && VERBS.contains(&next.as_str()),
        by: follows && BY.contains(&previous.as_str()),
    }
}

/// Whether `line` is one of a program.
pub(super) fn is_program(line: &str) -> bool {
    CODE.iter().any(|mark| line.contains(mark))
}

fn starts_sentence(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '*', '_', '#', '>', '(', '[', '\u{a0}']);
    before.is_empty()
        || before.ends_with(['.', '!', '?', ':', '…', '¿', '¡', '"', '“', '„', '«', '‘', '-', '–', '—', '•', '|'])
}

/// Marks that stand at a word's side in code and paths and not in sentences.
fn is_code(before: Option<char>, behind: Option<char>) -> bool {
    before.is_some_and(|c| matches!(c, '_' | '.' | '/' | '\\' | '$' | '@' | '=' | '<' | '#'))
        || behind.is_some_and(|c| matches!(c, '_' | '(' | '/' | '\\' | '[' | '=' | '>' | '{'))
}

/// Whether a word is what a field that holds a name is called: `patient`, `lastname`.
fn names_a_field(word: &str) -> bool {
    const NAME: &str = "name";
    FIELD_NAMES.contains(&word) || word.ends_with(NAME)
}

/// What stands between the name of a field and its value.
fn is_assigned(gap: &str) -> bool {
    gap.len() <= 8 && gap.contains([':', '=', '\t', '|']) && !gap.contains(char::is_alphanumeric)
}

const OFFICES: &[&str] = &[
    "king",
    "queen",
    "prince",
    "princess",
    "emperor",
    "pope",
    "saint",
    "st",
    "lord",
    "lady",
    "sir",
    "judge",
    "justice",
    "president",
    "senator",
    "governor",
    "minister",
    "chancellor",
    "captain",
    "colonel",
    "general",
    "sergeant",
    "lieutenant",
    "detective",
    "officer",
    "inspector",
    "rev",
    "reverend",
    "father",
    "sister",
    "brother",
    "uncle",
    "aunt",
    "nurse",
    "coach",
    "doña",
    "sr",
    "könig",
    "kaiser",
    "papst",
    "präsident",
    "kanzler",
    "kanzlerin",
    "roi",
    "reine",
    "rey",
    "reina",
    "papa",
    "pape",
    "hr",
    "fr",
    "dhr",
    "mevr",
    "heer",
    "mevrouw",
    "meneer",
    "pan",
    "pani",
    "pán",
    "paní",
    "fru",
    "herrn",
    "sra",
    "señores",
    "avv",
    "ing",
    "dra",
    "dña",
    "maître",
];

/// What a field that holds a name is called.
const FIELD_NAMES: &[&str] = &[
    "name",
    "names",
    "patient",
    "customer",
    "client",
    "contact",
    "employee",
    "candidate",
    "applicant",
    "author",
    "owner",
    "from",
    "to",
    "cc",
    "attn",
    "sender",
    "recipient",
    "user",
    "signed",
    "insured",
    "claimant",
    "tenant",
    "doctor",
    "physician",
    "beneficiary",
    "cardholder",
    "holder",
    "assignee",
    "reporter",
    "kunde",
    "kundin",
    "mitarbeiter",
    "patientin",
    "ansprechpartner",
    "nom",
    "prénom",
    "nombre",
    "apellido",
    "apellidos",
    "nome",
    "cognome",
    "naam",
    "klant",
    "namn",
    "navn",
    "imię",
    "nazwisko",
    "jméno",
    "příjmení",
    "nume",
    "ad",
    "soyad",
    "имя",
    "фамилия",
    "фио",
];

const NUMERALS: &[&str] =
    &["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiv", "xvi", "jr", "sr"];

/// What a name in front of it is the name of.
const THINGS: &[&str] = &[
    "street",
    "road",
    "avenue",
    "lane",
    "drive",
    "square",
    "park",
    "bridge",
    "river",
    "lake",
    "mountain",
    "island",
    "islands",
    "city",
    "county",
    "university",
    "college",
    "school",
    "institute",
    "hospital",
    "clinic",
    "church",
    "museum",
    "library",
    "award",
    "prize",
    "cup",
    "trophy",
    "company",
    "corporation",
    "corp",
    "inc",
    "llc",
    "ltd",
    "plc",
    "gmbh",
    "ag",
    "bank",
    "group",
    "foundation",
    "party",
    "times",
    "post",
    "news",
    "airport",
    "station",
    "stadium",
    "theatre",
    "theater",
    "hotel",
    "center",
    "centre",
    "house",
    "building",
    "tower",
    "algorithm",
    "theorem",
    "effect",
    "disease",
    "syndrome",
    "test",
    "scale",
    "method",
    "model",
    "engine",
    "valley",
    "bay",
    "beach",
    "war",
    "act",
    "empire",
    "dynasty",
    "monarchy",
    "studios",
    "records",
    "entertainment",
    "airlines",
    "motors",
    "technologies",
    "solutions",
    "systems",
    "software",
    "partners",
    "associates",
    "holdings",
    "industries",
    "straße",
    "strasse",
    "platz",
    "stiftung",
    "preis",
];

/// What lines of programs hold and sentences do not.
const CODE: &[&str] = &[
    "==", "!=", "()", "):", "->", "=>", "::", "&&", "||", "+=", "(self", "def ", "elif ", "import ", ">>> ",
    "#include", "const ", "System.", "console.", "print(", "return ", "};", ");",
];

const ARTICLES: &[&str] = &[
    "the", "a", "an", "this", "that", "these", "those", "each", "every", "der", "die", "das", "den", "dem", "ein",
    "eine", "le", "la", "les", "un", "une", "el", "los", "las", "il", "lo", "gli", "het", "een", "o", "os", "as", "um",
    "uma",
];

const PLACES: &[&str] =
    &["in", "at", "near", "across", "throughout", "im", "aus", "nach", "en", "à", "au", "te", "em", "i", "w", "v"];

const VERBS: &[&str] = &[
    "said", "says", "was", "is", "has", "had", "wrote", "writes", "told", "asked", "called", "went", "came", "will",
    "would", "did", "does", "wants", "needs", "lives", "works", "worked", "born", "died", "married", "joined",
    "logged", "hat", "ist", "wohnt", "sagt", "sagte", "est", "était", "habite", "dit", "fue", "tiene", "vive", "ha",
    "è", "era", "abita", "heeft", "woont", "zegt",
];

const BY: &[&str] = &[
    "by", "with", "for", "from", "and", "to", "von", "mit", "für", "und", "bei", "par", "avec", "pour", "et", "por",
    "con", "para", "y", "di", "da", "per", "e", "door", "met", "voor", "en", "av", "med", "och", "og", "przez", "z",
];
