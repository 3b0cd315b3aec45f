use super::*;
use crate::detect::pattern::{Languages, Scope};
use crate::detect::{Label, Rules};

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
    let mut spans = catalogue.scan_with(text, None, everything(), &only);
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

/// L35, L37: code, logs, configurations, tables and prose full of numbers hold
/// nothing. What the default rules look for, without the token classifier; a
/// version of four parts reads like an address, and a number may have a right
/// check digit by chance.
#[test]
fn nothing_is_found_in_clean_text() {
    let catalogue = Catalogue::embedded().unwrap();
    let rules = Rules::default();
    let mut found = Vec::new();
    for line in include_str!("../../../../fixtures/clean_text.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        for span in catalogue.scan(text, None, rules.scope()) {
            if rules.admits(&span) && ![Label::IP_ADDRESS, Label::NATIONAL_ID].contains(&span.label) {
                found.push(format!("{}: {} {:?}", row["id"], span.label, &text[span.start..span.end]));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
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
