use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgPool};

use super::Indexer;
use crate::audit::query::tests::chain::{Random, START, acme, bodies, insert};
use crate::audit::query::tests::plain::expected;
use crate::audit::query::{Filter, LIMIT_MAX, aggregate, records};
use crate::store::Store;
use crate::store::testing::fresh_store;

/// A chain of records of two blocks.
async fn chain(pool: &PgPool) -> Vec<serde_json::Value> {
    let bodies = bodies(&mut Random(0x1234_5678_9abc_def1), 600);
    insert(pool, START, &bodies).await;
    bodies
}

async fn index(pool: &PgPool) {
    assert_eq!(Indexer::new(pool.clone()).rebuild(&acme(), |_| {}).await.unwrap(), 600);
}

type Stored = BTreeMap<(String, i64), Vec<u8>>;

/// All of the index.
async fn stored(pool: &PgPool) -> Stored {
    let rows: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT term, block, places FROM audit_index").fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(term, block, places)| ((term, block), places)).collect()
}

/// The places that a filter finds, or what is said instead.
async fn found(pool: &PgPool, name: &str, value: &str) -> Result<Vec<i64>, String> {
    let mut filter = Filter { limit: LIMIT_MAX, ..Filter::of(acme()) };
    filter.set(name, value).unwrap();
    let records = records(pool, &filter).await.map_err(|error| error.to_string())?;
    Ok(records.iter().map(|record| record.seq.value()).collect())
}

async fn tamper(store: &Store, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut store.tamperer().await).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql} changed nothing");
}

#[tokio::test]
async fn two_indexers_at_once_make_the_index_that_one_makes() {
    let store = fresh_store().await;
    chain(&store.pool).await;
    index(&store.pool).await;
    let by_one = stored(&store.pool).await;
    sqlx::raw_sql("DELETE FROM audit_index; DELETE FROM audit_index_block; DELETE FROM audit_index_head")
        .execute(&store.pool)
        .await
        .unwrap();
    let work = async || {
        let indexer = Indexer::new(store.pool.clone());
        let mut all = 0;
        loop {
            match indexer.step(&acme()).await.unwrap() {
                0 => return all,
                n => all += n,
            }
        }
    };
    let (one, other) = tokio::join!(work(), work());
    assert_eq!(one + other, 600);
    assert_eq!(stored(&store.pool).await, by_one);
}

#[tokio::test]
async fn an_index_of_another_version_is_not_read_and_is_made_anew() {
    let store = fresh_store().await;
    let bodies = chain(&store.pool).await;
    index(&store.pool).await;
    let whole = stored(&store.pool).await;
    tamper(&store, "UPDATE audit_index SET places = ''").await;
    tamper(&store, "UPDATE audit_index_head SET version = 0").await;
    let persons = expected(&bodies, &[("label", "PERSON".into())]);
    assert_eq!(found(&store.pool, "label", "PERSON").await, Ok(persons.clone()));
    let indexer = Indexer::new(store.pool.clone());
    while indexer.step(&acme()).await.unwrap() > 0 {}
    assert_eq!(stored(&store.pool).await, whole);
    assert_eq!(found(&store.pool, "label", "PERSON").await, Ok(persons));
}

#[tokio::test]
async fn a_damaged_index_says_how_to_make_it_anew() {
    let store = fresh_store().await;
    let bodies = chain(&store.pool).await;
    let persons = expected(&bodies, &[("label", "PERSON".into())]);
    for damage in ["", "3a300000", &"ff".repeat(9000), "3b30000001000000ffff0200feff0500"] {
        index(&store.pool).await;
        tamper(&store, &format!("UPDATE audit_index SET places = '\\x{damage}' WHERE term = 'label:PERSON'")).await;
        tamper(&store, &format!("UPDATE audit_index SET places = '\\x{damage}00' WHERE term LIKE '#%'")).await;
        let said = found(&store.pool, "label", "PERSON").await.unwrap_err();
        assert!(said.contains("cordon audit reindex"), "{damage}: {said}");
        let said = found(&store.pool, "conversation", &format!("{:064x}", 7)).await;
        assert!(said.as_ref().is_err_and(|said| said.contains("reindex")), "{damage}: {said:?}");
        index(&store.pool).await;
        assert_eq!(found(&store.pool, "label", "PERSON").await, Ok(persons.clone()));
    }
}

