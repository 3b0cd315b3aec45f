//! Where to look.

use std::collections::BTreeSet;
use std::ops::Range;

use roaring::RoaringBitmap;
use sqlx::Error;
use sqlx::postgres::PgConnection;

use super::Walk;
use crate::audit::index::{BLOCK_LEN, Field, Loaded, Parts, Sought, block_of, blocks_within, load, offset_in, parts};
use crate::audit::query::filter::Filter;

impl Walk<'_> {
    /// The blocks that may hold records of the answer, from the first to the last.
    pub(in crate::audit::query) async fn blocks(&mut self) -> Result<Vec<i64>, Error> {
        if self.places.is_empty() {
            return Ok(Vec::new());
        }
        let (first, last) = (block_of(self.places.start), block_of(self.places.end - 1));
        if let Some(direct) = self.only_direct() {
            let blocks: BTreeSet<i64> = direct.iter().map(|seq| block_of(*seq)).collect();
            return Ok(blocks.into_iter().filter(|block| (first..=last).contains(block)).collect());
        }
        if !self.is_timed() {
            return Ok((first..=last).collect());
        }
        let timed = blocks_within(self.connection, &self.filter.tenant, &self.times).await?;
        let after_the_index = block_of(self.state.indexed + 1).max(first)..=last;
        let blocks: BTreeSet<i64> = timed.into_iter().chain(after_the_index).collect();
        Ok(blocks.into_iter().filter(|block| (first..=last).contains(block)).collect())
    }

    pub(in crate::audit::query) fn is_timed(&self) -> bool {
        self.filter.since_us.or(self.filter.until_us).is_some()
    }

    /// The places of a need that only the table of records itself has an index for.
    fn only_direct(&self) -> Option<&BTreeSet<i64>> {
        let only = |need: &Vec<Sought>| need.iter().all(|sought| sought.column().is_some());
        self.needs.iter().zip(&self.direct).find(|(need, _)| only(need)).map(|(_, direct)| direct)
    }

    /// Those of `blocks` that the index has something of. What another version has
    /// left of others is not looked at.
    pub(in crate::audit::query) fn indexed(&self, blocks: &[i64]) -> Vec<i64> {
        let is_indexed = |block: &i64| block * BLOCK_LEN <= self.state.indexed && self.state.indexed > 0;
        blocks.iter().copied().filter(is_indexed).collect()
    }

    /// The places in `blocks` to look at, in the order of the walk.
    pub(super) async fn candidates(&mut self, blocks: &[i64]) -> Result<Vec<i64>, Error> {
        if let Some(direct) = self.only_direct() {
            let within = |seq: &&i64| self.places.contains(seq) && blocks.contains(&block_of(**seq));
            let mut places: Vec<i64> = direct.iter().filter(within).copied().collect();
            if self.is_descending {
                places.reverse();
            }
            return Ok(places);
        }
        let tenant = &self.filter.tenant;
        let terms: Vec<String> = self.needs.iter().flatten().flat_map(Sought::terms).collect();
        let indexed = self.indexed(blocks);
        let loaded = load(self.connection, tenant, &indexed, &terms, &[]).await?;
        let parts = if self.is_timed() { parts(self.connection, tenant, &indexed).await? } else { Default::default() };
        let mut candidates = Vec::new();
        for block in blocks {
            let places = self.candidates_in(*block, loaded.get(block), parts.get(block))?;
            let seqs = places.iter().map(|offset| block * BLOCK_LEN + i64::from(offset));
            if self.is_descending { candidates.extend(seqs.rev()) } else { candidates.extend(seqs) }
        }
        Ok(candidates)
    }

    fn candidates_in(
        &self,
        block: i64,
        loaded: Option<&Loaded>,
        parts: Option<&Parts>,
    ) -> Result<RoaringBitmap, Error> {
        let all = offsets(block, &self.places);
        let indexed = offsets(block, &(self.places.start..self.state.indexed + 1));
        let (after_the_index, mut places) = (&all - &indexed, all & indexed);
        for (need, direct) in self.needs.iter().zip(&self.direct) {
            let of_block = direct.range(block * BLOCK_LEN..(block + 1) * BLOCK_LEN);
            let mut fitting: RoaringBitmap = of_block.map(|seq| u32::from(offset_in(*seq))).collect();
            for sought in need {
                if let Some(loaded) = loaded {
                    fitting |= loaded.places(sought)?;
                }
            }
            places &= fitting;
        }
        if self.is_timed() {
            let within = parts.into_iter().flat_map(|parts| parts.within(&self.times));
            let mut timely = RoaringBitmap::new();
            for (offsets, _) in within {
                timely.insert_range(offsets);
            }
            places &= timely;
        }
        Ok(places | after_the_index)
    }
}

/// Those of `places` that are in `block`, counted from its beginning.
pub(in crate::audit::query) fn offsets(block: i64, places: &Range<i64>) -> RoaringBitmap {
    let offset = |seq: i64| (seq - block * BLOCK_LEN).clamp(0, BLOCK_LEN) as u32;
    let mut offsets = RoaringBitmap::new();
    offsets.insert_range(offset(places.start)..offset(places.end).max(offset(places.start)));
    offsets
}

/// The places of a need that the table of records has an index for.
pub(super) async fn direct_places(
    connection: &mut PgConnection,
    filter: &Filter,
    need: &[Sought],
) -> Result<BTreeSet<i64>, Error> {
    let mut places = BTreeSet::new();
    for (field, value) in need.iter().filter_map(Sought::column) {
        let Ok(id) = value.parse::<uuid::Uuid>() else { continue };
        let query = match field {
            Field::Request => "SELECT seq FROM audit_record WHERE tenant = $1 AND request_id = $2",
            _ => "SELECT seq FROM audit_record WHERE tenant = $1 AND record_id = $2",
        };
        let seqs: Vec<i64> =
            sqlx::query_scalar(query).bind(filter.tenant.as_str()).bind(id).fetch_all(&mut *connection).await?;
        places.extend(seqs);
    }
    Ok(places)
}
