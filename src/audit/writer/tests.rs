use std::time::Duration;

use futures_util::future::join_all;
use sqlx::Connection;
use sqlx::PgPool;
use uuid::Uuid;

use super::*;
use crate::audit::Seq;
use crate::audit::query::{self, Filter, Page};
use crate::audit::testing::{accepted, completed, key_created, tenant};
use crate::audit::verify::{Verdict, verify};
use crate::store::testing::fresh_store;

const PATIENCE: Duration = Duration::from_secs(20);

async fn verdict(pool: &PgPool, name: &str) -> Verdict {
    verify(pool, &tenant(name), |_, _| {}).await.unwrap()
}

async fn all(pool: &PgPool, name: &str) -> Vec<query::StoredRecord> {
    let filter = Filter { page: Page::After(Seq::NONE), limit: query::LIMIT_MAX, ..Filter::of(tenant(name)) };
    query::records(pool, &filter).await.unwrap()
}

#[tokio::test]
async fn a_receipt_names_the_stored_record() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let first = log.append(&tenant("acme"), key_created()).await.unwrap();
    let second = log.append(&tenant("acme"), key_created()).await.unwrap();
    let other = log.append(&tenant("other"), key_created()).await.unwrap();
    assert_eq!([first.seq, second.seq, other.seq].map(Seq::value), [1, 2, 1]);
    let records = all(&store.pool, "acme").await;
    assert_eq!((records[0].hash, records[1].prev_hash, records[1].hash), (first.hash, first.hash, second.hash));
}

