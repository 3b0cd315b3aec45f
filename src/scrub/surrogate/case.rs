//! The letters of a stand-in in the case of what they stand for.

/// `word`, which begins with a capital, written as `like` is: in capitals, in
/// small letters, or as it is.
pub(super) fn cased(word: &str, like: &str) -> String {
    let mut letters = like.chars().filter(|c| c.is_lowercase() || c.is_uppercase());
    let Some(first) = letters.next() else { return word.to_owned() };
    let is_upper = first.is_uppercase();
    let mut count = 1;
    let is_one_case = letters.all(|c| {
        count += 1;
        c.is_uppercase() == is_upper
    });
    match (is_one_case, is_upper) {
        (true, true) if count > 1 || word.chars().count() == 1 => word.to_ascii_uppercase(),
        (true, false) => word.to_ascii_lowercase(),
        _ => word.to_owned(),
    }
}

/// Letters and digits of `surface`, in order.
pub(super) fn significant(surface: &str) -> Vec<char> {
    surface.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// `surface` with `significant`, which are as many, in the place of its letters
/// and digits; the case is the surface's.
pub(super) fn laid(surface: &str, significant: &[u8]) -> String {
    let mut next = significant.iter();
    let put = |c: char| match next.next() {
        Some(new) if c.is_lowercase() => char::from(new.to_ascii_lowercase()),
        Some(new) => char::from(*new),
        None => c,
    };
    let mut put = put;
    surface.chars().map(|c| if c.is_alphanumeric() { put(c) } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_follows_the_case_of_what_it_stands_for() {
        for (like, cased_word) in [
            ("maria", "erin"),
            ("MARIA", "ERIN"),
            ("Maria", "Erin"),
            ("McDonald", "Erin"),
            ("王", "Erin"),
            ("M", "Erin"),
        ] {
            assert_eq!(cased("Erin", like), cased_word);
        }
        assert_eq!((cased("E", "M"), cased("E", "m")), ("E".into(), "e".into()));
    }

    #[test]
    fn separators_stay_where_they_are() {
        assert_eq!(laid("ab-12 3", b"XY789"), "xy-78 9");
    }
}
