//! Talking to one target; takes only what the scrubber made.

mod answer;
mod body;
mod client;
mod error;
mod request;

pub use body::{UpstreamBody, UpstreamStream};
pub use client::{UpstreamClient, UpstreamResponse};
pub use error::{ErrorBody, Phase, UpstreamError, UpstreamSetupError};

#[cfg(test)]
mod tests;
