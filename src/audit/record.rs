//! What is recorded. The types leave no place for a text of the request:
//! words are `&'static str`, names are [`Configured`], digests are keyed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::canonical::{self, NotCanonical};
use super::digest::KeyedDigest;
use crate::detect::Label;
use crate::tenant::keys::KeyId;
use crate::tenant::{Role, TenantId};

const SCHEMA_VERSION: u32 = 1;

/// Something that is recorded.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A request may go on: recorded before a byte of it leaves.
    Accepted(Box<Accepted>),
    /// An accepted request is over.
    Ended(Ended),
    /// A request was not let on, and nothing of it left.
    Refused(Box<Refused>),
    /// A key was made.
    KeyCreated(KeyCreated),
    /// A key was revoked.
    KeyRevoked(KeyRevoked),
}

/// What is known when a request is let on.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// The `x-cordon-request-id` of the response.
    #[serde(serialize_with = "as_text")]
    pub request: Uuid,
    /// Names the conversation to whoever has the key.
    pub conversation: KeyedDigest,
    /// The public part of the key that was presented.
    #[serde(serialize_with = "key_as_text")]
    pub key_id: KeyId,
    /// What the key may do.
    #[serde(serialize_with = "role_as_text")]
    pub role: Role,
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
    #[serde(serialize_with = "as_text")]
    pub request: Uuid,
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

/// A key was made.
#[derive(Clone, Debug, Serialize)]
pub struct KeyCreated {
    /// Its public part.
    #[serde(serialize_with = "key_as_text")]
    pub key_id: KeyId,
    /// What it may do.
    #[serde(serialize_with = "role_as_text")]
    pub role: Role,
}

/// A key was revoked.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRevoked {
    /// Its public part.
    #[serde(serialize_with = "key_as_text")]
    pub key_id: KeyId,
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
}

/// A name out of the operator's configuration (a model, a provider, a policy)
/// or of the program. Never text of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Configured(Arc<str>);

impl Configured {
    /// `name` must come from the configuration.
    pub fn name(name: impl Into<Arc<str>>) -> Configured {
        Configured(name.into())
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TargetRef {
    /// The model that is asked.
    pub model: Configured,
    /// Who runs it.
    pub provider: Configured,
    /// Where it stands.
    pub region: Option<Configured>,
}

/// A policy as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PolicyRef {
    /// Its name.
    pub id: Configured,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: Configured,
}

/// What the local model did before the remote one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FirstPass {
    /// E.g. `answered`, `drafted`, `failed`.
    pub outcome: &'static str,
    /// The local model.
    pub model: Configured,
}

/// Tokens of the model, as counted by whoever ran it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Tokens {
    /// In the prompt.
    pub prompt: u64,
    /// In the answer.
    pub completion: u64,
}

/// Entities by label and by action.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct EntityCounts(BTreeMap<&'static str, BTreeMap<&'static str, u64>>);

impl EntityCounts {
    /// Counts `n` more entities with `label` that met `action`, e.g. `redact`.
    pub fn add(&mut self, label: Label, action: &'static str, n: u64) {
        *self.0.entry(label.as_str()).or_default().entry(action).or_default() += n;
    }
}

/// A latency rounded up to 1, 2 or 5 times a power of ten milliseconds: fine
/// enough for operations, too coarse to recognise a request by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LatencyStep(u64);

impl From<Duration> for LatencyStep {
    fn from(latency: Duration) -> LatencyStep {
        let decades = std::iter::successors(Some(1_u64), |decade| decade.checked_mul(10)).take(9);
        let mut steps = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
        LatencyStep(steps.find(|step| latency <= Duration::from_millis(*step)).unwrap_or(1_000_000_000))
    }
}

impl Event {
    /// The event's name in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Accepted(_) => "accepted",
            Event::Ended(_) => "ended",
            Event::Refused(_) => "refused",
            Event::KeyCreated(_) => "key_created",
            Event::KeyRevoked(_) => "key_revoked",
        }
    }

    /// The request it belongs to.
    pub fn request(&self) -> Option<Uuid> {
        match self {
            Event::Accepted(accepted) => Some(accepted.request),
            Event::Ended(ended) => Some(ended.request),
            Event::Refused(refused) => Some(refused.request.request),
            Event::KeyCreated(_) | Event::KeyRevoked(_) => None,
        }
    }
}

/// The body of a record: the event with what every record has.
#[derive(Serialize)]
struct Body<'a> {
    v: u32,
    tenant: &'a str,
    #[serde(serialize_with = "as_text")]
    record: Uuid,
    time_us: i64,
    kind: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

/// The canonical bytes of a record: what is stored and what is hashed.
/// `time_us` is in microseconds since 1970.
pub(super) fn body(tenant: &TenantId, record: Uuid, time_us: i64, event: &Event) -> Result<String, NotCanonical> {
    let kind = event.kind();
    canonical::to_string(&Body { v: SCHEMA_VERSION, tenant: tenant.as_str(), record, time_us, kind, event })
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&id.hyphenated())
}

fn key_as_text<S: Serializer>(key: &KeyId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.as_str())
}

fn role_as_text<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_rounded_up_to_a_step() {
        let step = |ms| LatencyStep::from(Duration::from_millis(ms)).0;
        assert_eq!([0, 1, 2, 3, 21, 999, 1001].map(step), [1, 1, 2, 5, 50, 1000, 2000]);
        assert_eq!(step(u64::MAX / 2), 1_000_000_000);
    }
}
