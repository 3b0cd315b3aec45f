//! Characters that are not seen, and those that are another one in another
//! dress.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use super::rewrite::Rewriter;

/// Undoes what one character alone shows.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    if text.is_ascii() {
        return;
    }
    let mut raised = Raised::Meant;
    let mut decomposed = String::new();
    let mut done = 0;
    while let Some(ascii) = text.as_bytes()[done..].iter().position(|byte| !byte.is_ascii()) {
        let at = done + ascii;
        let Some(c) = text[at..].chars().next() else { break };
        let range = at..at + c.len_utf8();
        done = range.end;
        let before = || text[..at].chars().next_back();
        match if is_letter(c) { Plain::Same } else { plain(c) } {
            Plain::Same => {}
            Plain::Gone => rewriter.replace(range, ""),
            Plain::As(plain) => rewriter.replace_with_char(range, plain),
            Plain::Stop if !is_in_word(text, before(), &range) => {}
            Plain::Stop => rewriter.replace(range, "."),
            dressed => {
                if dressed == Plain::Raised && !before().is_some_and(is_raised) {
                    raised = Raised::of(before(), &text[at..]);
                }
                decomposed.clear();
                decompose_compatible(c, |c| decomposed.push(c));
                if (dressed, raised) != (Plain::Raised, Raised::Meant) && !decomposed.starts_with(c) {
                    rewriter.replace(range, &decomposed);
                }
            }
        }
    }
}

/// Whether raised digits are footnotes and exponents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raised {
    Meant,
    Disguise,
}

impl Raised {
    /// Those at the start of `text`: in the middle of a word and in numbers
    /// they are none.
    fn of(before: Option<char>, text: &str) -> Raised {
        const FOOTNOTE_CHARS_MAX: usize = 3;
        let chars = text.chars().take_while(|c| is_raised(*c)).take(FOOTNOTE_CHARS_MAX + 1).count();
        let behind = text.chars().nth(chars);
        let is_inside = behind.is_some_and(|c| c.is_ascii_alphanumeric() || c == '@');
        let ends_word = before.is_some_and(char::is_alphanumeric);
        if ends_word && !is_inside && chars <= FOOTNOTE_CHARS_MAX { Raised::Meant } else { Raised::Disguise }
    }
}

/// ASCII and most letters of the large scripts: what most text is made of needs
/// no closer look.
fn is_letter(c: char) -> bool {
    matches!(u32::from(c),
        0..0xA0 | 0xBA..0x334 | 0x370..0x61C | 0x620..0x660 | 0x3041..0x3164 | 0x3400..0xA620 | 0xAC00..0xD7B0)
}

/// Whether the full stop at `range` stands between Latin letters or digits.
fn is_in_word(text: &str, before: Option<char>, range: &Range<usize>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    is_word(before) && is_word(text[range.end..].chars().next())
}

fn is_raised(c: char) -> bool {
    plain(c) == Plain::Raised
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    Same,
    Gone,
    As(char),
    /// What Unicode's compatibility decomposition (UAX #15) says.
    Compatible,
    /// The same, but for a footnote's mark or an exponent.
    Raised,
    /// A full stop, which is one of a sentence or of a host name.
    Stop,
}

/// First digits (value 0) of the decimal digit ranges of Unicode 16 (general
/// category Nd) that have no compatibility decomposition.
const ZEROES: [u32; 46] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x1E140, 0x1E950,
];

fn plain(c: char) -> Plain {
    match u32::from(c) {
        0xB2 | 0xB3 | 0xB9 | 0x2070..=0x209C => Plain::Raised,
        // Soft hyphen, combining grapheme joiner and overlays, Arabic letter mark, Hangul fillers, Mongolian
        // separators, zero-width and bidirectional controls, enclosing marks, variation selectors, byte order mark,
        // interlinear annotation.
        0xAD
        | 0x34F
        | 0x334..=0x338
        | 0x61C
        | 0x115F
        | 0x1160
        | 0x180B..=0x180E
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x20DD..=0x20E4
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF9..=0xFFFB
        | 0xE0001
        | 0xE007F
        | 0xE0100..=0xE01EF => Plain::Gone,
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x2800 | 0x3000 => Plain::As(' '),
        0x2028 | 0x2029 => Plain::As('\n'),
        0x2010..=0x2013 | 0x2043 | 0x2212 | 0xFE58 | 0xFE63 => Plain::As('-'),
        0x2024 | 0xFE52 => Plain::As('.'),
        0x3002 | 0xFF61 => Plain::Stop,
        0xFE6B => Plain::As('@'),
        full_width @ 0xFF01..=0xFF5E => shifted(full_width, 0xFF01, '!'),
        // Circled, parenthesised and doubly circled; letters like ℂ; ligatures; mathematical letters and digits.
        0x2460..=0x24F4
        | 0x2102..=0x2115
        | 0x2119..=0x211D
        | 0x2124
        | 0x2128..=0x2139
        | 0xFB00..=0xFB06
        | 0x1D400..=0x1D7FF
        | 0x1F100..=0x1F149 => Plain::Compatible,
        digit @ 0x24F5..=0x24FD => shifted(digit, 0x24F5, '1'),
        digit @ 0x2776..=0x277E => shifted(digit, 0x2776, '1'),
        digit @ 0x2780..=0x2788 => shifted(digit, 0x2780, '1'),
        digit @ 0x278A..=0x2792 => shifted(digit, 0x278A, '1'),
        0x24FF => Plain::As('0'),
        letter @ 0x1F150..=0x1F169 => shifted(letter, 0x1F150, 'A'),
        letter @ 0x1F170..=0x1F189 => shifted(letter, 0x1F170, 'A'),
        // Tags: ASCII that is not shown.
        tag @ 0xE0020..=0xE007E => shifted(tag, 0xE0020, ' '),
        other => {
            let zero = ZEROES[..ZEROES.partition_point(|zero| *zero <= other)].last();
            zero.filter(|zero| other < **zero + 10).map_or(Plain::Same, |zero| shifted(other, *zero, '0'))
        }
    }
}

/// As far behind `to` as `code` is behind `from`.
fn shifted(code: u32, from: u32, to: char) -> Plain {
    char::from_u32(code - from + u32::from(to)).map_or(Plain::Same, Plain::As)
}

#[cfg(test)]
mod tests {
    use super::super::tests::plain;

    /// L40: obfuscation passes.
    #[test]
    fn disguised_characters_become_plain() {
        for (disguised, expected) in [
            ("né １２３－４５", "né 123-45"),
            ("a 1\u{200b}2\u{ad}3 b", "a 123 b"),
            ("٠١٢\u{a0}٣", "012 3"),
            ("𝐀𝓷𝔫 𝟜𝟚 ①②⑶ ➍ ❺ ⓐⓑ 🅰", "Ann 42 12(3) 4 5 ab A"),
            ("call ⁵⁵⁵-⁰¹⁰⁰ or ₄₂", "call 555-0100 or 42"),
            ("10 m² as said there¹²", "10 m² as said there¹²"),
            ("ann⁴²@example.com, P⁵⁵⁵⁰¹⁰", "ann42@example.com, P555010"),
            ("5\u{336}3\u{336}6", "536"),
            ("ann@example。com 你好。再见", "ann@example.com 你好。再见"),
            ("x\u{E0041}\u{E006E}\u{E006E}", "xAnn"),
            ("an em dash — stays", "an em dash — stays"),
        ] {
            assert_eq!(plain(disguised), expected);
        }
    }
}
