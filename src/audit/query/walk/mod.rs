//! Records that fit a filter, page by page.
//!
//! The chain is walked in blocks, from the place that the page begins at. What is
//! indexed is looked up; the few places after that are all candidates. Candidates
//! are read from the log in the order of their places, and those that do not fit
//! fall out, so the index cannot put a wrong record into an answer.

mod candidates;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use roaring::RoaringBitmap;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Error, PgPool, Postgres, Transaction};

use super::filter::{Filter, Page};
use super::stored::{self, StoredRecord, accepted_bodies};
use crate::audit::chain::Seq;
use crate::audit::index::{IndexState, Sought, block_of, facts, offset_in, state};
use candidates::direct_places;
pub(super) use candidates::offsets;

/// Records that are looked at in vain for one page. A page that ends for this has
/// less than was asked for, and there is a next one.
const VAIN_MAX: usize = 20_000;
/// Records that are read at once.
const CHUNK_MAX: usize = 1000;
const CHUNK_MIN: usize = 64;
/// Records that are held at once where only their places are wanted.
const MATCHING_CHUNK: usize = 4096;
/// Blocks that are looked up at once: few at first, since most pages are full soon.
const WINDOWS: [usize; 4] = [1, 4, 16, 64];

/// A page of records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The chain's end at the time of the first page: ask with it for the next.
    pub as_of: Seq,
    /// The records; from the last to the first where the filter asks for the last
    /// ones.
    pub records: Vec<StoredRecord>,
    /// Where to go on; `None` when that was all.
    pub next: Option<Page>,
}

/// The page of records that `filter` asks for.
pub async fn page(pool: &PgPool, filter: &Filter) -> Result<Answer, Error> {
    let mut transaction = begin(pool).await?;
    let mut walk = Walk::new(&mut transaction, filter).await?;
    let (as_of, limit) = (walk.as_of(), filter.limit.min(super::LIMIT_MAX) as usize);
    let mut records = Vec::new();
    let mut next = walk.run(limit + 1, &mut records).await?;
    if records.len() > limit {
        records.truncate(limit);
        next = records.last().map(|last| walk.after(last.seq.value()));
    }
    transaction.rollback().await?;
    Ok(Answer { as_of, records, next })
}

/// All records that `filter` asks for up to its limit, in order of their places.
/// The next ones are after the last one's `seq`.
pub async fn records(pool: &PgPool, filter: &Filter) -> Result<Vec<StoredRecord>, Error> {
    let (mut filter, mut records) = (filter.clone(), Vec::new());
    let (limit, from_the_end) = (filter.limit.min(super::LIMIT_MAX), !matches!(filter.page, Page::After(_)));
    filter.limit = limit;
    loop {
        let answer = page(pool, &filter).await?;
        records.extend(answer.records);
        filter.limit = limit.saturating_sub(u32::try_from(records.len()).unwrap_or(limit));
        match answer.next {
            Some(next) if filter.limit > 0 => (filter.page, filter.as_of) = (next, Some(answer.as_of)),
            _ => break,
        }
    }
    if from_the_end {
        records.reverse();
    }
    Ok(records)
}

/// A transaction that sees one state of the log and of its index.
pub(super) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, Error> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = '20s'; SET LOCAL enable_seqscan = off",
    )
    .execute(&mut *transaction)
    .await?;
    Ok(transaction)
}

/// A way along a chain.
pub(super) struct Walk<'a> {
    pub(super) connection: &'a mut PgConnection,
    filter: &'a Filter,
    pub(super) needs: Vec<Vec<Sought>>,
    /// For each need the places that the table of records has an index for.
    direct: Vec<BTreeSet<i64>>,
    pub(super) state: IndexState,
    pub(super) times: Range<i64>,
    /// The places to look at.
    pub(super) places: Range<i64>,
    is_descending: bool,
}

