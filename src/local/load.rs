//! Loading a GGUF file.

use std::sync::{Arc, OnceLock};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

use super::{LocalConfig, LocalError};
use crate::config::assets::{self, AssetError};

/// Stays below llama.cpp's own limit (`LLAMA_MAX_SEQ`).
const SLOTS_MAX: usize = 64;

pub(super) fn load_model(config: &LocalConfig) -> Result<Arc<LlamaModel>, LocalError> {
    if config.threads == 0 || config.threads_batch == 0 || !(1..=SLOTS_MAX).contains(&config.slots) {
        return Err(LocalError::Config("threads and threads_batch must be at least 1, slots 1 to 64"));
    }
    let path = &config.model;
    if !path.is_file() {
        return Err(AssetError::Missing { path: path.clone() }.into());
    }
    if let Some(expected) = &config.sha256 {
        assets::verify_sha256(path, expected)?;
    }
    let unusable = |reason| LocalError::Unusable { path: path.clone(), reason };
    let model = LlamaModel::load_from_file(backend()?, path, &LlamaModelParams::default())
        .map_err(|_| unusable("it cannot be loaded (broken, cut off, or of an unknown architecture)"))?;
    if model.is_recurrent() || model.is_hybrid() {
        // Their state cannot be kept per token, which the engine's cancelling and batching rely on.
        return Err(unusable("recurrent architectures are not supported"));
    }
    Ok(Arc::new(model))
}

/// llama.cpp's process-wide state. Its own log is switched off: it goes to standard error otherwise.
pub(super) fn backend() -> Result<&'static LlamaBackend, LocalError> {
    static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            send_logs_to_tracing(LogOptions::default().with_logs_enabled(false));
            LlamaBackend::init().ok()
        })
        .as_ref()
        .ok_or(LocalError::Config("llama.cpp was already started elsewhere in this process"))
}
