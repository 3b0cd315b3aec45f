//! The life of a request in records.

use serde::Serialize;
use uuid::Uuid;

use super::text;
use super::{Actor, Configured, EntityCounts, FirstPass, LatencyStep, PolicyRef, TargetRef, Tokens};
use crate::audit::digest::KeyedDigest;
use crate::tenant::Role;
use crate::tenant::keys::KeyId;

/// What is known when a request is let on.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// The `x-cordon-request-id` of the response.
    #[serde(serialize_with = "text::id")]
    pub request: Uuid,
    /// Names the key of the digests in this record, and of those in the request's
    /// end. The conversation of a request that goes on from a kept answer has the
    /// name that it began with.
    #[serde(serialize_with = "text::id")]
    pub digest_key: Uuid,
    /// Names the conversation to whoever has the key.
    pub conversation: KeyedDigest,
    /// The request whose kept answer this one goes on from or asks about.
    #[serde(serialize_with = "text::optional_id")]
    pub continues: Option<Uuid>,
    /// The public part of the key that was presented.
    #[serde(serialize_with = "text::key")]
    pub key_id: KeyId,
    /// What the key may do.
    #[serde(serialize_with = "text::role")]
    pub role: Role,
    /// Of the address at the other end of the connection.
    pub client: Option<KeyedDigest>,
    /// One of the policy's purposes.
    pub purpose: Option<Configured>,
    /// The path as Cordon knows it, e.g. `/v1/chat/completions`.
    pub route: &'static str,
    /// Whose API it is, e.g. `openai.chat`.
    pub dialect: &'static str,
    /// The model asked for, when it is a configured one.
    pub model_asked: Option<Configured>,
    /// Where the request is to go; `None` when nothing leaves.
    pub target: Option<TargetRef>,
    /// The policy that decided.
    pub policy: PolicyRef,
    /// Model, runtime and catalogue that looked for entities.
    pub detector: Configured,
    /// How many entities were found, by label and by what was done.
    pub entities: EntityCounts,
    /// The policy's `first_pass`, e.g. `draft`.
    pub first_pass: &'static str,
    /// Values of earlier requests that were opened for this one.
    pub vault_values: u64,
    /// Size of the client's body.
    pub bytes_in: u64,
    /// Of the client's body.
    pub original_digest: KeyedDigest,
    /// Of the body that leaves; `None` when none does or it is not known yet.
    pub sanitized_digest: Option<KeyedDigest>,
}

/// How a request ended.
#[derive(Clone, Debug, Serialize)]
pub struct Ended {
    /// As in [`Accepted::request`].
    #[serde(serialize_with = "text::id")]
    pub request: Uuid,
    /// The `record` of its `accepted`; filled in by the open request.
    #[serde(serialize_with = "text::optional_id")]
    pub parent: Option<Uuid>,
    /// In one word.
    pub outcome: Outcome,
    /// An error's code, e.g. `upstream_timeout`.
    pub code: Option<&'static str>,
    /// The status of the response, when one was sent.
    pub http_status: Option<u16>,
    /// The target that answered.
    pub target: Option<TargetRef>,
    /// What the local model did.
    pub first_pass: Option<FirstPass>,
    /// Size of the response's body.
    pub bytes_out: u64,
    /// As the provider counted them.
    pub tokens: Option<Tokens>,
    /// Of the body that left last, when it was not known at the acceptance.
    pub sanitized_digest: Option<KeyedDigest>,
    /// From the request's first byte to the response's last.
    #[serde(rename = "latency_ms_le")]
    pub latency: LatencyStep,
}

/// The end of a request, recorded by somebody else: whoever had the request is
/// gone, and what became of it is not known. Its record is one of kind `ended`.
#[derive(Clone, Debug, Serialize)]
pub struct Orphaned {
    /// As in [`Accepted::request`].
    #[serde(serialize_with = "text::id")]
    pub request: Uuid,
    /// The id of the request's `accepted` record.
    #[serde(serialize_with = "text::id")]
    pub parent: Uuid,
    /// Always [`Outcome::Unknown`].
    pub outcome: Outcome,
    /// `replica_lost`: a process had said that it runs the request, and stopped
    /// saying so. `no_end_recorded`: none ever did.
    pub code: &'static str,
    /// Who recorded it.
    pub by: Actor,
}

/// A request that was not let on.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// The request.
    #[serde(flatten)]
    pub request: Accepted,
    /// Why, e.g. `policy_blocked`.
    pub code: &'static str,
    /// The status of the response.
    pub http_status: u16,
}

/// How an accepted request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The client has the whole answer.
    Completed,
    /// Cordon or the provider failed.
    Failed,
    /// The client went away, or the request was dropped.
    Aborted,
    /// The process that had the request is gone and did not say.
    Unknown,
}
