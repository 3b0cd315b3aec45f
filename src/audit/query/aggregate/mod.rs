//! How many requests, and how many entities in them.
//!
//! Counts are sizes of intersections of bitmaps, so no record is read but for those
//! that are not indexed yet and those at the edges of a time.

mod places;
mod question;

use roaring::RoaringBitmap;
use serde_json::{Map, Value, json};
use sqlx::{Error, PgPool};

use self::places::{indexed_places, tail};
use self::question::{Question, Totals};
use super::filter::{Filter, Page};
use super::walk::{Walk, begin};
use crate::audit::chain::Seq;
use crate::audit::index::{Field, load};
use crate::tenant::TenantId;

/// Blocks that are loaded at once.
const WINDOW: usize = 8;
/// Most fields that a count can be divided by.
pub const GROUPS_MAX: usize = 2;

/// What was counted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Requests that were let on or refused; where the question is about their end,
    /// requests that ended or were refused.
    pub requests: u64,
    /// Entities in them that fit the filter's label and action.
    pub entities: u64,
}

/// Counts by group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Groups {
    /// The chain's end at the time of the question.
    pub as_of: Seq,
    /// For each group its values, in the order of the fields that were asked for,
    /// and its counts. `None` stands for requests without the field. A request with
    /// several labels is in several groups.
    pub rows: Vec<(Vec<Option<String>>, Counts)>,
}

impl Groups {
    /// As answers show it, over HTTP and on the command line.
    pub fn document(&self, tenant: &TenantId, by: &[Field]) -> Value {
        let row = |(values, counts): &(Vec<Option<String>>, Counts)| {
            let mut row: Map<String, Value> =
                by.iter().zip(values).map(|(field, value)| (field.name().to_owned(), json!(value))).collect();
            row.insert("requests".into(), counts.requests.into());
            row.insert("entities".into(), counts.entities.into());
            row
        };
        json!({
            "object": "counts", "tenant": tenant.as_str(), "as_of": self.as_of.value(),
            "group_by": by.iter().map(|field| field.name()).collect::<Vec<_>>(),
            "data": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

/// Counts the requests that `filter` chooses, by up to [`GROUPS_MAX`] fields of
/// [`Field::GROUPS`].
pub async fn aggregate(pool: &PgPool, filter: &Filter, by: &[Field]) -> Result<Groups, Error> {
    let filter = Filter { page: Page::After(Seq::NONE), ..filter.clone() };
    let mut transaction = begin(pool).await?;
    let mut walk = Walk::new(&mut transaction, &filter).await?;
    let as_of = walk.as_of();
    let question = Question::new(&filter, by, &walk);
    let chosen = if question.is_exact { None } else { Some(walk.matching().await?) };
    let mut totals = Totals::new();
    let (terms, prefixes) = question.to_load();
    let blocks = walk.blocks().await?;
    let blocks = walk.indexed(&blocks);
    for window in blocks.chunks(WINDOW) {
        let mut loaded = load(walk.connection, &filter.tenant, window, &terms, &prefixes).await?;
        let mut work = Vec::with_capacity(window.len());
        for block in window {
            let mut places = indexed_places(&mut walk, &filter, *block).await?;
            if let Some(chosen) = &chosen {
                places &= chosen.get(block).unwrap_or(&RoaringBitmap::new());
            }
            work.push((places, loaded.remove(block).unwrap_or_default()));
        }
        totals = question.clone().count_all(work, totals).await?;
    }
    let mut after = walk.state.indexed.max(walk.places.start - 1);
    while let Some(chunk) = tail(&mut walk, &filter, after, chosen.as_ref()).await? {
        after = chunk.last;
        totals = question.clone().count_all(vec![(chunk.places, chunk.postings.into())], totals).await?;
    }
    transaction.rollback().await?;
    let mut rows: Vec<_> = totals.into_iter().filter(|(_, counts)| *counts != Counts::default()).collect();
    rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Groups { as_of, rows })
}
