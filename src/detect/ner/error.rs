//! What can go wrong, at load and at run time.

use std::path::{Path, PathBuf};

/// Why the classifier cannot be loaded, or why it could not answer.
///
/// No variant holds text of a request.
#[derive(Debug, thiserror::Error)]
pub enum NerError {
    /// A file of the model or the runtime cannot be read.
    #[error("cannot read {}: {source}; run `make setup` to fetch the default model and runtime, or correct the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The model folder holds none of the file names that are looked for.
    #[error("no ONNX model in {}: expected one of {expected}; run `make setup`, or name another folder", path.display())]
    NoModel {
        /// The model folder.
        path: PathBuf,
        /// The relative paths that were tried.
        expected: String,
    },
    /// The folder holds a model as it was trained, not as it is run.
    #[error("the model in {} is not in ONNX: export it with `optimum-cli export onnx --task token-classification --model {} NEW_FOLDER`", path.display(), path.display())]
    NotExported {
        /// The model folder.
        path: PathBuf,
    },
    /// A file is not the one that the configuration pins.
    #[error("{} has SHA-256 {found}, but {expected} is expected; refusing to load it", path.display())]
    HashMismatch {
        /// The file.
        path: PathBuf,
        /// The pinned digest, in hexadecimal.
        expected: String,
        /// The digest of what lies there.
        found: String,
    },
    /// The library cannot serve as the ONNX Runtime.
    #[error("{} cannot be used as the ONNX Runtime: {reason}; it must be libonnxruntime.so of version 1.{} or later", path.display(), ort::MINOR_VERSION)]
    Runtime {
        /// The configured library.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// A process can hold one ONNX Runtime; another one is loaded already.
    #[error("the ONNX Runtime of this process is {}; restart to use {}", loaded.display(), path.display())]
    RuntimeConflict {
        /// The library in use.
        loaded: PathBuf,
        /// The library that was asked for.
        path: PathBuf,
    },
    /// `config.json` is not that of a token classifier.
    #[error("{} does not describe a token classifier: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// `tokenizer.json` cannot be used.
    #[error("{} cannot be used as the tokenizer: {reason}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What the tokenizer library said.
        reason: String,
    },
    /// The model finds something that has no label here.
    #[error("its label {0:?} stands for no label of the catalogue; map it under `labels` to one, or to \"ignore\"")]
    UnmappedLabel(String),
    /// The graph does not take or give what a token classifier does.
    #[error("it is no token classifier that fits: {0}")]
    Model(String),
    /// One of the models is not as it must be.
    #[error("the model in {}: {error}", path.display())]
    InModel {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        error: Box<NerError>,
    },
    /// CUDA was asked for and is not there.
    #[error(
        "CUDA device {device} cannot be used: {reason}; install the GPU build of the runtime (pip package onnxruntime-gpu, with CUDA 12 and cuDNN 9) and point the runtime path to its libonnxruntime.so, or set the device to `cpu` or `auto`"
    )]
    Cuda {
        /// The device that was asked for.
        device: u32,
        /// What the runtime said.
        reason: String,
    },
    /// The worker threads cannot be started.
    #[error("cannot start the inference threads: {0}")]
    Threads(std::io::Error),
    /// The process has no source of random numbers for the cache's key.
    #[error("the system gives no random numbers")]
    Random,
    /// The queue is full; the caller may try again later.
    #[error("the entity classifier's queue is full; try again")]
    Busy,
    /// The text could not be classified in time; the caller may try again later.
    #[error("the entity classifier did not answer before its deadline; try again")]
    Deadline,
    /// The workers are gone.
    #[error("the entity classifier has stopped")]
    Stopped,
    /// The runtime failed on an input.
    #[error("the entity classifier failed: {0}")]
    Inference(String),
}

impl NerError {
    /// The same, saying which model it is about.
    pub(super) fn in_model(self, path: &Path) -> NerError {
        match self {
            NerError::Model(_) | NerError::UnmappedLabel(_) => {
                NerError::InModel { path: path.to_owned(), error: Box::new(self) }
            }
            // The others name a file.
            other => other,
        }
    }

    /// Whether the same call may succeed a moment later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, NerError::Busy | NerError::Deadline)
    }
}
