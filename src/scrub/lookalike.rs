//! Characters that stand for ASCII letters and digits.

/// What `c` is read as: the ASCII letter or digit that it is a wide or a
/// mathematical form of (Unicode NFKC), or looks like (UTS #39, confusables, of
/// Cyrillic, Greek and Turkish); itself otherwise.
pub(super) fn ascii_of(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    match c {
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => below(c, 0xfee0),
        '\u{1d400}'..='\u{1d6a3}' => letter((u32::from(c) - 0x1d400) % 52),
        '\u{1d7ce}'..='\u{1d7ff}' => digit((u32::from(c) - 0x1d7ce) % 10),
        _ => LOOKALIKES.iter().find(|(known, _)| *known == c).map_or(c, |(_, ascii)| *ascii),
    }
}

/// Whether `c` goes on the word that it stands at: a letter or digit of a script
/// that parts its words.
pub(super) fn joins_words(c: char) -> bool {
    const FIRST_OF_SOUTH_EAST_ASIA: char = '\u{e00}';
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c < FIRST_OF_SOUTH_EAST_ASIA && c.is_alphanumeric())
}

fn below(c: char, offset: u32) -> char {
    char::from_u32(u32::from(c) - offset).unwrap_or(c)
}

/// The Latin alphabet, capitals first, as the mathematical ones are ordered.
fn letter(place: u32) -> char {
    let first = if place < 26 { b'A' } else { b'a' };
    char::from(first + (place % 26) as u8)
}

fn digit(value: u32) -> char {
    char::from(b'0' + value as u8)
}

#[rustfmt::skip]
const LOOKALIKES: &[(char, char)] = &[
    ('А', 'A'), ('В', 'B'), ('Е', 'E'), ('К', 'K'), ('М', 'M'), ('Н', 'H'), ('О', 'O'), ('Р', 'P'), ('С', 'C'),
    ('Т', 'T'), ('У', 'Y'), ('Х', 'X'), ('Ѕ', 'S'), ('І', 'I'), ('Ј', 'J'),
    ('а', 'a'), ('е', 'e'), ('о', 'o'), ('р', 'p'), ('с', 'c'), ('у', 'y'), ('х', 'x'), ('ѕ', 's'), ('і', 'i'), ('ј', 'j'),
    ('Α', 'A'), ('Β', 'B'), ('Ε', 'E'), ('Ζ', 'Z'), ('Η', 'H'), ('Ι', 'I'), ('Κ', 'K'), ('Μ', 'M'), ('Ν', 'N'),
    ('Ο', 'O'), ('Ρ', 'P'), ('Τ', 'T'), ('Υ', 'Y'), ('Χ', 'X'), ('ο', 'o'), ('ν', 'v'),
    ('İ', 'I'), ('ı', 'i'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_mathematical_and_foreign_letters_are_read_as_ascii() {
        for written in ["PERSON_7", "ＰＥＲＳＯＮ_７", "𝐏𝐄𝐑𝐒𝐎𝐍_𝟕", "𝗣𝗘𝗥𝗦𝗢𝗡_𝟳", "РЕRЅОN_7", "ΡΕRSΟΝ_7"]
        {
            assert_eq!(written.chars().map(ascii_of).collect::<String>(), "PERSON_7");
        }
        assert_eq!("é日ж".chars().map(ascii_of).collect::<String>(), "é日ж");
    }
}
