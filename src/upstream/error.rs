//! What can go wrong with a provider. Nothing here shows a request or a response.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// The client of a provider cannot be built.
#[derive(Debug, thiserror::Error)]
#[error(
    "the client of the provider \"{provider}\" cannot be built: {source}; are the system's CA certificates installed?"
)]
pub struct UpstreamSetupError {
    /// The provider's name.
    pub provider: String,
    /// Why.
    pub source: reqwest::Error,
}

/// A call to a provider failed.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection; nothing was sent.
    #[error("the provider \"{provider}\" cannot be reached")]
    Refused {
        /// The provider's name.
        provider: String,
        /// Why, without the URL.
        source: reqwest::Error,
    },
    /// It took longer than configured.
    #[error("the provider \"{provider}\" did not {phase} within {} ms", waited.as_millis())]
    Timeout {
        /// The provider's name.
        provider: String,
        /// What was waited for.
        phase: Phase,
        /// The configured time.
        waited: Duration,
    },
    /// The connection ended before the response did.
    #[error("the provider \"{provider}\" broke off")]
    BrokenOff {
        /// The provider's name.
        provider: String,
        /// Why, without the URL.
        source: reqwest::Error,
    },
    /// The response is not what was asked for.
    #[error("the provider \"{provider}\" sent {what}")]
    Unreadable {
        /// The provider's name.
        provider: String,
        /// What it sent.
        what: &'static str,
    },
    /// The response is longer than the configured limit.
    #[error("the provider \"{provider}\" sent more than {limit_bytes} bytes")]
    TooLarge {
        /// The provider's name.
        provider: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// A status other than success; redirects are not followed.
    #[error("the provider \"{provider}\" answered {code}")]
    Status {
        /// The provider's name.
        provider: String,
        /// The HTTP status.
        code: u16,
        /// The `retry-after` header.
        retry_after: Option<String>,
        /// The body, with tokens in the place of values.
        body: ErrorBody,
    },
    /// A name in the path is none, or would lead elsewhere; nothing was sent.
    #[error("the provider \"{provider}\" has no such path")]
    NoPath {
        /// The provider's name.
        provider: String,
    },
    /// The target is the embedded model, which no HTTP client reaches.
    #[error("the provider \"{provider}\" is not reached over HTTP")]
    NotRemote {
        /// The provider's name.
        provider: String,
    },
}

impl UpstreamError {
    /// The kind as a word, for metrics and the audit log.
    pub fn kind(&self) -> &'static str {
        match self {
            UpstreamError::Refused { .. } => "refused",
            UpstreamError::Timeout { .. } => "timeout",
            UpstreamError::BrokenOff { .. } => "broken_off",
            UpstreamError::Unreadable { .. } => "unreadable",
            UpstreamError::TooLarge { .. } => "too_large",
            UpstreamError::Status { .. } => "status",
            UpstreamError::NoPath { .. } => "no_path",
            UpstreamError::NotRemote { .. } => "not_remote",
        }
    }

    /// Whether nothing reached the provider, so that another target may be asked
    /// without asking twice.
    pub fn nothing_was_sent(&self) -> bool {
        let at_connect = matches!(self, UpstreamError::Timeout { phase: Phase::Connect, .. });
        let unsent = matches!(
            self,
            UpstreamError::Refused { .. } | UpstreamError::NoPath { .. } | UpstreamError::NotRemote { .. }
        );
        at_connect || unsent
    }
}

/// What a provider was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The connection.
    Connect,
    /// The response's headers.
    FirstByte,
    /// The next piece of the response.
    Idle,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "accept a connection",
            Phase::FirstByte => "begin its response",
            Phase::Idle => "go on with its response",
        })
    }
}

/// The body of an error response. It may quote the request, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorBody(pub Bytes);

impl fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorBody({} bytes)", self.0.len())
    }
}
