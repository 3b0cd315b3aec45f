use std::collections::BTreeMap;

use super::*;
use crate::detect::AllowSpec;

fn terms(label: &str, terms: &[&str]) -> TermList {
    TermList { label: Label::parse(label).unwrap(), terms: terms.iter().map(|term| term.to_string()).collect() }
}

fn found<'t>(lists: &[TermList], text: &'t str) -> Vec<(&'t str, &'static str)> {
    let mut spans = Vec::new();
    DenyLists::compile(lists).unwrap().find(text, &mut spans);
    spans.iter().map(|span| (&text[span.start..span.end], span.label.as_str())).collect()
}

fn allow(terms: &[&str], patterns: &[&str]) -> AllowSpec {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    AllowSpec { terms: owned(terms), patterns: owned(patterns) }
}

fn span(start: usize, end: usize, label: Label) -> Span {
    Span { start, end, label, score: 1.0, detector: DetectorKind::Pattern }
}

#[test]
fn terms_are_found_as_whole_words_in_any_case() {
    let lists = [terms("CUSTOM:PROJECT", &["Blue Falcon"]), terms("PERSON", &["Ann", "Jörg Ähn"])];
    assert_eq!(
        found(&lists, "BLUE FALCON and ann, JÖRG ÄHN, not Annex or blue falconry"),
        [("BLUE FALCON", "CUSTOM:PROJECT"), ("ann", "PERSON"), ("JÖRG ÄHN", "PERSON")]
    );
}

/// A list that extends another has the last word.
#[test]
fn a_term_of_two_lists_has_the_label_of_the_later_one() {
    let lists = [terms("CUSTOM:PROJECT", &["Falcon", "Eagle"]), terms("ORGANIZATION", &["falcon"])];
    assert_eq!(found(&lists, "Falcon, Eagle"), [("Falcon", "ORGANIZATION"), ("Eagle", "CUSTOM:PROJECT")]);
}

/// L20
#[test]
fn the_values_of_a_request_are_found_each_time() {
    let values = KnownValues::compile(&[terms("PERSON", &["Ann Ray"]), terms("USERNAME", &["ray77"])]).unwrap();
    let mut spans = Vec::new();
    values.find("ANN RAY, ray77, Ann Ray, Joann Ray", &mut spans);
    spans.sort_by_key(|span| span.start);
    let found: Vec<_> = spans.iter().map(|span| (span.start, span.label)).collect();
    assert_eq!(found, [(0, Label::PERSON), (9, Label::USERNAME), (16, Label::PERSON)]);
}

#[test]
fn an_allowed_text_removes_only_what_it_covers_entirely() {
    let text = "mail support@example.com or support@example.com.au";
    let other = text.rfind("support").unwrap();
    for spec in [allow(&["Support@example.com"], &[]), allow(&[], &[r"support@example\.com\b"])] {
        let allow = AllowList::compile(&spec, &BTreeMap::new()).unwrap();
        let mut spans = vec![span(5, 24, Label::EMAIL_ADDRESS), span(other, text.len(), Label::EMAIL_ADDRESS)];
        allow.remove_from(text, &mut spans);
        assert_eq!(spans, [span(other, text.len(), Label::EMAIL_ADDRESS)]);
    }
}

#[test]
fn what_is_allowed_for_one_label_does_not_free_another() {
    let by_label = BTreeMap::from([(Label::PERSON, allow(&["Victoria"], &["[A-Z]+ Station"]))]);
    let allow = AllowList::compile(&AllowSpec::default(), &by_label).unwrap();
    let text = "Victoria met VICTORIA Station";
    let both = |start, end| [span(start, end, Label::PERSON), span(start, end, Label::LOCATION)];
    let mut spans = [both(0, 8), both(13, 29)].concat();
    allow.remove_from(text, &mut spans);
    assert_eq!(spans, [span(0, 8, Label::LOCATION), span(13, 29, Label::LOCATION)]);
}

#[test]
fn what_cannot_be_compiled_is_named() {
    let error = |spec| AllowList::compile(&spec, &BTreeMap::new()).err().unwrap().to_string();
    assert!(error(allow(&[], &["("])).contains("allow pattern \"(\""));
    assert!(error(allow(&[" "], &[])).contains("empty"));
    let error = |term: &str| DenyLists::compile(&[terms("PERSON", &[term])]).err().unwrap().to_string();
    assert_eq!(error(" "), "the list of PERSON holds an empty term");
    assert!(error(&"ß".repeat(TERM_CHARS_MAX + 1)).contains("more than 500 characters"));
    assert!(DenyLists::compile(&[terms("PERSON", &[&"ß".repeat(TERM_CHARS_MAX)])]).is_ok());
}
