//! Groups of digits joined by other marks than their format has.

use std::ops::Range;

use super::rewrite::Rewriter;

/// Numbers of people have at least so many digits.
const DIGITS_MIN: usize = 9;
/// No number of a person has more, and none has more in one group.
const DIGITS_MAX: usize = 40;
/// What joins groups besides hyphens and spaces.
const JOINTS: [&str; 7] = [" - ", " . ", ".", "_", "·", "•", "~"];

/// Undoes `536.22.8726`, `4111_1111_1111_1111`, `536 - 22 - 8726`: a hyphen for
/// each joint. Addresses of machines and numbers with their thousands apart
/// stay.
pub(super) fn undo(text: &str, rewriter: &mut Rewriter<'_>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let first = group(bytes, at);
        at = first.end;
        let Some(joint) = JOINTS.iter().find(|joint| text[first.end..].starts_with(**joint)) else { continue };
        let groups = groups(text, first, joint);
        if let Some(last) = groups.last() {
            at = last.end;
        }
        if is_number(text, &groups, joint) {
            groups.windows(2).for_each(|pair| rewriter.replace(pair[0].end..pair[1].start, "-"));
        }
    }
}

fn group(bytes: &[u8], start: usize) -> Range<usize> {
    start..start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The groups of digits from `first` on that `joint` joins.
fn groups(text: &str, first: Range<usize>, joint: &str) -> Vec<Range<usize>> {
    let mut groups = vec![first.clone()];
    let mut end = first.end;
    while text[end..].starts_with(joint) {
        let next = group(text.as_bytes(), end + joint.len());
        if next.is_empty() {
            break;
        }
        end = next.end;
        groups.push(next);
    }
    groups
}

fn is_number(text: &str, groups: &[Range<usize>], joint: &str) -> bool {
    let [first, .., last] = groups else { return false };
    let digits: usize = groups.iter().map(Range::len).sum();
    let is_whole = !text[..first.start].ends_with(|c: char| c.is_alphanumeric() || "=+*/.-_".contains(c))
        && !text[last.end..]
            .trim_start_matches(' ')
            .starts_with(|c: char| c.is_alphanumeric() && joint.len() == 1 || "=+*/-_".contains(c));
    let has_thousands_apart = first.len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let is_address = groups.len() == 4 && groups.iter().all(|group| group.len() <= 3);
    let is_long = groups.iter().all(|group| group.len() > 1);
    groups.len() > 2
        && is_long
        && (DIGITS_MIN..=DIGITS_MAX).contains(&digits)
        && is_whole
        && !has_thousands_apart
        && !is_address
}

#[cfg(test)]
mod tests {
    use super::super::Shadow;
    use super::super::tests::{original, plain};

    /// L40: dotted digits.
    #[test]
    fn groups_of_digits_are_joined_by_hyphens() {
        for (joined, expected) in [
            ("SSN 536.22.8726.", "SSN 536-22-8726."),
            ("card 4111_1111_1111_1111, 536 - 22 - 8726", "card 4111-1111-1111-1111, 536-22-8726"),
            ("536·22·8726", "536-22-8726"),
        ] {
            assert_eq!(plain(joined), expected);
        }
    }

    #[test]
    fn versions_sums_and_addresses_of_machines_stay() {
        for text in [
            "192.168.100.200",
            "1.234.567.890",
            "3.14159.2",
            "500 - 250 - 1000 = x",
            "2.10.1",
            "192.168.100.1.1",
            "a_536_22_8726",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn a_joined_number_is_cut_with_its_joints() {
        let text = "no. 536 - 22 - 8726!";
        assert_eq!(original(text, &Shadow::of(text), "536-22-8726"), "536 - 22 - 8726");
    }
}