/// The index says where to look, and the record itself whether it fits.
#[tokio::test]
async fn an_index_that_names_too_many_puts_no_wrong_record_into_an_answer() {
    let store = fresh_store().await;
    let bodies = chain(&store.pool).await;
    index(&store.pool).await;
    tamper(
        &store,
        "UPDATE audit_index i SET places = o.places FROM audit_index o
         WHERE i.term = 'label:US_SSN' AND o.term = 'kind:accepted' AND o.block = i.block",
    )
    .await;
    let accepted = expected(&bodies, &[("kind", "accepted".into())]);
    let mut right = expected(&bodies, &[("label", "US_SSN".into())]);
    right.retain(|seq| accepted.contains(seq));
    assert_eq!(found(&store.pool, "label", "US_SSN").await, Ok(right));
}

#[tokio::test]
async fn a_record_that_was_tampered_with_stops_neither_the_index_nor_a_question() {
    let store = fresh_store().await;
    chain(&store.pool).await;
    let odd = [
        "",
        "{",
        "[]",
        "null",
        r#"{"entities":{"PERSON":{"redact":-1}}}"#,
        r#"{"entities":{"A B":{"x y":1},"":{"":1}},"key_id":7}"#,
        r#"{"entities":{"PERSON":{"redact":18446744073709551615}},"policy":[],"target":"x"}"#,
        r#"{"entities":"PERSON","by":{}}"#,
    ];
    for (body, seq) in odd.iter().zip(START + 1..) {
        tamper(&store, &format!("UPDATE audit_record SET body = '{body}' WHERE seq = {seq}")).await;
    }
    let long = format!(r#"{{"key_id":"{}","purpose":"\u0000\n"}}"#, "k".repeat(20_000));
    tamper(
        &store,
        &format!(
            "UPDATE audit_record SET body = '{long}', event_time_us = 9223372036854775807 WHERE seq = {}",
            START + 20
        ),
    )
    .await;
    for _ in ["before it is indexed", "and after"] {
        assert_eq!(found(&store.pool, "since", "1990-01-01").await.unwrap().len(), 599);
        assert!(!found(&store.pool, "label", "PERSON").await.unwrap().is_empty());
        aggregate(&store.pool, &Filter::of(acme()), &[super::Field::Label, super::Field::Day]).await.unwrap();
        index(&store.pool).await;
    }
}

/// Records that a cut has taken may still stand in the table for a while.
#[tokio::test]
async fn what_a_cut_took_is_in_no_answer() {
    let store = fresh_store().await;
    let bodies = chain(&store.pool).await;
    index(&store.pool).await;
    let cut = START + 450;
    let all = found(&store.pool, "label", "PERSON").await.unwrap();
    let counted = async || aggregate(&store.pool, &Filter::of(acme()), &[]).await.unwrap().rows[0].1.requests;
    let begun =
        |after: usize| bodies[after..].iter().filter(|b| b["kind"] == "accepted" || b["kind"] == "refused").count();
    assert_eq!(counted().await, begun(0) as u64);
    tamper(
        &store,
        &format!(
            "INSERT INTO audit_cut (tenant, seq, hash, frontier, record_seq, cut_us)
             SELECT 'acme', {cut}, decode(repeat('00', 32), 'hex'),
                    decode(repeat('00', 32 * bit_count({cut}::bigint::bit(64))::int), 'hex'), {cut} + 1, 0"
        ),
    )
    .await;
    let left: Vec<i64> = all.into_iter().filter(|seq| *seq > cut).collect();
    assert!(!left.is_empty());
    assert_eq!(found(&store.pool, "label", "PERSON").await, Ok(left));
    assert_eq!(counted().await, begun(450) as u64);
}