/// L43, L44: several writers fork a chain or drop the loser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_on_two_logs_make_one_chain_and_lose_nothing() {
    let store = fresh_store().await;
    let logs = [(); 2].map(|()| AuditLog::start(&store, AuditConfig::default()));
    let tasks = (0..64).map(|task| {
        let log = logs[task % 2].clone();
        tokio::spawn(async move {
            for i in 0..20 {
                let name = if (task + i) % 3 == 0 { "one" } else { "two" };
                log.append(&tenant(name), key_created()).await.unwrap();
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    let (one, two) = (verdict(&store.pool, "one").await, verdict(&store.pool, "two").await);
    assert!(one.is_whole() && two.is_whole(), "{one} {two}");
    assert_eq!(one.records_whole + two.records_whole, 64 * 20);
    for log in &logs {
        assert!(log.flush_and_stop(PATIENCE).await);
    }
}

#[tokio::test]
async fn an_accepted_request_ends_once_also_when_it_is_dropped() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let (ended, dropped) = (Uuid::now_v7(), Uuid::now_v7());
    let open = log.accept(&tenant("acme"), accepted(ended)).await.unwrap();
    open.end(completed(ended)).await.unwrap();
    drop(log.accept(&tenant("acme"), accepted(dropped)).await.unwrap());
    assert!(log.flush_and_stop(PATIENCE).await);
    let records = all(&store.pool, "acme").await;
    let found: Vec<_> = records.iter().map(|record| (record.kind.as_str(), record.request.unwrap())).collect();
    assert_eq!(found, [("accepted", ended), ("ended", ended), ("accepted", dropped), ("ended", dropped)]);
    assert!(records[1].body.contains(r#""outcome":"completed""#) && records[3].body.contains(r#""outcome":"aborted""#));
}

/// L52: a client that goes away cuts off its future, not the append.
#[tokio::test]
async fn a_dropped_future_loses_nothing() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let name = tenant("acme");
    for _ in 0..50 {
        let request = Uuid::now_v7();
        // Polled once: queued, and dropped before the writer answers.
        let _ = tokio::time::timeout(Duration::ZERO, log.accept(&name, accepted(request))).await;
        let _ = tokio::time::timeout(Duration::ZERO, log.append(&name, key_created())).await;
    }
    assert!(log.flush_and_stop(PATIENCE).await);
    let records = all(&store.pool, "acme").await;
    let count = |kind| records.iter().filter(|record| record.kind == kind).count();
    assert_eq!([count("accepted"), count("ended"), count("key_created")], [50, 50, 50]);
    assert!(verdict(&store.pool, "acme").await.is_whole());
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_stopped_log_too() {
    let store = fresh_store().await;
    let config = AuditConfig { queue_len_max: 1, open_requests_max: 1, ..AuditConfig::default() };
    let log = AuditLog::start(&store, config);
    let name = tenant("acme");
    let open = log.accept(&name, accepted(Uuid::now_v7())).await.unwrap();
    let second = log.accept(&name, accepted(Uuid::now_v7())).await;
    assert!(matches!(second, Err(AuditError::Unavailable)), "one request may be open");
    // Held back by another session, the writer has what it took and the queue
    // has one more.
    let mut other = store.superuser().await;
    let mut transaction = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE audit_head").execute(&mut *transaction).await.unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let (log, name) = (log.clone(), name.clone());
        let append = tokio::spawn(async move { log.append(&name, key_created()).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        if append.is_finished() {
            break append.await.unwrap();
        }
        waiting.push(append);
    };
    assert!(matches!(refused, Err(AuditError::Unavailable)));
    transaction.rollback().await.unwrap();
    for append in waiting {
        append.await.unwrap().unwrap();
    }
    drop(open);
    assert!(log.flush_and_stop(PATIENCE).await);
    assert!(matches!(log.append(&name, key_created()).await, Err(AuditError::Unavailable)));
    assert!(verdict(&store.pool, "acme").await.is_whole());
}

/// A record of unknown outcome is found again by its id and not stored twice.
#[tokio::test]
async fn a_lost_answer_stores_nothing_twice() {
    let store = fresh_store().await;
    let mut connection = commit::connect(store.connect_options()).await.ok().unwrap();
    let name = tenant("acme");
    let batch = [0, 1].map(|_| Entry::new(&name, &Source::default(), &key_created(), Reply::Nobody).unwrap());
    let mut heads = std::collections::HashMap::new();
    let first = commit::store(&mut connection, &batch[..1], &mut heads, false).await.ok().unwrap();
    heads.clear();
    let both = commit::store(&mut connection, &batch, &mut heads, true).await.ok().unwrap();
    assert_eq!((both[0], both[1].seq.value()), (first[0], 2));
    let again = commit::store(&mut connection, &batch, &mut heads, true).await.ok().unwrap();
    assert_eq!(again, both);
    let end = verdict(&store.pool, "acme").await;
    assert!(end.is_whole() && end.records_whole == 2, "{end}");
}

/// One tenant's broken chain refuses that tenant's requests and no one else's.
#[tokio::test]
async fn a_broken_chain_refuses_its_own_tenant_only() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let (broken, sound) = (tenant("broken"), tenant("sound"));
    for name in [&broken, &sound, &broken] {
        log.append(name, key_created()).await.unwrap();
    }
    // The head goes back by one, as a restored table would.
    sqlx::raw_sql(
        "SET session_replication_role = replica;
         UPDATE audit_head h SET seq = 1, hash = r.hash FROM audit_record r
         WHERE h.tenant = 'broken' AND r.tenant = 'broken' AND r.seq = 1",
    )
    .execute(&mut store.superuser().await)
    .await
    .unwrap();
    let (refused, stored) = tokio::join!(log.append(&broken, key_created()), log.append(&sound, key_created()));
    assert!(matches!(refused, Err(AuditError::Rejected(_))), "{refused:?}");
    assert_eq!(stored.unwrap().seq.value(), 2);
    assert!(log.is_available());
}

/// Who was there, when it happened, when it was stored, and what it followed.
#[tokio::test]
async fn a_record_says_when_and_by_which_process_it_was_stored() {
    let store = fresh_store().await;
    let source = Source::of(crate::audit::Configured::name("replica-7"));
    let log = AuditLog::start(&store, AuditConfig { source, ..AuditConfig::default() });
    let request = Uuid::now_v7();
    let open = log.accept(&tenant("acme"), accepted(request)).await.unwrap();
    open.end(completed(request)).await.unwrap();
    let records = all(&store.pool, "acme").await;
    let bodies: Vec<serde_json::Value> =
        records.iter().map(|record| serde_json::from_str(&record.body).unwrap()).collect();
    for body in &bodies {
        let [happened, stored] = ["time_us", "stored_us"].map(|name| body[name].as_i64().unwrap());
        assert!(happened <= stored && stored < happened + 60_000_000, "{body}");
        assert_eq!(
            (body["replica"].as_str(), body["build"].as_str()),
            (Some("replica-7"), option_env!("CARGO_PKG_VERSION"))
        );
    }
    assert_eq!(bodies[1]["parent"], bodies[0]["record"]);
}

/// What is set for a database or a login, also behind a running Cordon's back, is
/// not what the log is committed with; waiting for standbys is left as it is.
#[tokio::test]
async fn a_commit_is_on_the_disk_whatever_the_database_is_set_to() {
    let store = fresh_store().await;
    let set = |value| {
        format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {value}', current_database()); END $$"
        )
    };
    for (value, in_force) in [("off", "on"), ("local", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")]
    {
        sqlx::query(sqlx::AssertSqlSafe(set(value))).execute(&mut store.superuser().await).await.unwrap();
        let mut connection = commit::connect(store.connect_options()).await.ok().unwrap();
        let seen: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&mut connection).await.unwrap();
        assert_eq!(seen, in_force, "{value}");
    }
}
