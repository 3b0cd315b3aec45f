//! Token classifiers of a few bytes, written as a user's export would be.

use std::path::Path;

use super::protobuf::{put_bytes, put_int};

/// A model that looks each token up in a table: `logits = Gather(table, input_ids)`.
pub(super) struct TinyModel {
    /// The labels as in `id2label`; the first is what unknown words get.
    pub(super) labels: &'static [&'static str],
    /// Words and the number of the label that each gets.
    pub(super) words: &'static [(&'static str, usize)],
    pub(super) inputs: &'static [&'static str],
    /// Rows that the graph's table has more, or fewer, than the tokenizer has tokens.
    pub(super) rows_more: isize,
    /// Scores that the graph gives a token more, or fewer, than there are labels.
    pub(super) scores_more: isize,
    /// Whether the scores are 16-bit floats.
    pub(super) is_half: bool,
    /// The pre-tokenizer of `tokenizer.json`.
    pub(super) pre_tokenizer: &'static str,
}

impl Default for TinyModel {
    fn default() -> TinyModel {
        TinyModel {
            labels: &["O", "B-PER", "I-PER"],
            words: &[("zorvath", 1), ("quimby", 2)],
            inputs: &["input_ids", "attention_mask"],
            rows_more: 0,
            scores_more: 0,
            is_half: false,
            pre_tokenizer: r#"{"type": "BertPreTokenizer"}"#,
        }
    }
}

const SPECIAL: [&str; 3] = ["[UNK]", "[CLS]", "[SEP]"];
const FLOAT: u64 = 1;
const INT64: u64 = 7;
const FLOAT16: u64 = 10;

impl TinyModel {
    pub(super) fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let id2label: serde_json::Map<_, _> =
            self.labels.iter().enumerate().map(|(id, label)| (id.to_string(), (*label).into())).collect();
        let config = serde_json::json!({ "id2label": id2label, "max_position_embeddings": 64 });
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        std::fs::write(folder.join("tokenizer.json"), self.tokenizer().to_string()).unwrap();
        std::fs::write(folder.join("model.onnx"), self.graph()).unwrap();
    }

    fn tokenizer(&self) -> serde_json::Value {
        let words = SPECIAL.into_iter().chain(self.words.iter().map(|(word, _)| *word));
        let vocab: serde_json::Map<_, _> = words.enumerate().map(|(id, word)| (word.to_owned(), id.into())).collect();
        let special = |name: &str, id: usize| {
            serde_json::json!({
                "id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true
            })
        };
        let one = |name: &str| serde_json::json!({ "SpecialToken": { "id": name, "type_id": 0 } });
        let token = |name: &str, id: usize| serde_json::json!({ "id": name, "ids": [id], "tokens": [name] });
        serde_json::json!({
            "version": "1.0",
            "added_tokens": SPECIAL.iter().enumerate().map(|(id, name)| special(name, id)).collect::<Vec<_>>(),
            "normalizer": { "type": "Lowercase" },
            "pre_tokenizer": serde_json::from_str::<serde_json::Value>(self.pre_tokenizer).unwrap(),
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [one("[CLS]"), { "Sequence": { "id": "A", "type_id": 0 } }, one("[SEP]")],
                "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 1 } }],
                "special_tokens": { "[CLS]": token("[CLS]", 1), "[SEP]": token("[SEP]", 2) }
            },
            "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]" }
        })
    }

    /// An ONNX model; field numbers as in <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
    fn graph(&self) -> Vec<u8> {
        let width = self.labels.len().strict_add_signed(self.scores_more);
        let rows = (SPECIAL.len() + self.words.len()).strict_add_signed(self.rows_more);
        let label_of =
            |row: usize| row.checked_sub(SPECIAL.len()).and_then(|at| self.words.get(at)).map_or(0, |word| word.1);
        let table =
            (0..rows).flat_map(|row| (0..width).map(move |score| if score == label_of(row) { 9.0_f32 } else { 0.0 }));
        let mut graph = Vec::new();
        let node = [(1, "table"), (1, "input_ids"), (2, "logits"), (4, "Gather")];
        put_bytes(&mut graph, 1, &message(&node.map(|(number, text)| (number, text.as_bytes().to_vec()))));
        put_bytes(&mut graph, 2, b"tiny");
        let mut tensor = Vec::new();
        put_int(&mut tensor, 1, rows as u64);
        put_int(&mut tensor, 1, width as u64);
        let data_type = if self.is_half { FLOAT16 } else { FLOAT };
        put_int(&mut tensor, 2, data_type);
        put_bytes(&mut tensor, 8, b"table");
        // The upper half of the bytes makes 16-bit floats of some value.
        let kept = if self.is_half { 2.. } else { 0.. };
        let bytes = table.flat_map(|score| score.to_le_bytes()[kept.clone()].to_vec());
        put_bytes(&mut tensor, 9, &bytes.collect::<Vec<u8>>());
        put_bytes(&mut graph, 5, &tensor);
        for input in self.inputs {
            put_bytes(&mut graph, 11, &value(input, INT64, &["batch", "sequence"]));
        }
        put_bytes(&mut graph, 12, &value("logits", data_type, &["batch", "sequence", "labels"]));
        let mut model = Vec::new();
        put_int(&mut model, 1, 8);
        put_bytes(&mut model, 7, &graph);
        let mut opset = Vec::new();
        put_int(&mut opset, 2, 13);
        put_bytes(&mut model, 8, &opset);
        model
    }
}

fn message(fields: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut message = Vec::new();
    fields.iter().for_each(|(number, bytes)| put_bytes(&mut message, *number, bytes));
    message
}

/// A `ValueInfoProto` of a tensor with named dimensions.
fn value(name: &str, data_type: u64, dims: &[&str]) -> Vec<u8> {
    let dims: Vec<_> = dims.iter().map(|dim| (1, message(&[(2, dim.as_bytes().to_vec())]))).collect();
    let mut tensor = Vec::new();
    put_int(&mut tensor, 1, data_type);
    put_bytes(&mut tensor, 2, &message(&dims));
    message(&[(1, name.as_bytes().to_vec()), (2, message(&[(1, tensor)]))])
}
