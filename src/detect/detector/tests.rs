use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::detect::ner::NerConfig;
use crate::detect::testing::processor_time;
use crate::detect::{Label, RulesSpec, TermList};

fn patterns_spec() -> RulesSpec {
    let mut spec = RulesSpec::default();
    spec.enabled.retain(|label| !Rules::is_ner_only(*label));
    spec
}

async fn found(slot: Slot<'_>, spec: RulesSpec) -> Vec<(String, &'static str)> {
    let detector = Detector::new(None).unwrap();
    let spans = detector.detect(&[slot], &Rules::compile(spec).unwrap()).await.unwrap();
    spans[0].iter().map(|span| (slot.text[span.start..span.end].to_owned(), span.label.as_str())).collect()
}

/// L27: the request is refused when the detector it needs is not there.
#[tokio::test]
async fn without_a_token_classifier_names_cannot_be_looked_for() {
    let detector = Detector::new(None).unwrap();
    let error = detector.detect(&[Slot::text("hello")], &Rules::default()).await.unwrap_err();
    assert!(matches!(error, DetectError::NerUnavailable));
}

#[tokio::test]
async fn patterns_and_lists_work_without_a_token_classifier() {
    let mut spec = patterns_spec();
    let label = Label::parse("CUSTOM:PROJECT").unwrap();
    spec.lists = vec![TermList { label, terms: vec!["Blue Falcon".into()] }];
    spec.allow.terms = vec!["info@example.com".into()];
    let text = Slot::text("Blue Falcon: ann@example.com, info@example.com, 536-22-8726");
    let expected = [("Blue Falcon", "CUSTOM:PROJECT"), ("ann@example.com", "EMAIL_ADDRESS"), ("536-22-8726", "US_SSN")];
    assert_eq!(found(text, spec).await, expected.map(|(value, label)| (value.to_owned(), label)));
}

/// L35, L37: code, logs, configurations, tables and prose full of numbers hold
/// nothing that a pattern may take for personal data, but for national numbers:
/// some numbers have a right check digit by chance.
#[tokio::test]
async fn patterns_find_nothing_in_clean_text() {
    let detector = Detector::new(None).unwrap();
    let mut spec = patterns_spec();
    spec.enabled.remove(&Label::NATIONAL_ID);
    let rules = Rules::compile(spec).unwrap();
    let mut wrong = Vec::new();
    for line in include_str!("../../../fixtures/clean_text.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        let spans = detector.detect(&[Slot::text(text)], &rules).await.unwrap().remove(0);
        wrong
            .extend(spans.iter().map(|span| format!("{} {} {:?}", row["id"], span.label, &text[span.start..span.end])));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// L40: the whole way, from the disguise to the cut of the original.
#[tokio::test]
async fn a_value_in_disguise_is_cut_as_it_stands() {
    for (text, value, label) in [
        ("write ann.lee [at] example [dot] com", "ann.lee [at] example [dot] com", "EMAIL_ADDRESS"),
        ("it is ann at example dot com now", "ann at example dot com", "EMAIL_ADDRESS"),
        ("to=ann.lee%40example.com;x", "to=ann.lee%40example.com", "EMAIL_ADDRESS"),
        ("see ann&#64;example.org.", "ann&#64;example.org", "EMAIL_ADDRESS"),
        ("mail ann@exam\nple.com now", "ann@exam\nple.com", "EMAIL_ADDRESS"),
        ("mail YW5uQGV4YW1wbGUuY29t now", "YW5uQGV4YW1wbGUuY29t", "EMAIL_ADDRESS"),
        ("mail a\u{430}nn@example.com now", "a\u{430}nn@example.com", "EMAIL_ADDRESS"),
        ("SSN 5 3 6 - 2 2 - 8 7 2 6 ok", "5 3 6 - 2 2 - 8 7 2 6", "US_SSN"),
        ("SSN 536.22.8726 ok", "536.22.8726", "US_SSN"),
        ("SSN ５３６-２２-８７２６ ok", "５３６-２２-８７２６", "US_SSN"),
        ("SSN 536\u{200b}-22-8726 ok", "536\u{200b}-22-8726", "US_SSN"),
    ] {
        assert_eq!(found(Slot::text(text), patterns_spec()).await, [(value.to_owned(), label)], "{text}");
    }
}

#[tokio::test]
async fn the_key_in_front_of_a_value_is_context() {
    let keyed = |key| Slot { text: "536228726", depth: Depth::PatternsOnly, key: Some(key) };
    for key in ["ssn", "patientSSN", "social_security_number"] {
        assert_eq!(found(keyed(key), patterns_spec()).await, [("536228726".to_owned(), "US_SSN")], "{key}");
    }
    assert_eq!(found(keyed("ticket"), patterns_spec()).await, []);
}

#[tokio::test]
async fn a_threshold_drops_what_is_less_certain() {
    let mut spec = patterns_spec();
    spec.thresholds.insert(Label::US_SSN, 0.9);
    assert_eq!(found(Slot::text("536-22-8726"), spec.clone()).await, []);
    assert_eq!(found(Slot::text("SSN 536-22-8726"), spec).await.len(), 1);
}

/// L40: zero-width characters and full-width digits.
#[tokio::test]
async fn disguised_values_are_cut_from_the_original() {
    let text = "ünd SSN ５３６\u{200b}-22-8726!";
    assert_eq!(found(Slot::text(text), patterns_spec()).await, [("５３６\u{200b}-22-8726".to_owned(), "US_SSN")]);
}

/// L33, L34: a text of eight times the length takes eight times as long, all steps together.
#[test]
fn a_long_text_takes_linear_time() {
    let rows = "Ann Example,536-22-8726,ann@example.com,+1 415 555 0132,2024-03-05\n".repeat(12);
    let paragraph = format!(
        "name,ssn,email,phone,day\n{rows}{{\"token\": \"a1B2c3\", \"note\": \"Bj\\u00f6rn \\u{{\"}}\n\
         Dear Mr Miller, see https://example.com/a?b=5%20c and 10.0.0.7. His card is 4111 1111 1111 1111.\n\
         -----BEGIN RSA PRIVATE KEY-----\nTm8gd29yayBhbmQgYWxsIHBsYXk=\n4417 Old Kettle Road, 12345 &amp; 6 7 8\n",
    );
    let detector = Detector::new(None).unwrap();
    let rules = Rules::compile(patterns_spec()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let best = |len: usize| {
        let text = paragraph.repeat(len / paragraph.len());
        let once =
            || processor_time(|| assert!(runtime.block_on(detector.detect(&[Slot::text(&text)], &rules)).is_ok()));
        (0..3).map(|_| once()).min().unwrap()
    };
    let (small, large) = (best(64 << 10), best(512 << 10));
    // Quadratic would be sixty-four times as much.
    assert!(large < small * 20, "{small:?}, then {large:?}");
}

/// L28: start-up proves that the detectors find what they must.
#[tokio::test]
async fn the_self_test_passes_on_patterns_alone() {
    Detector::new(None).unwrap().self_test().await.unwrap();
}

/// A detector on the real model, one for all tests.
fn complete() -> &'static Detector {
    static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
        let assets = crate::store::testing::home().join("assets");
        let mut config = NerConfig::new(assets.join("rampart"), assets.join("onnxruntime/libonnxruntime.so"));
        config.workers = 1;
        config.deadline = Duration::from_secs(120);
        Detector::new(Some(Ner::load(config).expect("the default model loads"))).unwrap()
    });
    &DETECTOR
}

