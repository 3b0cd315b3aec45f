//! What goes out to a provider, and how.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::client::UpstreamRequest;
use super::path;
use super::query::StoredQuery;
use crate::config::{HttpProvider, KeyHeader, Provider, ProviderKind};

const BETA: &str = "anthropic-beta";
const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// The client of one provider, with connections of its own.
pub(super) fn client(http: &HttpProvider) -> Result<reqwest::Client, reqwest::Error> {
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

/// A provider and what it is reached by.
#[derive(Clone, Copy)]
pub(super) struct Remote<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) provider: &'a Provider,
    pub(super) http: &'a HttpProvider,
}

/// What puts `asked` to `model`; `None` where that has no URL.
pub(super) fn question(remote: Remote<'_>, model: &str, asked: UpstreamRequest) -> Option<RequestBuilder> {
    let Remote { client, provider, http } = remote;
    let UpstreamRequest { endpoint, body, stream, betas } = asked;
    let mut body = body.into_inner();
    if let Value::Object(fields) = &mut body {
        fields.insert("model".to_owned(), Value::from(model));
        if stream || fields.contains_key("stream") {
            fields.insert("stream".to_owned(), Value::from(stream));
        }
    }
    let accept = if stream { EVENT_STREAM } else { JSON };
    let url = path::of_endpoint(&provider.kind, http, endpoint, model)?;
    let request = client.post(url).header(CONTENT_TYPE, JSON).header(ACCEPT, accept).body(body.to_string());
    let request = as_configured(request, http);
    Some(match (&provider.kind, betas.header()) {
        // Whoever speaks another API has no such previews.
        (ProviderKind::Anthropic(_), Some(betas)) => request.header(BETA, betas),
        _ => request,
    })
}

/// A call about what a provider stores at `path`, without a body.
pub(super) fn object(
    remote: Remote<'_>,
    method: Method,
    path: &[&str],
    query: Option<&StoredQuery>,
) -> Option<RequestBuilder> {
    let Remote { client, provider, http } = remote;
    let url = path::of_object(&provider.kind, http, path.iter().copied(), query)?;
    Some(as_configured(client.request(method, url).header(ACCEPT, JSON), http))
}

fn as_configured(request: RequestBuilder, http: &HttpProvider) -> RequestBuilder {
    let request = request.headers(http.headers.clone());
    let Some(key) = &http.key else { return request };
    match http.key_header {
        KeyHeader::Bearer => request.header(AUTHORIZATION, sensitive(&format!("Bearer {}", key.expose_secret()))),
        KeyHeader::Named(name) => request.header(name, sensitive(key.expose_secret())),
    }
}

/// A key was checked when the configuration was read; an empty value would be
/// refused by the provider.
fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
