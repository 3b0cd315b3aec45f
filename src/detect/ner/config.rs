//! What the classifier is loaded from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::NerError;
use super::digest::{ensure_digest, read_file, sha256_hex};
use super::labels::Outputs;
use super::tokenizer::WindowTokenizer;

/// Where inference runs.
///
/// CUDA is built in, but has not been verified on a GPU yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Device {
    /// CUDA where the runtime offers it and it starts, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this number; loading fails where it is not there.
    Cuda(u32),
}

/// How a model with four-bit weights is multiplied on the CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Weights {
    /// In eight-bit integers, converted at load: more than twice as fast, with a
    /// small loss (`requantize.rs` has the figures).
    #[default]
    Int8,
    /// As the file has them.
    AsStored,
}

impl Weights {
    /// The name in versions and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Weights::Int8 => "int8",
            Weights::AsStored => "as-stored",
        }
    }
}

/// A token classifier on disk.
#[derive(Clone, Debug)]
pub struct ModelSource {
    /// Folder with `config.json` (`id2label`), `tokenizer.json` and the graph as one of
    /// `onnx/model_q4.onnx`, `onnx/model_quantized.onnx`, `onnx/model.onnx`, `model.onnx`,
    /// the first that is there.
    pub dir: PathBuf,
    /// SHA-256 that the graph must have, in hexadecimal.
    pub sha256: Option<String>,
    /// From a model's label (without `B-` or `I-`) to one of the catalogue or
    /// `ignore`, before the built-in table.
    pub labels: BTreeMap<String, String>,
}

impl ModelSource {
    /// Any model in `dir`, with the built-in table of labels.
    pub fn new(dir: impl Into<PathBuf>) -> ModelSource {
        ModelSource { dir: dir.into(), sha256: None, labels: BTreeMap::new() }
    }
}

/// Settings of [`Ner::load`](super::Ner::load).
#[derive(Clone, Debug)]
pub struct NerConfig {
    /// The models; each looks at every text.
    pub models: Vec<ModelSource>,
    /// The ONNX Runtime's shared library, `libonnxruntime.so`.
    pub runtime: PathBuf,
    /// Where inference runs.
    pub device: Device,
    /// How four-bit weights are multiplied on the CPU.
    pub weights: Weights,
    /// Inference threads, each with a session of its own for each model; at
    /// least 1. More than the machine has cores gains nothing.
    pub workers: usize,
    /// Windows (of at most 480 characters) that may wait for a worker; with two
    /// models, each window waits twice.
    pub queue_len_max: usize,
    /// How long one call may take before it is given up.
    pub deadline: Duration,
    /// Windows whose result is kept; 0 keeps none. One takes about 300 bytes.
    pub cache_segments_max: usize,
    /// SHA-256 that the runtime must have, in hexadecimal.
    pub runtime_sha256: Option<String>,
}

impl NerConfig {
    /// The defaults for a model and a runtime: a worker for each core up to
    /// four, 256 waiting windows, 10 seconds, 16,384 windows in the cache.
    pub fn new(model_dir: impl Into<PathBuf>, runtime: impl Into<PathBuf>) -> NerConfig {
        NerConfig {
            models: vec![ModelSource::new(model_dir)],
            runtime: runtime.into(),
            device: Device::Auto,
            weights: Weights::Int8,
            workers: std::thread::available_parallelism().map_or(1, |n| n.get().min(4)),
            queue_len_max: 256,
            deadline: Duration::from_secs(10),
            cache_segments_max: 16_384,
            runtime_sha256: None,
        }
    }
}

/// What exactly found the entities; audit records name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NerVersion {
    /// The models, in the order of the configuration.
    pub models: Vec<ModelVersion>,
    /// SHA-256 of the runtime's library, in hexadecimal.
    pub runtime_sha256: String,
    /// The runtime's version, such as `1.31.1`.
    pub runtime_version: String,
}

/// One of the models.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelVersion {
    /// SHA-256 of the graph, in hexadecimal.
    pub model_sha256: String,
    /// SHA-256 of `tokenizer.json`, in hexadecimal.
    pub tokenizer_sha256: String,
    /// How the weights are multiplied; [`Weights::Int8`] only where the model
    /// was converted and agreed with the stored one.
    pub weights: Weights,
}

impl ModelVersion {
    /// The first 16 digits of the graph's SHA-256.
    pub fn short(&self) -> &str {
        self.model_sha256.get(..16).unwrap_or_default()
    }
}

