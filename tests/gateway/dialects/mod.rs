//! The APIs beside chat completions, each under its own path.

mod completions;
mod embeddings;
mod messages;
mod paths;
mod responses;
mod stored_chats;
