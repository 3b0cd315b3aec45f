//! The hash-chained record of what happened.
//!
//! A request is recorded before anything of it leaves ([`AuditLog::accept`])
//! and once more when it is over ([`OpenRequest::end`]). Records hold counts,
//! configured names and keyed digests, never a text of the request.

pub mod base;
mod canonical;
pub mod chain;
pub mod checkpoint;
mod clock;
mod digest;
pub mod digest_keys;
pub mod export;
pub mod index;
pub mod leader;
pub mod merkle;
pub mod orphan;
pub mod proof;
pub mod query;
pub mod record;
pub mod report;
pub mod retention;
#[doc(hidden)]
pub mod testing;
pub mod verify;
mod writer;

pub use base::Base;
pub use chain::{Hash, Receipt, Seq};
pub use digest::{DigestKey, KeyedDigest, Subject};
pub use digest_keys::{DigestKeyError, DigestKeys};
pub use leader::Leader;
pub use record::{
    Accepted, Actor, AuditExported, AuditRead, AuditVerified, CheckpointMade, ClockStepped, Configured,
    DigestKeyErased, Ended, EntityCounts, Event, FirstPass, Hold, KeyCreated, KeyRevoked, KeyUsedAfterRevocation,
    LatencyStep, Orphaned, Outcome, PolicyChanged, PolicyRef, Refused, RetentionCut, Source, Started, Stopped,
    TargetRef, Tokens, VaultErased, VaultRead,
};
pub use writer::{AuditConfig, AuditError, AuditLog, OpenRequest};
