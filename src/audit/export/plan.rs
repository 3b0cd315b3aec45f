//! What an export will hold, fixed before its first byte.

use sqlx::PgPool;

use super::manifest::{Kind, Manifest, Period};
use super::reader::{Reader, hashes};
use super::{ExportError, checkpoints};
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::clock::now_us;
use crate::audit::query::{Filter, Page};
use crate::audit::retention;
use crate::tenant::TenantId;

/// Which records are asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose, and which. A filter by time alone asks for the range of places
    /// that holds all records of that time.
    pub filter: Filter,
    /// Only between these places.
    pub bounds: Bounds,
    /// By what the filter chooses, e.g. `label=PERSON`; empty for a range.
    pub selection: Vec<String>,
}

/// Places, both included.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Bounds {
    /// The first one; without it the first that there is.
    pub from: Option<Seq>,
    /// The last one; without it the last that there is now.
    pub through: Option<Seq>,
}

/// What an export will hold.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose chain.
    pub tenant: TenantId,
    /// A range or a selection.
    pub kind: Kind,
    /// The place before the first record, with its tree.
    pub base: Base,
    /// The last record of the range, and of a selection the chain's end.
    pub through: Head,
    /// The chain's end.
    pub head: Head,
    /// How many records.
    pub records: u64,
    /// The time asked for, and which places have it.
    pub period: Option<Period>,
    /// As in [`Request::selection`].
    pub selection: Vec<String>,
    /// The largest checkpoint that goes along.
    pub checkpoint: Option<u64>,
    /// Now, in microseconds since 1970, and not after the chain's end was read.
    pub made_us: i64,
    pub(super) filter: Filter,
}

/// A chain's two ends at one moment.
struct Ends {
    /// A time not after that moment, so that a checkpoint which covers more was
    /// not signed before it.
    made_us: i64,
    base: Base,
    head: Head,
}

impl Plan {
    /// Fixes the range and counts the records. The chain's end is taken here:
    /// what is appended later stays out, the record of this export included.
    pub async fn new(pool: &PgPool, request: &Request) -> Result<Plan, ExportError> {
        let ends = ends(pool, &request.filter.tenant).await?;
        if request.selection.is_empty() {
            Plan::range(pool, request, ends).await
        } else {
            Plan::of_selection(pool, request, ends).await
        }
    }

    async fn range(pool: &PgPool, request: &Request, ends: Ends) -> Result<Plan, ExportError> {
        let (tenant, filter) = (&request.filter.tenant, &request.filter);
        let period = period(pool, filter).await?;
        let (from, through) = places(&ends, request.bounds, period)?;
        let base = base_before(pool, tenant, ends.base, from).await?;
        let through = match through {
            place if place == base.seq() => base.head,
            place if place == ends.head.seq => ends.head,
            place => Head { seq: place, hash: hash_at(pool, tenant, place).await? },
        };
        let records = through.seq.value().abs_diff(base.seq().value());
        let checkpoint = checkpoints::anchor(pool, tenant, base.seq(), through.seq).await?;
        Ok(Plan {
            tenant: tenant.clone(),
            kind: Kind::Range,
            base,
            through,
            head: ends.head,
            records,
            period,
            selection: Vec::new(),
            checkpoint,
            made_us: ends.made_us,
            filter: filter.clone(),
        })
    }

