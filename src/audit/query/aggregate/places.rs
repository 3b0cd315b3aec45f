//! Which places are counted: exactly those at a time of the question.

use std::collections::BTreeMap;
use std::ops::Range;

use roaring::RoaringBitmap;
use sqlx::{AssertSqlSafe, Error};

use crate::audit::index::{BLOCK_LEN, Postings, block_of, facts, offset_in, parts};
use crate::audit::query::filter::Filter;
use crate::audit::query::stored::{self, StoredRecord, accepted_bodies};
use crate::audit::query::walk::{Walk, offsets};

/// Records after the index that are read at once.
const TAIL_CHUNK: i64 = 8192;

/// The indexed places of a block that are at a time and place of the question.
pub(super) async fn indexed_places(walk: &mut Walk<'_>, filter: &Filter, block: i64) -> Result<RoaringBitmap, Error> {
    let end = walk.places.end.min(walk.state.indexed + 1);
    let places = offsets(block, &(walk.places.start..end));
    if !walk.is_timed() || places.is_empty() {
        return Ok(places);
    }
    let mut timely = RoaringBitmap::new();
    let parts = parts(walk.connection, &filter.tenant, &[block]).await?;
    for (part, all) in parts.get(&block).into_iter().flat_map(|parts| parts.within(&walk.times)).collect::<Vec<_>>() {
        if all {
            timely.insert_range(part);
        } else {
            timely |= timely_places(walk, filter, block, part).await?;
        }
    }
    Ok(places & timely)
}

/// The places of a part of a block that are at a time of the question.
async fn timely_places(
    walk: &mut Walk<'_>,
    filter: &Filter,
    block: i64,
    part: Range<u32>,
) -> Result<RoaringBitmap, Error> {
    let [start, end] = [part.start, part.end].map(|offset| block * BLOCK_LEN + i64::from(offset));
    let seqs: Vec<i64> = sqlx::query_scalar(
        "SELECT seq FROM audit_record
         WHERE tenant = $1 AND seq >= $2 AND seq < $3 AND event_time_us >= $4 AND event_time_us < $5",
    )
    .bind(filter.tenant.as_str())
    .bind(start)
    .bind(end)
    .bind(walk.times.start)
    .bind(walk.times.end)
    .fetch_all(&mut *walk.connection)
    .await?;
    Ok(seqs.into_iter().map(|seq| u32::from(offset_in(seq))).collect())
}

/// Records after the index, of one block.
pub(super) struct Tail {
    pub(super) last: i64,
    pub(super) places: RoaringBitmap,
    pub(super) postings: Postings,
}

/// The next records after the place `after`; `None` when there are no more.
pub(super) async fn tail(
    walk: &mut Walk<'_>,
    filter: &Filter,
    after: i64,
    chosen: Option<&BTreeMap<i64, RoaringBitmap>>,
) -> Result<Option<Tail>, Error> {
    let query = format!("{} WHERE tenant = $1 AND seq > $2 AND seq < $3 ORDER BY seq LIMIT $4", stored::SELECT);
    let query = sqlx::query(AssertSqlSafe(query)).bind(filter.tenant.as_str()).bind(after);
    let rows = query.bind(walk.places.end).bind(TAIL_CHUNK).fetch_all(&mut *walk.connection).await?;
    let mut rows: Vec<StoredRecord> = rows.iter().map(stored::decode).collect::<Result<_, _>>()?;
    let Some(block) = rows.first().map(|row| block_of(row.seq.value())) else { return Ok(None) };
    rows.retain(|row| block_of(row.seq.value()) == block);
    let accepted = accepted_bodies(walk.connection, &filter.tenant, &rows).await?;
    let mut tail = Tail { last: after, places: RoaringBitmap::new(), postings: Postings::default() };
    for row in &rows {
        let (seq, offset) = (row.seq.value(), offset_in(row.seq.value()));
        tail.last = seq;
        let is_chosen =
            chosen.is_none_or(|chosen| chosen.get(&block).is_some_and(|places| places.contains(offset.into())));
        if is_chosen && walk.times.contains(&row.time_us) {
            let begun = row.request.filter(|_| row.kind == "ended").and_then(|request| accepted.get(&request));
            tail.places.insert(offset.into());
            tail.postings.add(offset, row.time_us, &facts(row, begun.map(String::as_str)));
        }
    }
    Ok(Some(tail))
}
