use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgPool;
use uuid::Uuid;

use super::*;
use crate::audit::AuditConfig;
use crate::audit::testing::{accepted, completed, key_created, tenant};
use crate::audit::verify::verify;
use crate::store::testing::fresh_store;

const PATIENCE: Duration = Duration::from_secs(20);
/// Older than anything in a test: nobody is an orphan.
const LONG: Duration = Duration::from_secs(3600);

/// `kind outcome code` of the records after the first acceptance, in order.
async fn ends(pool: &PgPool, name: &str) -> Vec<(Uuid, String, Option<String>)> {
    sqlx::query_as(
        "SELECT request_id, body::jsonb ->> 'outcome', body::jsonb ->> 'code' FROM audit_record
         WHERE tenant = $1 AND kind = 'ended' ORDER BY seq",
    )
    .bind(name)
    .fetch_all(pool)
    .await
    .unwrap()
}

/// What a killed process leaves: acceptances, and nobody who has the requests.
async fn leave_open(store: &Store, name: &str, count: usize) -> Vec<Uuid> {
    let log = AuditLog::start(store, AuditConfig::default());
    let mut requests = Vec::new();
    for _ in 0..count {
        let request = Uuid::now_v7();
        log.accept(&tenant(name), accepted(request)).await.unwrap().forget();
        requests.push(request);
    }
    assert!(log.flush_and_stop(PATIENCE).await);
    requests
}

#[tokio::test]
async fn a_request_that_nobody_ends_is_ended_once_also_by_two() {
    let store = fresh_store().await;
    let mut left = leave_open(&store, "acme", 20).await;
    left.extend(leave_open(&store, "other", 1).await);
    let logs = [(); 2].map(|()| AuditLog::start(&store, AuditConfig::default()));
    let ended = logs[0].accept(&tenant("acme"), accepted(Uuid::now_v7())).await.unwrap();
    ended.end(completed(Uuid::now_v7())).await.unwrap();
    // Two in each of two processes, all at once.
    let mut reapers: Vec<Orphans> = (0..4).map(|i| Orphans::new(&store, logs[i % 2].clone(), Duration::ZERO)).collect();
    for settled in join_all(reapers.iter_mut().map(Orphans::settle_once)).await {
        settled.unwrap();
    }
    let unknown = |ends: Vec<(Uuid, String, Option<String>)>| {
        let unknown = ends.into_iter().filter(|(_, outcome, _)| outcome == "unknown");
        let mut requests: Vec<Uuid> = unknown.map(|(request, ..)| request).collect();
        requests.sort_unstable();
        requests
    };
    assert_eq!(unknown(ends(&store.pool, "acme").await), left[..20]);
    assert_eq!(unknown(ends(&store.pool, "other").await), left[20..]);
    assert_eq!(reapers[0].settle_once().await.unwrap(), 0, "nothing is left to do");
    for name in ["acme", "other"] {
        assert!(verify(&store.pool, &tenant(name), |_, _| {}).await.unwrap().is_whole());
    }
}

#[tokio::test]
async fn a_request_that_another_process_runs_is_left_alone_until_that_is_silent() {
    let store = fresh_store().await;
    let (one, other) =
        (AuditLog::start(&store, AuditConfig::default()), AuditLog::start(&store, AuditConfig::default()));
    let request = Uuid::now_v7();
    let open = one.accept(&tenant("acme"), accepted(request)).await.unwrap();
    // The one says that it runs the request, the other looks for orphans.
    let mut says = Orphans::new(&store, one.clone(), LONG);
    says.claims = Claims::new(store.pool.clone(), one.clone(), Duration::ZERO);
    says.settle_once().await.unwrap();
    let mut looks = Orphans::new(&store, other.clone(), Duration::ZERO);
    looks.reaper.silence = LONG;
    assert_eq!(looks.settle_once().await.unwrap(), 0);
    looks.reaper.silence = Duration::ZERO;
    assert_eq!(looks.settle_once().await.unwrap(), 1);
    let lost = (request, "unknown".to_owned(), Some("replica_lost".to_owned()));
    assert_eq!(ends(&store.pool, "acme").await, std::slice::from_ref(&lost));
    // It was only cut off: its end stands too.
    open.end(completed(request)).await.unwrap();
    assert_eq!(looks.settle_once().await.unwrap(), 0);
    assert_eq!(ends(&store.pool, "acme").await, [lost, (request, "completed".to_owned(), None)]);
}

#[tokio::test]
async fn young_requests_wait_and_a_chain_is_gone_through_once() {
    let store = fresh_store().await;
    leave_open(&store, "acme", 3).await;
    let log = AuditLog::start(&store, AuditConfig::default());
    log.append(&tenant("acme"), key_created()).await.unwrap();
    assert_eq!(Orphans::new(&store, log.clone(), LONG).settle_once().await.unwrap(), 0);
    let through = || {
        sqlx::query_scalar::<_, i64>("SELECT coalesce(max(through_seq), 0) FROM audit_orphan_scan")
            .fetch_one(&store.pool)
    };
    assert_eq!(through().await.unwrap(), 0, "all records are too young");
    let mut orphans = Orphans::new(&store, log.clone(), Duration::ZERO);
    assert_eq!(orphans.settle_once().await.unwrap(), 3);
    assert_eq!(through().await.unwrap(), 4);
    assert_eq!(orphans.settle_once().await.unwrap(), 0);
    assert_eq!(through().await.unwrap(), 7, "also past the ends that it recorded");
}

/// A request that ends between the look and the record of its loss has one end.
#[tokio::test]
async fn an_end_that_comes_first_stands_alone() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let request = Uuid::now_v7();
    let open = log.accept(&tenant("acme"), accepted(request)).await.unwrap();
    let real = open.end(completed(request)).await.unwrap();
    let orphaned = crate::audit::Orphaned {
        request,
        parent: Uuid::now_v7(),
        outcome: crate::audit::Outcome::Unknown,
        code: "no_end_recorded",
        by: crate::audit::Actor::Server,
    };
    assert_eq!(log.end_orphan(&tenant("acme"), orphaned).await.unwrap(), real);
    assert_eq!(ends(&store.pool, "acme").await.len(), 1);
}
