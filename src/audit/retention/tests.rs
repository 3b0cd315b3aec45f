use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::*;
use crate::audit::chain::Hash;
use crate::audit::checkpoint::{Checkpoint, Origin, SigningKey, TrustedKeys};
use crate::audit::testing::{key_created, tenant};
use crate::audit::verify::verify;
use crate::audit::{AuditConfig, AuditLog};
use crate::store::Store;
use crate::store::testing::fresh_store;

const ORIGIN: &str = "cordon";

fn signing(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

fn trusted() -> TrustedKeys {
    TrustedKeys::new([signing(7).public_key(&Origin::parse(ORIGIN).unwrap(), &tenant("acme"))])
}

async fn append(store: &Store, records: usize) -> AuditLog {
    let log = AuditLog::start(store, AuditConfig::default());
    for _ in 0..records {
        log.append(&tenant("acme"), key_created()).await.unwrap();
    }
    log
}

/// The chain's hashes from `base` on, as they stand.
async fn follow(store: &Store, mut base: Base, size: u64) -> Base {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT hash FROM audit_record WHERE tenant = 'acme' AND seq > $1 AND seq <= $2 ORDER BY seq",
    )
    .bind(base.seq().value())
    .bind(size.cast_signed())
    .fetch_all(&store.pool)
    .await
    .unwrap();
    rows.iter().for_each(|hash| base.follow(Hash::from_bytes(hash).unwrap()));
    assert_eq!(base.frontier.size(), size);
    base
}

/// Signs for the first `size` records.
async fn checkpoint(store: &Store, size: u64, seed: u8) -> Hash {
    let tree = follow(store, base(&store.pool, &tenant("acme")).await.unwrap(), size).await.frontier;
    let (origin, root) = (Origin::parse(ORIGIN).unwrap(), tree.root());
    let signed = signing(seed).sign(Checkpoint { origin, tenant: tenant("acme"), size, root, time_s: 1 });
    sqlx::query("INSERT INTO audit_checkpoint VALUES ('acme', $1, $2, $3, 1)")
        .bind(size.cast_signed())
        .bind(signed.text())
        .bind(tree.to_bytes())
        .execute(&store.pool)
        .await
        .unwrap();
    root
}

async fn planned(store: &Store, through: i64) -> Result<Option<Plan>, CutError> {
    let limit = Limit::Through(Seq::new(through).unwrap());
    plan(&store.pool, &tenant("acme"), limit, &trusted()).await
}

async fn places(store: &Store) -> (i64, i64, i64) {
    sqlx::query_as("SELECT min(seq), max(seq), count(*) FROM audit_record").fetch_one(&store.pool).await.unwrap()
}

async fn tamper(store: &Store, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut store.tamperer().await).await.unwrap();
}

async fn superuser(store: &Store, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut store.superuser().await).await.unwrap();
}

#[tokio::test]
async fn a_cut_takes_a_prefix_and_the_rest_leads_to_the_next_checkpoint() {
    let store = fresh_store().await;
    let log = append(&store, 30).await;
    let root = checkpoint(&store, 20, 7).await;
    let first = planned(&store, 12).await.unwrap().unwrap();
    assert_eq!((first.records, first.anchor_size, first.shortened), (12, 20, false));
    assert_eq!(places(&store).await, (1, 30, 30), "a plan changes nothing");

    let done = make(&store, &log, &first, |_| {}).await.unwrap();
    assert_eq!((done.through.value(), done.removed), (12, 12));
    assert_eq!(places(&store).await, (13, 31, 19));
    let cut = last_cut(&store.pool, &tenant("acme")).await.unwrap().unwrap();
    assert_eq!((&cut.base, cut.record.value()), (&first.base, 31));
    assert_eq!(follow(&store, cut.base, 20).await.frontier.root(), root);
    assert_eq!(finish(&store, &tenant("acme"), |_| {}).await.unwrap(), None);
    assert_eq!(planned(&store, 12).await.unwrap(), None, "nothing more is to be cut");

    let second = planned(&store, 20).await.unwrap().unwrap();
    assert_eq!((second.records, second.base.frontier.root()), (8, root));
    make(&store, &log, &second, |_| {}).await.unwrap();
    assert_eq!(places(&store).await, (21, 32, 12));
    assert_eq!(base(&store.pool, &tenant("acme")).await.unwrap(), second.base);
}

#[tokio::test]
async fn a_cut_goes_no_further_than_a_checkpoint_that_is_trusted() {
    let store = fresh_store().await;
    let _log = append(&store, 10).await;
    for with_strange_key in [false, true] {
        if with_strange_key {
            checkpoint(&store, 9, 8).await;
        }
        let error = planned(&store, 5).await.unwrap_err();
        assert!(matches!(&error, CutError::NotAnchored(name) if *name == tenant("acme")), "{error}");
    }
    checkpoint(&store, 4, 7).await;
    let short = planned(&store, 8).await.unwrap().unwrap();
    assert_eq!((short.records, short.shortened), (4, true));
}

