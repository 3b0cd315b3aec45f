//! Checking a chain against itself and against its head.
//!
//! The chain is read page by page in order of `seq`, so memory stays constant
//! however long it is. Records that are appended meanwhile are left out. What
//! this cannot show: that the whole was rewritten, head included.

mod end;
#[cfg(test)]
mod tests;
mod verdict;

use serde::Deserialize;
use sqlx::{Error, PgPool, Row};
use uuid::Uuid;

use super::chain::{Hash, Head, Seq};
use super::query::{self, StoredRecord};
use crate::tenant::TenantId;
use end::{End, Traces};
pub use verdict::{Bad, Defect, Verdict};

/// Records in memory at a time.
const PAGE_RECORDS: i64 = 2_000;

/// Why a chain cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No key, no record and no head: a name that was mistyped is not a whole chain.
    #[error("no such tenant: {0}; `cordon keys list` shows the tenants")]
    NoSuchTenant(TenantId),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] Error),
}

/// Verifies the chain of `tenant`. `progress` is told after each page how many
/// records are checked and how many there are.
pub async fn verify(
    pool: &PgPool,
    tenant: &TenantId,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verdict, VerifyError> {
    let End { head, last, traces } = end::read_settled(pool, tenant).await?;
    let end = head.seq.max(last);
    if end == Seq::NONE {
        if traces == Traces::None {
            return Err(VerifyError::NoSuchTenant(tenant.clone()));
        }
        let first_bad = Some(Bad { seq: end.next(), record: None, defect: Defect::Emptied });
        return Ok(Verdict { tenant: tenant.clone(), records_whole: 0, head, first_bad });
    }
    let mut at = Head::genesis(tenant);
    let first_bad = loop {
        let page = read_page(pool, tenant, at.seq, end).await?;
        let (reached, bad) = check_page(tenant, at, &page);
        at = reached;
        progress(at.seq.value().unsigned_abs(), end.value().unsigned_abs());
        match bad {
            Some(bad) => break Some(reordered(pool, tenant, at, bad).await?),
            None if page.is_empty() => break check_end(at, head, last),
            None => {}
        }
    };
    Ok(Verdict { tenant: tenant.clone(), records_whole: at.seq.value().unsigned_abs(), head, first_bad })
}

async fn read_page(pool: &PgPool, tenant: &TenantId, after: Seq, end: Seq) -> Result<Vec<StoredRecord>, Error> {
    let rows = sqlx::query(
        "SELECT seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash FROM audit_record
         WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(after.value())
    .bind(end.value())
    .bind(PAGE_RECORDS)
    .fetch_all(pool)
    .await?;
    rows.iter().map(query::decode).collect()
}

/// How far the page is right, and the first record in it that is not.
fn check_page(tenant: &TenantId, mut at: Head, page: &[StoredRecord]) -> (Head, Option<Bad>) {
    for record in page {
        if let Some(defect) = defect(tenant, at, record) {
            let present = defect != Defect::Missing;
            return (at, Some(Bad { seq: at.seq.next(), record: present.then_some(record.record), defect }));
        }
        at = Head { seq: record.seq, hash: record.hash };
    }
    (at, None)
}

fn defect(tenant: &TenantId, at: Head, record: &StoredRecord) -> Option<Defect> {
    if record.seq != at.seq.next() {
        return Some(Defect::Missing);
    }
    if record.prev_hash != at.hash {
        return Some(Defect::LinkBroken);
    }
    if Hash::link(record.seq, record.prev_hash, record.body.as_bytes()) != record.hash {
        return Some(Defect::Altered);
    }
    if columns_match(tenant, record) { None } else { Some(Defect::Altered) }
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

fn columns_match(tenant: &TenantId, record: &StoredRecord) -> bool {
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

/// Tells a broken link from a record that was moved: the one that follows `at`
/// is looked for at other places.
async fn reordered(pool: &PgPool, tenant: &TenantId, at: Head, bad: Bad) -> Result<Bad, Error> {
    if !matches!(bad.defect, Defect::LinkBroken | Defect::Missing) {
        return Ok(bad);
    }
    let row = sqlx::query("SELECT seq FROM audit_record WHERE tenant = $1 AND prev_hash = $2 AND seq <> $3")
        .bind(tenant.as_str())
        .bind(at.hash.as_bytes())
        .bind(bad.seq.value())
        .fetch_optional(pool)
        .await?;
    let stands_at = row.map(|row| row.try_get("seq")).transpose()?.and_then(Seq::new);
    Ok(match stands_at {
        Some(stands_at) => Bad { defect: Defect::Reordered { stands_at }, ..bad },
        None => bad,
    })
}

fn check_end(at: Head, head: Head, last: Seq) -> Option<Bad> {
    let defect = match at.seq.cmp(&head.seq) {
        std::cmp::Ordering::Less => return Some(Bad { seq: at.seq.next(), record: None, defect: Defect::Truncated }),
        std::cmp::Ordering::Greater => Defect::PastHead,
        std::cmp::Ordering::Equal if at.hash != head.hash => Defect::HeadMismatch,
        std::cmp::Ordering::Equal => return None,
    };
    let seq = if defect == Defect::PastHead { head.seq.next() } else { last };
    Some(Bad { seq, record: None, defect })
}
