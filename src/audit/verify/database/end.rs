//! Where a chain ends, and whether there should be one.

use std::time::Duration;

use sqlx::{Error, PgPool};

use crate::audit::chain::{Hash, Head, Seq};
use crate::tenant::TenantId;

/// How often an empty chain of a tenant that was just made is looked at again.
pub(crate) const FIRST_RECORD_CHECK: Duration = Duration::from_millis(200);

/// What there is of a chain at one moment.
pub(super) struct End {
    pub(super) head: Head,
    /// The place of the last record.
    pub(super) last: Seq,
    pub(super) traces: Traces,
}

/// What else than records tells of a tenant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Traces {
    None,
    /// It was made a moment ago, with a first key that may not be recorded yet.
    New,
    /// Its first key was recorded long ago, or it has a head.
    Old,
}

/// The end of the chain. A key is stored a moment before it is recorded, so the
/// first record of a new tenant is waited for.
pub(super) async fn read_settled(pool: &PgPool, tenant: &TenantId) -> Result<End, Error> {
    loop {
        let end = read(pool, tenant).await?;
        if end.last != Seq::NONE || end.traces != Traces::New {
            return Ok(end);
        }
        tokio::time::sleep(FIRST_RECORD_CHECK).await;
    }
}

async fn read(pool: &PgPool, tenant: &TenantId) -> Result<End, Error> {
    // A tenant is made together with its first key.
    let (seq, hash, last, is_new): (Option<i64>, Option<Vec<u8>>, Option<i64>, Option<bool>) = sqlx::query_as(
        "SELECT h.seq, h.hash, (SELECT max(seq) FROM audit_record r WHERE r.tenant = $1),
                now() - t.created_at BETWEEN interval '0' AND interval '10 seconds'
         FROM (VALUES (1)) AS one LEFT JOIN audit_head h ON h.tenant = $1 LEFT JOIN tenant t ON t.name = $1",
    )
    .bind(tenant.as_str())
    .fetch_one(pool)
    .await?;
    let traces = match (seq, is_new) {
        (None, None) => Traces::None,
        (None, Some(true)) => Traces::New,
        _ => Traces::Old,
    };
    let genesis = Head::genesis(tenant);
    let seq = seq.and_then(Seq::new).unwrap_or(genesis.seq);
    let hash = hash.as_deref().and_then(Hash::from_bytes).unwrap_or(genesis.hash);
    Ok(End { head: Head { seq, hash }, last: last.and_then(Seq::new).unwrap_or(Seq::NONE), traces })
}
