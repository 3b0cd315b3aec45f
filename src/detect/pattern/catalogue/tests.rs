use super::*;
use crate::detect::pattern::{Languages, Scope};
use crate::detect::{DetectorKind, Label, Span};

fn everything() -> Scope {
    let label_bits = Label::CATALOGUE.iter().filter_map(|label| label.catalogue_bit()).fold(0, |bits, bit| bits | bit);
    Scope { label_bits, languages: Languages::ALL }
}

/// The text without `⟦⟧` and the marked values.
fn unmark(example: &str) -> (String, Vec<String>) {
    let values = example.split('⟦').skip(1).map(|rest| rest.split('⟧').next().unwrap().to_owned()).collect();
    (example.replace(['⟦', '⟧'], ""), values)
}

fn found_by(catalogue: &Catalogue, name: &str, text: &str) -> Vec<String> {
    let id = catalogue.entries.iter().position(|entry| entry.name == name).unwrap() as u16;
    let mut only = EntrySet::default();
    only.insert(id);
    let mut spans = catalogue.scan_with(text, None, everything(), &only).unwrap();
    spans.sort_by_key(|span| span.start);
    spans.iter().map(|span| text[span.start..span.end].to_owned()).collect()
}

#[test]
fn every_entry_finds_its_examples_and_leaves_its_counter_examples() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut wrong = Vec::new();
    for (file, source) in FAMILIES {
        let family: Family = toml::from_str(source).unwrap();
        for raw in family.entry {
            let name = &raw.name;
            assert!(raw.examples.iter().any(|example| example.contains('⟦')), "{name} has no example");
            for example in raw.examples.iter().chain(&raw.counter_examples) {
                let (text, values) = unmark(example);
                let found = found_by(&catalogue, name, &text);
                if found != values {
                    wrong.push(format!("{file}/{name}: found {found:?} in {text:?}, not {values:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// L35: a lone number under a key is that of an order as often.
#[test]
fn a_number_that_is_a_whole_text_counts_where_no_key_names_it() {
    let catalogue = Catalogue::embedded().unwrap();
    let found = |text: &str, key: Option<&str>| !catalogue.scan(text, key, everything()).unwrap().is_empty();
    assert!(found("52998224725", None) && found(" 52998224725\n", None));
    assert!(!found("52998224725", Some("order_id")) && !found("part 52998224725", None));
    assert!(found("52998224725", Some("cpf")));
}

#[test]
fn entries_have_names_of_their_own() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut names: Vec<_> = catalogue.entries.iter().map(|entry| &entry.name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_catalogue_names_at_least_150_formats_of_secrets() {
    let secrets = [Label::API_KEY, Label::ACCESS_TOKEN, Label::PRIVATE_KEY, Label::PASSWORD];
    let catalogue = Catalogue::embedded().unwrap();
    let formats = catalogue.entries.iter().filter(|entry| secrets.contains(&entry.label)).count();
    assert!(formats >= 150, "{formats}");
}

/// L35: an order's number is not a person's because a classifier says so.
#[test]
fn a_number_of_the_classifier_needs_a_word_that_explains_it() {
    let catalogue = Catalogue::embedded().unwrap();
    let kept = |text: &str, key: Option<&str>| {
        let start = text.find("48213907").unwrap();
        let (end, label) = (start + 8, Label::NATIONAL_ID);
        let mut names = vec![Span { start, end, label, score: 1.0, detector: DetectorKind::Ner }];
        catalogue.drop_unexplained_numbers(text, key, everything(), &mut names);
        !names.is_empty()
    };
    assert!(!kept("Purchase order 48213907 is late", None));
    assert!(!kept("trace a1-dl-48213907-nif ended", None));
    assert!(kept("her national ID 48213907 is valid", None));
    assert!(kept("48213907", Some("passport_number")));
}

/// L35: a sum is no postal code because a classifier says so.
#[test]
fn a_postal_code_of_the_classifier_needs_a_place_or_a_word() {
    let catalogue = Catalogue::embedded().unwrap();
    let kept = |text: &str, towns: &[&str]| {
        let span = |value: &str, label| {
            let start = text.find(value).unwrap();
            Span { start, end: start + value.len(), label, score: 1.0, detector: DetectorKind::Ner }
        };
        let mut names = vec![span("48291", Label::POSTAL_CODE)];
        names.extend(towns.iter().map(|town| span(town, Label::LOCATION)));
        catalogue.drop_unexplained_numbers(text, None, everything(), &mut names);
        names.iter().any(|span| span.label == Label::POSTAL_CODE)
    };
    assert!(!kept("the firm sold 48291 candles", &[]));
    assert!(!kept("48291 people came from all parts of the town of Springfield", &["Springfield"]));
    assert!(kept("she moved to 48291 Springfield", &["Springfield"]));
    let text = "she moved to 48291 Springfield, where her sister was born, and not to Shelbyville";
    assert!(kept(text, &["Shelbyville", "Springfield"]));
    assert!(kept("PLZ: 48291", &[]));
}
