//! What a cut would take, checked record by record before anything goes.

use futures_util::TryStreamExt;
use sqlx::{PgPool, Row};

use super::{CutError, base, standing};
use crate::audit::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::checkpoint::{SignedCheckpoint, TrustedKeys};
use crate::tenant::TenantId;

/// Checkpoints that are looked at for one whose signature is trusted.
const CHECKPOINTS_MAX: i64 = 1000;

/// Up to where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// The records before the first one whose event is not before this time
    /// (microseconds since 1970): clocks step, and only whole prefixes go.
    Before(i64),
    /// The records up to and with this place.
    Through(Seq),
}

/// A cut that may be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Whose log.
    pub tenant: TenantId,
    /// Where the chain would begin.
    pub base: Base,
    /// How many records would go.
    pub records: u64,
    /// The checkpoint that the rest leads to: how many records it covers.
    pub anchor_size: u64,
    /// Whether less would go than was asked for, since no checkpoint covers more.
    pub shortened: bool,
}

/// Finds out what a cut up to `limit` takes. `None` when that is nothing.
///
/// # Errors
/// `Held`, `NotAnchored`, and when the records up to the checkpoint are not what
/// was recorded and signed: a cut must not do away with the traces of tampering.
pub async fn plan(
    pool: &PgPool,
    tenant: &TenantId,
    limit: Limit,
    keys: &TrustedKeys,
) -> Result<Option<Plan>, CutError> {
    let holds = standing(pool, tenant).await?;
    if !holds.is_empty() {
        return Err(CutError::Held { tenant: tenant.clone(), holds });
    }
    let begin = base(pool, tenant).await?;
    let wanted = resolve(pool, tenant, begin.seq(), limit).await?;
    if wanted <= begin.seq() {
        return Ok(None);
    }
    let anchor = anchor(pool, tenant, begin.seq(), wanted, keys).await?;
    let anchor = anchor.ok_or_else(|| CutError::NotAnchored(tenant.clone()))?;
    let (size, root) = (anchor.checkpoint().size, anchor.checkpoint().root);
    let through = wanted.value().unsigned_abs().min(size);
    let before = begin.frontier.size();
    let base = walk(pool, tenant, begin, through, size, root).await?;
    let shortened = through < wanted.value().unsigned_abs();
    Ok(Some(Plan { tenant: tenant.clone(), base, records: through - before, anchor_size: size, shortened }))
}

async fn resolve(pool: &PgPool, tenant: &TenantId, begin: Seq, limit: Limit) -> Result<Seq, CutError> {
    let last: Option<i64> = match limit {
        Limit::Through(seq) => {
            sqlx::query_scalar("SELECT max(seq) FROM audit_record WHERE tenant = $1 AND seq <= $2")
                .bind(tenant.as_str())
                .bind(seq.value())
                .fetch_one(pool)
                .await?
        }
        Limit::Before(time_us) => {
            sqlx::query_scalar(
                "SELECT coalesce((SELECT min(seq) - 1 FROM audit_record
                                  WHERE tenant = $1 AND seq > $2 AND event_time_us >= $3),
                                 (SELECT max(seq) FROM audit_record WHERE tenant = $1))",
            )
            .bind(tenant.as_str())
            .bind(begin.value())
            .bind(time_us)
            .fetch_one(pool)
            .await?
        }
    };
    Ok(last.and_then(Seq::new).unwrap_or(Seq::NONE))
}

/// The smallest trusted checkpoint that covers all that is wanted, else the
/// largest one that covers some of it.
async fn anchor(
    pool: &PgPool,
    tenant: &TenantId,
    begin: Seq,
    wanted: Seq,
    keys: &TrustedKeys,
) -> Result<Option<SignedCheckpoint>, CutError> {
    let notes: Vec<(i64, String)> = sqlx::query_as(
        "SELECT size, note FROM audit_checkpoint WHERE tenant = $1 AND size > $2
         ORDER BY size < $3, CASE WHEN size < $3 THEN -size ELSE size END LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(begin.value())
    .bind(wanted.value())
    .bind(CHECKPOINTS_MAX)
    .fetch_all(pool)
    .await?;
    // Who can write in the table can write anything: the signature counts.
    Ok(notes.into_iter().find_map(|(column, note)| {
        let signed = SignedCheckpoint::parse(&note).ok()?;
        let said = signed.checkpoint();
        let fits = said.tenant == *tenant && i64::try_from(said.size) == Ok(column) && signed.verify(keys).is_ok();
        fits.then_some(signed)
    }))
}

/// Follows the chain from `begin` to the checkpoint's end; the place at `through`.
async fn walk(
    pool: &PgPool,
    tenant: &TenantId,
    begin: Base,
    through: u64,
    size: u64,
    root: Hash,
) -> Result<Base, CutError> {
    let (mut at, mut cut) = (begin.clone(), begin);
    let broken = |seq| CutError::Broken { tenant: tenant.clone(), seq };
    let mut rows = sqlx::query(
        "SELECT seq, body, prev_hash, hash FROM audit_record WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
    )
    .bind(tenant.as_str())
    .bind(at.seq().value())
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .fetch(pool);
    while let Some(row) = rows.try_next().await? {
        let next = at.head.append(row.try_get::<&str, _>("body")?.as_bytes());
        let stands = Head { seq: Seq::new(row.try_get("seq")?).unwrap_or(Seq::NONE), hash: hash(&row, "hash")? };
        if stands != next || hash(&row, "prev_hash")? != at.head.hash {
            return Err(broken(next.seq));
        }
        at.follow(next.hash);
        if at.frontier.size() == through {
            cut = at.clone();
        }
    }
    if at.frontier.size() != size {
        return Err(broken(at.seq().next()));
    }
    if at.frontier.root() != root {
        return Err(CutError::OtherRoot { tenant: tenant.clone(), size });
    }
    Ok(cut)
}

fn hash(row: &sqlx::postgres::PgRow, column: &str) -> Result<Hash, sqlx::Error> {
    Ok(Hash::from_bytes(row.try_get(column)?).unwrap_or(Hash::MALFORMED))
}
