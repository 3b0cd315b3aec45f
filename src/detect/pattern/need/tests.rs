use proptest::prelude::*;
use regex_syntax::ParserBuilder;

use super::*;

fn parse(pattern: &str) -> Hir {
    ParserBuilder::new().unicode(false).build().parse(pattern).unwrap()
}

fn may_match(pattern: &str, text: &str) -> bool {
    let shape = Shape::of(text.as_bytes(), 0, text.len());
    Need::of(&parse(pattern)).iter().any(|need| need.is_met_by(&shape))
}

#[test]
fn what_a_pattern_cannot_match_in_is_seen_from_the_shape() {
    for (pattern, yes, no) in [
        (r"\b\d{9}\b", "id 123456789", "at 1234567890 or 12345678"),
        (r"\b\d{3}-\d{2}-\d{4}\b", "123-45-6789", "123-456-7890"),
        (r"\b\d{3}-?\d{3}-?\d{3}\b", "123456-789", "12-1234567890"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b\d{4}-\d{4}\b", "1.2.3.4", "12:30 in 2019"),
        (r"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}\b", "ABCDEF12X34", "ABCDEF 2019"),
        (r"\b[A-Z]{2} ?\d{6}\b", "AB 123456", "123456"),
        (r"\b(?:0[1-9]|1[0-2])/\d{4}\b", "see 02/2019", "2/2019"),
    ] {
        assert!(may_match(pattern, yes), "{pattern} in {yes}");
        assert!(!may_match(pattern, no), "{pattern} in {no}");
    }
}

#[test]
fn a_match_has_at_least_the_digits_of_its_shortest_way() {
    assert_eq!(digits_min(&parse(r"\b(?:\d{9}|[A-Z]{2}\d{6,8})\b")), 6);
    assert_eq!(digits_min(&parse(r"\b[A-Z0-9]{8}\b")), 0);
}

const PATTERNS: &[&str] = &[
    r"\b(?:\d{1,3}\.){2,3}\d{1,3}\b",
    r"\b\d{9}\b",
    r"\b\d{3}[-. ]?\d{2}[-. ]?\d{4}\b",
    r"\b[A-Z]{1,2}[- ]?\d{4,6}\b",
    r"\d{2}(?:[ ./-]?[0-9A-Z]){4,7}",
    r"(?:\b1[-. ])?\(\d{3}\)\s?-?\d{3}[-. ]\d{2}",
    r"\b[1-9A-Z]{3}\d\b|\+\d{2,4}",
    r"\b\d{2,3}/\d{3}(?:x\d+)?\b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Nothing is lost: where a pattern matches, its need is met.
    #[test]
    fn the_need_of_a_pattern_is_met_wherever_it_matches(
        text in "[0-9A-C ./()-]{0,24}|(?:[A-C]{1,2}[- ]?)?[0-9]{2,9}(?:[-./ ][0-9]{2,4}){0,3}",
        pattern in 0..PATTERNS.len(),
    ) {
        let regex = regex::bytes::Regex::new(&format!("(?-u){}", PATTERNS[pattern])).unwrap();
        for found in regex.find_iter(text.as_bytes()) {
            let shape = Shape::of(text.as_bytes(), found.start(), found.end());
            let needs = Need::of(&parse(PATTERNS[pattern]));
            prop_assert!(needs.iter().any(|need| need.is_met_by(&shape)), "{:?}", found.as_bytes());
        }
    }
}
