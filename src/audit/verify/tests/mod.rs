mod archives;
mod attacks;
mod draft;
mod patrol;

use uuid::Uuid;

use super::database::FIRST_RECORD_CHECK;
use super::*;
use crate::audit::Seq;
use crate::audit::base::Base;
use crate::audit::chain::Head;
use crate::audit::testing::{accepted, completed, key_created, tenant};
use crate::audit::{AuditConfig, AuditLog};
use crate::store::Store;
use crate::store::testing::fresh_store;
use crate::tenant::Role;
use crate::tenant::keys::KeyStore;

/// A chain of `n` records, and nobody who writes to it.
async fn chain(n: usize) -> Store {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    for _ in 0..n {
        log.append(&tenant("acme"), key_created()).await.unwrap();
    }
    assert!(log.flush_and_stop(std::time::Duration::from_secs(20)).await);
    store
}

async fn check(store: &Store) -> Verdict {
    verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap()
}

/// As a superuser who switches the guards off.
async fn tamper(store: &Store, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut store.tamperer().await).await.unwrap();
}

#[tokio::test]
async fn a_chain_is_whole_while_it_is_only_appended_to() {
    let store = chain(3).await;
    let verdict = check(&store).await;
    assert!(verdict.is_whole() && verdict.records_whole == 3, "{verdict}");
}

#[tokio::test]
async fn a_tenant_that_nobody_knows_has_no_chain_that_could_be_whole() {
    let store = chain(1).await;
    let error = verify(&store.pool, &tenant("amce"), |_, _| {}).await.unwrap_err();
    assert!(matches!(&error, VerifyError::NoSuchTenant(name) if *name == tenant("amce")), "{error:?}");
}

#[tokio::test]
async fn an_empty_chain_of_a_tenant_with_keys_is_broken() {
    for (sql, records_left) in [
        ("DELETE FROM audit_record; DELETE FROM audit_head", 0),
        ("DELETE FROM audit_record; UPDATE audit_head SET seq = 0", 0),
        ("DELETE FROM audit_record; DELETE FROM audit_head; DELETE FROM api_key", 0),
        ("SELECT", 2),
    ] {
        let store = chain(2).await;
        KeyStore::new(store.pool.clone()).create(&tenant("acme"), Role::Client).await.unwrap();
        tamper(&store, "UPDATE tenant SET created_at = now() - interval '1 hour'").await;
        tamper(&store, sql).await;
        let verdict = check(&store).await;
        assert_eq!(verdict.records_whole, records_left, "{sql}: {verdict}");
        assert_eq!(verdict.first_bad.map(|bad| bad.defect), (records_left == 0).then_some(Defect::Emptied), "{sql}");
    }
}

/// A key is stored before it is recorded; who verifies in between must not be
/// told of tampering.
#[tokio::test]
async fn the_first_record_of_a_new_tenant_is_waited_for() {
    let store = fresh_store().await;
    KeyStore::new(store.pool.clone()).create(&tenant("acme"), Role::Client).await.unwrap();
    let log = AuditLog::start(&store, AuditConfig::default());
    let late = async {
        tokio::time::sleep(FIRST_RECORD_CHECK * 2).await;
        log.append(&tenant("acme"), key_created()).await.unwrap();
    };
    let (verdict, ()) = tokio::join!(check(&store), late);
    assert!(verdict.is_whole() && verdict.records_whole == 1, "{verdict}");
}

#[tokio::test]
async fn an_accepted_request_without_end_is_no_tampering() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let request = Uuid::now_v7();
    let open = log.accept(&tenant("acme"), accepted(request)).await.unwrap();
    assert!(check(&store).await.is_whole());
    open.end(completed(request)).await.unwrap();
    assert!(check(&store).await.is_whole());
}

