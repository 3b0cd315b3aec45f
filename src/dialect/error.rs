//! Errors in the shape that an API's clients understand.

use serde_json::{Value, json};
use uuid::Uuid;

/// Whose conventions an API follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Api {
    /// OpenAI's.
    #[default]
    OpenAi,
    /// Anthropic's.
    Anthropic,
}

/// Why a caller gets no answer, or no more of one.
#[derive(Clone, Debug)]
pub struct ErrorReport {
    /// HTTP status; of an error in mid-stream the one that it would have had.
    pub status: u16,
    /// The machine-readable code.
    pub code: &'static str,
    /// A sentence that says what to do.
    pub message: String,
    /// The field of the request that it is about.
    pub param: Option<&'static str>,
    /// The request's id, where it has one.
    pub request: Option<Uuid>,
}

impl Api {
    /// The body of an error's response.
    pub fn error(self, report: &ErrorReport) -> Value {
        match self {
            Api::OpenAi => json!({"error": {
                "message": report.message,
                "type": openai_type(report.status),
                "param": report.param,
                "code": report.code,
            }}),
            Api::Anthropic => json!({
                "type": "error",
                "error": {
                    "type": anthropic_type(report.status),
                    "message": report.message,
                    "code": report.code,
                    "details": {"error_code": anthropic_code(report)},
                },
                "request_id": report.request.map(|id| id.to_string()),
            }),
        }
    }
}

/// The code by which Anthropic's clients recover: they go on without a `thread`.
fn anthropic_code(report: &ErrorReport) -> &'static str {
    match report.param {
        Some("thread") => "thread_unsupported_request",
        _ => report.code,
    }
}

/// The `type` that OpenAI's clients sort errors by.
pub(super) fn openai_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// The `type` that Anthropic's clients sort errors by (Claude API, "Errors").
pub(super) fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        400..500 => "invalid_request_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        _ => "api_error",
    }
}
