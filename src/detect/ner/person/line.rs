//! The words of a line and how they are written.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// How a word is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A capital first, small letters behind it.
    Title,
    /// Two or more capitals.
    Upper,
    /// One capital letter.
    Initial,
    /// Small letters first.
    Lower,
    /// Letters of a script without capitals.
    Caseless,
    /// Letters of a script that puts no blanks between words.
    Unspaced,
    /// It holds a digit.
    Number,
}

/// A word: letters and digits in a row, with their marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) shape: Shape,
}

/// The lines of `text`, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// The words of a line of `text`.
pub(super) fn tokens(text: &str, line: Range<usize>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    let end = line.end;
    let chars = text[line.clone()].char_indices().map(|(at, c)| (line.start + at, c));
    for (at, c) in chars.chain([(end, ' ')]) {
        let belongs = c.is_alphanumeric() || start.is_some() && is_combining_mark(c);
        if belongs {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            tokens.push(Token { start, end: at, shape: shape(&text[start..at]) });
        }
    }
    tokens
}

/// How `word` is written.
pub(super) fn shape(word: &str) -> Shape {
    let mut letters = word.chars().filter(|c| !is_combining_mark(*c));
    let first = letters.next().unwrap_or(' ');
    if word.contains(char::is_numeric) {
        Shape::Number
    } else if is_unspaced(first) {
        Shape::Unspaced
    } else if first.is_lowercase() {
        Shape::Lower
    } else if !first.is_uppercase() {
        Shape::Caseless
    } else {
        match letters.next() {
            None => Shape::Initial,
            Some(second) if second.is_uppercase() && letters.all(char::is_uppercase) => Shape::Upper,
            Some(_) => Shape::Title,
        }
    }
}

/// Thai, Lao, Myanmar, Khmer, kana and ideographs.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_by_how_they_are_written() {
        let text = "Ana LÓPEZ, J. d'Arc\r\n라이 3b 山";
        let lines: Vec<_> = lines(text).collect();
        assert_eq!(lines.len(), 2);
        let shapes: Vec<_> = tokens(text, lines[0].clone()).iter().map(|t| (&text[t.start..t.end], t.shape)).collect();
        let expected = [
            ("Ana", Shape::Title),
            ("LÓPEZ", Shape::Upper),
            ("J", Shape::Initial),
            ("d", Shape::Lower),
            ("Arc", Shape::Title),
        ];
        assert_eq!(shapes, expected);
        let shapes: Vec<_> = tokens(text, lines[1].clone()).iter().map(|t| t.shape).collect();
        assert_eq!(shapes, [Shape::Caseless, Shape::Number, Shape::Unspaced]);
    }
}
