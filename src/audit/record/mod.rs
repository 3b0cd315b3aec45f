//! What is recorded. The types leave no place for a text of the request:
//! words are `&'static str`, names are [`Configured`], digests are keyed.

mod fields;
mod request;
mod text;

use serde::Serialize;
use uuid::Uuid;

use super::canonical::{self, NotCanonical};
use crate::tenant::keys::KeyId;
use crate::tenant::{Role, TenantId};
pub use fields::{Configured, EntityCounts, FirstPass, LatencyStep, PolicyRef, TargetRef, Tokens};
pub use request::{Accepted, Ended, Outcome, Refused};

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
    /// What was kept of the tenant became unreadable.
    VaultErased(VaultErased),
}

/// A key was made.
#[derive(Clone, Debug, Serialize)]
pub struct KeyCreated {
    /// Its public part.
    #[serde(serialize_with = "text::key")]
    pub key_id: KeyId,
    /// What it may do.
    #[serde(serialize_with = "text::role")]
    pub role: Role,
}

/// A key was revoked.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRevoked {
    /// Its public part.
    #[serde(serialize_with = "text::key")]
    pub key_id: KeyId,
}

/// The tenant's data key was destroyed.
#[derive(Clone, Debug, Serialize)]
pub struct VaultErased {
    /// Answers that can no longer be restored.
    pub objects: u64,
    /// Tokens whose values can no longer be read.
    pub tokens: u64,
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
            Event::VaultErased(_) => "vault_erased",
        }
    }

    /// The request it belongs to.
    pub fn request(&self) -> Option<Uuid> {
        match self {
            Event::Accepted(accepted) => Some(accepted.request),
            Event::Ended(ended) => Some(ended.request),
            Event::Refused(refused) => Some(refused.request.request),
            Event::KeyCreated(_) | Event::KeyRevoked(_) | Event::VaultErased(_) => None,
        }
    }
}

/// The body of a record: the event with what every record has.
#[derive(Serialize)]
struct Body<'a> {
    v: u32,
    tenant: &'a str,
    #[serde(serialize_with = "text::id")]
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
