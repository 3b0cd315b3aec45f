//! The index, read.

use std::collections::BTreeMap;
use std::ops::Range;

use roaring::RoaringBitmap;
use sqlx::postgres::PgConnection;
use sqlx::{Error, Row};

use super::VERSION;
use super::fact::{COUNT_BITS, Fact};
use super::field::Field;
use super::parts::Parts;
use super::postings::{IdHash, Postings, count_term, decode_bitmap};
use crate::tenant::TenantId;

/// One thing that records are sought by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::audit) enum Sought {
    /// A field with a value.
    Is(Field, String),
    /// An entity of a label that met an action.
    Pair { label: String, action: String },
}

impl Sought {
    /// Whether a record that says `facts` is one.
    pub(in crate::audit) fn fits(&self, facts: &[Fact]) -> bool {
        facts.iter().any(|fact| match (self, fact) {
            (Sought::Is(field, value), Fact::Is(other, said)) => field == other && value == said,
            (Sought::Pair { label, action }, Fact::Entities { label: l, action: a, .. }) => label == l && action == a,
            _ => false,
        })
    }

    /// The field and value, where the table of records has an index for it.
    pub(in crate::audit) fn column(&self) -> Option<(Field, &str)> {
        match self {
            Sought::Is(field, value) if field.is_column() => Some((*field, value)),
            _ => None,
        }
    }

    /// Whether the index holds exactly the records that fit.
    pub(in crate::audit) fn is_exact(&self) -> bool {
        !matches!(self, Sought::Is(field, _) if field.is_id() || field.is_column())
    }

    /// The terms to load.
    pub(in crate::audit) fn terms(&self) -> Vec<String> {
        match self {
            Sought::Is(field, _) if field.is_column() => Vec::new(),
            Sought::Is(field, value) if field.is_id() => vec![IdHash::of(&field.term(value)).bucket()],
            Sought::Is(field, value) => vec![field.term(value)],
            Sought::Pair { label, action } => (0..COUNT_BITS).map(|bit| count_term(label, action, bit)).collect(),
        }
    }
}

/// How far a chain goes, and how far its index does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::audit) struct IndexState {
    /// The first place that is there; one after the head when there is none.
    pub(in crate::audit) first: i64,
    /// The chain's last place.
    pub(in crate::audit) head: i64,
    /// The last place that is indexed, 0 for none.
    pub(in crate::audit) indexed: i64,
}

/// The state of the tenant's chain.
pub(in crate::audit) async fn state(connection: &mut PgConnection, tenant: &TenantId) -> Result<IndexState, Error> {
    // Records that a cut took may still be there for a while.
    let (last, first, cut, indexed): (Option<i64>, Option<i64>, i64, Option<i64>) = sqlx::query_as(
        "SELECT (SELECT seq FROM audit_record WHERE tenant = $1 ORDER BY seq DESC LIMIT 1),
                (SELECT seq FROM audit_record WHERE tenant = $1 ORDER BY seq LIMIT 1),
                audit_cut_through($1),
                (SELECT seq FROM audit_index_head WHERE tenant = $1 AND version = $2)",
    )
    .bind(tenant.as_str())
    .bind(VERSION)
    .fetch_one(connection)
    .await?;
    let head = last.unwrap_or_default();
    let first = first.unwrap_or(head + 1).max(cut + 1);
    Ok(IndexState { first, head, indexed: indexed.unwrap_or_default() })
}

/// What the index holds of one block.
#[derive(Default)]
pub(in crate::audit) struct Loaded {
    bitmaps: BTreeMap<String, RoaringBitmap>,
    buckets: BTreeMap<String, Vec<u8>>,
}

impl From<Postings> for Loaded {
    fn from(postings: Postings) -> Loaded {
        Loaded { bitmaps: postings.into_bitmaps(), buckets: BTreeMap::new() }
    }
}

