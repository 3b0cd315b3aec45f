use std::path::PathBuf;
use std::time::Duration;

/// How a local model is run.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// The GGUF file.
    pub model: PathBuf,
    /// SHA-256 (hex) that the file must have; `None` takes any.
    pub sha256: Option<String>,
    /// A chat template in place of the model's own: one of llama.cpp's names (`chatml`, `gemma`, ...) or its text.
    pub chat_template: Option<String>,
    /// Threads that compute the next token of a single running answer. They wait for each other many times a token, so
    /// one that shares its core with other work holds them all up.
    pub threads: usize,
    /// Threads that read prompts and compute several answers together.
    pub threads_batch: usize,
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
    ///
    /// One core is left to the rest of the process while a single answer is written: on 2 cores SmolLM2-135M makes 75
    /// tokens/s with one thread whether the other core is busy or not, with two threads 108 or 35.
    pub fn new(model: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            model,
            sha256: None,
            chat_template: None,
            threads: (cores - 1).max(1),
            threads_batch: cores,
            context_tokens: 4096,
            slots: 2,
            queue_len_max: 64,
            max_tokens_default: 512,
            deadline: Duration::from_secs(120),
        }
    }
}
