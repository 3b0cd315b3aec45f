//! What a provider's response is worth.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};

use super::body::{UpstreamBody, UpstreamStream};
use super::client::UpstreamResponse;
use super::error::{ErrorBody, UpstreamError};
use super::request::EVENT_STREAM;
use crate::config::Provider;

/// An error's body is for people; more is cut off.
const ERROR_BODY_MAX_BYTES: usize = 64 * 1024;

/// Response headers that callers may see; the others may tell of the operator's
/// account or of the connection.
const SHOWN_HEADERS: [&str; 11] = [
    "content-type",
    "retry-after",
    "retry-after-ms",
    "openai-processing-ms",
    "request-id",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
];
/// Anthropic has one for each kind of limit: `anthropic-ratelimit-tokens-reset`.
const SHOWN_PREFIX: &str = "anthropic-ratelimit-";

/// Sorts a response into what the caller can use and what failed.
pub(super) async fn answer(
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
    let is_shown =
        |name: &HeaderName| SHOWN_HEADERS.contains(&name.as_str()) || name.as_str().starts_with(SHOWN_PREFIX);
    headers.iter().filter(|(name, _)| is_shown(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
