//! Joining, on words given by hand.

use super::*;
use crate::detect::ner::labels::Class;

/// Words by their text: `("Maria", PERSON, Given, begin)`, found in order.
fn words(text: &str, found: &[(&str, Label, Part, bool)]) -> Vec<Word> {
    let mut from = 0;
    found
        .iter()
        .map(|(word, label, part, begin)| {
            let start = from + text[from..].find(word).expect("the word stands in the text");
            from = start + word.len();
            Word {
                start,
                end: from,
                class: Class { label: *label, part: *part },
                begin: *begin,
                score: 0.9,
                person: 0.0,
            }
        })
        .collect()
}

fn joined<'a>(text: &'a str, found: &[(&str, Label, Part, bool)]) -> Vec<(&'a str, Label)> {
    join_words(text, &words(text, found)).iter().map(|span| (&text[span.start..span.end], span.label)).collect()
}

fn names<'a>(text: &'a str, found: &[(&str, Part, bool)]) -> Vec<&'a str> {
    let found: Vec<_> = found.iter().map(|(word, part, begin)| (*word, Label::PERSON, *part, *begin)).collect();
    joined(text, &found).into_iter().map(|(name, _)| name).collect()
}

use Part::{Given, Surname};

#[test]
fn first_and_last_name_are_one_person() {
    for text in ["Maria Gonzalez", "Maria-Gonzalez", "Maria J. Gonzalez", "Maria de la Gonzalez", "Maria\nGonzalez"] {
        assert_eq!(names(text, &[("Maria", Given, true), ("Gonzalez", Surname, true)]), [text]);
    }
    assert_eq!(names("Gonzalez, Maria", &[("Gonzalez", Surname, true), ("Maria", Given, true)]), ["Gonzalez, Maria"]);
}

#[test]
fn an_initial_with_its_dot_stays_inside_the_name() {
    let found = [("J", Given, true), ("R", Given, true), ("Smith", Surname, true)];
    assert_eq!(names("by J. R. Smith.", &found), ["J. R. Smith"]);
}

#[test]
fn two_people_side_by_side_stay_two() {
    let found = [("Maria", Given, true), ("Gonzalez", Surname, true), ("Peter", Given, true), ("Smith", Surname, true)];
    for text in ["Maria Gonzalez, Peter Smith", "Maria Gonzalez\nPeter Smith", "Maria Gonzalez and Peter Smith"] {
        assert_eq!(names(text, &found), ["Maria Gonzalez", "Peter Smith"], "{text}");
    }
}

#[test]
fn titles_stay_outside() {
    let found = [("Dr", Given, true), ("Maria", Given, false), ("Gonzalez", Surname, true)];
    assert_eq!(names("Dr. Maria Gonzalez", &found), ["Maria Gonzalez"]);
}

#[test]
fn what_goes_with_a_name_behind_it_is_hidden_too() {
    for (text, name) in [
        ("Ask Jones, Jr. today", "Jones, Jr"),
        ("Dr. Jones MD, PhD said", "Jones MD, PhD"),
        ("Jones III, then", "Jones III"),
        ("Jones I think", "Jones"),
        ("Jones, RNA", "Jones"),
    ] {
        assert_eq!(names(text, &[("Jones", Surname, true)]), [name]);
    }
}

#[test]
fn a_name_is_never_half_hidden_at_an_apostrophe_or_hyphen() {
    assert_eq!(names("Ask O'Brien's boss", &[("Brien", Surname, true)]), ["O'Brien"]);
    assert_eq!(names("Ask Jones-Smith now", &[("Jones", Surname, true)]), ["Jones-Smith"]);
    assert_eq!(names("Maria's dog", &[("Maria", Given, true)]), ["Maria"]);
}

/// L37
#[test]
fn what_cannot_be_a_name_is_no_person() {
    for junk in ["-0.96", "0.96", "96c", "S3", "x", "deadbeef01", "cafebabe", "--"] {
        assert_eq!(names(junk, &[(junk, Given, true)]), Vec::<&str>::new(), "{junk}");
    }
}

#[test]
fn number_and_street_are_one_address() {
    use Part::{Number, Street};
    let address = |word, part, begin| (word, Label::STREET_ADDRESS, part, begin);
    let found = [
        address("42", Number, true),
        address("Wallaby", Street, true),
        address("Way", Street, false),
        address("7", Number, true),
        address("High", Street, true),
    ];
    assert_eq!(
        joined("42 Wallaby Way; 7 High", &found),
        [("42 Wallaby Way", Label::STREET_ADDRESS), ("7 High", Label::STREET_ADDRESS)]
    );
}

#[test]
fn a_phone_number_keeps_its_marks_and_loses_the_sentences() {
    let phone = |word, begin| (word, Label::PHONE_NUMBER, Part::Whole, begin);
    let found = [phone("(", true), phone("555", false), phone("867", false), phone("5309", false), phone(".", false)];
    assert_eq!(joined("Call (555) 867-5309.", &found), [("(555) 867-5309", Label::PHONE_NUMBER)]);
}

#[test]
fn a_national_id_in_the_form_of_an_ssn_is_one() {
    let id = |word, begin| (word, Label::NATIONAL_ID, Part::Whole, begin);
    let found = [id("123", true), id("-", false), id("45", false), id("-", false), id("6789", false)];
    assert_eq!(joined("SSN 123-45-6789", &found), [("123-45-6789", Label::US_SSN)]);
}

#[test]
fn the_score_is_the_mean_over_the_words() {
    let text = "Maria Gonzalez";
    let mut words = words(text, &[("Maria", Label::PERSON, Given, true), ("Gonzalez", Label::PERSON, Surname, true)]);
    words[0].score = 0.6;
    words[1].score = 1.0;
    let spans = join_words(text, &words);
    assert!((spans[0].score - 0.8).abs() < 1e-6);
}
