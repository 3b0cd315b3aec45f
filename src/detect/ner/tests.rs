//! The whole classifier, with the real model and runtime.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::detect::{Detector, Label, Rules, Slot};

mod other_models;

fn asset(name: &str) -> PathBuf {
    let home = std::env::var_os("CORDON_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".cordon"));
    let path = home.join("assets").join(name);
    assert!(path.exists(), "{} is missing: run `make setup`", path.display());
    path
}

fn config() -> NerConfig {
    NerConfig {
        workers: 2,
        deadline: Duration::from_secs(120),
        ..NerConfig::new(asset("rampart"), asset("onnxruntime/libonnxruntime.so"))
    }
}

/// One for all tests that change no setting.
fn ner() -> &'static Ner {
    static NER: LazyLock<Ner> = LazyLock::new(|| Ner::load(config()).expect("the default model loads"));
    &NER
}

async fn found(text: &str) -> Vec<(&str, Label)> {
    let spans = ner().detect(&[text]).await.unwrap();
    spans[0].iter().map(|span| (&text[span.start..span.end], span.label)).collect()
}

#[tokio::test]
async fn names_and_addresses_come_out_as_whole_spans() {
    let text = "Dear Dr. Maria Gonzalez, the parcel for 42 Wallaby Way, Apt 3B, Springfield, IL 62704 is here.";
    let found = found(text).await;
    assert!(found.contains(&("Maria Gonzalez", Label::PERSON)), "{found:?}");
    assert!(found.contains(&("42 Wallaby Way, Apt 3B", Label::STREET_ADDRESS)), "{found:?}");
    assert!(found.contains(&("62704", Label::POSTAL_CODE)), "{found:?}");
}

/// L38
#[tokio::test]
async fn names_in_lower_case_and_capitals_are_found() {
    for text in ["my name is maria gonzalez and i need help", "MY NAME IS MARIA GONZALEZ AND I NEED HELP"] {
        let found = found(text).await;
        assert!(found.iter().any(|(name, _)| name.eq_ignore_ascii_case("maria gonzalez")), "{found:?}");
    }
}

/// L37
#[tokio::test]
async fn logs_and_numbers_hold_no_person() {
    for text in [
        "loss -0.96 at step 1200, lr 96c, took 3.1 s",
        "2024-05-01T12:00:03Z INFO pod/api-7f9c6d restarted (exit 137) in us-east-1",
        "Uploaded deadbeefcafe to the S3 bucket; EKS node i-0abc12 is healthy.",
    ] {
        let found = found(text).await;
        assert!(found.iter().all(|(_, label)| *label != Label::PERSON), "{found:?}");
    }
}

