use std::path::PathBuf;

use crate::config::assets::AssetError;

/// Why the local model did not load or did not answer. Holds no text of a request.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The model's file is missing, unreadable or not the pinned one.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// The file is not a model that can be run.
    #[error("{} is not a GGUF model that this build of llama.cpp can run: {reason}", path.display())]
    Unusable {
        /// The model's file.
        path: PathBuf,
        /// What failed.
        reason: &'static str,
    },
    /// A setting is out of range.
    #[error("local model: {0}")]
    Config(&'static str),
    /// The thread that serves the model could not be started.
    #[error("the local model's thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The model does not know this role.
    #[error("message {index} has a role that the local model does not know; use system, user, assistant or tool")]
    UnknownRole {
        /// The message's place in the request, from 0.
        index: usize,
    },
    /// The model's chat template cannot express this conversation.
    #[error("the local model's chat template cannot express this conversation; try without a system message")]
    Template,
    /// Prompt and answer do not fit the context.
    #[error("the prompt has {tokens} tokens or more, the local model takes {max}: shorten it or raise context_tokens")]
    PromptTooLong {
        /// Tokens of the prompt, or as many as it has at least.
        tokens: usize,
        /// Most tokens that a prompt may have.
        max: usize,
    },
    /// All slots are taken and the queue is full.
    #[error("the local model is busy, {waiting} requests wait already: try again later")]
    Busy {
        /// Length of the full queue.
        waiting: usize,
    },
    /// The request took longer than it may.
    #[error("the local model did not finish in time")]
    Deadline,
    /// llama.cpp could not compute the next token.
    #[error("the local model failed while it was computing an answer")]
    Compute,
    /// The model is shutting down, or its thread has ended.
    #[error("the local model has stopped")]
    Stopped,
}