impl<'a> Walk<'a> {
    pub(super) async fn new(connection: &'a mut PgConnection, filter: &'a Filter) -> Result<Walk<'a>, Error> {
        let state = state(&mut *connection, &filter.tenant).await?;
        let end = filter.as_of.map_or(state.head, |as_of| as_of.value().min(state.head)) + 1;
        let (places, is_descending) = match filter.page {
            Page::After(seq) => (state.first.max(seq.value().saturating_add(1))..end, false),
            Page::Before(seq) => (state.first..end.min(seq.value()), true),
            Page::Latest => (state.first..end, true),
        };
        let times = filter.since_us.unwrap_or(i64::MIN)..filter.until_us.unwrap_or(i64::MAX);
        let needs = filter.needs();
        let mut direct = Vec::with_capacity(needs.len());
        for need in &needs {
            direct.push(direct_places(&mut *connection, filter, need).await?);
        }
        Ok(Walk { connection, filter, needs, direct, state, times, places, is_descending })
    }

    /// Where the chain ends for this walk.
    pub(super) fn as_of(&self) -> Seq {
        let as_of = self.filter.as_of.map_or(self.state.head, |as_of| as_of.value().min(self.state.head));
        Seq::new(as_of).unwrap_or(Seq::NONE)
    }

    /// The page after the place `seq`.
    fn after(&self, seq: i64) -> Page {
        let seq = Seq::new(seq).unwrap_or(Seq::NONE);
        if self.is_descending { Page::Before(seq) } else { Page::After(seq) }
    }

    /// Collects records until there are `enough`, or too many were looked at in
    /// vain. Where to go on, when the walk did not come to its end.
    pub(super) async fn run(&mut self, enough: usize, found: &mut Vec<StoredRecord>) -> Result<Option<Page>, Error> {
        let mut vain = 0;
        let mut blocks = self.blocks().await?;
        if self.is_descending {
            blocks.reverse();
        }
        let (mut blocks, mut windows) = (blocks.as_slice(), WINDOWS.iter().copied());
        while !blocks.is_empty() {
            let len = windows.next().unwrap_or(WINDOWS[WINDOWS.len() - 1]).min(blocks.len());
            let (window, rest) = blocks.split_at(len);
            blocks = rest;
            let candidates = self.candidates(window).await?;
            let mut candidates = candidates.as_slice();
            while !candidates.is_empty() {
                let wanted = (enough - found.len()).clamp(CHUNK_MIN, CHUNK_MAX).min(candidates.len());
                let (chunk, rest) = candidates.split_at(wanted);
                candidates = rest;
                let fitting = self.fitting(chunk).await?;
                vain += chunk.len() - fitting.len();
                found.extend(fitting);
                if found.len() >= enough {
                    found.truncate(enough);
                    return Ok(None);
                }
                let is_over = candidates.is_empty() && blocks.is_empty();
                if vain >= VAIN_MAX && !is_over {
                    return Ok(chunk.last().map(|last| self.after(*last)));
                }
            }
        }
        Ok(None)
    }

    /// The places of all records that fit, by block.
    pub(super) async fn matching(&mut self) -> Result<BTreeMap<i64, RoaringBitmap>, Error> {
        let (places, mut matching) = (self.places.clone(), BTreeMap::<i64, RoaringBitmap>::new());
        loop {
            let mut found = Vec::new();
            let next = self.run(MATCHING_CHUNK, &mut found).await?;
            for seq in found.iter().map(|record| record.seq.value()) {
                matching.entry(block_of(seq)).or_default().insert(offset_in(seq).into());
            }
            let last = found.last().map(|record| record.seq.value()).filter(|_| found.len() == MATCHING_CHUNK);
            self.places.start = match (next, last) {
                (Some(Page::After(seq)), _) => seq.value() + 1,
                (_, Some(last)) => last + 1,
                _ => break,
            };
        }
        self.places = places;
        Ok(matching)
    }

    /// Those of the records at `places` that fit, in the order of the walk.
    async fn fitting(&mut self, places: &[i64]) -> Result<Vec<StoredRecord>, Error> {
        // Places side by side are read as a range, which is the quicker.
        let (first, last) = (places.iter().min().copied(), places.iter().max().copied());
        let is_range = first.zip(last).is_some_and(|(first, last)| last.abs_diff(first) + 1 == places.len() as u64);
        let chosen = if is_range { "BETWEEN $5 AND $6 AND $2::bigint[] IS NOT NULL" } else { "= ANY ($2)" };
        let query = format!(
            "{} WHERE tenant = $1 AND seq {chosen} AND event_time_us >= $3 AND event_time_us < $4 ORDER BY seq",
            stored::SELECT
        );
        let query = sqlx::query(AssertSqlSafe(query)).bind(self.filter.tenant.as_str());
        let query = query.bind(if is_range { &[] } else { places }).bind(self.times.start).bind(self.times.end);
        let query = if is_range { query.bind(first).bind(last) } else { query };
        let rows = query.fetch_all(&mut *self.connection).await?;
        let mut records = rows.iter().map(stored::decode).collect::<Result<Vec<_>, _>>()?;
        if !self.needs.is_empty() {
            let accepted = accepted_bodies(&mut *self.connection, &self.filter.tenant, &records).await?;
            records.retain(|record| {
                let begun =
                    record.request.filter(|_| record.kind == "ended").and_then(|request| accepted.get(&request));
                let facts = facts(record, begun.map(String::as_str));
                self.needs.iter().all(|need| need.iter().any(|sought| sought.fits(&facts)))
            });
        }
        if self.is_descending {
            records.reverse();
        }
        Ok(records)
    }
}
