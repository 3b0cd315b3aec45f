//! The checkpoints that go along with an export.

use sqlx::{Error, PgPool};

use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::checkpoint::SignedCheckpoint;
use crate::audit::merkle::Frontier;
use crate::tenant::TenantId;

/// The size of the checkpoint that anchors a range best: the first one that
/// covers all of it, else the last one that reaches into it.
pub(super) async fn anchor(pool: &PgPool, tenant: &TenantId, base: Seq, through: Seq) -> Result<Option<u64>, Error> {
    let size: Option<i64> = sqlx::query_scalar(
        "SELECT COALESCE((SELECT min(size) FROM audit_checkpoint WHERE tenant = $1 AND size >= $3),
                         (SELECT max(size) FROM audit_checkpoint WHERE tenant = $1 AND size > $2 AND size < $3))",
    )
    .bind(tenant.as_str())
    .bind(base.value())
    .bind(through.value())
    .fetch_one(pool)
    .await?;
    Ok(size.map(i64::unsigned_abs))
}

/// The sizes of the checkpoints behind `after`, up to and with `through`.
pub(super) async fn sizes(pool: &PgPool, tenant: &TenantId, after: Seq, through: u64) -> Result<Vec<u64>, Error> {
    let sizes: Vec<i64> = sqlx::query_scalar(
        "SELECT size FROM audit_checkpoint WHERE tenant = $1 AND size > $2 AND size <= $3 ORDER BY size",
    )
    .bind(tenant.as_str())
    .bind(after.value())
    .bind(i64::try_from(through).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    Ok(sizes.into_iter().map(i64::unsigned_abs).collect())
}

/// The signed text of the checkpoints of these sizes, as lines of an archive.
pub(super) async fn lines(pool: &PgPool, tenant: &TenantId, sizes: &[u64]) -> Result<Vec<u8>, Error> {
    let sizes: Vec<i64> = sizes.iter().filter_map(|size| i64::try_from(*size).ok()).collect();
    let notes: Vec<(i64, String)> =
        sqlx::query_as("SELECT size, note FROM audit_checkpoint WHERE tenant = $1 AND size = ANY($2) ORDER BY size")
            .bind(tenant.as_str())
            .bind(&sizes)
            .fetch_all(pool)
            .await?;
    let mut out = Vec::new();
    for (size, note) in notes {
        // A string always has a JSON form.
        let note = serde_json::to_string(&note).unwrap_or_default();
        out.extend_from_slice(format!("{{\"size\":{size},\"note\":{note}}}\n").as_bytes());
    }
    Ok(out)
}

/// The last place with a checkpoint that is not behind `seq`, with its tree. A
/// tree that has not the root of the checkpoint is none.
pub(super) async fn base_at_or_before(pool: &PgPool, tenant: &TenantId, seq: Seq) -> Result<Option<Base>, Error> {
    let found: Option<(i64, String, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT c.size, c.note, c.frontier, r.hash FROM audit_checkpoint c
         JOIN audit_record r ON r.tenant = c.tenant AND r.seq = c.size
         WHERE c.tenant = $1 AND c.size <= $2 ORDER BY c.size DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(seq.value())
    .fetch_optional(pool)
    .await?;
    Ok(found.and_then(|(size, note, nodes, hash)| {
        let frontier = Frontier::from_bytes(size.unsigned_abs(), &nodes)?;
        let signed = SignedCheckpoint::parse(&note).ok()?;
        let head = Head { seq: Seq::new(size)?, hash: Hash::from_bytes(&hash)? };
        (signed.checkpoint().root == frontier.root()).then(|| Base::new(head, frontier)).flatten()
    }))
}
