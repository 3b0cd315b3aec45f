//! Appends: as many as go, and at a pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cordon::audit::testing::{accepted, completed, tenant};
use cordon::audit::{Accepted, AuditConfig, AuditLog, Ended, Event};
use cordon::store::testing::fresh_store;
use cordon::tenant::TenantId;
use uuid::Uuid;

use crate::Fallible;

/// Before the count begins: connections, caches, the first checkpoint.
const WARM_UP: Duration = Duration::from_secs(2);
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Events that are made beforehand: making them is no part of an append.
#[derive(Clone)]
pub(crate) struct Events {
    accepted: Accepted,
    ended: Ended,
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { accepted: accepted(Uuid::nil()), ended: completed(Uuid::nil()) }
    }

    /// What a request leaves: an `accepted` and an `ended`, in turns.
    pub(crate) fn event(&self, number: u64, request: Uuid) -> Event {
        match number % 2 {
            0 => Event::Accepted(Box::new(Accepted { request, ..self.accepted.clone() })),
            _ => Event::Ended(Ended { request, ..self.ended.clone() }),
        }
    }
}

/// Records a second that `appenders` tasks append to `tenants` chains, each
/// task its next record when the last one is durable.
pub(crate) async fn sustained(tenants: usize, appenders: usize, length: Duration) -> Fallible<f64> {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let counted = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..appenders)
        .map(|appender| {
            let (log, counted) = (log.clone(), counted.clone());
            tokio::spawn(append_forever(log, tenant(&format!("tenant-{}", appender % tenants)), counted))
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let (before, started) = (counted.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(length).await;
    let (after, took) = (counted.load(Ordering::Relaxed), started.elapsed());
    for task in &tasks {
        task.abort();
    }
    if !log.flush_and_stop(PATIENCE).await {
        return Err("the log lost records".into());
    }
    store.close().await;
    Ok((after - before) as f64 / took.as_secs_f64())
}

async fn append_forever(log: AuditLog, tenant: TenantId, counted: Arc<AtomicU64>) {
    let (events, mut request) = (Events::new(), Uuid::now_v7());
    for number in 0_u64.. {
        if number.is_multiple_of(2) {
            request = Uuid::now_v7();
        }
        match log.append(&tenant, events.event(number, request)).await {
            Ok(_) => counted.fetch_add(1, Ordering::Relaxed),
            Err(error) => return println!("an append failed: {error}"),
        };
    }
}

/// How long appends take at `rate` a second, which begin when they are due and
/// not when the last one is done. Lateness of the start counts.
pub(crate) async fn paced(rate: u32, length: Duration) -> Fallible<Vec<Duration>> {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let (events, name) = (Events::new(), tenant("acme"));
    log.append(&name, events.event(0, Uuid::now_v7())).await?;
    let step = Duration::from_secs(1) / rate;
    let count = u64::from(rate) * length.as_secs();
    let begin = tokio::time::Instant::now();
    let mut tasks = Vec::new();
    for number in 0..count {
        let due = begin + step * u32::try_from(number)?;
        tokio::time::sleep_until(due).await;
        let (log, name, event) = (log.clone(), name.clone(), events.event(number, Uuid::now_v7()));
        tasks.push(tokio::spawn(async move {
            let appended = log.append(&name, event).await;
            appended.map(|_| due.elapsed())
        }));
    }
    let mut timings = Vec::new();
    for task in tasks {
        timings.push(task.await??);
    }
    log.flush_and_stop(PATIENCE).await;
    store.close().await;
    timings.sort_unstable();
    Ok(timings)
}
