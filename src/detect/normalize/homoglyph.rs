//! Letters of other scripts that look like Latin ones (Unicode UTS #39, the
//! confusables, as far as they are letters of living scripts).

use super::rewrite::Rewriter;

/// Undoes look-alikes in words that hold Latin letters too. Where no letter of
/// the text is certainly of another script, also those beside digits.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    if text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && looks_like(c).is_some()) {
        return;
    }
    let is_latin_text = !text.chars().any(|c| is_other_script(c) && looks_like(c).is_none());
    let mut at = 0;
    while let Some(start) = text[at..].find(char::is_alphanumeric) {
        let start = at + start;
        let word = &text[start..];
        let end = start + word.find(|c: char| !c.is_alphanumeric()).unwrap_or(word.len());
        if !text[start..end].is_ascii() && is_mixed(&text[start..end], is_latin_text) {
            replace_in(text, start..end, rewriter);
        }
        at = end;
    }
}

fn replace_in(text: &str, word: std::ops::Range<usize>, rewriter: &mut Rewriter<'_>) {
    for (at, c) in text[word.clone()].char_indices() {
        if let Some(latin) = looks_like(c) {
            let at = word.start + at;
            rewriter.replace_with_char(at..at + c.len_utf8(), latin);
        }
    }
}

/// Whether `word` holds Latin letters (or digits, in Latin text) and no other
/// letters than those and their look-alikes.
fn is_mixed(word: &str, is_latin_text: bool) -> bool {
    let has_latin = word.chars().any(|c| c.is_alphabetic() && !is_other_script(c) || is_small_capital(c));
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    (has_latin || is_latin_text && has_digit) && !word.contains(|c| is_other_script(c) && looks_like(c).is_none())
}

/// Greek, Cyrillic and Armenian letters.
fn is_other_script(c: char) -> bool {
    matches!(u32::from(c), 0x370..=0x58F | 0x1C80..=0x1C8F | 0x1F00..=0x1FFF) && c.is_alphabetic()
}

fn is_small_capital(c: char) -> bool {
    matches!(
        u32::from(c),
        0x1D00..=0x1D22 | 0xA730 | 0xA731 | 0x262 | 0x26A | 0x274 | 0x280 | 0x28F | 0x299 | 0x29C | 0x29F
    )
}

/// The ASCII letter that `c` looks like.
fn looks_like(c: char) -> Option<char> {
    let latin = match c {
        'А' | 'Α' | 'ᴀ' => 'A',
        'В' | 'Β' | 'ʙ' => 'B',
        'С' | 'Ϲ' | 'ᴄ' => 'C',
        'ᴅ' => 'D',
        'Е' | 'Ε' | 'ᴇ' => 'E',
        'ꜰ' => 'F',
        'Ԍ' | 'ɢ' => 'G',
        'Н' | 'Η' | 'ʜ' => 'H',
        'І' | 'Ι' | 'Ӏ' | 'ɪ' => 'I',
        'Ј' | 'Ϳ' | 'ᴊ' => 'J',
        'К' | 'Κ' | 'ᴋ' => 'K',
        'Լ' | 'ʟ' => 'L',
        'М' | 'Μ' | 'ᴍ' => 'M',
        'Ν' | 'ɴ' => 'N',
        'О' | 'Ο' | 'Օ' | 'ᴏ' => 'O',
        'Р' | 'Ρ' | 'ᴘ' => 'P',
        'Ԛ' => 'Q',
        'ʀ' => 'R',
        'Ѕ' | 'Տ' | 'ꜱ' => 'S',
        'Т' | 'Τ' | 'ᴛ' => 'T',
        'Ս' | 'ᴜ' => 'U',
        'Ѵ' | 'ᴠ' => 'V',
        'Ԝ' | 'ᴡ' => 'W',
        'Х' | 'Χ' => 'X',
        'У' | 'Υ' | 'Ү' | 'ʏ' => 'Y',
        'Ζ' | 'ᴢ' => 'Z',
        'а' | 'α' | 'ɑ' => 'a',
        'ь' | 'Ь' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'հ' => 'h',
        'і' | 'ι' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' | 'η' | 'ո' => 'n',
        'о' | 'ο' | 'օ' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | 'զ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ѵ' | 'ν' => 'v',
        'ԝ' | 'ω' | 'ա' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ү' => 'y',
        _ => return None,
    };
    Some(latin)
}

#[cfg(test)]
mod tests {
    use super::super::tests::plain;

    /// L40: homoglyphs.
    #[test]
    fn look_alikes_inside_latin_words_become_latin() {
        for (disguised, expected) in [
            ("Mаriа Gоnzаlez", "Maria Gonzalez"),
            ("аnn@exаmple.com", "ann@example.com"),
            ("passport Р1234567", "passport P1234567"),
            ("ᴀɴɴ and ꜱᴍɪᴛʜ", "ANN and SMITH"),
        ] {
            assert_eq!(plain(disguised), expected);
        }
    }

    #[test]
    fn words_of_other_scripts_stay() {
        for text in ["Анна Каренина", "Оно росло", "номер А123ВС77, Ёлка", "Αθήνα 2024", "α = 0.05", "Δx", "numarası"]
        {
            assert_eq!(plain(text), text);
        }
    }
}
