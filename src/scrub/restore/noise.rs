//! Characters that models put around and into tokens.

use crate::scrub::lookalike::ascii_of;

/// What a character is to a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Part of the label, tag or suffix, if the trie says so.
    Significant,
    /// An underscore, or a dash in its place.
    Dash,
    /// White space in the place of an underscore.
    Space,
    /// A line break.
    Break,
    /// Emphasis or code.
    Mark,
    /// A backslash, which escapes what follows, or what does not show at all.
    Ignorable,
    /// Anything else ends a token.
    Other,
}

pub(super) fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Kind::Significant,
        '_' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff3f}' | '\u{ff0d}' => Kind::Dash,
        '\n' | '\r' | '\u{2028}' => Kind::Break,
        '*' | '`' | '~' => Kind::Mark,
        '\\' => Kind::Ignorable,
        _ if is_invisible(c) => Kind::Ignorable,
        _ if ascii_of(c).is_ascii_alphanumeric() => Kind::Significant,
        _ if c.is_whitespace() => Kind::Space,
        _ => Kind::Other,
    }
}

/// Zero-width characters, soft hyphens, direction marks, variation selectors.
pub(in crate::scrub) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}')
}

/// What a line may start with that goes on a quotation, a comment or a table.
pub(super) fn starts_line(c: char) -> bool {
    matches!(c, '>' | '#' | '/' | '|')
}

/// What closes a bracket that a token may stand in.
pub(super) fn closer_of(opener: char) -> Option<char> {
    Some(match opener {
        '[' => ']',
        '{' => '}',
        '<' => '>',
        '【' => '】',
        '［' => '］',
        '〔' => '〕',
        '⟦' => '⟧',
        _ => return None,
    })
}

/// Whether an opener of this kind is a token's own even if nothing closes it.
pub(super) fn is_square(opener: char) -> bool {
    matches!(opener, '[' | '【' | '［' | '〔' | '⟦')
}
