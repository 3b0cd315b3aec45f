//! The copy in the database.

use sqlx::{Error, PgPool};

use super::file::KeptCheckpoint;
use super::signed::SignedCheckpoint;
use crate::tenant::TenantId;

/// Adds a checkpoint. One of that size that is there already stays.
pub(super) async fn insert(pool: &PgPool, kept: &KeptCheckpoint) -> Result<(), Error> {
    let said = kept.signed.checkpoint();
    let time_s = i64::try_from(said.time_s).unwrap_or(i64::MAX / 1_000_000);
    sqlx::query(
        "INSERT INTO audit_checkpoint (tenant, size, note, frontier, made_us) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(said.tenant.as_str())
    .bind(i64::try_from(said.size).unwrap_or(i64::MAX))
    .bind(kept.signed.text())
    .bind(kept.base.frontier.to_bytes())
    .bind(time_s.saturating_mul(1_000_000))
    .execute(pool)
    .await
    .map(drop)
}

/// A row as it stands there. Nothing of it is checked: who may write in the
/// table can write anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCheckpoint {
    /// The column; the note has its own.
    pub size: i64,
    /// The note; `None` when it is none.
    pub signed: Option<SignedCheckpoint>,
    /// The tree's subtrees.
    pub frontier: Vec<u8>,
}

type Row = (i64, String, Vec<u8>);

impl From<Row> for StoredCheckpoint {
    fn from((size, note, frontier): Row) -> StoredCheckpoint {
        StoredCheckpoint { size, signed: SignedCheckpoint::parse(&note).ok(), frontier }
    }
}

/// The largest checkpoint of a chain.
pub async fn last(pool: &PgPool, tenant: &TenantId) -> Result<Option<StoredCheckpoint>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT size, note, frontier FROM audit_checkpoint WHERE tenant = $1 ORDER BY size DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .fetch_optional(pool)
    .await?;
    Ok(row.map(StoredCheckpoint::from))
}

/// The checkpoints of a chain that are larger than `after`, smallest first, at
/// most `limit`.
pub async fn after(pool: &PgPool, tenant: &TenantId, after: i64, limit: i64) -> Result<Vec<StoredCheckpoint>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT size, note, frontier FROM audit_checkpoint WHERE tenant = $1 AND size > $2 ORDER BY size LIMIT $3",
    )
    .bind(tenant.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(StoredCheckpoint::from).collect())
}

/// The largest checkpoint of a chain that covers at most `size` records.
pub async fn at_most(pool: &PgPool, tenant: &TenantId, size: i64) -> Result<Option<StoredCheckpoint>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT size, note, frontier FROM audit_checkpoint WHERE tenant = $1 AND size <= $2 ORDER BY size DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(size)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(StoredCheckpoint::from))
}
