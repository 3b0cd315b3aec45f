use aho_corasick::AhoCorasick;
use proptest::prelude::*;

use super::*;
use crate::detect::pattern::is_whole_word;

fn index(terms: &[&str]) -> TermIndex {
    TermIndex::new(&terms.iter().zip(0..).map(|(term, number)| (*term, number)).collect::<Vec<_>>())
}

fn found(terms: &[&str], text: &str) -> Vec<String> {
    let mut all = Vec::new();
    index(terms).find(text, |range, _| all.push(text[range].to_owned()));
    all
}

#[test]
fn a_term_begins_and_ends_where_words_do() {
    assert_eq!(
        found(&["ann", "falcon"], "Ann7 patientAnn ANN_RAY falcons falconS Annex joann"),
        ["Ann", "Ann", "ANN", "falcon", "falcon"]
    );
    assert_eq!(found(&["iPhone 12", "phone"], "IPHONE 12, iphone 12, iPhone 120"), ["IPHONE 12", "iphone 12", "Phone"]);
    assert_eq!(
        found(&[".NET", "C++", "a.b@example.com", "AT&T"], "in C++ and .net: at&t, A.B@EXAMPLE.COM"),
        ["C++", ".net", "at&t", "A.B@EXAMPLE.COM"]
    );
}

#[test]
fn terms_inside_longer_ones_and_of_equal_beginnings_are_all_found() {
    let terms = ["new", "new york", "new york city hall annex", "york city"];
    assert_eq!(found(&terms, "New York City Hall"), ["New", "New York", "York City"]);
}

#[test]
fn scripts_without_spaces_are_searched_inside_the_text() {
    let chinese = ["北京大学", "大学", "北京大学第三医院急诊科主任办公室"];
    assert_eq!(found(&chinese, "他在北京大学工作。"), ["北京大学", "大学"]);
    assert_eq!(found(&chinese, "到北京大学第三医院急诊科主任办公室去").len(), 3);
    assert_eq!(found(&["สมชาย", "ใจดี"], "นายสมชายใจดีอยู่ที่นี่"), ["สมชาย", "ใจดี"]);
    assert_eq!(found(&["田中太郎", "やまだ"], "山田と田中太郎さん、やまださん"), ["田中太郎", "やまだ"]);
    assert_eq!(found(&["Nguyễn Văn"], "ông NGUYỄN VĂN An"), ["NGUYỄN VĂN"]);
}

#[test]
fn letters_whose_lower_case_is_longer_or_of_another_script_match_themselves() {
    for word in ["İzmir", "STRAẞE", "Ⅻ", "ǅungla", "ﬁrma", "K2"] {
        assert_eq!(found(&[word], &format!("- {word} -")), [word]);
    }
}

/// What a million terms find, tested by terms that are made so that each differs in one place.
#[test]
fn a_million_terms_are_found_each_and_no_other() {
    const TERMS: u32 = 1_000_000;
    let word = |n: u32| -> String {
        std::iter::successors(Some(n), |n| (*n >= 26).then_some(n / 26))
            .map(|n| char::from(b'a' + (n % 26) as u8))
            .collect()
    };
    // In three scripts and of one to three words.
    let term = |n: u32| match n % 4 {
        0 => word(n),
        1 => format!("{} Ltd", word(n)),
        2 => format!("{} von {}", word(n % 977), word(n)),
        _ => word(n).chars().filter_map(|c| char::from_u32(0x4e00 + u32::from(c))).chain(['公', '司']).collect(),
    };
    let terms: Vec<String> = (0..TERMS).map(term).collect();
    let index = TermIndex::new(&terms.iter().map(|term| (term.as_str(), 7)).collect::<Vec<_>>());
    let holds = |text: &str| {
        let mut whole = false;
        index.find(text, |range, number| whole |= range == (0..text.len()) && number == 7);
        whole
    };
    for n in (0..TERMS).step_by(1009) {
        assert!(holds(&term(n)), "{}", term(n));
        assert!(holds(&term(n).to_uppercase()), "{}", term(n));
        assert!(!holds(&format!("ä{}ä", term(n))), "{}", term(n));
    }
    for n in (TERMS..2 * TERMS).step_by(1009) {
        assert!(!holds(&term(n)), "{}", term(n));
    }
}

/// Read to its end from each of its capitals, the text would take as long as all other tests together.
#[test]
fn a_word_without_end_is_read_no_further_than_the_longest_term() {
    let mut found = 0;
    index(&["ba ba", "ba"]).find(&"Ba".repeat(1 << 20), |_, _| found += 1);
    assert_eq!(found, 1 << 20);
}

proptest! {
    /// An automaton over the same terms, in one case, finds the same.
    #[test]
    fn the_index_finds_what_an_automaton_finds(
        terms in prop::collection::vec("[ab]{1,3}([ .-]?[ab1]{1,2}){0,3}|[あい北]{1,6}|[ab.]{1,4}", 1..12),
        text in "([ab1]{0,4}[ .-]?s?|[あい北]{0,3}|[abAB]{1,5}|s){0,30}",
    ) {
        let mut by_index = Vec::new();
        let last = |term: &String| terms.iter().rposition(|other| other == term).unwrap() as u16;
        let numbered: Vec<_> = terms.iter().map(|term| (term.as_str(), last(term))).collect();
        TermIndex::new(&numbered).find(&text, |range, term| by_index.push((range, term)));
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&terms).unwrap();
        let mut by_automaton: Vec<_> = automaton
            .find_overlapping_iter(&text)
            .filter(|found| is_whole_word(&text, found.start(), found.end()))
            .map(|found| (found.range(), last(&terms[found.pattern().as_usize()])))
            .collect();
        let order = |(range, term): &(Range<usize>, u16)| (range.start, range.end, *term);
        by_index.sort_by_key(order);
        by_automaton.sort_by_key(order);
        by_automaton.dedup();
        prop_assert_eq!(by_index, by_automaton);
    }
}
