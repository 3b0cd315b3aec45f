//! A server that is sent each note.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::{SinkProblem, client};
use crate::audit::checkpoint::SignedCheckpoint;

/// Posts each note as `text/plain`; any answer of 2xx says that it is kept. A
/// note may come twice, after an answer that was lost.
#[derive(Debug)]
pub struct HttpSink {
    client: Client,
    url: Url,
    token: Option<SecretString>,
}

impl HttpSink {
    /// At `url`, with `token` as `Authorization: Bearer`.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(url: Url, token: Option<SecretString>) -> Result<HttpSink, reqwest::Error> {
        Ok(HttpSink { client: client()?, url, token })
    }

    pub(super) async fn keep(&self, signed: &SignedCheckpoint) -> Result<(), SinkProblem> {
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "text/plain; charset=utf-8");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let status = request.body(signed.text().to_owned()).send().await?.status();
        if status.is_success() { Ok(()) } else { Err(SinkProblem::Refused(status)) }
    }
}
