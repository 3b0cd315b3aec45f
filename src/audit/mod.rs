//! The hash-chained record of what happened.
//!
//! A request is recorded before anything of it leaves ([`AuditLog::accept`])
//! and once more when it is over ([`OpenRequest::end`]). Records hold counts,
//! configured names and keyed digests, never a text of the request.

pub mod base;
mod canonical;
pub mod chain;
mod digest;
pub mod merkle;
pub mod query;
pub mod record;
#[cfg(test)]
pub(crate) mod testing;
pub mod verify;
mod writer;

pub use base::Base;
pub use chain::{Hash, Receipt, Seq};
pub use digest::{DigestKey, KeyedDigest, Subject};
pub use record::{
    Accepted, Configured, Ended, EntityCounts, Event, FirstPass, KeyCreated, KeyRevoked, LatencyStep, Outcome,
    PolicyRef, Refused, TargetRef, Tokens, VaultErased,
};
pub use writer::{AuditConfig, AuditError, AuditLog, OpenRequest};