impl Loaded {
    /// The places that the index has for `sought`. For what is kept by its hash
    /// some may be others' places.
    pub(in crate::audit) fn places(&self, sought: &Sought) -> Result<RoaringBitmap, Error> {
        let mut places = RoaringBitmap::new();
        for term in sought.terms() {
            match sought {
                Sought::Is(field, value) if field.is_id() => {
                    let hash = IdHash::of(&field.term(value));
                    if let Some(entries) = self.buckets.get(&term) {
                        places |= hash.places_in(entries).ok_or_else(damaged)?;
                    }
                }
                _ => {
                    if let Some(bitmap) = self.bitmaps.get(&term) {
                        places |= bitmap;
                    }
                }
            }
        }
        Ok(places)
    }

    /// The terms that begin with `prefix`, without it, and their places.
    pub(in crate::audit) fn beginning(&self, prefix: &str) -> impl Iterator<Item = (&str, &RoaringBitmap)> {
        let from_prefix = self.bitmaps.range(prefix.to_owned()..);
        from_prefix.map_while(move |(term, bitmap)| Some((term.strip_prefix(prefix)?, bitmap)))
    }

    fn take(&mut self, term: String, places: Vec<u8>) -> Result<(), Error> {
        if term.starts_with('#') {
            self.buckets.insert(term, places);
        } else {
            let bitmap = decode_bitmap(&places).ok_or_else(damaged)?;
            self.bitmaps.insert(term, bitmap);
        }
        Ok(())
    }
}

/// Loads `terms`, and all that begin with one of `prefixes`, for `blocks`.
pub(in crate::audit) async fn load(
    connection: &mut PgConnection,
    tenant: &TenantId,
    blocks: &[i64],
    terms: &[String],
    prefixes: &[String],
) -> Result<BTreeMap<i64, Loaded>, Error> {
    const COLUMNS: &str = "SELECT block, term, places FROM audit_index WHERE tenant = $1 AND block = ANY ($2)";
    let mut loaded: BTreeMap<i64, Loaded> = blocks.iter().map(|block| (*block, Loaded::default())).collect();
    let mut rows = Vec::new();
    if !terms.is_empty() {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} AND term = ANY ($3)"));
        let query = sqlx::query(query).bind(tenant.as_str()).bind(blocks).bind(terms);
        rows.extend(query.fetch_all(&mut *connection).await?);
    }
    for prefix in prefixes {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} AND term >= $3 AND term < $4"));
        let query = sqlx::query(query).bind(tenant.as_str()).bind(blocks);
        rows.extend(query.bind(prefix).bind(after_all(prefix)).fetch_all(&mut *connection).await?);
    }
    for row in rows {
        let block: i64 = row.try_get("block")?;
        loaded.entry(block).or_default().take(row.try_get("term")?, row.try_get("places")?)?;
    }
    Ok(loaded)
}

/// What sorts after all that begin with `prefix`, byte by byte.
fn after_all(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

/// When the records of `blocks` happened. One that the index does not have is left
/// out.
pub(in crate::audit) async fn parts(
    connection: &mut PgConnection,
    tenant: &TenantId,
    blocks: &[i64],
) -> Result<BTreeMap<i64, Parts>, Error> {
    let rows: Vec<(i64, Vec<i64>, Vec<i64>)> = sqlx::query_as(
        "SELECT block, part_min_us, part_max_us FROM audit_index_block WHERE tenant = $1 AND block = ANY ($2)",
    )
    .bind(tenant.as_str())
    .bind(blocks)
    .fetch_all(connection)
    .await?;
    let decode = |(block, min, max)| Ok((block, Parts::from_stored(min, max).ok_or_else(damaged)?));
    rows.into_iter().map(decode).collect()
}

/// The indexed blocks with a record at a time in `times`, in order.
pub(in crate::audit) async fn blocks_within(
    connection: &mut PgConnection,
    tenant: &TenantId,
    times: &Range<i64>,
) -> Result<Vec<i64>, Error> {
    sqlx::query_scalar(
        "SELECT block FROM audit_index_block WHERE tenant = $1 AND max_us >= $2 AND min_us < $3 ORDER BY block",
    )
    .bind(tenant.as_str())
    .bind(times.start)
    .bind(times.end)
    .fetch_all(connection)
    .await
}

/// The index can be made again at any time, and nothing else depends on it.
pub(super) fn damaged() -> Error {
    Error::Decode("the search index of the audit log is damaged; run `cordon audit reindex`".into())
}
