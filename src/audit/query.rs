//! Reading records.

use sqlx::postgres::PgRow;
use sqlx::{Error, PgPool, Postgres, QueryBuilder, Row};
use uuid::Uuid;

use super::chain::{Hash, Seq};
use crate::detect::Label;
use crate::tenant::TenantId;

/// Most records in one page.
pub const LIMIT_MAX: u32 = 10_000;

/// A record as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRecord {
    /// Its place.
    pub seq: Seq,
    /// Its id.
    pub record: Uuid,
    /// The request it belongs to.
    pub request: Option<Uuid>,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// The event's name.
    pub kind: String,
    /// The canonical bytes that were hashed.
    pub body: String,
    /// The hash of the record before.
    pub prev_hash: Hash,
    /// Its hash.
    pub hash: Hash,
}

/// Which records.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose.
    pub tenant: TenantId,
    /// Not before this time (microseconds since 1970).
    pub since_us: Option<i64>,
    /// Before this time (microseconds since 1970).
    pub until_us: Option<i64>,
    /// Of this request.
    pub request: Option<Uuid>,
    /// With an entity of this label.
    pub label: Option<Label>,
    /// With this outcome (`completed`, `failed`, `aborted`) or of this kind
    /// (`accepted`, `refused`, ...).
    pub outcome: Option<String>,
    /// Which of them.
    pub page: Page,
    /// At most so many, and at most [`LIMIT_MAX`].
    pub limit: u32,
}

/// Which of the records that fit a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// The first ones after this place; [`Seq::NONE`] begins at the beginning.
    After(Seq),
    /// The last ones.
    Latest,
}

impl Filter {
    /// All records of `tenant`, the latest hundred.
    pub fn of(tenant: TenantId) -> Filter {
        let (since_us, until_us, request, label, outcome) = (None, None, None, None, None);
        Filter { tenant, since_us, until_us, request, label, outcome, page: Page::Latest, limit: 100 }
    }
}

const SELECT: &str = "SELECT seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash FROM audit_record";

/// The records that fit `filter`, in order of their places. The next page is
/// after the last one's `seq`.
pub async fn records(pool: &PgPool, filter: &Filter) -> Result<Vec<StoredRecord>, Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" WHERE tenant = ").push_bind(filter.tenant.as_str());
    if let Some(since) = filter.since_us {
        query.push(" AND event_time_us >= ").push_bind(since);
    }
    if let Some(until) = filter.until_us {
        query.push(" AND event_time_us < ").push_bind(until);
    }
    if let Some(request) = filter.request {
        query.push(" AND request_id = ").push_bind(request);
    }
    if let Some(label) = filter.label {
        query.push(" AND body::jsonb -> 'entities' ? ").push_bind(label.as_str());
    }
    if let Some(outcome) = &filter.outcome {
        query.push(" AND (kind = ").push_bind(outcome);
        query.push(" OR body::jsonb ->> 'outcome' = ").push_bind(outcome).push(")");
    }
    match filter.page {
        Page::After(seq) => query.push(" AND seq > ").push_bind(seq.value()).push(" ORDER BY seq LIMIT "),
        Page::Latest => query.push(" ORDER BY seq DESC LIMIT "),
    };
    query.push_bind(i64::from(filter.limit.min(LIMIT_MAX)));
    let rows = query.build().fetch_all(pool).await?;
    let mut records = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    if filter.page == Page::Latest {
        records.reverse();
    }
    Ok(records)
}

/// The tenants that have a chain or a key, by name: one whose chain is gone is
/// still asked for.
pub async fn tenants(pool: &PgPool) -> Result<Vec<TenantId>, Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT tenant FROM audit_head UNION SELECT DISTINCT tenant FROM audit_record UNION SELECT name FROM tenant
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await?;
    names.iter().map(|name| TenantId::parse_chain(name).map_err(|error| Error::Decode(error.into()))).collect()
}

pub(super) fn decode(row: &PgRow) -> Result<StoredRecord, Error> {
    let hash = |column: &str| {
        let bytes: &[u8] = row.try_get(column)?;
        Ok::<_, Error>(Hash::from_bytes(bytes).unwrap_or(Hash::MALFORMED))
    };
    Ok(StoredRecord {
        seq: Seq::new(row.try_get("seq")?).ok_or_else(|| Error::Decode("a seq is negative".into()))?,
        record: row.try_get("record_id")?,
        request: row.try_get("request_id")?,
        time_us: row.try_get("event_time_us")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        prev_hash: hash("prev_hash")?,
        hash: hash("hash")?,
    })
}
