//! What the kinds of providers that are reached over HTTP have in common.

use std::collections::BTreeMap;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;

use super::key_path::KeyPath;
use super::raw::RawProvider;
use super::resolve::Resolver;
use super::{HttpProvider, KeyHeader};

/// Headers that Cordon sets itself, or that decide how a request is framed.
const OWN_HEADERS: [&str; 9] = [
    "authorization",
    "host",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "accept",
    "accept-encoding",
];

pub(super) fn http_provider(
    resolver: &mut Resolver<'_>,
    at: &KeyPath,
    raw: RawProvider,
    key_header: KeyHeader,
    example: &str,
) -> Option<HttpProvider> {
    let key = raw.key_env.and_then(|variable| provider_key(resolver, at, &variable));
    let headers = extra_headers(resolver, at, raw.headers, key_header);
    let proxy = raw.proxy.and_then(|proxy| url(resolver, at, "proxy", &proxy));
    let Some(base_url) = raw.base_url else {
        resolver.problem(&at.key("base_url"), format_args!("is missing; such as \"{example}\""));
        return None;
    };
    let mut base_url = url(resolver, at, "base_url", &base_url)?;
    if !base_url.path().ends_with('/') {
        base_url.set_path(&format!("{}/", base_url.path()));
    }
    // Idle connections go before the other side drops them: load balancers keep
    // them for 60 s, uvicorn (vLLM) and llama-server for 5 s.
    let pool_idle_default_ms = if base_url.scheme() == "https" { 50_000 } else { 4_000 };
    Some(HttpProvider {
        key,
        key_header,
        headers,
        proxy,
        connect_timeout: resolver.millis(at, "connect_timeout_ms", raw.connect_timeout_ms, 10_000),
        // An unstreamed answer sends nothing until all of it is there.
        first_byte_timeout: resolver.millis(at, "first_byte_timeout_ms", raw.first_byte_timeout_ms, 300_000),
        idle_timeout: resolver.millis(at, "idle_timeout_ms", raw.idle_timeout_ms, 120_000),
        pool_idle_timeout: resolver.millis(at, "pool_idle_timeout_ms", raw.pool_idle_timeout_ms, pool_idle_default_ms),
        response_size_max_bytes: resolver.number(
            at,
            "response_size_max_bytes",
            raw.response_size_max_bytes,
            64 * 1024 * 1024,
            1024..=4 * 1024 * 1024 * 1024,
        ),
        base_url,
    })
}

fn provider_key(resolver: &mut Resolver<'_>, at: &KeyPath, variable: &str) -> Option<SecretString> {
    // What cannot stand in a header would fail every request later on.
    let key = resolver.environment.variable(variable).filter(|key| key.bytes().all(|b| b.is_ascii_graphic()));
    if key.is_none() && resolver.environment.needs_provider_keys {
        let message = format!(
            "the environment variable {variable} is not set, or holds no API key; set it to the provider's key"
        );
        resolver.problem(&at.key("key_env"), message);
    }
    key.map(SecretString::from)
}

pub(super) fn url(resolver: &mut Resolver<'_>, at: &KeyPath, key: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        resolver.problem(&at.key(key), "must be an http:// or https:// URL");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        resolver.problem(&at.key(key), "must not hold a user or password; keys come from the environment");
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        resolver.problem(&at.key(key), "must end with its path, without ? or #");
        return None;
    }
    Some(url)
}

fn extra_headers(
    resolver: &mut Resolver<'_>,
    at: &KeyPath,
    raw: BTreeMap<String, String>,
    key_header: KeyHeader,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let is_own = |name: &HeaderName| {
        OWN_HEADERS.contains(&name.as_str()) || matches!(key_header, KeyHeader::Named(own) if name == own)
    };
    for (name, value) in raw {
        let path = at.key("headers").key(&name);
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(header), _) if is_own(&header) => {
                resolver.problem(&path, "is set by Cordon itself; the API key comes from key_env");
            }
            (Ok(header), Ok(value)) => {
                headers.insert(header, value);
            }
            (Err(_), _) => resolver.problem(&path, "is no header name"),
            (_, Err(_)) => resolver.problem(&path, "holds characters that a header must not hold"),
        }
    }
    headers
}