#[tokio::test]
async fn what_was_tampered_with_is_not_cut() {
    let broken = |error: CutError| match error {
        CutError::Broken { seq, .. } => seq.value(),
        other => panic!("{other}"),
    };
    for (sql, seq) in [
        ("UPDATE audit_record SET body = replace(body, 'client', 'admin') WHERE seq = 4", 4),
        ("UPDATE audit_record SET hash = sha256('x') WHERE seq = 7", 7),
        ("UPDATE audit_record SET prev_hash = sha256('x') WHERE seq = 2", 2),
        ("DELETE FROM audit_record WHERE seq = 3", 3),
        ("DELETE FROM audit_record WHERE seq > 7", 8),
    ] {
        let store = fresh_store().await;
        let _log = append(&store, 8).await;
        checkpoint(&store, 8, 7).await;
        tamper(&store, sql).await;
        assert_eq!(broken(planned(&store, 6).await.unwrap_err()), seq, "{sql}");
    }
    // Another tree under the right key: the chain was written anew since.
    let store = fresh_store().await;
    let _log = append(&store, 8).await;
    let other = fresh_store().await;
    let _other_log = append(&other, 8).await;
    checkpoint(&other, 8, 7).await;
    let note: String = sqlx::query_scalar("SELECT note FROM audit_checkpoint").fetch_one(&other.pool).await.unwrap();
    sqlx::query("INSERT INTO audit_checkpoint VALUES ('acme', 8, $1, sha256('x'), 1)")
        .bind(note)
        .execute(&store.pool)
        .await
        .unwrap();
    assert!(matches!(planned(&store, 6).await, Err(CutError::OtherRoot { size: 8, .. })));
}

/// L51: clocks step, so a time chooses a prefix by place.
#[tokio::test]
async fn a_date_cuts_before_the_first_record_that_is_not_older() {
    let store = fresh_store().await;
    let _log = append(&store, 8).await;
    checkpoint(&store, 8, 7).await;
    tamper(
        &store,
        "UPDATE audit_record SET event_time_us = seq * 10; UPDATE audit_record SET event_time_us = 90 WHERE seq = 4",
    )
    .await;
    for (time_us, through) in [(10, None), (11, Some(1)), (50, Some(3)), (90, Some(3)), (91, Some(8))] {
        let planned = plan(&store.pool, &tenant("acme"), Limit::Before(time_us), &trusted()).await.unwrap();
        assert_eq!(planned.map(|plan| plan.base.seq().value()), through, "before {time_us}");
    }
}

/// Both states are ones that a verifier meets: the base is the same.
#[tokio::test]
async fn an_interrupted_cut_is_finished_by_the_next_run() {
    let store = fresh_store().await;
    let log = append(&store, 8).await;
    checkpoint(&store, 8, 7).await;
    let wanted = planned(&store, 6).await.unwrap().unwrap();
    superuser(
        &store,
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'power cut'; END $$;
         CREATE TRIGGER stop BEFORE DELETE ON audit_record FOR EACH ROW WHEN (OLD.seq = 5) EXECUTE FUNCTION stop()",
    )
    .await;
    make(&store, &log, &wanted, |_| {}).await.unwrap_err();
    assert_eq!(places(&store).await, (1, 9, 9));
    assert_eq!(base(&store.pool, &tenant("acme")).await.unwrap(), wanted.base);
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole(), "{verdict}");
    superuser(&store, "DROP TRIGGER stop ON audit_record").await;
    let done = finish(&store, &tenant("acme"), |_| {}).await.unwrap().unwrap();
    assert_eq!((done.through.value(), done.removed), (6, 6));
    assert_eq!(places(&store).await, (7, 9, 3));
    assert_eq!(base(&store.pool, &tenant("acme")).await.unwrap(), wanted.base);
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole(), "{verdict}");
    // A beginning that goes without a record of it is no cut.
    tamper(&store, "DELETE FROM audit_record WHERE seq = 7").await;
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(!verdict.is_whole(), "{verdict}");
}

#[tokio::test]
async fn a_hold_keeps_the_records_in_the_program_and_in_the_database_until_it_is_released() {
    let store = fresh_store().await;
    let log = append(&store, 8).await;
    checkpoint(&store, 8, 7).await;
    let (name, pool) = (tenant("acme"), &store.pool);
    let early = planned(&store, 6).await.unwrap().unwrap();
    let hold = |text| HoldName::parse(text).unwrap();
    place(pool, &log, &name, hold("case-17")).await.unwrap();
    assert!(matches!(place(pool, &log, &name, hold("case-17")).await, Err(HoldError::Stands(_))));
    place(pool, &log, &name, hold("case-18")).await.unwrap();
    release(pool, &log, &name, hold("case-17")).await.unwrap();
    assert!(matches!(release(pool, &log, &name, hold("case-17")).await, Err(HoldError::None(..))));

    let said = planned(&store, 6).await.unwrap_err().to_string();
    assert!(said.contains("legal hold") && said.contains("case-18") && !said.contains("case-17"), "{said}");
    let said = make(&store, &log, &early, |_| {}).await.unwrap_err().to_string();
    assert!(said.contains("a legal hold stands on the log of acme"), "{said}");
    assert_eq!(last_cut(pool, &name).await.unwrap(), None);

    release(pool, &log, &name, hold("case-18")).await.unwrap();
    make(&store, &log, &early, |_| {}).await.unwrap();
    assert_eq!(places(&store).await.0, 7);
}

