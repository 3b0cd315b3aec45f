//! The token classifier.

use std::convert::Infallible;

use super::Span;

/// A loaded token classifier; none can be loaded yet.
pub struct Ner(Infallible);

/// Why the token classifier found nothing.
#[derive(Debug, thiserror::Error)]
#[error("no token classifier")]
pub struct NerError(Infallible);

/// Which model and runtime.
pub struct NerVersion(Infallible);

impl std::fmt::Display for NerVersion {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {}
    }
}

impl Ner {
    /// The spans of each text.
    pub async fn detect(&self, _: &[&str]) -> Result<Vec<Vec<Span>>, NerError> {
        match self.0 {}
    }

    /// Which model and runtime.
    pub fn version(&self) -> &NerVersion {
        match self.0 {}
    }
}