/// L28, L29: what is served with finds what it must.
#[tokio::test]
async fn the_self_test_passes_on_the_default_model_and_the_version_names_it() {
    let detector = complete();
    detector.self_test().await.unwrap();
    assert!(detector.version().starts_with("catalogue="));
    assert!(detector.version().contains(" ner=") && detector.version().contains(" ort="));
}

/// A name found in prose is also found where the classifier does not look.
#[tokio::test]
async fn a_name_is_found_again_in_the_other_slots() {
    let prose = Slot::text("Please call Maria Gonzalez tomorrow about her appointment.");
    let key = Slot { text: "file_of MARIA GONZALEZ", depth: Depth::PatternsOnly, key: None };
    let spans = complete().detect(&[prose, key], &Rules::default()).await.unwrap();
    let found = |slot: usize, text: &str| {
        spans[slot].iter().any(|s| s.label == Label::PERSON && &[prose, key][slot].text[s.start..s.end] == text)
    };
    assert!(found(0, "Maria Gonzalez") && found(1, "MARIA GONZALEZ"), "{spans:?}");
}

/// L21, L38: once the full name is found, its parts are found in every slot, in
/// front of it and behind, as they are written in chats, keys and tool arguments.
#[tokio::test]
async fn parts_of_a_name_are_found_in_the_whole_conversation() {
    let keyed = |key, text| Slot { text, depth: Depth::Full, key: Some(key) };
    let slots = [
        Slot::text("did gonzalez answer? ask maria again, we will see in may"),
        Slot::text("Please call Maria Gonzalez tomorrow about her appointment with Will Brown."),
        Slot::text("GONZALEZ's file: Gonzalez, M. asked; the brown folder is María's."),
        keyed("last_name", "Brown"),
        Slot { text: "maria_gonzalez", depth: Depth::PatternsOnly, key: None },
        Slot::text("On Monday I met Brown, and M. Gonzalez said that he will grant it."),
    ];
    let spans = complete().detect(&slots, &Rules::default()).await.unwrap();
    let found: Vec<Vec<&str>> = slots
        .iter()
        .zip(&spans)
        .map(|(slot, spans)| spans.iter().map(|span| &slot.text[span.start..span.end]).collect())
        .collect();
    let expected: [&[&str]; 6] = [
        &["gonzalez", "maria"],
        &["Maria Gonzalez", "Will Brown"],
        &["GONZALEZ", "Gonzalez, M", "María"],
        &["Brown"],
        &["maria_gonzalez"],
        &["Brown", "M. Gonzalez"],
    ];
    assert_eq!(found, expected);
}

/// Every labelled value is hidden, under its own label, and text without any
/// stays whole.
#[tokio::test]
async fn the_labelled_texts_are_hidden_as_labelled() {
    for line in include_str!("../../../fixtures/labelled.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text: Vec<char> = row["text"].as_str().unwrap().chars().collect();
        let value = |start: usize, end: usize| text[start..end].iter().collect::<String>();
        let offset = |span: &serde_json::Value, name: &str| span[name].as_u64().unwrap() as usize;
        let labelled: Vec<(String, String)> = row["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| (value(offset(span, "start"), offset(span, "end")), span["label"].as_str().unwrap().to_owned()))
            .collect();
        let text = row["text"].as_str().unwrap();
        let spans = complete().detect(&[Slot::text(text)], &Rules::default()).await.unwrap();
        let found: Vec<(String, String)> =
            spans[0].iter().map(|span| (text[span.start..span.end].to_owned(), span.label.to_string())).collect();
        assert_eq!(found, labelled, "{}", row["id"]);
    }
}
