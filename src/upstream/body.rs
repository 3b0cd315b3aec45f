//! A response's body, within its limits of time and size.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{Stream, try_unfold};

use super::error::{Phase, UpstreamError};
use crate::telemetry;

/// The body of a response.
#[derive(Debug)]
pub enum UpstreamBody {
    /// All of it.
    Whole(Bytes),
    /// Server-sent events, as they come.
    Stream(UpstreamStream),
}

/// A body that is still coming. Dropping it ends the request.
pub struct UpstreamStream {
    pub(super) response: reqwest::Response,
    pub(super) provider: String,
    pub(super) idle_timeout: Duration,
    pub(super) size_max_bytes: usize,
    pub(super) received_bytes: usize,
}

impl UpstreamStream {
    /// The next piece, cut wherever the network cut it; `None` after the last.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let chunk = self.next().await;
        if let Err(error) = &chunk {
            telemetry::upstream_error(&self.provider, error.kind());
        }
        chunk
    }

    /// The pieces as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, UpstreamError>> + Send {
        try_unfold(self, async |mut body| Ok(body.chunk().await?.map(|chunk| (chunk, body))))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let provider = || self.provider.clone();
        let chunk = match tokio::time::timeout(self.idle_timeout, self.response.chunk()).await {
            Err(_) => {
                return Err(UpstreamError::Timeout {
                    provider: provider(),
                    phase: Phase::Idle,
                    waited: self.idle_timeout,
                });
            }
            Ok(Err(error)) => {
                return Err(UpstreamError::BrokenOff { provider: provider(), source: error.without_url() });
            }
            Ok(Ok(chunk)) => chunk,
        };
        self.received_bytes += chunk.as_ref().map_or(0, Bytes::len);
        if self.received_bytes > self.size_max_bytes {
            return Err(UpstreamError::TooLarge { provider: provider(), limit_bytes: self.size_max_bytes });
        }
        Ok(chunk)
    }

    pub(super) async fn whole(mut self) -> Result<Bytes, UpstreamError> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for UpstreamStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpstreamStream({} bytes so far)", self.received_bytes)
    }
}
