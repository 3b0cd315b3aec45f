//! Backslash escapes of JSON (RFC 8259), JavaScript, Python, C and Markdown.

use memchr::memchr_iter;

use super::rewrite::Rewriter;

/// In documents inside documents backslashes are doubled again and again.
const BACKSLASHES_MAX: usize = 16;
/// The longest number of a character, `U0001f600`.
const DIGITS_MAX: usize = 8;

/// Undoes `\u0040`, `\u{40}`, `\x40`, `\n`, `\/`, `\@`.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    let mut done = 0;
    for at in memchr_iter(b'\\', text.as_bytes()) {
        if at < done {
            continue;
        }
        let backslashes = text[at..].bytes().take_while(|byte| *byte == b'\\').take(BACKSLASHES_MAX).count();
        done = at + backslashes;
        if let Some((c, len)) = unescaped(&text[at..]) {
            rewriter.replace_with_char(at..at + len, c);
            done = at + len;
        }
    }
}

/// The character that the escape at the start of `text` stands for, and the
/// escape's length.
fn unescaped(text: &str) -> Option<(char, usize)> {
    let (unit, len) = match escaped_unit(text) {
        Some(unit) => unit,
        None => return unescaped_utf8(text).or_else(|| simple(text)),
    };
    if !(0xD800..0xDC00).contains(&unit) {
        return Some((char::from_u32(unit)?, len));
    }
    let (low, low_len) = escaped_unit(&text[len..])?;
    let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + ((unit - 0xD800) << 10) + low)?, len + low_len))
}

/// The backslashes at the start of `text`, and what stands behind them.
fn behind_backslashes(text: &str) -> Option<(usize, &str)> {
    let backslashes = text.bytes().take_while(|byte| *byte == b'\\').take(BACKSLASHES_MAX + 1).count();
    (1..=BACKSLASHES_MAX).contains(&backslashes).then(|| (backslashes, &text[backslashes..]))
}

/// The number of `\u00e9`, `\u{e9}` or `\U000000e9`, and the escape's length.
fn escaped_unit(text: &str) -> Option<(u32, usize)> {
    let (backslashes, escape) = behind_backslashes(text)?;
    let (digits, len) = match escape.strip_prefix("u{") {
        Some(braced) => {
            let len = braced.bytes().take(DIGITS_MAX + 1).position(|byte| byte == b'}')?;
            (&braced[..len], len + 3)
        }
        None if escape.starts_with('u') => (escape.get(1..5)?, 5),
        None if escape.starts_with('U') => (escape.get(1..9)?, 9),
        None => return None,
    };
    Some((hexadecimal(digits)?, backslashes + len))
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let is_hexadecimal = digits.len() <= DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// The character whose UTF-8 is `\xc3\xa9`.
fn unescaped_utf8(text: &str) -> Option<(char, usize)> {
    let mut utf8 = [0; 4];
    let mut len = 0;
    for read in 1..=utf8.len() {
        let (backslashes, escape) = behind_backslashes(&text[len..])?;
        let digits = escape.strip_prefix('x')?.get(..2)?;
        utf8[read - 1] = u8::try_from(hexadecimal(digits)?).ok()?;
        len += backslashes + 3;
        if let Ok(read) = std::str::from_utf8(&utf8[..read]) {
            return read.chars().next().filter(|c| !c.is_control()).map(|c| (c, len));
        }
    }
    None
}

/// Line breaks, quotation marks, slashes, and the marks that Markdown and
/// regular expressions escape inside addresses and numbers.
fn simple(text: &str) -> Option<(char, usize)> {
    let (backslashes, escape) = behind_backslashes(text)?;
    let mut chars = escape.chars();
    let escaped = chars.next()?;
    // `C:\new` is a path.
    let ends = chars.next().is_none_or(|c| !c.is_lowercase());
    let c = match escaped {
        'n' | 'r' if ends => '\n',
        't' if ends => '\t',
        '"' | '\'' | '/' | '@' | '.' | '-' | '_' | '+' => escaped,
        _ => return None,
    };
    Some((c, backslashes + 1))
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L13, L40: a name in JSON that stands in other text has its letters escaped.
    #[test]
    fn escaped_characters_become_plain() {
        for (escaped, expected) in [
            (r"Jos\u00e9 N\u00fa\u00f1ez", "José Núñez"),
            (r"Bj\\u00f6rn", "Björn"),
            (r"a\ud83d\ude00b", "a😀b"),
            (r"\u200bx\uff11", "x1"),
            (r"ann\u{40}example.com", "ann@example.com"),
            (r"ann\x40example.com, Jos\xc3\xa9", "ann@example.com, José"),
            (r"\U0001f600", "😀"),
            (r#"{\"ssn\":\n\"536-22-8726\"}"#, "{\"ssn\":\n\"536-22-8726\"}"),
            (r"http:\/\/example.com\/a", "http://example.com/a"),
            (r"ann\_lee\@example\.com", "ann_lee@example.com"),
            (r"\u00e", r"\u00e"),
            (r"C:\users \ud83d x \xzz \u{} \u{110000}", r"C:\users \ud83d x \xzz \u{} \u{110000}"),
            (r"C:\new\table", r"C:\new\table"),
        ] {
            assert_eq!(plain(escaped), expected);
        }
    }

    #[test]
    fn a_name_with_escapes_is_cut_with_them() {
        let text = r"by Zo\u00eb M\u00fcller, now";
        let shadow = Shadow::of(text);
        assert_eq!(original(text, &shadow, "Zoë Müller"), r"Zo\u00eb M\u00fcller");
    }
}