/// Short, for audit records: `ner=MODEL ort=VERSION weights=WEIGHTS`; of two models, both with a
/// comma between.
impl fmt::Display for NerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let models: Vec<&str> = self.models.iter().map(ModelVersion::short).collect();
        let weights: Vec<&str> = self.models.iter().map(|model| model.weights.as_str()).collect();
        write!(f, "ner={} ort={} weights={}", models.join(","), self.runtime_version, weights.join(","))
    }
}

/// The model's files, read and checked.
pub(super) struct ModelFiles {
    pub(super) graph: Vec<u8>,
    pub(super) tokenizer: WindowTokenizer,
    pub(super) outputs: Outputs,
    pub(super) tokens_max: usize,
    pub(super) model_sha256: String,
    pub(super) tokenizer_sha256: String,
}

/// The parts of a Hugging Face `config.json` that a token classifier needs.
#[derive(Deserialize)]
struct ModelConfig {
    #[serde(default)]
    id2label: BTreeMap<String, String>,
    max_position_embeddings: Option<usize>,
}

const GRAPHS: [&str; 4] = ["onnx/model_q4.onnx", "onnx/model_quantized.onnx", "onnx/model.onnx", "model.onnx"];

/// What training leaves in a model's folder.
const TRAINED: [&str; 3] = ["model.safetensors", "pytorch_model.bin", "tf_model.h5"];

/// What BERT-like models take; some count two positions more that hold no token.
const TOKENS_MAX: usize = 512;

/// Fewer would leave no room for a word beside the special tokens.
const TOKENS_MIN: usize = 16;

impl ModelSource {
    pub(super) fn read(&self) -> Result<ModelFiles, NerError> {
        let (outputs, tokens_max) = self.read_config()?;
        let path = self.dir.join("tokenizer.json");
        let json = read_file(&path)?;
        let tokenizer = WindowTokenizer::parse(&path, &json)?;
        let graph_path = self.graph_path()?;
        let graph = read_file(&graph_path)?;
        let model_sha256 = sha256_hex(&graph);
        ensure_digest(&graph_path, self.sha256.as_deref(), &model_sha256)?;
        ensure_whole(&graph_path, &graph)?;
        Ok(ModelFiles { graph, tokenizer, outputs, tokens_max, model_sha256, tokenizer_sha256: sha256_hex(&json) })
    }

    fn read_config(&self) -> Result<(Outputs, usize), NerError> {
        let path = self.dir.join("config.json");
        let unfit = |reason: String| NerError::Config { path: path.clone(), reason };
        let config: ModelConfig = serde_json::from_slice(&read_file(&path)?).map_err(|e| unfit(e.to_string()))?;
        if config.id2label.is_empty() {
            return Err(unfit("it has no id2label, so nothing says what the model finds".to_owned()));
        }
        let id2label = config
            .id2label
            .into_iter()
            .map(|(id, label)| Ok((id.parse().map_err(|_| unfit(format!("id2label has the key {id:?}")))?, label)))
            .collect::<Result<_, NerError>>()?;
        let tokens_max = config.max_position_embeddings.unwrap_or(TOKENS_MAX).min(TOKENS_MAX);
        if tokens_max < TOKENS_MIN {
            return Err(unfit(format!("max_position_embeddings is {tokens_max}, too few")));
        }
        Ok((Outputs::parse(&id2label, &self.labels)?, tokens_max))
    }

    fn graph_path(&self) -> Result<PathBuf, NerError> {
        let found = GRAPHS.iter().map(|name| self.dir.join(name)).find(|path: &PathBuf| Path::is_file(path));
        let is_pytorch = || TRAINED.iter().any(|name| self.dir.join(name).is_file());
        found.ok_or_else(|| match is_pytorch() {
            true => NerError::NotExported { path: self.dir.clone() },
            false => NerError::NoModel { path: self.dir.clone(), expected: GRAPHS.join(", ") },
        })
    }
}

/// Refuses a graph of which the file holds a part only.
fn ensure_whole(path: &Path, graph: &[u8]) -> Result<(), NerError> {
    let is_pointer = graph.starts_with(b"version https://git-lfs");
    let weights = ["_data", ".data"].map(|suffix| PathBuf::from(format!("{}{suffix}", path.display())));
    match weights.iter().find(|weights| weights.is_file()) {
        _ if is_pointer => Err(NerError::Model(format!(
            "{} is a pointer of Git LFS and not the model: run `git lfs pull` where it comes from",
            path.display()
        ))),
        Some(weights) => Err(NerError::Model(format!(
            "its weights are in {}, and their digest could not be checked: save the model as one file",
            weights.display()
        ))),
        None => Ok(()),
    }
}
