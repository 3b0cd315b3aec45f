//! What goes out to a provider, and how.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::config::HttpProvider;
use crate::scrub::Sanitized;

const MODELS: &str = "models";
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

/// A request to an endpoint, with the target's name of the model.
pub(super) fn post(
    client: &reqwest::Client,
    (http, endpoint): (&HttpProvider, &str),
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
    let accept = if stream { EVENT_STREAM } else { "application/json" };
    let request = client.post(url(http, endpoint)).header(CONTENT_TYPE, "application/json");
    as_configured(request.header(ACCEPT, accept).body(body.to_string()), http).build()
}

/// The request for the provider's list of models.
pub(super) fn models(client: &reqwest::Client, http: &HttpProvider) -> Result<reqwest::Request, reqwest::Error> {
    as_configured(client.get(url(http, MODELS)).header(ACCEPT, "application/json"), http).build()
}

fn url(http: &HttpProvider, endpoint: &str) -> Url {
    let mut url = http.base_url.clone();
    url.set_path(&format!("{}{endpoint}", url.path()));
    url
}

fn as_configured(request: RequestBuilder, http: &HttpProvider) -> RequestBuilder {
    let request = request.headers(http.headers.clone());
    match &http.key {
        Some(key) => request.header(AUTHORIZATION, bearer(key.expose_secret())),
        None => request,
    }
}

/// `key` was checked when the configuration was read; an empty value would be
/// refused by the provider.
fn bearer(key: &str) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
