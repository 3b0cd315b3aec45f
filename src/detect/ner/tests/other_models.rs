//! Models of a user's own, two at once, and those that do not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::classifier::Model;
use super::super::load::Start;
use super::super::requantize::with_int8_weights;
use super::super::testing::TinyModel;
use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(model: &TinyModel) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        model.write(folder.0.path());
        folder
    }

    fn source(&self) -> ModelSource {
        ModelSource::new(self.0.path())
    }

    fn load(&self) -> Result<Ner, NerError> {
        load([self.source()])
    }

    /// Why the model is refused; the message says whose fault it is.
    fn refusal(&self) -> String {
        let error = self.load().err().unwrap().to_string();
        assert!(error.contains(&self.0.path().display().to_string()), "{error}");
        error
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }
}

fn load<const N: usize>(models: [ModelSource; N]) -> Result<Ner, NerError> {
    Ner::load(NerConfig { models: models.into(), ..config() })
}

async fn found_by<'t>(ner: &Ner, text: &'t str) -> Vec<(&'t str, Label)> {
    let spans = ner.detect(&[text]).await.unwrap();
    spans[0].iter().map(|span| (&text[span.start..span.end], span.label)).collect()
}

const PHARMACY: TinyModel = TinyModel {
    labels: &["O", "DRUG", "ORG"],
    words: &[("aspirol", 1), ("veltrex", 2)],
    inputs: &["input_ids", "attention_mask", "token_type_ids"],
    rows_more: 0,
    scores_more: 0,
    is_half: false,
    pre_tokenizer: r#"{"type": "BertPreTokenizer"}"#,
};

#[tokio::test]
async fn any_export_of_a_token_classifier_finds_what_it_knows() {
    let ner = Folder::of(&TinyModel::default()).load().unwrap();
    assert_eq!(
        found_by(&ner, "ask Zorvath Quimby, or zorvath").await,
        [("Zorvath Quimby", Label::PERSON), ("zorvath", Label::PERSON)]
    );
    assert!(ner.finds(Label::PERSON) && !ner.finds(Label::ORGANIZATION));
}

/// L19, and the spaces that SentencePiece's tokens begin with.
#[tokio::test]
async fn a_model_of_another_tokenizer_finds_a_name_at_every_position_of_a_long_text() {
    for split in [true, false] {
        let pre_tokenizer = match split {
            true => r#"{"type": "Metaspace", "replacement": " ", "prepend_scheme": "never", "split": true}"#,
            false => r#"{"type": "Split", "pattern": {"Regex": " ?[^ ]+"}, "behavior": "Isolated", "invert": false}"#,
        };
        let words: &[(&str, usize)] = &[("zorvath", 1), (" zorvath", 1), ("quimby", 2), (" quimby", 2)];
        let ner = Folder::of(&TinyModel { words, pre_tokenizer, ..TinyModel::default() }).load().unwrap();
        for before in (0..900).step_by(31) {
            let text = format!("{} zorvath quimby {}", "lorem ".repeat(before / 6), "ipsum ".repeat(90));
            assert_eq!(found_by(&ner, &text).await, [("zorvath quimby", Label::PERSON)], "{before}");
        }
    }
}

#[tokio::test]
async fn two_models_look_at_every_text_and_the_version_names_both() {
    let (people, pharmacy) = (Folder::of(&TinyModel::default()), Folder::of(&PHARMACY));
    let labels = BTreeMap::from([("DRUG".to_owned(), "CUSTOM:DRUG".to_owned())]);
    let ner = load([people.source(), ModelSource { labels, ..pharmacy.source() }]).unwrap();
    let drug = Label::parse("CUSTOM:DRUG").unwrap();
    // Windows of both wait in one queue.
    for text in ["Zorvath takes aspirol of Veltrex".to_owned(), "Zorvath takes aspirol of Veltrex. ".repeat(40)] {
        let found = found_by(&ner, &text).await;
        let count = |value: &str, label: Label| found.iter().filter(|found| **found == (value, label)).count();
        let times = text.matches("Zorvath").count();
        for (value, label) in [("Zorvath", Label::PERSON), ("aspirol", drug), ("Veltrex", Label::ORGANIZATION)] {
            assert_eq!(count(value, label), times, "{value}");
        }
        assert_eq!(found.len(), 3 * times);
        assert_eq!(found_by(&ner, &text).await, found, "from the cache");
    }
    assert!(ner.finds(Label::PERSON) && ner.finds(drug));
    let [first, second] = &ner.version().models[..] else { panic!("two models") };
    let expected = format!("ner={},{} ort=1.31.1 weights=as-stored,as-stored", first.short(), second.short());
    assert_eq!(ner.version().to_string(), expected);
    assert_ne!(first.short(), second.short());
}

