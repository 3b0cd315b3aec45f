//! One `[[provider]]` section.

use std::collections::BTreeSet;

use reqwest::header::HeaderValue;

use super::http_provider::http_provider;
use super::key_path::KeyPath;
use super::raw::{RawApi, RawProvider, RawProviderKind};
use super::resolve::Resolver;
use super::{KeyHeader, Provider, ProviderKind};

/// What Anthropic's API must be told of itself, unless `headers` says it.
const ANTHROPIC_VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

pub(super) fn provider(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawProvider) -> Option<Provider> {
    if raw.name.is_empty() || !raw.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        resolver.problem(&at.key("name"), "must be made of letters, digits, -, _ and .");
    }
    refuse_meaningless(resolver, at, &raw);
    let (name, region) = (raw.name.clone(), raw.region.clone());
    let (kind, apis) = match raw.kind {
        RawProviderKind::Embedded => return Some(Provider::embedded(name, region)),
        RawProviderKind::OpenAi => {
            let apis = openai_apis(resolver, at, raw.apis.as_deref());
            let http = http_provider(resolver, at, raw, KeyHeader::Bearer, "https://api.openai.com/v1")?;
            (ProviderKind::OpenAi(Box::new(http)), apis)
        }
        RawProviderKind::Anthropic => {
            let key_header = KeyHeader::Named("x-api-key");
            let mut http = http_provider(resolver, at, raw, key_header, "https://api.anthropic.com/v1")?;
            let (name, version) = ANTHROPIC_VERSION;
            http.headers.entry(name).or_insert(HeaderValue::from_static(version));
            let apis = BTreeSet::from(["anthropic.messages", "anthropic.count_tokens"]);
            (ProviderKind::Anthropic(Box::new(http)), apis)
        }
        RawProviderKind::Azure => {
            let apis = openai_apis(resolver, at, raw.apis.as_deref());
            let api_version = raw.api_version.clone().filter(|version| is_azure_version(resolver, at, version));
            let key_header = KeyHeader::Named("api-key");
            let http = http_provider(resolver, at, raw, key_header, "https://RESOURCE.openai.azure.com")?;
            if http.base_url.path().split('/').any(|segment| segment == "openai") {
                resolver.problem(&at.key("base_url"), "must end in front of /openai; Cordon adds that");
            }
            (ProviderKind::AzureOpenAi { http: Box::new(http), api_version }, apis)
        }
    };
    Some(Provider { name, region, kind, apis })
}

/// A key that the provider's kind does not look at would be believed to hold.
fn refuse_meaningless(resolver: &mut Resolver<'_>, at: &KeyPath, raw: &RawProvider) {
    let (embedded, azure) = (raw.kind == RawProviderKind::Embedded, raw.kind == RawProviderKind::Azure);
    let anthropic = raw.kind == RawProviderKind::Anthropic;
    let keys = [
        ("base_url", raw.base_url.is_some() && embedded),
        ("key_env", raw.key_env.is_some() && embedded),
        ("proxy", raw.proxy.is_some() && embedded),
        ("headers", !raw.headers.is_empty() && embedded),
        ("apis", raw.apis.is_some() && (embedded || anthropic)),
        ("api_version", raw.api_version.is_some() && !azure),
    ];
    for (key, _) in keys.into_iter().filter(|(_, meaningless)| *meaningless) {
        resolver.problem(&at.key(key), "has no meaning for a provider of this kind; remove it");
    }
}

fn openai_apis(resolver: &mut Resolver<'_>, at: &KeyPath, listed: Option<&[RawApi]>) -> BTreeSet<&'static str> {
    let listed = listed.unwrap_or(&[RawApi::Chat, RawApi::Completions, RawApi::Responses, RawApi::Embeddings]);
    if listed.is_empty() {
        resolver.problem(&at.key("apis"), "must name at least one; without it, the provider is asked by all of them");
    }
    let names = |api: &RawApi| match api {
        RawApi::Chat => &["openai.chat"][..],
        RawApi::Completions => &["openai.completions"],
        RawApi::Responses => &["openai.responses", "openai.input_tokens"],
        RawApi::Embeddings => &["openai.embeddings"],
    };
    listed.iter().flat_map(names).copied().collect()
}

/// `2024-10-21`, `2025-04-01-preview`: the versions of Azure's data plane.
fn is_azure_version(resolver: &mut Resolver<'_>, at: &KeyPath, version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let is_date = date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok();
    if !is_date {
        let message = "must be a date, such as \"2024-10-21\" or \"2025-04-01-preview\"; \
                       leave it out for the paths below openai/v1";
        resolver.problem(&at.key("api_version"), message);
    }
    is_date
}
