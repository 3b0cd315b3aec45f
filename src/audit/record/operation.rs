//! What happens to Cordon itself, to keys, to policies and to the log.

use serde::Serialize;
use uuid::Uuid;

use super::{Configured, text};
use crate::audit::chain::{Hash, Seq};
use crate::tenant::Role;
use crate::tenant::keys::KeyId;

/// Who did something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "actor", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever holds an API key.
    Key {
        /// Its public part.
        #[serde(serialize_with = "text::key")]
        key_id: KeyId,
        /// What it may do.
        #[serde(serialize_with = "text::role")]
        role: Role,
    },
    /// Whoever runs `cordon` on the server's machine.
    Command,
    /// The server, of its own accord.
    Server,
}

/// A server started. On the chain of no tenant.
#[derive(Clone, Debug, Serialize)]
pub struct Started {
    /// SHA-256 of the program's file, in hexadecimal; `None` where it cannot be read.
    pub executable_sha256: Option<Configured>,
    /// Model, runtime and catalogue that look for entities.
    pub detector: Configured,
}

/// A server stops, having ended its requests. On the chain of no tenant.
#[derive(Clone, Debug, Serialize)]
pub struct Stopped {
    /// How long it ran, in seconds.
    pub ran_s: u64,
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

/// Somebody who has the whole of a revoked key presented it, and was refused.
#[derive(Clone, Debug, Serialize)]
pub struct KeyUsedAfterRevocation {
    /// Its public part.
    #[serde(serialize_with = "text::key")]
    pub key_id: KeyId,
    /// How often since the last such record of this process.
    pub uses: u64,
}

/// Other rules hold for the tenant than before.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyChanged {
    /// What the tenant's policy is called.
    pub policy: Configured,
    /// SHA-256 of what held before; `None` when nothing is known of it.
    pub before: Option<Configured>,
    /// SHA-256 of what holds now; `None` when no policy does.
    pub after: Option<Configured>,
}

/// Records were read.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRead {
    /// Who did.
    pub by: Actor,
    /// What was asked for, e.g. `records`.
    pub what: &'static str,
    /// By what was chosen, e.g. `label`; never the values.
    pub filters: Vec<&'static str>,
    /// How many were shown.
    pub records: u64,
}

/// Records were exported.
#[derive(Clone, Debug, Serialize)]
pub struct AuditExported {
    /// Who did.
    pub by: Actor,
    /// E.g. `archive`, `csv`.
    pub format: &'static str,
    /// The first place.
    pub from_seq: Seq,
    /// The last place.
    pub through_seq: Seq,
    /// How many.
    pub records: u64,
}

/// The chain was verified.
#[derive(Clone, Debug, Serialize)]
pub struct AuditVerified {
    /// Who did.
    pub by: Actor,
    /// In a word, e.g. `whole`, `altered`.
    pub verdict: &'static str,
    /// The first place that is not right.
    pub first_bad_seq: Option<Seq>,
    /// How far the verifier came.
    pub through_seq: Seq,
    /// E.g. `full`, `incremental`.
    pub mode: &'static str,
}

/// A checkpoint follows, whose tree covers this record.
#[derive(Clone, Debug, Serialize)]
pub struct CheckpointMade {
    /// The public key's id.
    pub key: Configured,
    /// Records under the checkpoint before; 0 for the first.
    pub previous_size: u64,
    /// Root of the checkpoint before; `None` for the first.
    pub previous_root: Option<Hash>,
}

/// The chain's first records are removed.
#[derive(Clone, Debug, Serialize)]
pub struct RetentionCut {
    /// Who did.
    pub by: Actor,
    /// The last place that goes.
    pub through_seq: Seq,
    /// The hash of the record there, which the next one follows.
    pub through_hash: Hash,
    /// How many records go.
    pub records: u64,
}

/// A hold that keeps records from being cut was placed or released.
#[derive(Clone, Debug, Serialize)]
pub struct Hold {
    /// Who did.
    pub by: Actor,
    /// The hold's name.
    pub hold: Configured,
}

/// The key of the tenant's digests was destroyed: they tell nothing any more.
#[derive(Clone, Debug, Serialize)]
pub struct DigestKeyErased {
    /// Who did.
    pub by: Actor,
    /// The key's id.
    #[serde(serialize_with = "text::id")]
    pub key: Uuid,
}

/// Stored values were opened, or looked at, outside a request's own record.
#[derive(Clone, Debug, Serialize)]
pub struct VaultRead {
    /// Who did.
    pub by: Actor,
    /// What was asked for, e.g. `status`.
    pub what: &'static str,
    /// How many values were opened.
    pub values: u64,
}

/// The tenant's data key is destroyed.
#[derive(Clone, Debug, Serialize)]
pub struct VaultErased {
    /// Who did.
    pub by: Actor,
    /// Answers that can no longer be restored.
    pub objects: u64,
    /// Tokens whose values can no longer be read.
    pub tokens: u64,
}

/// The wall clock was set. On the chain of no tenant.
#[derive(Clone, Debug, Serialize)]
pub struct ClockStepped {
    /// By how much, in milliseconds; negative when it was set back.
    pub by_ms: i64,
}