/// L28: a model that finds nothing at all is not served with.
#[tokio::test]
async fn a_model_that_knows_people_and_finds_none_is_blind() {
    let blind = Folder::of(&TinyModel { words: &[("xyzzy", 1)], ..TinyModel::default() });
    let ner = load([blind.source(), ModelSource::new(asset("rampart"))]).unwrap();
    let texts = ["Please call Maria Gonzalez tomorrow.", "Patient John Miller is here."];
    let model = ner.blind(|label| label == Label::PERSON, &texts).await.unwrap().unwrap();
    assert_eq!(model, &ner.version().models[0]);
    assert_eq!(
        ner.blind(|label| label == Label::ORGANIZATION, &texts).await.unwrap(),
        None,
        "nobody expects it to know any"
    );
}

#[test]
fn a_graph_that_does_not_fit_its_labels_is_refused() {
    for (model, reason) in [
        (
            TinyModel { scores_more: 2, ..TinyModel::default() },
            "it gives 5 scores a token, and id2label in config.json names 3",
        ),
        (
            TinyModel { inputs: &["input_ids", "pixel_values"], ..TinyModel::default() },
            "asks for an input `pixel_values`",
        ),
        (TinyModel { is_half: true, ..TinyModel::default() }, "its output is not of 32-bit floats"),
        (TinyModel { labels: &["LABEL_0", "LABEL_1"], ..TinyModel::default() }, "id2label names no kinds (LABEL_0)"),
        (
            TinyModel { labels: &["O", "B-STARSHIP"], ..TinyModel::default() },
            "its label \"B-STARSHIP\" stands for no label",
        ),
        (TinyModel { labels: &["O"], ..TinyModel::default() }, "names no kind of entity"),
    ] {
        let error = Folder::of(&model).refusal();
        assert!(error.contains(reason), "{error}");
    }
    let unlabelled = Folder::of(&TinyModel::default());
    unlabelled.write("config.json", r#"{"max_position_embeddings": 64}"#);
    assert!(unlabelled.refusal().contains("no id2label"));
}

/// The first text with a rare word would fail, on some day.
#[test]
fn the_tokenizer_of_another_model_is_refused() {
    let error = Folder::of(&TinyModel { rows_more: -1, ..TinyModel::default() }).refusal();
    assert!(error.contains("fails on the highest token, 4, of tokenizer.json"), "{error}");
    assert!(Folder::of(&TinyModel { rows_more: 3, ..TinyModel::default() }).load().is_ok(), "padded rows are common");
}

#[test]
fn what_is_no_onnx_file_says_how_to_get_one() {
    let folder = Folder::of(&TinyModel::default());
    folder.write("model.onnx_data", "weights");
    assert!(folder.refusal().contains("save the model as one file"));
    folder.write("model.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    assert!(folder.refusal().contains("git lfs pull"));
    std::fs::remove_file(folder.0.path().join("model.onnx_data")).unwrap();
    folder.write("model.onnx", b"\x40\0\0\0\0\0\0\0{\"__metadata__\":{}}");
    assert!(folder.refusal().contains("no token classifier that fits"));
    std::fs::remove_file(folder.0.path().join("model.onnx")).unwrap();
    folder.write("model.safetensors", "");
    assert!(folder.refusal().contains("optimum-cli export onnx"));
    std::fs::remove_file(folder.0.path().join("model.safetensors")).unwrap();
    assert!(folder.refusal().contains("expected one of onnx/model_q4.onnx"));
    folder.write("tokenizer.json", "{}");
    assert!(folder.refusal().contains("tokenizer.json cannot be used"));
}

/// L29: eight-bit weights that do not do what the stored ones do are left alone.
#[test]
fn a_conversion_that_finds_other_words_is_not_used() {
    let files = ModelSource::new(asset("rampart")).read().unwrap();
    let runtime = Runtime::open(&asset("onnxruntime/libonnxruntime.so"), None).unwrap();
    let (tokenizer, outputs, tokens_max) = (files.tokenizer, files.outputs, files.tokens_max);
    let model = Arc::new(Model { tokenizer, outputs, tokens_max });
    let start = Start { model: &model, runtime: &runtime, workers: 1 };
    let int8 = with_int8_weights(&files.graph).unwrap();
    let mut corrupt = int8.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + (1 << 20)].fill(0x55);
    let weights = |int8: Vec<u8>| start.with_weights(files.graph.clone(), Some(int8)).unwrap().1;
    assert_eq!(weights(int8), Weights::Int8);
    assert_eq!(weights(corrupt), Weights::AsStored);
    assert_eq!(weights(b"no model".to_vec()), Weights::AsStored);
}