/// A hold that comes between a cut and its last batch keeps what is left.
#[tokio::test]
async fn a_hold_stops_a_cut_that_is_not_finished() {
    let store = fresh_store().await;
    let log = append(&store, 8).await;
    checkpoint(&store, 8, 7).await;
    let wanted = planned(&store, 6).await.unwrap().unwrap();
    superuser(
        &store,
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'power cut'; END $$;
         CREATE TRIGGER stop BEFORE DELETE ON audit_record FOR EACH ROW EXECUTE FUNCTION stop()",
    )
    .await;
    make(&store, &log, &wanted, |_| {}).await.unwrap_err();
    superuser(&store, "DROP TRIGGER stop ON audit_record").await;
    place(&store.pool, &log, &tenant("acme"), HoldName::parse("case-17").unwrap()).await.unwrap();
    let said = finish(&store, &tenant("acme"), |_| {}).await.unwrap_err().to_string();
    assert!(said.contains("a legal hold stands"), "{said}");
    assert_eq!(places(&store).await.0, 1);
}

#[tokio::test]
async fn whoever_only_runs_cordon_cuts_nothing_and_records_nothing() {
    let store = fresh_store().await;
    let log = append(&store, 8).await;
    checkpoint(&store, 8, 7).await;
    let wanted = planned(&store, 6).await.unwrap().unwrap();
    let store = store.as_login_that_only_runs_cordon().await;
    let error = make(&store, &log, &wanted, |_| {}).await.unwrap_err();
    assert!(matches!(&error, CutError::Store(StoreError::NotOwner { .. })), "{error}");
    assert_eq!(places(&store).await, (1, 8, 8));
    assert!(log.flush_and_stop(Duration::from_secs(20)).await);
}

/// The search index forgets blocks that lie before the cut, and keeps the one it goes through.
#[tokio::test]
async fn the_index_forgets_whole_blocks_of_what_was_cut() {
    let store = fresh_store().await;
    sqlx::raw_sql(
        "INSERT INTO audit_index SELECT 'acme', 'label:PERSON', block, '' FROM generate_series(0, 2) block;
         INSERT INTO audit_index SELECT 'other', 'label:PERSON', 0, ''",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    for (through, left) in [(65_534, vec![0, 1, 2]), (65_535, vec![1, 2]), (131_070, vec![1, 2]), (200_000, vec![])] {
        let mut owner = store.as_owner().await.unwrap();
        super::cut::forget_in_index(&mut owner, &tenant("acme"), through).await.unwrap();
        let blocks: Vec<i64> = sqlx::query_scalar("SELECT block FROM audit_index WHERE tenant = 'acme' ORDER BY block")
            .fetch_all(&store.pool)
            .await
            .unwrap();
        assert_eq!(blocks, left, "cut through record {through}");
    }
    let others: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_index").fetch_one(&store.pool).await.unwrap();
    assert_eq!(others, 1, "of another tenant nothing goes");
}

/// What was put into the table by someone who switched the guards off is told, not
/// taken for a place.
#[tokio::test]
async fn a_malformed_cut_is_an_error() {
    let store = fresh_store().await;
    let drop = r#"ALTER TABLE audit_cut DROP CONSTRAINT "a tree has a subtree of 32 bytes for each bit of its size",
                  DROP CONSTRAINT "a cut's hash is a SHA-256 of 32 bytes""#;
    tamper(&store, drop).await;
    for (hash, frontier) in
        [("'x'", "sha256('x')"), ("sha256('x')", "''"), ("sha256('x')", "sha256('x') || sha256('x')")]
    {
        tamper(
            &store,
            &format!("DELETE FROM audit_cut; INSERT INTO audit_cut VALUES ('acme', 4, {hash}, {frontier}, 9, 1)"),
        )
        .await;
        let said = base(&store.pool, &tenant("acme")).await.unwrap_err().to_string();
        assert!(said.contains("a row of audit_cut is malformed"), "{said}");
    }
}

#[test]
fn a_hold_is_named_by_a_slug() {
    for name in ["case-2026-17", "a", "0"] {
        assert_eq!(HoldName::parse(name).unwrap().to_string(), name);
    }
    for name in ["", "Maria Gonzalez", "case/17", "-x", "é", &"a".repeat(64)] {
        assert_eq!(HoldName::parse(name), Err(InvalidHoldName));
    }
}
