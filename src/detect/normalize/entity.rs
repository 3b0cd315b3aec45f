//! Character references of HTML (the HTML Living Standard, section 13.5).

use memchr::memchr_iter;
use unicode_normalization::char::compose;

use super::rewrite::Rewriter;

/// How often an ampersand may itself be escaped.
const ESCAPED_MAX: usize = 8;
/// The longest name looked for is `ZeroWidthSpace`.
const NAME_BYTES_MAX: usize = 16;
/// The longest number, `&#x0010FFFF;`.
const DIGITS_MAX: usize = 8;

/// Undoes `&#64;`, `&#x40;`, `&commat;`, `&amp;#64;`.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    let mut done = 0;
    for at in memchr_iter(b'&', text.as_bytes()) {
        if at < done {
            continue;
        }
        let mut start = at + 1;
        for _ in 0..ESCAPED_MAX {
            start += text[start..].strip_prefix("amp;").map_or(0, |_| 4);
        }
        let (c, end) = match referred(&text[start..]) {
            Some((c, len)) => (c, start + len),
            None if start > at + 1 => ('&', start),
            None => continue,
        };
        rewriter.replace_with_char(at..end, c);
        done = end;
    }
}

/// The character that is referred to behind an ampersand, and the length of
/// the reference.
fn referred(text: &str) -> Option<(char, usize)> {
    match text.strip_prefix('#') {
        Some(number) => numbered(number).map(|(c, len)| (c, len + 1)),
        None => {
            let name = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let is_closed = name.len() <= NAME_BYTES_MAX && text[name.len()..].starts_with(';');
            let c = if is_closed { named(name) } else { None };
            c.map(|c| (c, name.len() + 1))
        }
    }
}

/// The semicolon may be missing. A browser then takes all digits that follow;
/// where that is no ASCII character, the first two or three are meant.
fn numbered(text: &str) -> Option<(char, usize)> {
    let (prefix, radix) = if text.starts_with(['x', 'X']) { (1, 16) } else { (0, 10) };
    let digits = text[prefix..].bytes().take(DIGITS_MAX).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let read = |digits: usize| {
        let code = u32::from_str_radix(text[prefix..].get(..digits)?, radix).ok()?;
        char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace()).map(|c| (c, prefix + digits))
    };
    if let Some((c, end)) = read(digits).filter(|(_, end)| text[*end..].starts_with(';')) {
        return Some((c, end + 1));
    }
    let is_ascii = |(c, _): &(char, usize)| c.is_ascii_graphic();
    [digits, 2, 3].into_iter().filter(|len| *len <= digits).find_map(|len| read(len).filter(is_ascii)).or(read(digits))
}

fn named(name: &str) -> Option<char> {
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "Tab" => '\t',
        "NewLine" => '\n',
        "commat" => '@',
        "period" => '.',
        "colon" => ':',
        "semi" => ';',
        "comma" => ',',
        "sol" => '/',
        "bsol" => '\\',
        "lowbar" | "UnderBar" => '_',
        "hyphen" | "dash" | "ndash" | "minus" => '-',
        "plus" => '+',
        "equals" => '=',
        "num" => '#',
        "percnt" => '%',
        "quest" => '?',
        "excl" => '!',
        "lpar" => '(',
        "rpar" => ')',
        "lsqb" | "lbrack" => '[',
        "rsqb" | "rbrack" => ']',
        "shy" => '\u{ad}',
        "zwj" => '\u{200d}',
        "zwnj" => '\u{200c}',
        "ZeroWidthSpace" => '\u{200b}',
        "szlig" => 'ß',
        "AElig" => 'Æ',
        "aelig" => 'æ',
        "OElig" => 'Œ',
        "oelig" => 'œ',
        "Oslash" => 'Ø',
        "oslash" => 'ø',
        "Lstrok" => 'Ł',
        "lstrok" => 'ł',
        _ => return accented(name),
    };
    Some(c)
}

/// `eacute`: a letter and its accent.
fn accented(name: &str) -> Option<char> {
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let mark = match &name[1..] {
        "grave" => '\u{300}',
        "acute" => '\u{301}',
        "circ" => '\u{302}',
        "tilde" => '\u{303}',
        "uml" => '\u{308}',
        "ring" => '\u{30a}',
        "caron" => '\u{30c}',
        "cedil" => '\u{327}',
        "ogon" => '\u{328}',
        _ => return None,
    };
    compose(letter, mark)
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: HTML escapes.
    #[test]
    fn character_references_become_characters() {
        for (escaped, expected) in [
            ("ann&#64;example&#46;com", "ann@example.com"),
            ("ann&#x40;example&period;com", "ann@example.com"),
            ("ann&commat;example.com", "ann@example.com"),
            ("ann&#64example.com, 536&#4522&#458726", "ann@example.com, 536-22-8726"),
            ("ann&amp;amp;#64;example.com", "ann@example.com"),
            ("Jos&eacute; Nu&ntilde;ez &amp; S&oslash;n", "José Nuñez & Søn"),
            ("5&shy;3&#8203;6", "536"),
            ("fish & chips; R&D; a&b=c; &#xD800; &#7;", "fish & chips; R&D; a&b=c; &#xD800; &#7;"),
        ] {
            assert_eq!(plain(escaped), expected);
        }
    }

    #[test]
    fn a_number_with_references_is_cut_with_them() {
        let text = "SSN 536&#45;22&#45;8726!";
        assert_eq!(original(text, &Shadow::of(text), "536-22-8726"), "536&#45;22&#45;8726");
    }
}
