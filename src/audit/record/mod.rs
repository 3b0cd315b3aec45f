//! What is recorded. The types leave no place for a text of the request:
//! words are `&'static str`, names are [`Configured`], digests are keyed.

mod draft;
mod fields;
mod operation;
mod request;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;
use uuid::Uuid;

use super::canonical::{self, NotCanonical};
use crate::tenant::TenantId;
pub(super) use draft::Draft;
pub use fields::{Configured, EntityCounts, FirstPass, LatencyStep, PolicyRef, Source, TargetRef, Tokens};
pub use operation::{
    Actor, AuditExported, AuditRead, AuditVerified, CheckpointMade, ClockStepped, DigestKeyErased, Hold, KeyCreated,
    KeyRevoked, KeyUsedAfterRevocation, PolicyChanged, RetentionCut, Started, Stopped, VaultErased, VaultRead,
};
pub use request::{Accepted, Ended, Orphaned, Outcome, Refused};

const SCHEMA_VERSION: u32 = 2;

/// Something that is recorded.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A request may go on: recorded before a byte of it leaves.
    Accepted(Box<Accepted>),
    /// An accepted request is over.
    Ended(Ended),
    /// An accepted request is over as far as anybody can tell.
    Orphaned(Orphaned),
    /// A request was not let on, and nothing of it left.
    Refused(Box<Refused>),
    /// A server started.
    Started(Started),
    /// A server stops.
    Stopped(Stopped),
    /// A key was made.
    KeyCreated(KeyCreated),
    /// A key was revoked.
    KeyRevoked(KeyRevoked),
    /// A revoked key was presented, and refused.
    KeyUsedAfterRevocation(KeyUsedAfterRevocation),
    /// Other rules hold for the tenant than before.
    PolicyChanged(PolicyChanged),
    /// Records were read.
    AuditRead(AuditRead),
    /// Records were exported.
    AuditExported(AuditExported),
    /// The chain was verified.
    AuditVerified(AuditVerified),
    /// A checkpoint follows.
    CheckpointMade(CheckpointMade),
    /// The chain's first records are removed.
    RetentionCut(RetentionCut),
    /// From now on nothing is cut.
    HoldPlaced(Hold),
    /// The hold is over.
    HoldReleased(Hold),
    /// The tenant's digests tell nothing any more.
    DigestKeyErased(DigestKeyErased),
    /// Stored values were opened outside a request.
    VaultRead(VaultRead),
    /// What was kept of the tenant becomes unreadable.
    VaultErased(VaultErased),
    /// The wall clock was set.
    ClockStepped(ClockStepped),
}

impl Event {
    /// The event's name in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Accepted(_) => "accepted",
            Event::Ended(_) | Event::Orphaned(_) => "ended",
            Event::Refused(_) => "refused",
            Event::Started(_) => "started",
            Event::Stopped(_) => "stopped",
            Event::KeyCreated(_) => "key_created",
            Event::KeyRevoked(_) => "key_revoked",
            Event::KeyUsedAfterRevocation(_) => "key_used_after_revocation",
            Event::PolicyChanged(_) => "policy_changed",
            Event::AuditRead(_) => "audit_read",
            Event::AuditExported(_) => "audit_exported",
            Event::AuditVerified(_) => "audit_verified",
            Event::CheckpointMade(_) => "checkpoint_made",
            Event::RetentionCut(_) => "retention_cut",
            Event::HoldPlaced(_) => "hold_placed",
            Event::HoldReleased(_) => "hold_released",
            Event::DigestKeyErased(_) => "digest_key_erased",
            Event::VaultRead(_) => "vault_read",
            Event::VaultErased(_) => "vault_erased",
            Event::ClockStepped(_) => "clock_stepped",
        }
    }

    /// The request it belongs to.
    pub fn request(&self) -> Option<Uuid> {
        match self {
            Event::Accepted(accepted) => Some(accepted.request),
            Event::Ended(ended) => Some(ended.request),
            Event::Orphaned(orphaned) => Some(orphaned.request),
            Event::Refused(refused) => Some(refused.request.request),
            _ => None,
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
    stored_us: i64,
    kind: &'static str,
    #[serde(flatten)]
    source: &'a Source,
    #[serde(flatten)]
    event: &'a Event,
}

/// The record of `event` but for the time at which it is stored. `time_us` is in
/// microseconds since 1970.
pub(super) fn draft(
    tenant: &TenantId,
    source: &Source,
    record: Uuid,
    time_us: i64,
    event: &Event,
) -> Result<Draft, NotCanonical> {
    let (v, tenant, kind, stored_us) = (SCHEMA_VERSION, tenant.as_str(), event.kind(), draft::PLACEHOLDER_US);
    let body = canonical::to_string(&Body { v, tenant, record, time_us, stored_us, kind, source, event })?;
    Ok(Draft::new(body))
}
