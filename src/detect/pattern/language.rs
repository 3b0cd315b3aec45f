//! The languages that context words are written in.

/// A set of languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Languages(u64);

/// ISO 639-1 codes of the languages that the catalogue has context words in.
const CODES: [&str; 50] = [
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "no", "fi", "tr", "ko", "ja", "zh", "ru", "hi", "cs",
    "ro", "el", "hu", "bg", "hr", "sl", "sk", "et", "lv", "lt", "uk", "he", "ar", "th", "vi", "id", "ms", "bn", "tl",
    "sr", "sq", "ka", "te", "ta", "mr", "gu", "ml", "ur", "fa", "sw", "af",
];

impl Languages {
    /// Every language.
    pub const ALL: Languages = Languages(u64::MAX);

    /// The language called `code` (ISO 639-1), unless no context word is
    /// written in it.
    pub fn of(code: &str) -> Option<Languages> {
        CODES.iter().position(|known| *known == code).map(|at| Languages(1 << at))
    }

    /// The languages of `codes` and English; all of them when `codes` is
    /// empty. Codes without context words add nothing.
    pub fn of_rules(codes: &[String]) -> Languages {
        if codes.is_empty() {
            return Languages::ALL;
        }
        let english = Languages::of("en");
        codes.iter().map(|code| Languages::of(code)).chain([english]).flatten().fold(Languages(0), Languages::union)
    }

    /// Both sets together.
    pub fn union(self, other: Languages) -> Languages {
        Languages(self.0 | other.0)
    }

    /// Whether the sets share a language.
    pub fn meets(self, other: Languages) -> bool {
        self.0 & other.0 != 0
    }
}
