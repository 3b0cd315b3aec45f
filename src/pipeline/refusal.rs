//! Why a request was not answered.

use crate::detect::Label;
use crate::dialect::{ErrorReport, Media, RequestError};
use crate::policy::{Looser, UnknownPurpose};
use crate::upstream::{InvalidBeta, InvalidQuery};

/// A request that gets an error instead of an answer. The messages are for the
/// caller: they say what to do and repeat nothing of the request's content.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body does not fit the API.
    #[error(transparent)]
    Invalid(#[from] RequestError),
    /// The caller asks for something looser than its policy.
    #[error("x-cordon-actions: {0}")]
    Looser(#[from] Looser),
    /// The caller names a purpose that its policy does not have.
    #[error("x-cordon-purpose: {0}")]
    Purpose(#[from] UnknownPurpose),
    /// The caller asks for previews by what are no names of any.
    #[error(transparent)]
    Betas(#[from] InvalidBeta),
    /// What stands behind `?` is nothing of the API's.
    #[error(transparent)]
    Query(#[from] InvalidQuery),
    /// No model of that name is configured, or the policy hides it.
    #[error("the model does not exist or this key may not use it; GET /v1/models lists those it may")]
    UnknownModel,
    /// The policy forbids what was found.
    #[error("the policy of this tenant does not let {} through", join(.0))]
    Blocked(Vec<Label>),
    /// The policy wants no vectors of masked text.
    #[error(
        "the request holds {}, and vectors of masked text would not mean what it says; the policy of this tenant \
         refuses them (`embeddings = \"mask\"` under [content] lets them be made)", join(.0)
    )]
    MaskedVectors(Vec<Label>),
    /// The request holds content that cannot be scanned.
    #[error("the request holds {} content, which cannot be scanned for personal data; the policy of this tenant refuses it", .media.as_str())]
    Unscannable {
        /// What it is.
        media: Media,
        /// The field of the request where such content stands.
        input: &'static str,
    },
    /// The detectors cannot look at the request now.
    #[error("personal data cannot be looked for right now, so the request was not sent; try again")]
    DetectorUnavailable,
    /// Looking at the request takes longer than the configuration allows.
    #[error(
        "personal data could not be looked for in time, so the request was not sent; shorten a long text, or raise \
         deadline_ms of [ner] in cordon.toml"
    )]
    DetectorTooSlow,
    /// The record of the request could not be written.
    #[error("the audit log cannot be written right now, so the request was not sent; try again")]
    AuditUnavailable,
    /// No provider may keep the answer that the request asks to be kept, or names.
    #[error(
        "the policy of this tenant lets no provider keep answers: send `\"store\": false` and the whole conversation \
         (`kept_answers = \"keep\"` under [content] lets them be kept)"
    )]
    KeepsNothing,
    /// Nothing is kept under the id that the request names.
    #[error(
        "no answer is kept under this id for this key: it was never kept, has expired or was deleted; send the whole \
         conversation"
    )]
    UnknownAnswer {
        /// The field that names it; none where the path does.
        param: Option<&'static str>,
    },
    /// Another request of the conversation came in between.
    #[error("another request has just changed the same conversation; try again")]
    Raced,
    /// A text holds what looks like a token that has left already.
    #[error(
        "a text of the request holds what stands for another value in this conversation, so the two could not be told \
         apart; write it another way, or begin a new conversation"
    )]
    Literal,
    /// What is kept of earlier answers cannot be read or written.
    #[error("what is kept of stored answers cannot be read or written right now; try again")]
    VaultUnavailable,
    /// No target that the policy allows can answer.
    #[error("no target that the policy of this tenant allows can answer: {0}")]
    NoAllowedTarget(&'static str),
    /// The tenant has no policy that holds.
    #[error("this tenant has no valid policy, so nothing may pass; its administrator must add one")]
    NoPolicy,
    /// The target could not be reached or broke off.
    #[error("the upstream provider could not answer: {0}")]
    Upstream(&'static str),
    /// The target did not answer in time.
    #[error("the upstream provider did not answer in time")]
    UpstreamTimeout,
    /// The local model has too much to do.
    #[error("the local model is busy; try again")]
    LocalBusy,
}

impl Refusal {
    /// The HTTP status of the response.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Invalid(_) | Refusal::Looser(_) | Refusal::Betas(_) => 400,
            Refusal::Query(_) | Refusal::Purpose(_) | Refusal::Literal => 400,
            Refusal::UnknownAnswer { param: Some(_) } => 400,
            Refusal::UnknownModel | Refusal::UnknownAnswer { param: None } => 404,
            Refusal::Blocked(_) | Refusal::MaskedVectors(_) | Refusal::KeepsNothing => 403,
            Refusal::Raced => 409,
            Refusal::Unscannable { .. } => 422,
            Refusal::Upstream(_) => 502,
            Refusal::UpstreamTimeout => 504,
            Refusal::DetectorUnavailable
            | Refusal::DetectorTooSlow
            | Refusal::AuditUnavailable
            | Refusal::VaultUnavailable
            | Refusal::NoAllowedTarget(_)
            | Refusal::NoPolicy
            | Refusal::LocalBusy => 503,
        }
    }

    /// The machine-readable code of the error object and of the audit record.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Invalid(_) | Refusal::Looser(_) | Refusal::Betas(_) => "invalid_request",
            Refusal::Query(_) | Refusal::Purpose(_) | Refusal::Literal => "invalid_request",
            Refusal::UnknownModel => "model_not_found",
            // OpenAI's own word for it.
            Refusal::UnknownAnswer { param: Some(_) } => "previous_response_not_found",
            Refusal::UnknownAnswer { param: None } => "not_found",
            Refusal::Blocked(_) | Refusal::MaskedVectors(_) | Refusal::KeepsNothing => "policy_blocked",
            Refusal::Raced => "conflict",
            Refusal::Unscannable { .. } => "unscannable_content",
            Refusal::DetectorUnavailable | Refusal::DetectorTooSlow => "detector_unavailable",
            Refusal::AuditUnavailable => "audit_unavailable",
            Refusal::VaultUnavailable => "vault_unavailable",
            Refusal::NoAllowedTarget(_) => "no_allowed_target",
            Refusal::NoPolicy => "policy_unavailable",
            Refusal::Upstream(_) => "upstream_error",
            Refusal::UpstreamTimeout => "upstream_timeout",
            Refusal::LocalBusy => "local_model_busy",
        }
    }

    /// The error that the caller gets.
    pub fn report(&self) -> ErrorReport {
        ErrorReport {
            status: self.status(),
            code: self.code(),
            message: self.to_string(),
            param: self.param(),
            request: None,
        }
    }

    /// The field of the request that it is about.
    fn param(&self) -> Option<&'static str> {
        match self {
            Refusal::Invalid(error) => error.param,
            Refusal::UnknownModel => Some("model"),
            Refusal::UnknownAnswer { param } => *param,
            Refusal::Unscannable { input, .. } => Some(input),
            _ => None,
        }
    }
}

fn join(labels: &[Label]) -> String {
    labels.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(", ")
}
