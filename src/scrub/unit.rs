//! One character of a text that may be written as an escape.

/// A character and how many bytes its spelling takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unit {
    pub(super) value: char,
    pub(super) byte_len: usize,
}

/// What stands at the start of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Decoded {
    Unit(Unit),
    /// The text ends inside what may be an escape.
    Cut,
    /// The text is empty.
    End,
}

/// Entities longer than this are of no interest here.
const ENTITY_LEN_MAX: usize = 10;
/// `&amp;amp;#91;`: how often an ampersand may itself have been escaped.
const AMP_DEPTH_MAX: usize = 3;

/// Reads the first character of `text`: as it stands, or out of an HTML entity
/// (`&#91;`, `&lsqb;`, `&amp;#91;`), a JSON escape (`\u005b`, `\n`) or a percent
/// escape of ASCII (`%5B`). `is_final` says that nothing follows `text`.
pub(super) fn decode(text: &str, is_final: bool) -> Decoded {
    let Some(first) = text.chars().next() else {
        return Decoded::End;
    };
    let escape = match first {
        '&' => entity(text),
        '\\' => json_escape(text),
        '%' => percent_escape(text),
        _ => Escape::None,
    };
    match escape {
        Escape::Cut if !is_final => Decoded::Cut,
        Escape::Whole(unit) => Decoded::Unit(unit),
        Escape::Cut | Escape::None => Decoded::Unit(Unit { value: first, byte_len: first.len_utf8() }),
    }
}

enum Escape {
    Whole(Unit),
    Cut,
    None,
}

fn entity(text: &str) -> Escape {
    let bytes = text.as_bytes();
    let mut at = 1;
    for _ in 0..AMP_DEPTH_MAX {
        if !bytes[at..].starts_with(b"amp;") {
            break;
        }
        at += 4;
    }
    let is_name_byte = |b: &u8| b.is_ascii_alphanumeric() || *b == b'#';
    let name_len = bytes[at..].iter().take(ENTITY_LEN_MAX).take_while(|b| is_name_byte(b)).count();
    let end = at + name_len;
    match bytes.get(end) {
        None if name_len < ENTITY_LEN_MAX => Escape::Cut,
        Some(b';') => match entity_value(&text[at..end]) {
            Some(value) => Escape::Whole(Unit { value, byte_len: end + 1 }),
            None => Escape::None,
        },
        _ => Escape::None,
    }
}

/// The character of an entity's name, of those that spell marks of tokens and
/// URLs (WHATWG HTML, "Named character references").
fn entity_value(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "lbrack" | "lsqb" => '[',
        "rbrack" | "rsqb" => ']',
        "lbrace" | "lcub" => '{',
        "rbrace" | "rcub" => '}',
        "lowbar" | "UnderBar" => '_',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "grave" => '`',
        "ast" => '*',
        "hyphen" => '-',
        "shy" => '\u{ad}',
        "nbsp" => '\u{a0}',
        "zwnj" => '\u{200c}',
        "zwj" => '\u{200d}',
        "NewLine" => '\n',
        "Tab" => '\t',
        "sol" => '/',
        "bsol" => '\\',
        "colon" => ':',
        "quest" => '?',
        "num" => '#',
        "period" => '.',
        "commat" => '@',
        _ => return None,
    })
}

fn json_escape(text: &str) -> Escape {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        None => Escape::Cut,
        Some(b'n') => Escape::Whole(Unit { value: '\n', byte_len: 2 }),
        Some(b'r') => Escape::Whole(Unit { value: '\r', byte_len: 2 }),
        Some(b't') => Escape::Whole(Unit { value: '\t', byte_len: 2 }),
        Some(b'/') => Escape::Whole(Unit { value: '/', byte_len: 2 }),
        Some(b'u') => {
            let digits = bytes[2..].iter().take(4).take_while(|b| b.is_ascii_hexdigit()).count();
            if digits == 4 {
                let code = u32::from_str_radix(&text[2..6], 16).ok().and_then(char::from_u32);
                return code.map_or(Escape::None, |value| Escape::Whole(Unit { value, byte_len: 6 }));
            }
            if bytes.len() == 2 + digits { Escape::Cut } else { Escape::None }
        }
        Some(_) => Escape::None,
    }
}

fn percent_escape(text: &str) -> Escape {
    let bytes = text.as_bytes();
    let digits = bytes[1..].iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
    if digits == 2 {
        let code = u8::from_str_radix(&text[1..3], 16).ok().filter(u8::is_ascii);
        return code.map_or(Escape::None, |code| Escape::Whole(Unit { value: char::from(code), byte_len: 3 }));
    }
    if bytes.len() == 1 + digits { Escape::Cut } else { Escape::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_bracket_is_read() {
        for spelling in
            ["[", "&#91;", "&#x5b;", "&#X5B;", "&lsqb;", "&lbrack;", "&amp;#91;", "\\u005b", "\\u005B", "%5B"]
        {
            let unit = Unit { value: '[', byte_len: spelling.len() };
            assert_eq!(decode(&format!("{spelling}x"), false), Decoded::Unit(unit), "{spelling}");
            for cut in 1..spelling.len() {
                assert_eq!(decode(&spelling[..cut], false), Decoded::Cut, "{spelling} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        for text in
            ["& co", "&nothing;", "&#xffffffff;", "\\q", "\\u12x4", "\\ud800 ", "%zz", "%e2%80", "100% sure", "é"]
        {
            let value = text.chars().next().unwrap();
            assert_eq!(decode(text, false), Decoded::Unit(Unit { value, byte_len: value.len_utf8() }), "{text}");
        }
        assert_eq!(decode("", true), Decoded::End);
    }

    #[test]
    fn an_escape_that_the_end_cuts_is_plain_text() {
        for text in ["&", "&#9", "\\", "\\u00", "%5"] {
            let value = text.chars().next().unwrap();
            assert_eq!(decode(text, true), Decoded::Unit(Unit { value, byte_len: 1 }));
        }
    }
}
