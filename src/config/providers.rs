//! The `[[provider]]` and `[[model]]` sections.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;

use super::key_path::KeyPath;
use super::raw::{RawModel, RawProvider, RawProviderKind};
use super::resolve::Resolver;
use super::{EMBEDDED, HttpProvider, Model, Provider, ProviderKind, Target, Targets, did_you_mean};
use crate::local::LocalConfig;

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

pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    raw_providers: Vec<RawProvider>,
    raw_models: Vec<RawModel>,
    local: Option<&LocalConfig>,
) -> Targets {
    let mut targets = Targets::default();
    for (index, raw) in raw_providers.into_iter().enumerate() {
        let at = KeyPath::new("provider").index(index);
        let name = raw.name.clone();
        if targets.providers.contains_key(&name) {
            resolver.problem(&at.key("name"), format_args!("the provider \"{name}\" is there twice"));
        }
        if raw.kind == RawProviderKind::Embedded && local.is_none() {
            resolver.problem(&at.key("kind"), "the embedded model is off; remove `model = \"off\"` from [local]");
        }
        if let Some(provider) = provider(resolver, &at, raw) {
            targets.providers.insert(name, Arc::new(provider));
        }
    }
    if let Some(local) = local {
        add_embedded(&mut targets, local);
    }
    add_models(resolver, &mut targets, raw_models);
    targets
}

fn provider(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawProvider) -> Option<Provider> {
    if raw.name.is_empty() || !raw.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        resolver.problem(&at.key("name"), "must be made of letters, digits, -, _ and .");
    }
    let name = raw.name.clone();
    let region = raw.region.clone();
    let kind = match raw.kind {
        RawProviderKind::OpenAi => ProviderKind::OpenAi(Box::new(http_provider(resolver, at, raw)?)),
        RawProviderKind::Embedded => {
            for (key, given) in [("base_url", raw.base_url.is_some()), ("key_env", raw.key_env.is_some())] {
                if given {
                    resolver.problem(&at.key(key), "has no meaning for the embedded model; remove it");
                }
            }
            ProviderKind::Embedded
        }
    };
    Some(Provider { name, region, kind })
}

fn http_provider(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawProvider) -> Option<HttpProvider> {
    let key = raw.key_env.and_then(|variable| {
        // What cannot stand in a header would fail every request later on.
        let key = resolver.environment.variable(&variable).filter(|key| key.bytes().all(|b| b.is_ascii_graphic()));
        if key.is_none() && resolver.environment.needs_provider_keys {
            let message = format!(
                "the environment variable {variable} is not set, or holds no API key; set it to the provider's key"
            );
            resolver.problem(&at.key("key_env"), message);
        }
        key.map(SecretString::from)
    });
    let headers = extra_headers(resolver, at, raw.headers);
    let proxy = raw.proxy.and_then(|proxy| url(resolver, at, "proxy", &proxy));
    let Some(base_url) = raw.base_url else {
        resolver.problem(&at.key("base_url"), "is missing; such as \"https://api.openai.com/v1\"");
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

fn url(resolver: &mut Resolver<'_>, at: &KeyPath, key: &str, text: &str) -> Option<Url> {
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

fn extra_headers(resolver: &mut Resolver<'_>, at: &KeyPath, raw: BTreeMap<String, String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in raw {
        let path = at.key("headers").key(&name);
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(header), _) if OWN_HEADERS.contains(&header.as_str()) => {
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

/// The embedded model is there without a word of configuration, so that a first
/// call works offline; what the file says under the same names goes before.
fn add_embedded(targets: &mut Targets, local: &LocalConfig) {
    let implied = || Arc::new(Provider { name: EMBEDDED.to_owned(), region: None, kind: ProviderKind::Embedded });
    let declared = targets.providers.values().find(|provider| provider.is_embedded()).cloned();
    let provider = declared.unwrap_or_else(implied);
    targets.providers.entry(provider.name.clone()).or_insert_with(|| provider.clone());
    let file_name = gguf_name(local);
    for name in [EMBEDDED, &file_name] {
        let target = Target { provider: provider.clone(), model: file_name.clone() };
        let model = Model { name: name.to_owned(), targets: vec![target] };
        targets.models.insert(name.to_owned(), Arc::new(model));
    }
}

/// `SmolLM2-135M-Instruct.Q4_1.gguf` is `smollm2-135m-instruct`.
fn gguf_name(local: &LocalConfig) -> String {
    let stem = local.model.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    match stem.rsplit_once('.') {
        Some((name, quantization)) if quantization.starts_with(['q', 'f', 'i', 'b']) => name.to_owned(),
        _ => stem,
    }
}

fn add_models(resolver: &mut Resolver<'_>, targets: &mut Targets, raw: Vec<RawModel>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = KeyPath::new("model").index(index);
        if raw.name.is_empty() || !seen.insert(raw.name.clone()) {
            resolver.problem(&at.key("name"), format_args!("the model \"{}\" is unnamed or there twice", raw.name));
        }
        if raw.targets.is_empty() {
            resolver.problem(
                &at.key("targets"),
                "must name at least one target: [{ provider = \"...\", model = \"...\" }]",
            );
        }
        let mut resolved = Vec::new();
        for (position, target) in raw.targets.into_iter().enumerate() {
            match targets.providers.get(&target.provider) {
                Some(provider) => resolved.push(Target { provider: provider.clone(), model: target.model }),
                None => {
                    let known = targets.providers.keys().map(String::as_str);
                    let hint = did_you_mean(&target.provider, known);
                    let path = at.key("targets").index(position).key("provider");
                    resolver.problem(&path, format_args!("there is no provider \"{}\"{hint}", target.provider));
                }
            }
        }
        targets.models.insert(raw.name.clone(), Arc::new(Model { name: raw.name, targets: resolved }));
    }
}
