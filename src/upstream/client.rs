//! One HTTP client a provider, and one request through it.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::body::{UpstreamBody, UpstreamStream};
use super::error::{ErrorBody, Phase, UpstreamError, UpstreamSetupError};
use crate::config::{HttpProvider, Provider, ProviderKind, Target, Targets};
use crate::scrub::Sanitized;
use crate::telemetry;

const CHAT_COMPLETIONS: &str = "chat/completions";
const EVENT_STREAM: &str = "text/event-stream";

/// An error's body is for people; more is cut off.
const ERROR_BODY_MAX_BYTES: usize = 64 * 1024;

/// Response headers that callers may see; the others may tell of the operator's
/// account or of the connection.
const SHOWN_HEADERS: [&str; 9] = [
    "content-type",
    "retry-after",
    "openai-processing-ms",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
];

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
                clients.insert(provider.name.clone(), build(http).map_err(setup)?);
            }
        }
        Ok(UpstreamClient { clients })
    }

    /// Asks `target` for a chat completion. The body's `model` becomes the
    /// target's and its `stream` becomes `stream`; nothing else is added, and no
    /// header of the caller goes along.
    ///
    /// A connection that cannot be made is tried once more, since nothing was
    /// sent; anything later is not repeated.
    pub async fn send(
        &self,
        target: &Target,
        body: Sanitized<Value>,
        stream: bool,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let provider = &target.provider;
        let answer = self.exchange(target, body, stream).await;
        if let Err(error) = &answer {
            telemetry::upstream_error(&provider.name, error.kind());
            tracing::warn!(provider = provider.name, kind = error.kind(), %error, "the provider failed");
        }
        answer
    }

    async fn exchange(
        &self,
        target: &Target,
        body: Sanitized<Value>,
        stream: bool,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let provider = &*target.provider;
        let (ProviderKind::OpenAi(http), Some(client)) = (&provider.kind, self.clients.get(&provider.name)) else {
            return Err(UpstreamError::NotRemote { provider: provider.name.clone() });
        };
        let request = request(client, http, &target.model, body, stream).map_err(|source| broken(provider, source))?;
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

fn build(http: &HttpProvider) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("cordon/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .connect_timeout(http.connect_timeout)
        .pool_idle_timeout(http.pool_idle_timeout)
        .http2_keep_alive_interval(Duration::from_secs(30))
        .http2_keep_alive_timeout(Duration::from_secs(15));
    if let Some(proxy) = &http.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
    }
    let plain = http.proxy.iter().chain([&http.base_url]).all(|url| url.scheme() == "http");
    if plain {
        // A machine that only talks to local servers may have no certificates.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

fn request(
    client: &reqwest::Client,
    http: &HttpProvider,
    model: &str,
    body: Sanitized<Value>,
    stream: bool,
) -> Result<reqwest::Request, reqwest::Error> {
    let mut body = body.into_inner();
    if let Value::Object(fields) = &mut body {
        fields.insert("model".to_owned(), Value::from(model));
        if stream || fields.contains_key("stream") {
            fields.insert("stream".to_owned(), Value::from(stream));
        }
    }
    let mut url = http.base_url.clone();
    url.set_path(&format!("{}{CHAT_COMPLETIONS}", url.path()));
    let accept = if stream { EVENT_STREAM } else { "application/json" };
    let mut request = client
        .post(url)
        .headers(http.headers.clone())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, accept)
        .body(body.to_string());
    if let Some(key) = &http.key {
        request = request.header(AUTHORIZATION, bearer(key.expose_secret()));
    }
    request.build()
}

/// `key` was checked when the configuration was read; an empty value would be
/// refused by the provider.
fn bearer(key: &str) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
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

async fn answer(
    provider: &Provider,
    mut received: UpstreamStream,
    stream: bool,
) -> Result<UpstreamResponse, UpstreamError> {
    let status = received.response.status();
    let unreadable = |what| UpstreamError::Unreadable { provider: provider.name.clone(), what };
    // Cordon asks for no compression: it would cost latency and hold tokens back.
    if received.response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unreadable("a compressed body, which was not asked for"));
    }
    if !status.is_success() {
        let retry_after = received.response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        received.size_max_bytes = ERROR_BODY_MAX_BYTES;
        // The status says enough when the body does not come.
        let body = ErrorBody(received.whole().await.unwrap_or_default());
        return Err(UpstreamError::Status {
            provider: provider.name.clone(),
            code: status.as_u16(),
            retry_after,
            body,
        });
    }
    let headers = shown(received.response.headers());
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = if stream && content_type.starts_with(EVENT_STREAM) {
        UpstreamBody::Stream(received)
    } else {
        UpstreamBody::Whole(received.whole().await?)
    };
    Ok(UpstreamResponse { status: status.as_u16(), headers, body })
}

fn shown(headers: &HeaderMap) -> HeaderMap {
    let pick = |name: &&'static str| Some((HeaderName::from_static(name), headers.get(*name)?.clone()));
    SHOWN_HEADERS.iter().filter_map(pick).collect()
}