#[tokio::test]
async fn each_tampering_is_named_with_its_first_record() {
    let reordered = |at| Defect::Reordered { stands_at: Seq::new(at).unwrap() };
    let cases: [(&str, i64, Defect); 13] = [
        ("UPDATE audit_record SET body = replace(body, 'client', 'admin') WHERE seq = 4", 4, Defect::Altered),
        ("UPDATE audit_record SET hash = sha256('x') WHERE seq = 4", 4, Defect::Altered),
        ("UPDATE audit_record SET kind = 'ended' WHERE seq = 4", 4, Defect::Altered),
        ("UPDATE audit_record SET event_time_us = event_time_us + 1 WHERE seq = 4", 4, Defect::Altered),
        ("UPDATE audit_record SET request_id = gen_random_uuid() WHERE seq = 4", 4, Defect::Altered),
        ("UPDATE audit_record SET prev_hash = sha256('x') WHERE seq = 4", 4, Defect::LinkBroken),
        ("DELETE FROM audit_record WHERE seq = 4", 4, Defect::Missing),
        ("DELETE FROM audit_record WHERE seq = 1", 1, Defect::Missing),
        (
            "DELETE FROM audit_record WHERE seq = 4; UPDATE audit_record SET seq = -seq WHERE seq > 4",
            4,
            Defect::Truncated,
        ),
        (
            "UPDATE audit_record SET seq = 100 WHERE seq = 4; UPDATE audit_record SET seq = 4 WHERE seq = 5;
             UPDATE audit_record SET seq = 5 WHERE seq = 100",
            4,
            reordered(5),
        ),
        ("DELETE FROM audit_record WHERE seq >= 7", 7, Defect::Truncated),
        ("UPDATE audit_head SET hash = sha256('x')", 8, Defect::HeadMismatch),
        ("UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit_record WHERE seq = 6)", 7, Defect::PastHead),
    ];
    for (sql, seq, defect) in cases {
        let store = chain(8).await;
        tamper(&store, "ALTER TABLE audit_record DROP CONSTRAINT \"records are numbered from 1\"").await;
        tamper(&store, sql).await;
        let verdict = check(&store).await;
        let bad = verdict.first_bad.clone().unwrap_or_else(|| panic!("not seen: {sql}"));
        assert_eq!((bad.seq.value(), bad.defect), (seq, defect), "{sql}: {verdict}");
        assert!(verdict.to_string().contains(&format!("BROKEN at record {seq}")), "{verdict}");
    }
}

#[tokio::test]
async fn a_record_of_another_tenant_does_not_fit() {
    let store = chain(2).await;
    let log = AuditLog::start(&store, AuditConfig::default());
    log.append(&tenant("other"), key_created()).await.unwrap();
    tamper(
        &store,
        "DELETE FROM audit_record WHERE tenant = 'acme' AND seq = 1;
         UPDATE audit_record SET tenant = 'acme' WHERE tenant = 'other'",
    )
    .await;
    let bad = check(&store).await.first_bad.unwrap();
    assert_eq!((bad.seq.value(), bad.defect), (1, Defect::Swapped));
}

/// L50: TRUNCATE does not fire row triggers.
#[tokio::test]
async fn the_guards_refuse_what_is_no_append() {
    let store = chain(2).await;
    for sql in [
        "TRUNCATE audit_record",
        "TRUNCATE audit_head",
        "TRUNCATE tenant, audit_record CASCADE",
        "DELETE FROM audit_record WHERE seq = 1",
        "UPDATE audit_record SET body = body",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 1",
    ] {
        let error = sqlx::query(sql).execute(&mut store.superuser().await).await.expect_err(sql).to_string();
        assert!(error.contains("the audit log only grows"), "{sql}: {error}");
    }
    // L50: no cascade from the tenant either.
    let cascade = "INSERT INTO tenant (name) VALUES ('acme'); DELETE FROM tenant";
    sqlx::raw_sql(cascade).execute(&mut store.superuser().await).await.unwrap();
    assert_eq!(check(&store).await.records_whole, 2);
}

/// What a tamperer leaves may not fit the columns' rules any more.
#[tokio::test]
async fn a_hash_that_is_none_is_an_altered_record() {
    let store = chain(3).await;
    tamper(&store, "ALTER TABLE audit_record DROP CONSTRAINT \"a record's hash is a SHA-256 of 32 bytes\"").await;
    tamper(&store, "UPDATE audit_record SET hash = '' WHERE seq = 2").await;
    let bad = check(&store).await.first_bad.unwrap();
    assert_eq!((bad.seq.value(), bad.defect), (2, Defect::Altered));
}
