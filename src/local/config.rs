use std::path::PathBuf;
use std::time::Duration;

/// How a local model is run.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// The GGUF file.
    pub model: PathBuf,
    /// SHA-256 (hex) that the file must have; `None` takes any.
    pub sha256: Option<String>,
    /// Threads that compute.
    pub threads: usize,
    /// Most tokens of one request, prompt and answer together. Each slot reserves memory for so many
    /// (SmolLM2-135M: 23 KiB a token).
    pub context_tokens: u32,
    /// Requests that are answered at the same time.
    pub slots: usize,
    /// Most requests that wait for a slot; the next one is refused with [`super::LocalError::Busy`].
    pub queue_len_max: usize,
    /// Most tokens of an answer whose request names no limit.
    pub max_tokens_default: u32,
    /// Longest time a request may take, waiting included.
    pub deadline: Duration,
}

impl LocalConfig {
    /// Settings that suit a small model on the processors of this machine.
    pub fn new(model: PathBuf) -> Self {
        Self {
            model,
            sha256: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            context_tokens: 4096,
            slots: 2,
            queue_len_max: 64,
            max_tokens_default: 512,
            deadline: Duration::from_secs(120),
        }
    }
}
