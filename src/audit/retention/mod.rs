//! What ends the life of records: cuts of a chain's beginning, and legal holds
//! against them.
//!
//! A cut takes whole prefixes by place. The chain records it first; then the
//! owner of the tables puts the place, its hash and the Merkle tree up to there
//! into `audit_cut`, and removes the records batch by batch. The database refuses
//! each of these steps without the one before. The rest of the chain begins at
//! that [`Base`]: its first record links to the hash, and the tree goes on to the
//! roots of later checkpoints.

mod cut;
mod hold;
mod plan;
#[cfg(test)]
mod tests;

use sqlx::{Error, PgConnection, PgExecutor};

use super::chain::{Hash, Head, Seq};
use super::merkle::Frontier;
use super::{AuditError, Base};
use crate::store::StoreError;
use crate::tenant::TenantId;

pub use cut::{Done, finish, make};
pub use hold::{HoldError, HoldName, InvalidHoldName, place, release, standing};
pub use plan::{Limit, Plan, plan};

/// Why nothing is cut.
#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// Somebody needs the records.
    #[error("a legal hold stands on the log of {tenant} ({}); release it with `cordon audit release` first", holds.join(", "))]
    Held {
        /// Whose log.
        tenant: TenantId,
        /// The holds' names.
        holds: Vec<String>,
    },
    /// No checkpoint covers what would go.
    #[error(
        "no checkpoint with a signature that is trusted covers records of {0} that are still there; make one with \
         `cordon audit checkpoint`"
    )]
    NotAnchored(TenantId),
    /// What would go is not what was recorded.
    #[error(
        "the chain of {tenant} is not whole at record {seq}; nothing is cut before `cordon audit verify` says whole"
    )]
    Broken {
        /// Whose log.
        tenant: TenantId,
        /// The first record that is not right.
        seq: Seq,
    },
    /// Another key or chain than the checkpoint's.
    #[error(
        "the records of {tenant} are not those that the checkpoint over {size} of them was signed for; run `cordon audit verify`"
    )]
    OtherRoot {
        /// Whose log.
        tenant: TenantId,
        /// Records under the checkpoint.
        size: u64,
    },
    /// The login does not own the tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cut could not be recorded.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] Error),
}

/// A cut that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Where the chain begins since.
    pub base: Base,
    /// The place of the chain's own record of it.
    pub record: Seq,
    /// When, in microseconds since 1970.
    pub cut_us: i64,
}

/// `seq`, `hash`, `frontier`, `record_seq` and `cut_us`.
type Row = (i64, Vec<u8>, Vec<u8>, i64, i64);

/// The last cut of a chain.
///
/// # Errors
/// `Decode` when the row is none that Cordon wrote.
pub async fn last_cut(executor: impl PgExecutor<'_>, tenant: &TenantId) -> Result<Option<Cut>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT seq, hash, frontier, record_seq, cut_us FROM audit_cut WHERE tenant = $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .fetch_optional(executor)
    .await?;
    let Some((seq, hash, frontier, record_seq, cut_us)) = row else { return Ok(None) };
    let cut = || {
        let head = Head { seq: Seq::new(seq)?, hash: Hash::from_bytes(&hash)? };
        let frontier = Frontier::from_bytes(seq.unsigned_abs(), &frontier)?;
        Some(Cut { base: Base::new(head, frontier)?, record: Seq::new(record_seq)?, cut_us })
    };
    cut().map(Some).ok_or_else(|| Error::Decode("a row of audit_cut is malformed".into()))
}

/// Where the chain of `tenant` begins: behind its last cut, else at its genesis.
/// Records before it may still be there while a cut is being finished, or a hold
/// keeps them; they are no part of the chain any more.
///
/// # Errors
/// As of [`last_cut`].
pub async fn base(executor: impl PgExecutor<'_>, tenant: &TenantId) -> Result<Base, Error> {
    Ok(last_cut(executor, tenant).await?.map_or_else(|| Base::genesis(tenant), |cut| cut.base))
}

/// Held by whoever removes records of a chain, until its transaction ends.
async fn lock(connection: &mut PgConnection, tenant: &TenantId) -> Result<(), Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('cordon audit cut ' || $1, 0))")
        .bind(tenant.as_str())
        .execute(connection)
        .await
        .map(drop)
}
