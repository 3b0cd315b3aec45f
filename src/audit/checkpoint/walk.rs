//! Going along a chain by its links alone, without its bodies.

use sqlx::{Error, PgPool};

use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::tenant::TenantId;

/// Links in memory at a time.
const PAGE_RECORDS: i64 = 5_000;

/// Why the links cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum WalkProblem {
    /// The record that should come next is not there.
    #[error("record {0} is missing")]
    Missing(Seq),
    /// The record does not follow the one before.
    #[error("record {0} does not follow the record before it")]
    LinkBroken(Seq),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] Error),
}

/// The chain's head as the database has it; the genesis when there is none.
pub(in crate::audit) async fn head(pool: &PgPool, tenant: &TenantId) -> Result<Head, Error> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, hash FROM audit_head WHERE tenant = $1")
        .bind(tenant.as_str())
        .fetch_optional(pool)
        .await?;
    let head = row.map(|(seq, hash)| Head {
        seq: Seq::new(seq).unwrap_or(Seq::NONE),
        hash: Hash::from_bytes(&hash).unwrap_or(Hash::MALFORMED),
    });
    Ok(head.unwrap_or_else(|| Head::genesis(tenant)))
}

/// The hash of the record at `seq`; `None` when there is no such record.
pub(in crate::audit) async fn hash_at(pool: &PgPool, tenant: &TenantId, seq: Seq) -> Result<Option<Hash>, Error> {
    let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit_record WHERE tenant = $1 AND seq = $2")
        .bind(tenant.as_str())
        .bind(seq.value())
        .fetch_optional(pool)
        .await?;
    Ok(hash.map(|hash| Hash::from_bytes(&hash).unwrap_or(Hash::MALFORMED)))
}

/// Goes from `base` to the record `through`, and tells `passed` of each hash on
/// the way; a false ends the way there. Memory stays constant.
///
/// That a record's hash is that of its body is not looked at: that is verifying.
pub(in crate::audit) async fn follow(
    pool: &PgPool,
    tenant: &TenantId,
    base: &mut Base,
    through: Seq,
    mut passed: impl FnMut(&Base) -> bool,
) -> Result<(), WalkProblem> {
    while base.seq() < through {
        let page: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, prev_hash, hash FROM audit_record WHERE tenant = $1 AND seq > $2 AND seq <= $3
             ORDER BY seq LIMIT $4",
        )
        .bind(tenant.as_str())
        .bind(base.seq().value())
        .bind(through.value())
        .bind(PAGE_RECORDS)
        .fetch_all(pool)
        .await?;
        if page.is_empty() {
            return Err(WalkProblem::Missing(base.seq().next()));
        }
        for (seq, prev_hash, hash) in page {
            let next = base.seq().next();
            if seq != next.value() {
                return Err(WalkProblem::Missing(next));
            }
            let hash = Hash::from_bytes(&hash).filter(|_| prev_hash == base.head.hash.as_bytes());
            base.follow(hash.ok_or(WalkProblem::LinkBroken(next))?);
            if !passed(base) {
                return Ok(());
            }
        }
    }
    Ok(())
}
