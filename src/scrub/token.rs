//! What stands for a value: `[LABEL_TAG]`, `[LABEL_TAG_B]`, or a surrogate.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::ScopeKey;
use crate::detect::Label;

/// Crockford's base32 (<https://www.crockford.com/base32.html>): no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The longest tag: 8 of Crockford's characters, 40 bits.
pub(super) const TAG_LEN_MAX: usize = 8;
const TAG_LEN_MIN: usize = 4;

/// How what stands for a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `[PERSON_7KQ2]`: shows what it is and that it is hidden.
    #[default]
    Token,
    /// `Erin Ashford`: a realistic value that is nobody's.
    Surrogate,
}

/// How tokens are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenStyle {
    tag_len: usize,
    style: Style,
}

impl TokenStyle {
    /// Tags of `tag_len` characters, held to 4 to 8. Longer tags make chance
    /// meetings rarer and cost the model more to copy.
    pub fn with_tag_len(tag_len: usize) -> TokenStyle {
        TokenStyle { tag_len: tag_len.clamp(TAG_LEN_MIN, TAG_LEN_MAX), style: Style::Token }
    }

    /// The same tags; surrogates in the place of tokens where the style is that and
    /// a value can have one.
    pub fn in_style(self, style: Style) -> TokenStyle {
        TokenStyle { style, ..self }
    }

    /// How values are written that can be written so.
    pub fn style(self) -> Style {
        self.style
    }

    pub(super) fn tag_len(self) -> usize {
        self.tag_len
    }
}

impl Default for TokenStyle {
    fn default() -> TokenStyle {
        TokenStyle::with_tag_len(TAG_LEN_MIN)
    }
}

/// Whether a token stands in brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `[PERSON_7KQ2]`.
    Bracketed,
    /// `PERSON_7KQ2`, where an API allows identifier characters only.
    Bare,
}

/// What stands for a value upstream.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    text: Box<str>,
    style: Style,
}

impl Token {
    pub(super) fn new(label: Label, tag: &str, form: usize) -> Token {
        let name = label.token_name();
        let text = match form {
            0 => format!("[{name}_{tag}]"),
            _ => format!("[{name}_{tag}_{}]", suffix(form)),
        };
        Token { text: text.into(), style: Style::Token }
    }

    pub(super) fn surrogate(text: &str) -> Token {
        Token { text: text.into(), style: Style::Surrogate }
    }

    /// The tag and the number of the form of a token of `label`; `None` when it is
    /// one of another label.
    pub(super) fn parts(&self, label: Label) -> Option<(&str, usize)> {
        let name = self.in_shape(Shape::Bare).strip_prefix(label.token_name())?.strip_prefix('_')?;
        let (tag, letters) = name.split_once('_').map_or((name, None), |(tag, letters)| (tag, Some(letters)));
        let is_tag = (TAG_LEN_MIN..=TAG_LEN_MAX).contains(&tag.len()) && tag.bytes().all(|b| digit_of(b).is_some());
        let form = letters.map_or(Some(0), form_of)?;
        (is_tag && self.style == Style::Token).then_some((tag, form))
    }

    /// What `text` writes in either style.
    pub(super) fn read(text: &str) -> Option<Token> {
        Token::parse(text, Style::Token).or_else(|| Token::parse(text, Style::Surrogate))
    }

    /// What `text` writes in `style`.
    pub(super) fn parse(text: &str, style: Style) -> Option<Token> {
        let is_valid = match style {
            Style::Token => text.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(is_bare_token),
            Style::Surrogate => !text.starts_with('[') && text.contains(|c: char| c.is_ascii_alphanumeric()),
        };
        is_valid.then(|| Token { text: text.into(), style })
    }

    /// As it stands in a text: in brackets, unless it is a surrogate.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it is written.
    pub fn style(&self) -> Style {
        self.style
    }

    /// As it is written in `shape`. A surrogate has one only.
    pub fn in_shape(&self, shape: Shape) -> &str {
        match (shape, self.style) {
            (Shape::Bare, Style::Token) => self.text.trim_start_matches('[').trim_end_matches(']'),
            _ => &self.text,
        }
    }
}

