//! Answers from the index, held against a plain search through all records.

pub(in crate::audit) mod chain;
pub(in crate::audit) mod plain;

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgPool;

use self::chain::{EPOCH_US, MINUTE_US, Random, START, acme, bodies, insert};
use self::plain::{expected, expected_counts, says};
use super::*;
use crate::audit::chain::Seq;
use crate::audit::index::{Field, Indexer};
use crate::store::testing::fresh_store;

fn filter(wanted: &[(&str, String)]) -> Filter {
    let mut filter = Filter::of(acme());
    for (name, value) in wanted {
        filter.set(name, value).unwrap();
    }
    filter
}

/// A few conditions that some record fits, mostly.
fn question(random: &mut Random, bodies: &[Value]) -> Vec<(&'static str, String)> {
    let mut wanted: Vec<(&'static str, String)> = Vec::new();
    let said = says(bodies, random.below(bodies.len() as u64) as usize);
    for name in Filter::PARAMETERS.iter().filter(|name| !["since", "until", "id"].contains(name)) {
        let of_name: Vec<&String> = said.iter().filter(|(said, _)| said == name).map(|(_, value)| value).collect();
        if !of_name.is_empty() && random.below(7) == 0 {
            wanted.push((name, of_name[random.below(of_name.len() as u64) as usize].clone()));
        }
    }
    if random.below(6) == 0 {
        let ids = ["request", "record", "conversation", "key", "parent"];
        let ids: Vec<&String> =
            said.iter().filter(|(name, _)| ids.contains(&name.as_str())).map(|(_, id)| id).collect();
        wanted.push(("id", ids[random.below(ids.len() as u64) as usize].clone()));
    }
    let time = |random: &mut Random| {
        let us = EPOCH_US + random.below(2 * bodies.len() as u64) as i64 * MINUTE_US;
        jiff::Timestamp::from_microsecond(us).unwrap()
    };
    if random.below(3) == 0 {
        let (one, other) = (time(random), time(random));
        wanted.push(("since", one.min(other).to_string()));
        if one != other && random.below(3) > 0 {
            wanted.push(("until", one.max(other).to_string()));
        }
    }
    wanted
}

/// All pages of an answer, one after the other.
async fn all_pages(pool: &PgPool, mut filter: Filter) -> Vec<i64> {
    let mut places = Vec::new();
    loop {
        let answer = page(pool, &filter).await.unwrap();
        assert!(answer.records.len() <= filter.limit as usize);
        places.extend(answer.records.iter().map(|record| record.seq.value()));
        match answer.next {
            Some(next) => (filter.page, filter.as_of) = (next, Some(answer.as_of)),
            None => return places,
        }
    }
}

/// Indexes as many batches as there are.
async fn index(pool: &PgPool) {
    Indexer::new(pool.clone()).rebuild(&acme(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn every_question_is_answered_like_by_a_plain_search_whatever_is_indexed() {
    let store = fresh_store().await;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let bodies = bodies(&mut random, 900);
    // Nothing is indexed, some is, all is.
    for (indexed, end) in [(0, 300), (300, 600), (900, 900)] {
        let before: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_record").fetch_one(&store.pool).await.unwrap();
        let before = before as usize;
        if indexed > 0 {
            insert(&store.pool, START + before as i64, &bodies[before..indexed.max(before)]).await;
            index(&store.pool).await;
        }
        let before = indexed.max(before);
        insert(&store.pool, START + before as i64, &bodies[before..end]).await;
        let bodies = &bodies[..end];
        for number in 0..40 {
            let wanted = question(&mut random, bodies);
            let expected = expected(bodies, &wanted);
            let limit = 1 + random.below(200) as u32;
            let ascending = Filter { page: Page::After(Seq::NONE), limit, ..filter(&wanted) };
            assert_eq!(all_pages(&store.pool, ascending).await, expected, "{number}: {wanted:?}");
            let descending = all_pages(&store.pool, Filter { limit, ..filter(&wanted) }).await;
            assert!(descending.iter().rev().eq(&expected), "{number}: {wanted:?}");
        }
    }
}

#[tokio::test]
async fn every_count_is_that_of_a_plain_search_whatever_is_indexed() {
    let store = fresh_store().await;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let bodies = bodies(&mut random, 700);
    insert(&store.pool, START, &bodies[..550]).await;
    index(&store.pool).await;
    insert(&store.pool, START + 550, &bodies[550..]).await;
    for number in 0..150 {
        let wanted: Vec<_> = question(&mut random, &bodies).into_iter().filter(|(name, _)| *name != "kind").collect();
        let mut by: Vec<Field> = Vec::new();
        for _ in 0..random.below(3) {
            let field = Field::GROUPS[random.below(Field::GROUPS.len() as u64) as usize];
            if !by.contains(&field) {
                by.push(field);
            }
        }
        let counted = aggregate(&store.pool, &filter(&wanted), &by).await.unwrap();
        let counted: BTreeMap<_, _> = counted.rows.into_iter().map(|(k, c)| (k, (c.requests, c.entities))).collect();
        assert_eq!(counted, expected_counts(&bodies, &wanted, &by), "{number}: {wanted:?} by {by:?}");
    }
}
