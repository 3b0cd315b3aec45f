//! Talking to one target; takes only what the scrubber made.

mod answer;
mod betas;
mod body;
mod client;
mod error;
mod path;
mod query;
mod request;

pub use betas::{Betas, InvalidBeta};
pub use body::{UpstreamBody, UpstreamStream};
pub use client::{UpstreamClient, UpstreamRequest, UpstreamResponse};
pub use error::{ErrorBody, Phase, UpstreamError, UpstreamSetupError};
pub use query::{InvalidQuery, StoredQuery};

#[cfg(test)]
mod tests;