fn is_bare_token(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    name.contains('_') && name.bytes().all(is_plain)
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The suffix of the `form`-th surface form, counted from 0, as spreadsheets
/// name columns: 1 is `B`, 25 `Z`, 26 `AA`. A suffix follows an underscore and
/// holds only letters; a tag holds no underscore, so neither reads as the other.
fn suffix(form: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = form + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// The form whose suffix `letters` is; it undoes [`suffix`].
fn form_of(letters: &str) -> Option<usize> {
    const LETTERS_MAX: usize = 8;
    if letters.is_empty() || letters.len() > LETTERS_MAX || !letters.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let count = letters.bytes().fold(0, |count, b| count * 26 + usize::from(b - b'A') + 1);
    Some(count - 1)
}

/// The longest tag of a value. The value's tag is this one's beginning, as long
/// as the style says or as a collision makes it. `round` is 0 but where even
/// whole tags collide.
pub(super) fn full_tag(scope: &ScopeKey, label: Label, normalized: &str, round: u32) -> String {
    let mac = match round {
        0 => scope.sign(&[label.as_str().as_bytes(), normalized.as_bytes()]),
        _ => scope.sign(&[label.as_str().as_bytes(), normalized.as_bytes(), &round.to_be_bytes()]),
    };
    let mut first_8 = [0; 8];
    first_8.copy_from_slice(&mac.as_ref()[..8]);
    let bits = u64::from_be_bytes(first_8);
    (0..TAG_LEN_MAX).map(|i| char::from(ALPHABET[(bits >> (59 - 5 * i)) as usize & 31])).collect()
}

/// The upper-case form under which characters of a tag are compared: what
/// Crockford's decoder takes for the same digit is the same.
pub(super) fn fold_tag_char(c: char) -> char {
    match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        upper => upper,
    }
}

/// The value of a folded character of a tag, 0 to 31.
pub(super) fn digit_of(c: u8) -> Option<usize> {
    const VALUES: [u8; 256] = {
        let mut values = [u8::MAX; 256];
        let mut digit = 0;
        while digit < ALPHABET.len() {
            values[ALPHABET[digit] as usize] = digit as u8;
            digit += 1;
        }
        values
    };
    Some(VALUES[c as usize]).filter(|digit| *digit != u8::MAX).map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_count_like_spreadsheet_columns() {
        let named = [(1, "B"), (2, "C"), (25, "Z"), (26, "AA"), (27, "AB"), (701, "ZZ"), (702, "AAA")];
        for (form, letters) in named {
            assert_eq!(suffix(form), letters);
            assert_eq!(form_of(letters), Some(form));
        }
        assert_eq!(["", "b", "B1", "ABCDEFGHI"].map(form_of), [None; 4]);
    }

    #[test]
    fn a_token_is_taken_apart_into_its_tag_and_form() {
        for (tag, form) in [("7KQ2", 0), ("7KQ2WXYZ", 27)] {
            assert_eq!(Token::new(Label::IP_ADDRESS, tag, form).parts(Label::IP_ADDRESS), Some((tag, form)));
        }
        assert_eq!(Token::new(Label::IP_ADDRESS, "7KQ2", 0).parts(Label::PERSON), None);
        assert_eq!(Token::read("[PERSON_ID]").unwrap().parts(Label::PERSON), None);
    }

    #[test]
    fn a_token_is_written_in_brackets_or_bare() {
        let token = Token::new(Label::PERSON, "7KQ2", 1);
        assert_eq!(token.in_shape(Shape::Bracketed), "[PERSON_7KQ2_B]");
        assert_eq!(token.in_shape(Shape::Bare), "PERSON_7KQ2_B");
    }

    #[test]
    fn the_tag_length_stays_within_the_grammar() {
        assert_eq!(TokenStyle::with_tag_len(1).tag_len(), 4);
        assert_eq!(TokenStyle::with_tag_len(99).tag_len(), 8);
    }
}
