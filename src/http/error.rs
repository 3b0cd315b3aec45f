//! Errors in the shape that the caller's API has for them.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::server::RequestId;
use crate::dialect::{Api, Dialect, ErrorReport};
use crate::pipeline::Refusal;

/// Sent by Anthropic's clients with every request.
const ANTHROPIC_VERSION: &str = "anthropic-version";

/// What a caller gets instead of an answer.
#[derive(Debug)]
pub struct ApiError {
    api: Api,
    report: ErrorReport,
}

impl ApiError {
    /// An error with `status`, a machine-readable `code` and a sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        let report = ErrorReport { status: status.as_u16(), code, message: message.into(), param: None, request: None };
        ApiError { api: Api::OpenAi, report }
    }

    /// A parameter of the query that is wrong: `message` says what is allowed.
    /// `param` is one that Cordon knows; an unknown one is named in the message.
    pub(super) fn parameter(param: Option<&'static str>, message: impl Into<String>) -> ApiError {
        let error = ApiError::new(StatusCode::BAD_REQUEST, "invalid_parameter", message);
        ApiError { report: ErrorReport { param, ..error.report }, ..error }
    }

    /// Nothing is shown that cannot be recorded as shown.
    pub(super) fn audit_unavailable() -> ApiError {
        ApiError::from(Refusal::AuditUnavailable)
    }

    /// No key, or one that does not hold: which of the two is nobody's business.
    pub fn unauthenticated() -> ApiError {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "no valid API key: send one made by `cordon keys create` as `Authorization: Bearer KEY` or `x-api-key: KEY`",
        )
    }

    /// Which of two keys is meant decides the tenant, and nobody may guess.
    pub(super) fn two_keys() -> ApiError {
        let message = "the request bears two different API keys: send one, as `Authorization: Bearer KEY` or as \
                       `x-api-key: KEY`";
        ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    /// As many requests are in work as the configuration allows.
    pub(super) fn overloaded() -> ApiError {
        let message = "as many requests are in work as this server takes; try again";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
    }

    /// The error in the shape that the sender of `request` understands.
    pub(super) fn about(self, request: &HttpRequest) -> ApiError {
        let report = ErrorReport { request: Some(RequestId::of(request).0), ..self.report };
        ApiError { api: api_of(request), report }
    }
}

/// Whose conventions the caller follows: those of the dialect, else those of the
/// client.
fn api_of(request: &HttpRequest) -> Api {
    let dialect = Dialect::all().into_iter().find(|dialect| request.path() == dialect.route);
    match dialect {
        Some(dialect) => dialect.api,
        None if request.headers().contains_key(ANTHROPIC_VERSION) => Api::Anthropic,
        None => Api::OpenAi,
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        ApiError { api: Api::OpenAi, report: refusal.report() }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.report.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.report.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        match status {
            StatusCode::UNAUTHORIZED => drop(response.insert_header((WWW_AUTHENTICATE, "Bearer"))),
            StatusCode::SERVICE_UNAVAILABLE => drop(response.insert_header((RETRY_AFTER, "1"))),
            _ => {}
        }
        response.json(self.api.error(&self.report))
    }
}
