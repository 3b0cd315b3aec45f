//! The GGUF model that runs in this process, through llama.cpp.
//!
//! [`LocalModel`] is the handle: it turns a [`ChatRequest`] into tokens ([`prompt`]) and queues them. One thread owns
//! the model's context and serves all requests at once ([`engine`]): every step decodes one token of each running
//! [`sequence`] together with a piece of the prompts that are still to be read. The answer arrives as a [`Generation`].

pub mod chat_api;
mod config;
mod engine;
mod error;
mod generation;
mod load;
mod output;
mod prompt;
mod sequence;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio::time::Instant;

pub use config::LocalConfig;
pub use error::LocalError;
pub use generation::{Chunk, End, FinishReason, Generation};

use prompt::PromptEncoder;
use sequence::{Job, Sampling};

/// One message of a conversation.
#[derive(Clone)]
pub struct ChatMessage {
    /// `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    pub role: String,
    /// Its text. Control tokens of the model that stand in it are read as plain text.
    pub content: String,
}

/// What to answer, and how.
#[derive(Clone)]
pub struct ChatRequest {
    /// The conversation, oldest message first.
    pub messages: Vec<ChatMessage>,
    /// Most tokens to answer with; `None` takes [`LocalConfig::max_tokens_default`].
    pub max_tokens: Option<u32>,
    /// 0 always takes the likeliest token; higher values spread the choice.
    pub temperature: f32,
    /// Only the likeliest tokens that together reach this probability are chosen from (1 for all).
    pub top_p: f32,
    /// With a seed, an answer to the same request is chosen the same way again.
    pub seed: Option<u32>,
    /// The answer ends before the first of these.
    pub stop: Vec<String>,
}

/// A loaded model. Dropping the last handle ends what it is generating.
pub struct LocalModel {
    name: String,
    config: LocalConfig,
    encoder: Arc<PromptEncoder>,
    jobs: Option<flume::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl LocalModel {
    /// Loads the model of the configuration and starts the thread that serves it. Blocks until it is ready.
    ///
    /// # Errors
    /// When the file is missing, is not the pinned one, or is no model that llama.cpp can run.
    pub fn load(config: LocalConfig) -> Result<Arc<Self>, LocalError> {
        let model = load::load_model(&config)?;
        let encoder = Arc::new(PromptEncoder::new(Arc::clone(&model), config.chat_template.as_deref())?);
        let (jobs, queue) = flume::bounded(config.queue_len_max);
        let thread = engine::start(model, &config, queue)?;
        let name = config.model.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Arc::new(Self { name, config, encoder, jobs: Some(jobs), thread: Some(thread) }))
    }

    /// The model's name: its file's, without the extension.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Queues the request; its answer arrives through the returned stream. Dropping that cancels it.
    ///
    /// # Errors
    /// [`LocalError::PromptTooLong`], [`LocalError::UnknownRole`] and [`LocalError::Template`] for what cannot be
    /// answered, [`LocalError::Busy`] when too many requests wait, [`LocalError::Stopped`] after a failure.
    pub async fn generate(&self, request: ChatRequest) -> Result<Generation, LocalError> {
        let deadline = Instant::now() + self.config.deadline;
        let max = (self.config.context_tokens as usize).saturating_sub(1);
        let tokens_min = self.encoder.tokens_min(&request.messages);
        if tokens_min > max {
            return Err(LocalError::PromptTooLong { tokens: tokens_min, max });
        }
        let encoder = Arc::clone(&self.encoder);
        let messages = request.messages;
        // Reading a long prompt takes milliseconds, which a worker of the server has better uses for.
        let prompt =
            tokio::task::spawn_blocking(move || encoder.encode(&messages)).await.map_err(|_| LocalError::Stopped)??;
        if prompt.len() > max {
            return Err(LocalError::PromptTooLong { tokens: prompt.len(), max });
        }
        let room = self.config.context_tokens as usize - prompt.len();
        let max_tokens = request.max_tokens.unwrap_or(self.config.max_tokens_default).max(1);
        let (chunks, receiver) = mpsc::unbounded_channel();
        let job = Job {
            prompt,
            completion_tokens_max: room.min(max_tokens as usize),
            sampling: Sampling { temperature: request.temperature, top_p: request.top_p, seed: request.seed },
            stop: request.stop,
            chunks,
        };
        self.jobs.as_ref().ok_or(LocalError::Stopped)?.try_send(job).map_err(|error| match error {
            flume::TrySendError::Full(_) => LocalError::Busy { waiting: self.config.queue_len_max },
            flume::TrySendError::Disconnected(_) => LocalError::Stopped,
        })?;
        Ok(Generation::new(receiver, deadline))
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        self.jobs = None; // the thread sees this after the step it is in
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for LocalModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalModel").field("name", &self.name).finish_non_exhaustive()
    }
}
