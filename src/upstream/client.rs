//! One HTTP client a provider, and one request through it.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::answer::answer;
use super::body::{UpstreamBody, UpstreamStream};
use super::error::{Phase, UpstreamError, UpstreamSetupError};
use super::request;
use crate::config::{HttpProvider, Provider, ProviderKind, Target, Targets};
use crate::scrub::Sanitized;
use crate::telemetry;

/// Talks to every provider of `cordon.toml`; cheap to share by reference.
pub struct UpstreamClient {
    clients: BTreeMap<String, reqwest::Client>,
}

/// A provider's successful response.
#[derive(Debug)]
pub struct UpstreamResponse {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The headers that callers may see.
    pub headers: HeaderMap,
    /// The body: a stream when one was asked for and the provider sends one.
    pub body: UpstreamBody,
}

impl UpstreamClient {
    /// Builds the clients.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(targets: &Targets) -> Result<UpstreamClient, UpstreamSetupError> {
        // An error says that a provider is installed already, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut clients = BTreeMap::new();
        for provider in targets.providers() {
            if let ProviderKind::OpenAi(http) = &provider.kind {
                let setup = |source| UpstreamSetupError { provider: provider.name.clone(), source };
                clients.insert(provider.name.clone(), request::client(http).map_err(setup)?);
            }
        }
        Ok(UpstreamClient { clients })
    }

    /// Asks `target` for what it serves at `endpoint`. The body's `model` becomes the
    /// target's and its `stream` becomes `stream`; nothing else is added, and no
    /// header of the caller goes along.
    ///
    /// A connection that cannot be made is tried once more, since nothing was
    /// sent; anything later is not repeated.
    pub async fn send(
        &self,
        target: &Target,
        endpoint: &str,
        body: Sanitized<Value>,
        stream: bool,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let provider = &target.provider;
        let answer = self.exchange(target, endpoint, body, stream).await;
        if let Err(error) = &answer {
            telemetry::upstream_error(&provider.name, error.kind());
            tracing::warn!(provider = provider.name, kind = error.kind(), %error, "the provider failed");
        }
        answer
    }

    /// Opens a connection to every provider by asking for its models, so that
    /// the first request does not wait for DNS and TLS. What fails is left to
    /// the requests.
    pub async fn warm(&self, targets: &Targets) {
        let greetings = targets.providers().filter_map(|provider| match &provider.kind {
            ProviderKind::OpenAi(http) => Some(greet(self.clients.get(&provider.name)?, http)),
            ProviderKind::Embedded => None,
        });
        futures_util::future::join_all(greetings).await;
    }

    async fn exchange(
        &self,
        target: &Target,
        endpoint: &str,
        body: Sanitized<Value>,
        stream: bool,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let provider = &*target.provider;
        let (ProviderKind::OpenAi(http), Some(client)) = (&provider.kind, self.clients.get(&provider.name)) else {
            return Err(UpstreamError::NotRemote { provider: provider.name.clone() });
        };
        let request = request::post(client, (http, endpoint), &target.model, body, stream)
            .map_err(|source| broken(provider, source))?;
        let response = first_byte(client, provider, http, request).await?;
        let received = UpstreamStream {
            provider: provider.name.clone(),
            idle_timeout: http.idle_timeout,
            size_max_bytes: http.response_size_max_bytes,
            received_bytes: 0,
            response,
        };
        answer(provider, received, stream).await
    }
}

async fn greet(client: &reqwest::Client, http: &HttpProvider) {
    let answered = async {
        // Only a response read to its end leaves the connection for the next request.
        client.execute(request::models(client, http)?).await?.bytes().await
    };
    let _ = tokio::time::timeout(http.connect_timeout, answered).await;
}

async fn first_byte(
    client: &reqwest::Client,
    provider: &Provider,
    http: &HttpProvider,
    request: reqwest::Request,
) -> Result<reqwest::Response, UpstreamError> {
    let again = request.try_clone();
    let attempt = async |request| match tokio::time::timeout(http.first_byte_timeout, client.execute(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(failed(provider, http, error)),
        Err(_) => Err(UpstreamError::Timeout {
            provider: provider.name.clone(),
            phase: Phase::FirstByte,
            waited: http.first_byte_timeout,
        }),
    };
    match (attempt(request).await, again) {
        (Err(UpstreamError::Refused { .. }), Some(again)) => attempt(again).await,
        (answer, _) => answer,
    }
}

fn failed(provider: &Provider, http: &HttpProvider, error: reqwest::Error) -> UpstreamError {
    let error = error.without_url();
    let name = provider.name.clone();
    match (error.is_connect(), error.is_timeout()) {
        (_, true) => UpstreamError::Timeout { provider: name, phase: Phase::Connect, waited: http.connect_timeout },
        (true, false) => UpstreamError::Refused { provider: name, source: error },
        (false, false) => UpstreamError::BrokenOff { provider: name, source: error },
    }
}

fn broken(provider: &Provider, source: reqwest::Error) -> UpstreamError {
    UpstreamError::BrokenOff { provider: provider.name.clone(), source: source.without_url() }
}