    async fn of_selection(pool: &PgPool, request: &Request, ends: Ends) -> Result<Plan, ExportError> {
        let tenant = &request.filter.tenant;
        let (from, through) = places(&ends, request.bounds, None)?;
        let after = Seq::new(from.value() - 1).unwrap_or(Seq::NONE).max(ends.base.seq());
        let mut reader = Reader::of_chosen(pool.clone(), request.filter.clone(), after, through);
        let mut records = 0;
        while reader.next().await?.is_some() {
            records += 1;
        }
        let through = if through == ends.head.seq { ends.head } else { head_at(pool, tenant, through).await? };
        let Filter { since_us, until_us, .. } = request.filter;
        let period = Some(Period { since_us, until_us, first_seq: None, last_seq: None });
        Ok(Plan {
            tenant: tenant.clone(),
            kind: Kind::Selection,
            base: ends.base,
            through,
            head: ends.head,
            records,
            period: period.filter(|period| period.since_us.or(period.until_us).is_some()),
            selection: request.selection.clone(),
            checkpoint: checkpoints::anchor(pool, tenant, Seq::NONE, through.seq).await?,
            made_us: ends.made_us,
            filter: Filter { page: Page::After(after), ..request.filter.clone() },
        })
    }

    /// The plan that an archive was begun with, for going on with it.
    pub(super) fn again(manifest: &Manifest, today: &Plan) -> Option<Plan> {
        Some(Plan {
            base: manifest.base.base()?,
            through: manifest.through.head()?,
            head: manifest.head.head()?,
            records: manifest.records,
            period: manifest.period,
            checkpoint: manifest.checkpoint,
            made_us: manifest.made_us,
            ..today.clone()
        })
    }

    /// The place before the first record that may be in the export.
    pub(super) fn after(&self) -> Seq {
        match (self.kind, self.filter.page) {
            (Kind::Selection, Page::After(after)) => after,
            _ => self.base.seq(),
        }
    }

    /// To be asked when all records were read, `done` came, and `last` was the
    /// last one. When fewer came than were there, the place behind it: the first
    /// one that may lack its record, where no break was seen before.
    ///
    /// # Errors
    /// When fewer came than were there, and a retention cut took them.
    pub(super) async fn check_done(&self, pool: &PgPool, done: u64, last: Seq) -> Result<Option<Seq>, ExportError> {
        if done >= self.records {
            return Ok(None);
        }
        let base = retention::base(pool, &self.tenant).await?;
        if base.seq() > self.after() {
            return Err(ExportError::Cut(base.seq()));
        }
        Ok(Some(last.next()))
    }

    /// The records behind `after`.
    pub(super) fn reader(&self, pool: PgPool, after: Seq) -> Reader {
        match self.kind {
            Kind::Range => Reader::of_all(pool, self.tenant.clone(), after, self.through.seq),
            Kind::Selection => Reader::of_chosen(pool, self.filter.clone(), after, self.through.seq),
        }
    }

    /// The first place of the export.
    pub fn from_seq(&self) -> Seq {
        self.after().next()
    }
}

async fn ends(pool: &PgPool, tenant: &TenantId) -> Result<Ends, ExportError> {
    type Row = (Option<i64>, Option<Vec<u8>>, Option<i64>, Option<Vec<u8>>, bool);
    let made_us = now_us();
    let (seq, hash, last, last_hash, is_tenant): Row = sqlx::query_as(
        "SELECT h.seq, h.hash, r.seq, r.hash, EXISTS (SELECT FROM tenant WHERE name = $1)
         FROM (VALUES (1)) AS one LEFT JOIN audit_head h ON h.tenant = $1
         LEFT JOIN LATERAL (SELECT seq, hash FROM audit_record WHERE tenant = $1 ORDER BY seq DESC LIMIT 1) r ON true",
    )
    .bind(tenant.as_str())
    .fetch_one(pool)
    .await?;
    if seq.or(last).is_none() && !is_tenant {
        return Err(ExportError::NoSuchTenant(tenant.clone()));
    }
    let base = retention::base(pool, tenant).await?;
    // Where head and last record differ the log is broken, and its export is
    // evidence: it holds all records that there are.
    let of = |seq: Option<i64>, hash: Option<Vec<u8>>| {
        let hash = hash.as_deref().and_then(Hash::from_bytes).unwrap_or(Hash::MALFORMED);
        Some(Head { seq: Seq::new(seq?)?, hash })
    };
    let (head, last) = (of(seq, hash), of(last, last_hash));
    let head = head.into_iter().chain(last).max_by_key(|head| head.seq).unwrap_or(base.head);
    Ok(Ends { made_us, base, head })
}

