//! Reading the records of a period, once, in order.

use sqlx::PgPool;

use super::figures::Figures;
use super::scale::Scale;
use crate::audit::chain::{Head, Seq};
use crate::audit::export::plan::places_of;
use crate::audit::export::reader::Reader;
use crate::audit::export::walk::follows;
use crate::audit::query::Filter;
use crate::audit::retention;
use crate::tenant::TenantId;

/// Progress is told after so many records.
const PROGRESS_EVERY: u64 = 2_000;

pub(super) struct Collected {
    pub(super) figures: Figures,
    pub(super) first_break: Option<Seq>,
}

/// Counts the records from the first to the last whose event is of the period.
/// Others may stand between them, for clocks step; their links count, too.
pub(super) async fn collect(
    pool: &PgPool,
    tenant: &TenantId,
    scale: Scale,
    mut progress: impl FnMut(u64, u64),
) -> Result<Collected, sqlx::Error> {
    let mut collected = Collected { figures: Figures::new(scale), first_break: None };
    let filter =
        Filter { since_us: Some(scale.since_us), until_us: Some(scale.until_us), ..Filter::of(tenant.clone()) };
    let Some((first, last)) = places_of(pool, &filter).await? else { return Ok(collected) };
    // What was cut off may still stand there, and is no part of the chain.
    let before = Seq::new(first.value() - 1).unwrap_or(Seq::NONE).max(retention::base(pool, tenant).await?.seq());
    let mut reader = Reader::of_all(pool.clone(), tenant.clone(), before, last);
    let (mut at, mut done): (Option<Head>, u64) = (None, 0);
    let all = last.max(before).value().abs_diff(before.value());
    while let Some(record) = reader.next().await? {
        let expected = at.unwrap_or(Head { seq: before, hash: record.prev_hash });
        if !follows(expected, &record) {
            collected.first_break.get_or_insert(expected.seq.next());
        }
        at = Some(Head { seq: record.seq, hash: record.hash });
        collected.figures.add(&record);
        done += 1;
        if done.is_multiple_of(PROGRESS_EVERY) {
            progress(done, all);
        }
    }
    Ok(collected)
}
