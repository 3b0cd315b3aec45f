//! Where checkpoints are sent beside the file and the table: places that a
//! database administrator cannot reach.

mod bucket;
mod delivery;
mod http;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode};

pub use bucket::{Bucket, BucketProblem};
pub(super) use delivery::{Cursor, Outbox, deliver};
pub use http::HttpSink;

use super::file::KeptCheckpoint;

/// For one request. A note is small; what takes longer is tried again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Somewhere outside that keeps notes.
#[derive(Debug)]
pub enum Sink {
    /// A server that is sent each note.
    Http(HttpSink),
    /// A bucket of an S3-compatible store.
    Bucket(Arc<Bucket>),
}

/// Why a sink did not keep a note, or did not show one. Without the URL: it may
/// hold a signature.
#[derive(Debug, thiserror::Error)]
pub enum SinkProblem {
    /// No connection, or no answer in time.
    #[error("it does not answer: {0}")]
    Unreachable(reqwest::Error),
    /// An answer that says no.
    #[error("it answers {0}")]
    Refused(StatusCode),
    /// Under the name of the checkpoint, it keeps something else.
    #[error("it keeps another text under the name of this checkpoint; somebody else writes there, or has signed twice")]
    Other,
    /// An answer that is none of such a store.
    #[error("its answer is not understood")]
    Answer,
}

impl From<reqwest::Error> for SinkProblem {
    fn from(error: reqwest::Error) -> SinkProblem {
        SinkProblem::Unreachable(error.without_url())
    }
}

impl Sink {
    /// As metrics and logs call it.
    pub fn name(&self) -> &'static str {
        match self {
            Sink::Http(_) => "http",
            Sink::Bucket(_) => "s3",
        }
    }

    /// Returns when the note is kept, also when it was kept before.
    pub(super) async fn keep(&self, kept: &KeptCheckpoint) -> Result<(), SinkProblem> {
        match self {
            Sink::Http(sink) => sink.keep(&kept.signed).await,
            Sink::Bucket(bucket) => bucket.keep(&kept.signed).await,
        }
    }
}

/// A client like those of the providers: the environment's proxies are not used,
/// and nobody is sent on to where the configuration does not say.
fn client() -> Result<Client, reqwest::Error> {
    // An error says that one is installed already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(REQUEST_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .build()
}