/// L35: ports, sizes, versions and products are neither codes, streets nor telephones.
#[tokio::test]
async fn a_number_of_a_short_text_is_no_address() {
    let detector = Detector::new(Some(Ner::load(config()).unwrap())).unwrap();
    let values = async |text: &str| -> Vec<String> {
        let spans = detector.detect(&[Slot::text(text)], &Rules::default()).await.unwrap().remove(0);
        spans.iter().map(|span| text[span.start..span.end].to_owned()).collect()
    };
    let mut wrong = Vec::new();
    for line in include_str!("../../../fixtures/clean_text.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        if row["id"].as_str().unwrap().starts_with("short/") {
            let text = row["text"].as_str().unwrap();
            wrong.extend(values(text).await.iter().map(|value| format!("{value} in {text}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(values("cell 09171234567").await, ["09171234567"]);
    assert_eq!(values("send it to 12 Oak Lane, please").await, ["12 Oak Lane"]);
    assert_eq!(values("neighbour at flat 7, 99 queen's gardens objects").await, ["flat 7, 99 queen's gardens"]);
}

/// L19
#[tokio::test]
async fn an_entity_is_found_at_every_position_of_a_long_text() {
    const FILLER: &str =
        "The committee met again to talk about the budget of the coming year and the repair of the old bridge. ";
    const ENTITY: &str = "My name is Maria Gonzalez. ";
    // A step that shares no factor with the windows' visits each offset within them.
    for before in (0..1200).step_by(37) {
        let filler: String = FILLER.chars().cycle().take(before).collect();
        let cut = filler.rfind(' ').map_or(0, |at| at + 1);
        let text = format!("{}{ENTITY}{}", &filler[..cut], FILLER.repeat(12));
        let spans = ner().detect(&[text.as_str()]).await.unwrap();
        let wanted = cut + "My name is ".len()..cut + "My name is Maria Gonzalez".len();
        let hit = spans[0].iter().any(|span| span.start == wanted.start && span.end == wanted.end);
        assert!(hit, "not found whole at byte {cut}: {:?}", spans[0]);
    }
}

/// A Hangul syllable takes three tokens, so a window of them exceeds what the
/// graph takes; a word without end has no whitespace to cut at.
#[tokio::test]
async fn windows_of_too_many_tokens_and_words_without_end_are_looked_at_whole() {
    let hangul = format!("{}My name is Maria Gonzalez.", "한국어문장 ".repeat(90));
    let endless = format!("{} My name is Maria Gonzalez.", "a1B2".repeat(2_000));
    for text in [hangul, endless] {
        let spans = ner().detect(&[text.as_str()]).await.unwrap();
        let name = text.find("Maria").unwrap();
        assert!(spans[0].iter().any(|span| span.start <= name && span.end >= name + "Maria Gonzalez".len()));
    }
}

#[tokio::test]
async fn spans_are_sorted_disjoint_and_on_character_boundaries() {
    let text = "Grüße an Jörg Müller-Lüdenscheidt, Königstraße 12, 70173 Stuttgart 👋 e\u{301}milie Çelik [SEP] [MASK] 李小龙 \u{200b}\0";
    let spans = &ner().detect(&[text]).await.unwrap()[0];
    assert!(!spans.is_empty());
    for span in spans {
        assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end) && span.start < span.end);
        assert!((0.0..=1.0).contains(&span.score));
    }
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
}

/// L33
#[tokio::test]
async fn a_text_seen_before_costs_no_inference() {
    let ner = Ner::load(NerConfig { workers: 1, ..config() }).unwrap();
    let text = "Peter Smith wrote to Anna Kowalska about the bridge. ".repeat(40);
    let first = ner.detect(&[&text]).await.unwrap();
    // With no worker left, only the cache can answer.
    let ner = Ner { pool: Pool::start(Vec::new(), 1).unwrap(), ..ner };
    assert_eq!(ner.detect(&[&text]).await.unwrap(), first);
    let grown = format!("{text}And Maria Gonzalez?");
    assert!(matches!(ner.detect(&[&grown]).await, Err(NerError::Stopped)));
}

/// L34
#[tokio::test]
async fn a_full_queue_is_busy_and_a_late_answer_is_none() {
    let (queue, waiting) = flume::bounded(1);
    let stuck =
        Ner { pool: Pool::with_queue(queue), deadline: Duration::from_millis(50), ..Ner::load(config()).unwrap() };
    assert!(matches!(stuck.detect(&["Maria Gonzalez lives here"]).await, Err(NerError::Deadline)));
    assert_eq!(waiting.len(), 1, "nobody took the window");
    assert!(matches!(stuck.detect(&["Peter Smith lives here"]).await, Err(NerError::Busy)));
    assert!(NerError::Busy.is_temporary() && NerError::Deadline.is_temporary());
}

#[tokio::test]
async fn many_texts_at_once_are_answered_each_with_its_own() {
    let people = ["Maria Gonzalez", "Peter Smith", "Anna Kowalska", "John Miller"];
    let texts: Vec<String> = (0..40).map(|i| format!("Note {i}: my name is {}.", people[i % people.len()])).collect();
    let slices: Vec<&str> = texts.iter().map(String::as_str).collect();
    let spans = ner().detect(&slices).await.unwrap();
    for (i, (text, spans)) in texts.iter().zip(&spans).enumerate() {
        let names: Vec<_> = spans.iter().filter(|s| s.label == Label::PERSON).map(|s| &text[s.start..s.end]).collect();
        assert_eq!(names, [people[i % people.len()]], "{text}");
    }
}

#[test]
fn the_version_names_model_tokenizer_and_runtime() {
    let version = ner().version();
    assert_eq!(version.runtime_version, "1.31.1");
    let model = &version.models[0];
    for digest in [&model.model_sha256, &model.tokenizer_sha256, &version.runtime_sha256] {
        assert_eq!(digest.len(), 64);
    }
    assert_eq!(version.to_string(), format!("ner={} ort=1.31.1 weights=int8", model.short()));
}

#[test]
fn a_file_that_is_not_the_pinned_one_is_refused() {
    let pinned = Some("00".repeat(32));
    let source = ModelSource { sha256: pinned.clone(), ..ModelSource::new(asset("rampart")) };
    let model = Ner::load(NerConfig { models: vec![source], ..config() });
    assert!(matches!(model, Err(NerError::HashMismatch { path, .. }) if path.ends_with("model_q4.onnx")));
    let runtime = Ner::load(NerConfig { runtime_sha256: pinned, ..config() });
    // The name that a link leads to has a version behind it.
    let is_runtime = |path: &std::path::Path| path.to_string_lossy().contains("libonnxruntime.so");
    assert!(matches!(runtime, Err(NerError::HashMismatch { path, .. }) if is_runtime(&path)));
}

#[test]
fn a_missing_runtime_or_model_says_what_to_run() {
    let runtime = Ner::load(NerConfig { runtime: "/nowhere/libonnxruntime.so".into(), ..config() });
    assert!(runtime.err().unwrap().to_string().contains("make setup"));
    let model = Ner::load(NerConfig { models: vec![ModelSource::new(asset("onnxruntime"))], ..config() });
    assert!(model.err().unwrap().to_string().contains("config.json"));
}

#[test]
fn a_file_that_is_no_runtime_is_refused_before_its_code_runs() {
    let not_a_library = asset("rampart/config.json");
    let refused = runtime::Runtime::load(not_a_library, None);
    assert!(matches!(refused, Err(NerError::Runtime { .. })));
}

#[test]
fn cuda_that_is_not_there_says_what_to_install() {
    let error = Ner::load(NerConfig { device: Device::Cuda(0), ..config() }).err().unwrap();
    assert!(matches!(error, NerError::Cuda { device: 0, .. }));
    assert!(error.to_string().contains("onnxruntime-gpu"), "{error}");
}

/// The conversion may move a score a little, and must not move a plain entity.
#[tokio::test]
async fn eight_bit_weights_find_what_the_stored_ones_find() {
    let stored = Ner::load(NerConfig { weights: Weights::AsStored, ..config() }).unwrap();
    let weights = |ner: &Ner| ner.version().models[0].weights;
    assert_eq!((weights(&stored), weights(ner())), (Weights::AsStored, Weights::Int8));
    let texts = [
        "Dear Dr. Maria Gonzalez, the parcel for 42 Wallaby Way, Apt 3B, Springfield, IL 62704 is here.",
        "Guten Tag Frau Müller, Ihre Sendung an die Hauptstraße 12, 10115 Berlin ist unterwegs.",
        "The committee met again to talk about the budget of the coming year.",
    ];
    let places = |spans: Vec<Vec<Span>>| -> Vec<Vec<_>> {
        spans.iter().map(|spans| spans.iter().map(|s| (s.start, s.end, s.label)).collect()).collect()
    };
    assert_eq!(places(ner().detect(&texts).await.unwrap()), places(stored.detect(&texts).await.unwrap()));
}
