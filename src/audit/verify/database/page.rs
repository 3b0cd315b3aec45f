//! Pages of a chain and of its checkpoints, as they are stored.

use serde::Deserialize;
use sqlx::{Error, PgPool, Row};
use uuid::Uuid;

use crate::audit::chain::Seq;
use crate::audit::query::{self, StoredRecord};
use crate::audit::verify::anchor::{Found, Place};
use crate::tenant::TenantId;

/// Checkpoints in memory at a time.
const CHECKPOINTS_MAX: i64 = 1_000;

/// The next `records_max` records from `from` on, and not behind `end`.
///
/// The page begins with the last record of the page before it, so that a second
/// one at the same place is seen, which a table without its rules may hold.
pub(super) async fn records(
    pool: &PgPool,
    tenant: &TenantId,
    from: Seq,
    end: Seq,
    records_max: i64,
) -> Result<Vec<StoredRecord>, Error> {
    let rows = sqlx::query(
        "SELECT seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash FROM audit_record
         WHERE tenant = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(from.value())
    .bind(end.value())
    .bind(records_max)
    .fetch_all(pool)
    .await?;
    rows.iter().map(query::decode).collect()
}

/// The size of the largest checkpoint; 0 when there is none.
pub(super) async fn last_checkpoint(pool: &PgPool, tenant: &TenantId) -> Result<i64, Error> {
    let size = sqlx::query_scalar::<_, Option<i64>>("SELECT max(size) FROM audit_checkpoint WHERE tenant = $1");
    Ok(size.bind(tenant.as_str()).fetch_one(pool).await?.unwrap_or(0))
}

/// The next checkpoints larger than `after`, and not larger than `last`.
pub(super) async fn checkpoints(pool: &PgPool, tenant: &TenantId, after: i64, last: i64) -> Result<Vec<Found>, Error> {
    let rows = sqlx::query(
        "SELECT size, note FROM audit_checkpoint WHERE tenant = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(after)
    .bind(last)
    .bind(CHECKPOINTS_MAX)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let size: i64 = row.try_get("size")?;
            Ok(Found { size: size.unsigned_abs(), note: row.try_get("note")?, place: Place::Log })
        })
        .collect()
}

/// The fields of a body that columns repeat.
#[derive(Deserialize)]
struct Repeated<'a> {
    tenant: &'a str,
    record: &'a str,
    request: Option<&'a str>,
    time_us: i64,
    kind: &'a str,
}

/// Whether the columns say what the body says.
pub(super) fn columns_match(tenant: &TenantId, record: &StoredRecord) -> bool {
    let same = |text: &str, id: Uuid| Uuid::try_parse(text) == Ok(id);
    serde_json::from_str::<Repeated<'_>>(&record.body).is_ok_and(|body| {
        body.tenant == tenant.as_str()
            && same(body.record, record.record)
            && match (body.request, record.request) {
                (Some(text), Some(id)) => same(text, id),
                (None, None) => true,
                _ => false,
            }
            && body.time_us == record.time_us
            && body.kind == record.kind
    })
}

/// Where else a record stands that follows the one with the hash `prev`.
pub(super) async fn follower_elsewhere(
    pool: &PgPool,
    tenant: &TenantId,
    prev: &[u8],
    not_at: Seq,
) -> Result<Option<Seq>, Error> {
    let row = sqlx::query("SELECT seq FROM audit_record WHERE tenant = $1 AND prev_hash = $2 AND seq <> $3 LIMIT 1")
        .bind(tenant.as_str())
        .bind(prev)
        .bind(not_at.value())
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.try_get("seq")).transpose()?.and_then(Seq::new))
}
