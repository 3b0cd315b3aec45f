//! Where at a provider a request goes.

use reqwest::Url;

use super::query::StoredQuery;
use crate::config::{HttpProvider, ProviderKind};

/// Endpoints that Azure's versioned paths serve below a deployment; the others
/// know it by the body's `model`.
const OF_DEPLOYMENTS: [&str; 3] = ["chat/completions", "completions", "embeddings"];

/// The URL of `endpoint`, for requests to `model`.
pub(super) fn of_endpoint(kind: &ProviderKind, http: &HttpProvider, endpoint: &str, model: &str) -> Option<Url> {
    let endpoint_segments = endpoint.split('/');
    match kind {
        ProviderKind::AzureOpenAi { api_version: Some(version), .. } if OF_DEPLOYMENTS.contains(&endpoint) => {
            let segments = ["openai", "deployments", model].into_iter().chain(endpoint_segments);
            below(http, segments).map(|url| versioned(url, version))
        }
        _ => of_object(kind, http, endpoint_segments, None),
    }
}

/// The URL of what stands at `path`: the list of models, or something stored.
pub(super) fn of_object<'a>(
    kind: &ProviderKind,
    http: &HttpProvider,
    path: impl Iterator<Item = &'a str>,
    query: Option<&StoredQuery>,
) -> Option<Url> {
    let mut url = match kind {
        ProviderKind::AzureOpenAi { api_version: Some(version), .. } => {
            versioned(below(http, ["openai"].into_iter().chain(path))?, version)
        }
        ProviderKind::AzureOpenAi { api_version: None, .. } => below(http, ["openai", "v1"].into_iter().chain(path))?,
        _ => below(http, path)?,
    };
    if let Some(query) = query {
        for (name, value) in query.pairs() {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    Some(url)
}

/// `segments` behind the base URL, percent-encoded; `None` where one is none, or
/// would lead upwards.
fn below<'a>(http: &HttpProvider, segments: impl Iterator<Item = &'a str>) -> Option<Url> {
    let mut url = http.base_url.clone();
    let mut path = url.path_segments_mut().ok()?;
    path.pop_if_empty();
    for segment in segments {
        if matches!(segment, "" | "." | "..") {
            return None;
        }
        path.push(segment);
    }
    drop(path);
    Some(url)
}

fn versioned(mut url: Url, version: &str) -> Url {
    url.query_pairs_mut().append_pair("api-version", version);
    url
}