/// The first and the last place of the range. An empty one ends before it begins.
fn places(ends: &Ends, bounds: Bounds, period: Option<Period>) -> Result<(Seq, Seq), ExportError> {
    let (first, head) = (ends.base.seq().next(), ends.head.seq);
    let seq = |place: Option<i64>| place.and_then(Seq::new);
    let (from, through) = match period {
        Some(Period { first_seq: None, .. }) => (head.next(), head),
        Some(period) => (seq(period.first_seq).unwrap_or(first).max(first), seq(period.last_seq).unwrap_or(head)),
        None => (first, head),
    };
    let from = bounds.from.map_or(from, |asked| asked.max(if period.is_some() { from } else { Seq::NONE.next() }));
    let through = bounds.through.map_or(through, |asked| if period.is_some() { asked.min(through) } else { asked });
    if from < first {
        return Err(ExportError::Cut(ends.base.seq()));
    }
    if through > head || from > through.next() {
        return Err(ExportError::NoRange { from, through, head });
    }
    Ok((from, through))
}

async fn period(pool: &PgPool, filter: &Filter) -> Result<Option<Period>, sqlx::Error> {
    let Filter { since_us, until_us, .. } = *filter;
    if since_us.or(until_us).is_none() {
        return Ok(None);
    }
    let (first_seq, last_seq) = places_of(pool, filter).await?.unzip();
    let [first_seq, last_seq] = [first_seq, last_seq].map(|seq| seq.map(Seq::value));
    Ok(Some(Period { since_us, until_us, first_seq, last_seq }))
}

/// The first and the last record whose event is of the filter's time.
pub(in crate::audit) async fn places_of(pool: &PgPool, filter: &Filter) -> Result<Option<(Seq, Seq)>, sqlx::Error> {
    let (first, last): (Option<i64>, Option<i64>) = sqlx::query_as(
        // `OFFSET 0` keeps the two apart: else the first one is looked for along
        // the primary key, past every record that is older.
        "SELECT min(seq), max(seq) FROM (
             SELECT seq FROM audit_record
             WHERE tenant = $1 AND event_time_us >= $2 AND event_time_us < $3 OFFSET 0
         ) AS during",
    )
    .bind(filter.tenant.as_str())
    .bind(filter.since_us.unwrap_or(0))
    .bind(filter.until_us.unwrap_or(i64::MAX))
    .fetch_one(pool)
    .await?;
    Ok(first.and_then(Seq::new).zip(last.and_then(Seq::new)))
}

/// The place before `from` with its tree, from the nearest place whose tree is
/// known.
async fn base_before(pool: &PgPool, tenant: &TenantId, base: Base, from: Seq) -> Result<Base, ExportError> {
    let target = Seq::new(from.value() - 1).unwrap_or(Seq::NONE);
    if target == base.seq() {
        return Ok(base);
    }
    let near = checkpoints::base_at_or_before(pool, tenant, target).await?;
    let mut at = near.filter(|near| near.seq() > base.seq()).unwrap_or(base);
    hashes(pool, tenant, at.seq(), target, |hash| at.follow(hash)).await?;
    Ok(at)
}

async fn head_at(pool: &PgPool, tenant: &TenantId, seq: Seq) -> Result<Head, ExportError> {
    if seq == Seq::NONE {
        return Ok(Head::genesis(tenant));
    }
    Ok(Head { seq, hash: hash_at(pool, tenant, seq).await? })
}

async fn hash_at(pool: &PgPool, tenant: &TenantId, seq: Seq) -> Result<Hash, ExportError> {
    let mut found = Hash::MALFORMED;
    let before = Seq::new(seq.value() - 1).unwrap_or(Seq::NONE);
    hashes(pool, tenant, before, seq, |hash| found = hash).await?;
    Ok(found)
}
