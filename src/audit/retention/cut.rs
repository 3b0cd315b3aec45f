//! Making a cut, and finishing one that was interrupted.

use sqlx::{Connection, PgConnection};

use super::{CutError, Plan, last_cut, lock};
use crate::audit::chain::Seq;
use crate::audit::clock::now_us;
use crate::audit::index::block_of;
use crate::audit::{Actor, AuditLog, Event, RetentionCut};
use crate::store::Store;
use crate::tenant::TenantId;

/// Records that one transaction removes at most, so that none holds locks for long.
const BATCH_RECORDS: i64 = 10_000;

/// A cut that was made or finished.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// The last place that went.
    pub through: Seq,
    /// How many records went now.
    pub removed: u64,
}

/// Makes the cut: records it, fixes the place where the chain begins now, and
/// removes the records. When it is interrupted, [`finish`] goes on.
///
/// # Errors
/// `Store` when the login does not own the tables: nothing was recorded then.
pub async fn make(store: &Store, log: &AuditLog, plan: &Plan, progress: impl FnMut(u64)) -> Result<Done, CutError> {
    let mut owner = store.as_owner().await?;
    let head = plan.base.head;
    let (by, records) = (Actor::Command, plan.records);
    let event = RetentionCut { by, through_seq: head.seq, through_hash: head.hash, records };
    let record = log.append(&plan.tenant, Event::RetentionCut(event)).await?;
    let mut transaction = owner.begin().await?;
    lock(&mut transaction, &plan.tenant).await?;
    sqlx::query(
        "INSERT INTO audit_cut (tenant, seq, hash, frontier, record_seq, cut_us) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(plan.tenant.as_str())
    .bind(head.seq.value())
    .bind(head.hash.as_bytes())
    .bind(plan.base.frontier.to_bytes())
    .bind(record.seq.value())
    .bind(now_us())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let removed = remove(&mut owner, &plan.tenant, head.seq, progress).await?;
    let _ = owner.close().await;
    Ok(Done { through: head.seq, removed })
}

/// Removes what the last cut covers and an interruption, or a hold, has left.
/// `None` when nothing is left.
pub async fn finish(store: &Store, tenant: &TenantId, progress: impl FnMut(u64)) -> Result<Option<Done>, CutError> {
    let Some(cut) = last_cut(&store.pool, tenant).await? else { return Ok(None) };
    let through = cut.base.seq();
    let left: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM audit_record WHERE tenant = $1 AND seq <= $2)")
        .bind(tenant.as_str())
        .bind(through.value())
        .fetch_one(&store.pool)
        .await?;
    if !left {
        return Ok(None);
    }
    let mut owner = store.as_owner().await?;
    let removed = remove(&mut owner, tenant, through, progress).await?;
    let _ = owner.close().await;
    Ok(Some(Done { through, removed }))
}

async fn remove(
    owner: &mut PgConnection,
    tenant: &TenantId,
    through: Seq,
    mut progress: impl FnMut(u64),
) -> Result<u64, CutError> {
    let first: Option<i64> = sqlx::query_scalar("SELECT min(seq) FROM audit_record WHERE tenant = $1")
        .bind(tenant.as_str())
        .fetch_one(&mut *owner)
        .await?;
    let (mut removed, mut from) = (0, first.unwrap_or(i64::MAX));
    while from <= through.value() {
        let to = from.saturating_add(BATCH_RECORDS - 1).min(through.value());
        let mut transaction = owner.begin().await?;
        lock(&mut transaction, tenant).await?;
        let gone = sqlx::query("DELETE FROM audit_record WHERE tenant = $1 AND seq BETWEEN $2 AND $3")
            .bind(tenant.as_str())
            .bind(from)
            .bind(to)
            .execute(&mut *transaction)
            .await?;
        forget_in_index(&mut transaction, tenant, to).await?;
        transaction.commit().await?;
        removed += gone.rows_affected();
        progress(removed);
        from = to + 1;
    }
    Ok(removed)
}

/// Whole blocks of the index; the places in a block that is cut through lead to
/// no record any more.
pub(super) async fn forget_in_index(owner: &mut PgConnection, tenant: &TenantId, through: i64) -> Result<(), CutError> {
    for sql in [
        "DELETE FROM audit_index WHERE tenant = $1 AND block < $2",
        "DELETE FROM audit_index_block WHERE tenant = $1 AND block < $2",
    ] {
        let blocks = sqlx::query(sql).bind(tenant.as_str()).bind(block_of(through + 1));
        blocks.execute(&mut *owner).await?;
    }
    Ok(())
}
