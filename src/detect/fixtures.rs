//! The labelled texts of `fixtures/detection/`, by which `make eval` judges the
//! detectors, are well made themselves.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Label;

const FILES: [(&str, &str); 4] = [
    ("languages", include_str!("../../fixtures/detection/languages.jsonl")),
    ("identifiers", include_str!("../../fixtures/detection/identifiers.jsonl")),
    ("formats", include_str!("../../fixtures/detection/formats.jsonl")),
    ("obfuscated", include_str!("../../fixtures/detection/obfuscated.jsonl")),
];

fn rows() -> impl Iterator<Item = (String, Value)> {
    FILES.into_iter().flat_map(|(file, lines)| {
        lines.lines().map(move |line| {
            let row: Value = serde_json::from_str(line).unwrap();
            (format!("{file} {}", row["id"]), row)
        })
    })
}

#[test]
fn every_labelled_span_stands_in_its_text_after_the_one_before_it() {
    for (name, row) in rows() {
        let text: Vec<char> = row["text"].as_str().unwrap().chars().collect();
        let mut free_from = 0;
        for span in row["spans"].as_array().unwrap() {
            let at = |side: &str| usize::try_from(span[side].as_u64().unwrap()).unwrap();
            let (start, end) = (at("start"), at("end"));
            assert!(free_from <= start && start < end && end <= text.len(), "{name}: {span}");
            assert!(!text[start].is_whitespace() && !text[end - 1].is_whitespace(), "{name}: {span}");
            assert!(text[start..end].iter().any(|c| c.is_alphanumeric()), "{name}: {span}");
            free_from = end;
        }
    }
}

#[test]
fn every_label_is_one_of_the_catalogue_and_every_id_stands_once() {
    let mut ids = BTreeSet::new();
    for (name, row) in rows() {
        for span in row["spans"].as_array().unwrap() {
            let label = span["label"].as_str().unwrap();
            assert!(Label::CATALOGUE.iter().any(|known| known.as_str() == label), "{name}: {label}");
        }
        assert!(ids.insert(name.clone()), "{name} stands twice");
    }
}

#[test]
fn every_language_has_texts_with_values_and_texts_without() {
    let languages: BTreeSet<String> = rows().map(|(_, row)| row["lang"].as_str().unwrap().to_owned()).collect();
    assert!(languages.len() >= 27, "{languages:?}");
    for language in languages {
        let of_it = || rows().filter(|(_, row)| row["lang"] == language.as_str());
        let holds_values = |row: &Value| !row["spans"].as_array().unwrap().is_empty();
        assert!(of_it().any(|(_, row)| holds_values(&row)), "{language}");
        assert!(of_it().any(|(_, row)| !holds_values(&row)), "{language}");
    }
}
