//! What the classifier takes for an entity and what cannot be one.

use std::ops::Range;

use crate::detect::Label;
use crate::detect::name_words::is_title;

/// Whether a word cannot be part of an entity of this label; such a word
/// takes no part in joining.
pub(super) fn is_junk_word(word: &str, label: Label) -> bool {
    match label {
        Label::PERSON => !word.chars().any(char::is_alphabetic) || word.chars().any(char::is_numeric) || is_title(word),
        Label::LOCATION | Label::STREET_ADDRESS | Label::POSTAL_CODE | Label::ORGANIZATION | Label::NRP => {
            !word.chars().any(char::is_alphanumeric)
        }
        _ => false,
    }
}

/// Whether a whole entity cannot be what its label says.
pub(super) fn is_junk_span(span: &str, label: Label) -> bool {
    let digit_count = span.chars().filter(|c| c.is_numeric()).count();
    match label {
        // One ideograph can be a surname, one letter is not a name.
        Label::PERSON => is_one_letter(span) || looks_like_hex(span),
        Label::EMAIL_ADDRESS => !span.contains('@') && !span.to_ascii_lowercase().contains("at"),
        Label::URL => !span.contains(['.', ':', '/']),
        Label::PHONE_NUMBER => digit_count < 5 || span.contains(['=', '<', '>']),
        Label::BANK_ACCOUNT
        | Label::ABA_ROUTING_NUMBER
        | Label::TAX_ID
        | Label::NATIONAL_ID
        | Label::US_SSN
        | Label::CREDIT_CARD => digit_count < 4,
        Label::PASSPORT | Label::DRIVER_LICENSE => digit_count < 3,
        Label::POSTAL_CODE => digit_count == 0,
        _ => !span.chars().any(char::is_alphanumeric),
    }
}

/// A national id in the form of a social security number is one.
pub(super) fn refined_label(span: &str, label: Label) -> Label {
    let has_ssn_form = || {
        let groups: Vec<&str> = span.split(['-', ' ']).collect();
        groups.iter().map(|group| group.len()).eq([3, 2, 4])
            && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()))
    };
    match label {
        Label::NATIONAL_ID if has_ssn_form() => Label::US_SSN,
        _ => label,
    }
}

/// Takes away marks at the ends that belong to the sentence.
pub(super) fn trim(text: &str, range: Range<usize>, label: Label) -> Range<usize> {
    let found = &text[range.clone()];
    let belongs: fn(char) -> bool = match label {
        Label::PHONE_NUMBER => |c| c.is_alphanumeric() || matches!(c, '+' | '('),
        Label::URL => |c| c.is_alphanumeric() || matches!(c, '/' | '=' | '&' | '_' | '-' | '#' | '%' | '~'),
        _ => char::is_alphanumeric,
    };
    let Some(first) = found.find(belongs) else { return range.start..range.start };
    let first = first + word_before_number_len(&found[first..], label);
    let last = found.rfind(|c| belongs(c) && !(label == Label::PHONE_NUMBER && matches!(c, '+' | '(')));
    let end = last.map_or(first, |at| at + found[at..].chars().next().map_or(0, char::len_utf8));
    // Combining marks of the last letter stay with it.
    let marks = found[end..].chars().take_while(|c| unicode_normalization::char::is_combining_mark(*c));
    let end = end + marks.map(char::len_utf8).sum::<usize>();
    range.start + first.min(end)..range.start + end
}

/// Bytes of the words that name a telephone number in front of it (`cell 555 0142`).
fn word_before_number_len(found: &str, label: Label) -> usize {
    let is_word = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | ':');
    let number = found.trim_start_matches(is_word);
    let is_named = label == Label::PHONE_NUMBER
        && number.starts_with(|c: char| c.is_numeric() || matches!(c, '+' | '('))
        && found[..found.len() - number.len()].ends_with([' ', ':', '.']);
    if is_named { found.len() - number.len() } else { 0 }
}

fn is_one_letter(span: &str) -> bool {
    let mut letters = span.chars().filter(|c| c.is_alphanumeric());
    letters.next().is_none_or(|c| c.is_ascii() || c.is_lowercase()) && letters.next().is_none()
}

/// `deadbeef`, `cafebabe`: digests and addresses in logs. Shorter words of these
/// letters are names ("Fae", "Abe", "Deb").
fn looks_like_hex(span: &str) -> bool {
    span.len() >= 8 && span.bytes().all(|b| b.is_ascii_hexdigit())
}
