//! Joining, on spans given by hand.

use super::*;

/// The spans that joining leaves, by text, from found parts given in order.
fn joined<'t>(text: &'t str, found: &[(&str, Label)]) -> Vec<&'t str> {
    let mut from = 0;
    let mut spans: Vec<Span> = found
        .iter()
        .map(|(value, label)| {
            let start = from + text[from..].find(value).expect("the value stands in the text");
            from = start + value.len();
            Span { start, end: from, label: *label, score: 0.9, detector: DetectorKind::Ner }
        })
        .collect();
    join_addresses(text, &mut spans);
    spans.retain(|span| span.label == Label::STREET_ADDRESS);
    spans.iter().map(|span| &text[span.start..span.end]).collect()
}

const STREET: Label = Label::STREET_ADDRESS;
const PLACE: Label = Label::LOCATION;
const CODE: Label = Label::POSTAL_CODE;

#[test]
fn the_town_of_an_address_belongs_to_it() {
    let text = "at 12 Oak Lane, Suite 7, Port Ellen, CA 90123, Peru.";
    assert_eq!(
        joined(text, &[("12 Oak Lane", STREET), ("Port Ellen", PLACE)]),
        ["12 Oak Lane, Suite 7, Port Ellen, CA 90123, Peru"]
    );
    let text = "Lindenallee 3\n10115 Altstadt, und";
    assert_eq!(joined(text, &[("Lindenallee 3", STREET)]), ["Lindenallee 3\n10115 Altstadt"]);
}

#[test]
fn an_address_ends_where_the_sentence_goes_on() {
    for text in [
        "lives at 4417 Old Kettle Road in Springfield.",
        "at 4417 Old Kettle Road, please call",
        "at 4417 Old Kettle Road. Springfield is far",
        "4417 Old Kettle Road\n\n\nSpringfield",
        "4417 Old Kettle Road\nPhone: 1",
    ] {
        let found = [("4417 Old Kettle Road", STREET), ("Springfield", PLACE)];
        let found = if text.contains("Springfield") { &found[..] } else { &found[..1] };
        assert_eq!(joined(text, found), ["4417 Old Kettle Road"], "{text}");
    }
}

#[test]
fn a_person_on_the_next_line_is_no_town() {
    let text = "12 Oak Lane\nMara Field\nPeru";
    assert_eq!(joined(text, &[("12 Oak Lane", STREET), ("Mara Field", Label::PERSON)]), ["12 Oak Lane"]);
}

#[test]
fn lines_that_are_quoted_are_one_address() {
    let text = "> 12 Oak Lane\n> Apt. 4\n> Port Ellen\n> Peru 90123\n> 020 79 46";
    assert_eq!(
        joined(text, &[("12 Oak Lane", STREET), ("Port Ellen", PLACE)]),
        ["12 Oak Lane\n> Apt. 4\n> Port Ellen\n> Peru 90123"]
    );
}

#[test]
fn an_address_in_lower_case_reaches_its_country() {
    let text = "to 12 oak lane apt. 4 ellenport papua new guinea please";
    assert_eq!(joined(text, &[("12 oak lane", STREET)]), ["12 oak lane apt. 4 ellenport papua new guinea"]);
    let text = "to 12 oak lane apt. 4 and call me in peru";
    assert_eq!(joined(text, &[("12 oak lane", STREET)]), ["12 oak lane apt. 4"]);
}

#[test]
fn numbers_and_units_in_front_belong_to_the_street() {
    assert_eq!(joined("is 95 96 Hill Road now", &[("96 Hill Road", STREET)]), ["95 96 Hill Road"]);
    assert_eq!(joined("Apt. 482 40 Oak Lane", &[("482", STREET), ("40 Oak Lane", STREET)]), ["Apt. 482 40 Oak Lane"]);
    assert_eq!(
        joined("Berlin, Lindenallee 3", &[("Berlin", PLACE), ("Lindenallee 3", STREET)]),
        ["Berlin, Lindenallee 3"]
    );
}

#[test]
fn two_streets_at_a_corner_are_one_address() {
    let text = "at the corner of 12 Oak Lane and Mill Street today";
    assert_eq!(joined(text, &[("12 Oak Lane", STREET)]), ["the corner of 12 Oak Lane and Mill Street"]);
    assert_eq!(joined("to Elm and Oak Lane 12", &[("Oak Lane 12", STREET)]), ["Elm and Oak Lane 12"]);
    let text = "Send 12 Oak Lane and 14 Oak Lane";
    assert_eq!(joined(text, &[("12 Oak Lane", STREET), ("14 Oak Lane", STREET)]), ["12 Oak Lane", "14 Oak Lane"]);
}

#[test]
fn a_description_before_the_postal_code_belongs_to_the_address() {
    let text = "am Gartenweg 7, zweiter Eingang links, 55116 Mainz.";
    assert_eq!(joined(text, &[("Gartenweg 7", STREET)]), ["Gartenweg 7, zweiter Eingang links, 55116 Mainz"]);
}

/// L37
#[test]
fn a_number_or_a_kind_of_street_alone_is_no_address() {
    for alone in ["144", "street", "via", "308T", "no 3083", "M1"] {
        assert_eq!(joined(alone, &[(alone, STREET)]), Vec::<&str>::new(), "{alone}");
    }
    assert_eq!(joined("144, 90123 Port", &[("144", STREET), ("90123", CODE)]), ["144, 90123 Port"]);
}

#[test]
fn addresses_one_after_the_other_stay_apart() {
    let text = "12 Oak Lane, Port Ellen\n14 Mill Road, Port Ellen";
    let found = [("12 Oak Lane", STREET), ("Port Ellen", PLACE), ("14 Mill Road", STREET), ("Port Ellen", PLACE)];
    assert_eq!(joined(text, &found), ["12 Oak Lane, Port Ellen", "14 Mill Road, Port Ellen"]);
}

#[test]
fn a_list_term_stays_as_it_is() {
    let mut spans = vec![Span { start: 0, end: 11, label: STREET, score: 1.0, detector: DetectorKind::List }];
    join_addresses("12 Oak Lane, Peru", &mut spans);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].end, 11);
}
