//! Bytes written as two hexadecimal digits behind a mark: percent-encoding
//! (RFC 3986, section 2.1) and quoted-printable (RFC 2045, section 6.7).

use memchr::memchr_iter;

use super::rewrite::Rewriter;

/// How often a percent sign may itself be encoded.
const ENCODED_MAX: usize = 8;

/// Undoes `%40`, `%C3%A9`, `%2540`.
pub(super) fn undo_percent(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b'%', text, rewriter, |_, c, _| !c.is_control() || c.is_whitespace());
}

/// Undoes `=40` and `=C3=A9`: inside words, and only what addresses, numbers
/// and names are made of, since an equals sign is most often one.
pub(super) fn undo_quoted_printable(text: &str, rewriter: &mut Rewriter<'_>) {
    undo(b'=', text, rewriter, |before, c, after| match c {
        '@' => before.is_alphanumeric() && after.is_alphabetic(),
        ' ' => before.is_alphabetic() && after.is_alphabetic(),
        '.' | '-' | '_' | '/' | ':' => before.is_alphanumeric() && (after.is_alphanumeric() || after == '='),
        _ => before.is_alphanumeric() && !c.is_ascii(),
    });
}

/// `is_meant` sees what stands in front of an encoded character, the character
/// and what stands behind.
fn undo(mark: u8, text: &str, rewriter: &mut Rewriter<'_>, is_meant: fn(char, char, char) -> bool) {
    let mut done = 0;
    for at in memchr_iter(mark, text.as_bytes()) {
        let Some((c, len)) = encoded(mark, &text[at..]).filter(|_| at >= done) else { continue };
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let after = text[at + len..].chars().next().unwrap_or(' ');
        if is_meant(before, c, after) {
            rewriter.replace_with_char(at..at + len, c);
            done = at + len;
        }
    }
}

/// The character whose UTF-8 is encoded at the start of `text`, and how long
/// that is.
fn encoded(mark: u8, text: &str) -> Option<(char, usize)> {
    let mut utf8 = [0; 4];
    let mut len = 0;
    for read in 1..=utf8.len() {
        let (byte, byte_len) = encoded_byte(mark, &text.as_bytes()[len..])?;
        utf8[read - 1] = byte;
        len += byte_len;
        if let Ok(read) = std::str::from_utf8(&utf8[..read]) {
            return read.chars().next().map(|c| (c, len));
        }
    }
    None
}

fn encoded_byte(mark: u8, text: &[u8]) -> Option<(u8, usize)> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut at = 1;
    if text.first() != Some(&mark) {
        return None;
    }
    for _ in 0..ENCODED_MAX {
        let is_mark = mark == b'%' && text[at..].starts_with(b"25") && digit(at + 2).and(digit(at + 3)).is_some();
        at += if is_mark { 2 } else { 0 };
    }
    let byte = digit(at)? * 16 + digit(at + 1)?;
    Some((u8::try_from(byte).ok()?, at + 2))
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: URL escapes.
    #[test]
    fn encoded_bytes_become_characters() {
        for (encoded, expected) in [
            ("ann%40example.com", "ann@example.com"),
            ("ann%2540example.com", "ann@example.com"),
            ("Jos%C3%A9%20N%c3%ba%C3%B1ez", "José Núñez"),
            ("ann=40example.com, Jos=C3=A9", "ann@example.com, José"),
            ("https=3A=2F=2Fexample.com", "https://example.com"),
            ("50% of it, %zz, %C3, %00, 8*5=40 x=20", "50% of it, %zz, %C3, %00, 8*5=40 x=20"),
        ] {
            assert_eq!(plain(encoded), expected);
        }
    }

    #[test]
    fn an_address_with_encoded_bytes_is_cut_with_them() {
        let text = "?to=ann%2540example.com&x=1";
        assert_eq!(original(text, &Shadow::of(text), "ann@example.com"), "ann%2540example.com");
    }
}
