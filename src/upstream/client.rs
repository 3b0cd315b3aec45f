//! One HTTP client a provider, and one request through it.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::answer::answer;
use super::betas::Betas;
use super::body::{UpstreamBody, UpstreamStream};
use super::error::{Phase, UpstreamError, UpstreamSetupError};
use super::query::StoredQuery;
use super::request::{self, Remote};
use crate::config::{HttpProvider, Provider, Target, Targets};
use crate::dialect::Verb;
use crate::scrub::Sanitized;
use crate::telemetry;

/// Talks to every provider of `cordon.toml`; cheap to share by reference.
pub struct UpstreamClient {
    clients: BTreeMap<String, reqwest::Client>,
}

/// What a target is asked.
#[derive(Debug)]
pub struct UpstreamRequest {
    /// The path below the provider's own, such as `chat/completions`.
    pub endpoint: &'static str,
    /// The body.
    pub body: Sanitized<Value>,
    /// Whether the answer should come in events.
    pub stream: bool,
    /// The previews that the caller asks for; only Anthropic gets them.
    pub betas: Betas,
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
            if let Some(http) = provider.http() {
                let setup = |source| UpstreamSetupError { provider: provider.name.clone(), source };
                clients.insert(provider.name.clone(), request::client(http).map_err(setup)?);
            }
        }
        Ok(UpstreamClient { clients })
    }

    /// Asks `target`. The body's `model` becomes the target's and its `stream`
    /// becomes what is asked for; nothing else is added, and no header of the
    /// caller goes along but the names of previews.
    ///
    /// A connection that cannot be made is tried once more, since nothing was
    /// sent; anything later is not repeated.
    pub async fn send(&self, target: &Target, asked: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let stream = asked.stream;
        let answer = async {
            let remote = self.remote(&target.provider)?;
            exchange(remote, request::question(remote, &target.model, asked), stream).await
        };
        noted(&target.provider, answer.await)
    }

    /// Does with `verb` what that means to what `provider` stores at `path`, one name a segment:
    /// `["responses", ID, "cancel"]`. Nothing is sent but that and `query`.
    ///
    /// `path` must be made of names that the provider gave: it is not scanned.
    pub async fn fetch(
        &self,
        provider: &Provider,
        verb: Verb,
        path: &[&str],
        query: &StoredQuery,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let method = match verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Delete => Method::DELETE,
        };
        let answer = async {
            let remote = self.remote(provider)?;
            exchange(remote, request::object(remote, method, path, Some(query)), query.wants_stream()).await
        };
        noted(provider, answer.await)
    }

    /// Opens a connection to every provider by asking for its models, so that
    /// the first request does not wait for DNS and TLS. What fails is left to
    /// the requests.
    pub async fn warm(&self, targets: &Targets) {
        let remotes = targets.providers().filter_map(|provider| self.remote(provider).ok());
        futures_util::future::join_all(remotes.map(greet)).await;
    }

    fn remote<'a>(&'a self, provider: &'a Provider) -> Result<Remote<'a>, UpstreamError> {
        match (provider.http(), self.clients.get(&provider.name)) {
            (Some(http), Some(client)) => Ok(Remote { client, provider, http }),
            _ => Err(UpstreamError::NotRemote { provider: provider.name.clone() }),
        }
    }
}

async fn exchange(
    remote: Remote<'_>,
    request: Option<RequestBuilder>,
    stream: bool,
) -> Result<UpstreamResponse, UpstreamError> {
    let Remote { provider, http, .. } = remote;
    let request = request.ok_or_else(|| UpstreamError::NoPath { provider: provider.name.clone() })?;
    let request = request.build().map_err(|source| broken(provider, source))?;
    let response = first_byte(remote, request).await?;
    let received = UpstreamStream {
        provider: provider.name.clone(),
        idle_timeout: http.idle_timeout,
        size_max_bytes: http.response_size_max_bytes,
        received_bytes: 0,
        response,
    };
    answer(provider, received, stream).await
}

fn noted(
    provider: &Provider,
    answer: Result<UpstreamResponse, UpstreamError>,
) -> Result<UpstreamResponse, UpstreamError> {
    answer.inspect_err(|error| {
        telemetry::upstream_error(&provider.name, error.kind());
        tracing::warn!(provider = provider.name, kind = error.kind(), %error, "the provider failed");
    })
}

async fn greet(remote: Remote<'_>) {
    let Some(models) = request::object(remote, Method::GET, &["models"], None) else { return };
    // Only a response read to its end leaves the connection for the next request.
    let answered = async { models.send().await?.bytes().await };
    let _ = tokio::time::timeout(remote.http.connect_timeout, answered).await;
}

async fn first_byte(remote: Remote<'_>, request: reqwest::Request) -> Result<reqwest::Response, UpstreamError> {
    let Remote { client, provider, http } = remote;
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
