//! Line breaks inside a number or an address.

use memchr::memchr_iter;

use super::rewrite::Rewriter;
use super::spelled::TOP_LEVEL;

/// So far back and on from a line break the text is looked at: addresses are
/// no longer.
const LOOK_BYTES: usize = 96;

/// Numbers of people have at least so many digits.
const DIGITS_MIN: usize = 7;
/// Codes of capitals and digits are at least so long.
const CODE_BYTES_MIN: usize = 7;

/// Undoes line breaks where a value plainly goes on behind them.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    for at in memchr_iter(b'\n', text.as_bytes()) {
        let end = at + 1;
        let start = if text[..at].ends_with('\r') { at - 1 } else { at };
        let (before, after) = (line_before(text, start), line_after(text, end));
        if is_in_number(before, after) || is_in_address(last_word(before), first_word(after)) {
            rewriter.replace(start..end, "");
        }
    }
}

fn line_before(text: &str, end: usize) -> &str {
    let far = (end.saturating_sub(LOOK_BYTES)..=end).find(|at| text.is_char_boundary(*at)).unwrap_or(end);
    let line = &text[far..end];
    &line[line.rfind('\n').map_or(0, |at| at + 1)..]
}

fn line_after(text: &str, start: usize) -> &str {
    let last = (start + LOOK_BYTES).min(text.len());
    let far = (start..=last).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(start);
    let line = &text[start..far];
    &line[..line.find('\n').unwrap_or(line.len())]
}

fn last_word(line: &str) -> &str {
    &line[line.rfind(is_boundary).map_or(0, |at| at + line[at..].chars().next().map_or(0, char::len_utf8))..]
}

fn first_word(line: &str) -> &str {
    &line[..line.find(is_boundary).unwrap_or(line.len())]
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '"')
}

/// Whether a number or a code goes on behind the line break, in text: columns
/// of numbers, numbered lists and the lines of a street address are none.
fn is_in_number(before: &str, after: &str) -> bool {
    let (word, next) = (last_word(before), first_word(after));
    let is_digit = |c: char| c.is_ascii_digit();
    let begins = |text: &str| text.starts_with(is_digit);
    let is_cut = match before.chars().next_back() {
        Some('0'..='9') => {
            begins(after)
                || begins(after.trim_start_matches([')', '-', '.', '/']).trim_start()) && !begins(after.trim_start())
        }
        Some('-' | '/') => before[..before.len() - 1].ends_with(is_digit) && begins(after),
        Some('(') => begins(after),
        _ => false,
    };
    let digits: usize = near_digits(before.chars().rev()) + near_digits(after.chars());
    let is_list = next.ends_with(['.', ':']) && next.len() <= 3 && next.len() < after.len();
    before.contains(char::is_alphabetic) && !is_list && (is_cut && digits >= DIGITS_MIN || is_code(word, next))
}

fn near_digits(chars: impl Iterator<Item = char>) -> usize {
    const NEAR_CHARS: usize = 16;
    chars.take(NEAR_CHARS).filter(char::is_ascii_digit).count()
}

/// Whether two words are one of capitals and digits.
fn is_code(word: &str, next: &str) -> bool {
    let is_part = |word: &str| {
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        has_digit && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
    };
    is_part(word) && is_part(next) && word.len() + next.len() >= CODE_BYTES_MIN
}

/// Whether `word` is an e-mail address or a URL that lacks the end which
/// `next` has.
fn is_in_address(word: &str, next: &str) -> bool {
    let goes_on = next.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '@' | '/'));
    let host = match (word.rsplit_once('@'), word.split_once("://")) {
        (Some((local, host)), _) if !local.is_empty() => Some(host),
        (_, Some((_, host))) => Some(host),
        _ => None,
    };
    let begins_host = next.strip_prefix('@').is_some_and(|host| host.contains('.'));
    let is_scheme = matches!(word, "http" | "https") && next.starts_with("://");
    is_scheme
        || goes_on && host.is_some_and(|host| lacks_end(host, next))
        || goes_on && begins_host && word.ends_with(char::is_alphanumeric)
}

/// Whether `next` has what makes a host name of `host`: a full stop where there
/// is no top-level domain yet, or the rest of one.
fn lacks_end(host: &str, next: &str) -> bool {
    let is_top_level = |label: &str| TOP_LEVEL.contains(&label.to_ascii_lowercase().as_str());
    let top = host.rsplit_once('.').map(|(_, top)| top);
    let rest = next.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_domain = top.is_some_and(is_top_level);
    let makes_one = top.is_some_and(|top| !rest.is_empty() && is_top_level(&format!("{top}{rest}")));
    !host.contains('/') && (makes_one || !is_domain && next.trim_end_matches('.').contains('.'))
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: a newline inside.
    #[test]
    fn values_go_on_behind_a_line_break() {
        for (broken, expected) in [
            ("SSN 536-\n22-8726 is", "SSN 536-22-8726 is"),
            ("card 41111111\r\n11111111 is", "card 4111111111111111 is"),
            ("to ann@exam\nple.com now", "to ann@example.com now"),
            ("to ann@\nexample.com and bob\n@example.com now", "to ann@example.com and bob@example.com now"),
            ("card ID-X7\nABQ2 is", "card ID-X7ABQ2 is"),
            ("call (415\n) 555-0177 or (\n415) 555-0177", "call (415) 555-0177 or (415) 555-0177"),
            ("from 28\n.246.253.212 on", "from 28.246.253.212 on"),
            ("to ann@mail.exa\nmple.com, bob@example.or\ng.", "to ann@mail.example.com, bob@example.org."),
            ("at https\n://www.exa\nmple.com/a", "at https://www.example.com/a"),
            ("at http://exa\nmple.com/a", "at http://example.com/a"),
        ] {
            assert_eq!(plain(broken), expected);
        }
    }

    #[test]
    fn columns_lists_and_sentences_stay() {
        for text in [
            "1234\n5678\n9012",
            "a total of 5\n2. next",
            "mail ann@example.com\nThanks. Bob",
            "see http://example.com/a\nfor more.",
            "in 2020.\n3 of them",
            "4 Elm Street Apt 100\n200 more",
            "hi @ann\nhow are you.",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_broken_address_is_cut_with_the_break() {
        let text = "to ann@exam\nple.com now";
        assert_eq!(original(text, &Shadow::of(text), "ann@example.com"), "ann@exam\nple.com");
    }
}
