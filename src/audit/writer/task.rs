//! The writer's thread: collect a batch, store it, acknowledge.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use metrics::histogram;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::{mpsc, watch};

use super::commit::{self, Failure};
use super::entry::Entry;
use super::{AuditConfig, AuditError};
use crate::audit::chain::{Head, Receipt};
use crate::store::Store;
use crate::telemetry;
use crate::tenant::TenantId;

const RETRY_PAUSE_MIN: Duration = Duration::from_millis(10);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Longer than the statement timeout, for a network that swallows everything.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// For a log that was dropped and not stopped.
const PATIENCE_WHEN_FORGOTTEN: Duration = Duration::from_secs(10);
const TENANTS_REMEMBERED_MAX: usize = 10_000;

pub(super) struct Writer {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    /// The heads as this process left them; another process may have moved them.
    heads: HashMap<TenantId, Head>,
    config: AuditConfig,
    appends: mpsc::Receiver<Entry>,
    ends: mpsc::Receiver<Entry>,
    available: Arc<AtomicBool>,
    stop_asked: watch::Receiver<Option<Duration>>,
    give_up_at: Option<Instant>,
}

/// Runs `writer` on a thread of its own until it is stopped. `stopped` tells
/// true when nothing was lost, and is closed otherwise.
pub(super) fn spawn(mut writer: Writer, stopped: watch::Sender<bool>) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => {
                let whole = runtime.block_on(writer.run());
                if whole {
                    stopped.send_replace(true);
                }
            }
            Err(error) => tracing::error!(%error, "the audit writer does not start"),
        }
    };
    // Without a thread the queues close, and every append says unavailable.
    if let Err(error) = std::thread::Builder::new().name("audit-writer".into()).spawn(run) {
        tracing::error!(%error, "the audit writer does not start");
    }
}

impl Writer {
    pub(super) fn new(
        store: &Store,
        config: AuditConfig,
        appends: mpsc::Receiver<Entry>,
        ends: mpsc::Receiver<Entry>,
        available: Arc<AtomicBool>,
        stop_asked: watch::Receiver<Option<Duration>>,
    ) -> Writer {
        let options = store.connect_options().clone();
        let (connection, heads, give_up_at) = (None, HashMap::new(), None);
        Writer { options, connection, heads, config, appends, ends, available, stop_asked, give_up_at }
    }

    async fn run(&mut self) -> bool {
        let mut lost = 0;
        while let Some(batch) = self.next_batch().await {
            lost += self.store(batch).await;
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
        if lost > 0 {
            tracing::error!(lost, "audit records could not be written before the stop");
        }
        lost == 0
    }

    /// What has queued up, within the batch's bounds; waits for a first entry.
    /// `None` when all is written after a stop.
    async fn next_batch(&mut self) -> Option<Vec<Entry>> {
        let first = self.next_entry().await?;
        let (mut bytes, mut batch) = (first.body.len(), vec![first]);
        loop {
            let before = batch.len();
            for queue in [&mut self.ends, &mut self.appends] {
                if batch.len() < self.config.batch_records_max
                    && bytes < self.config.batch_bytes_max
                    && let Ok(entry) = queue.try_recv()
                {
                    bytes += entry.body.len();
                    batch.push(entry);
                }
            }
            if batch.len() == before {
                telemetry::audit_queue(self.appends.len() + self.ends.len());
                return Some(batch);
            }
        }
    }

    async fn next_entry(&mut self) -> Option<Entry> {
        let (mut ends_over, mut appends_over) = (false, false);
        while !(ends_over && appends_over) {
            tokio::select! {
                biased;
                entry = self.ends.recv(), if !ends_over => match entry {
                    Some(entry) => return Some(entry),
                    None => ends_over = true,
                },
                entry = self.appends.recv(), if !appends_over => match entry {
                    Some(entry) => return Some(entry),
                    None => appends_over = true,
                },
                () = asked_to_stop(&mut self.stop_asked), if self.give_up_at.is_none() => self.begin_stop(),
                // Requests that are still open keep their places, and so the
                // queue, until they end.
                () = until(self.give_up_at), if self.give_up_at.is_some() => return None,
            }
        }
        None
    }

    fn begin_stop(&mut self) {
        let patience = self.stop_asked.borrow().unwrap_or(PATIENCE_WHEN_FORGOTTEN);
        self.give_up_at = Some(Instant::now() + patience);
        self.appends.close();
        self.ends.close();
    }

    /// Stores the batch, however long that takes, and acknowledges each entry.
    /// Returns how many were lost because a stop lost patience.
    async fn store(&mut self, batch: Vec<Entry>) -> usize {
        let mut parts = VecDeque::from([batch]);
        while let Some(part) = parts.pop_front() {
            match self.store_part(&part).await {
                Ok(receipts) => acknowledge(part, receipts),
                // One bad record, or one broken chain, must not stop the others.
                Err(Some(_)) if part.len() > 1 => parts.extend(split(part)),
                Err(Some(error)) => {
                    tracing::error!(%error, "the database refuses an audit record");
                    let error = Arc::new(error);
                    part.into_iter().for_each(|entry| entry.rejected(AuditError::Rejected(error.clone())));
                }
                Err(None) => {
                    let lost = part.len() + parts.iter().map(Vec::len).sum::<usize>();
                    parts.into_iter().chain([part]).flatten().for_each(|e| e.rejected(AuditError::Unavailable));
                    return lost;
                }
            }
        }
        0
    }

    /// Tries until the database has stored or refused the part. `Err(None)`: a
    /// stop lost patience.
    async fn store_part(&mut self, part: &[Entry]) -> Result<Vec<Receipt>, Option<sqlx::Error>> {
        let mut in_doubt = false;
        let mut pause = RETRY_PAUSE_MIN;
        loop {
            let started = Instant::now();
            match self.attempt(part, in_doubt).await {
                Ok(receipts) => {
                    histogram!("cordon_audit_commit_seconds").record(started.elapsed().as_secs_f64());
                    self.answered();
                    return Ok(receipts);
                }
                Err(Failure::Refused(error)) => {
                    self.heads.clear();
                    self.answered();
                    return Err(Some(error));
                }
                Err(Failure::Unavailable(error)) => {
                    // The commit may have happened all the same.
                    in_doubt = true;
                    self.connection = None;
                    self.heads.clear();
                    if self.available.swap(false, Ordering::Relaxed) {
                        tracing::error!(%error, "the audit log cannot be written; requests are refused");
                    }
                }
            }
            if self.give_up_at.is_none() && self.stop_asked.borrow().is_some() {
                self.begin_stop();
            }
            if self.give_up_at.is_some_and(|at| Instant::now() >= at) {
                return Err(None);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
    }

    fn answered(&self) {
        if !self.available.swap(true, Ordering::Relaxed) {
            tracing::info!("the audit log can be written again");
        }
    }

    async fn attempt(&mut self, part: &[Entry], in_doubt: bool) -> Result<Vec<Receipt>, Failure> {
        let work = async {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => none.insert(commit::connect(&self.options).await?),
            };
            if self.heads.len() > TENANTS_REMEMBERED_MAX {
                self.heads.clear();
            }
            commit::store(connection, part, &mut self.heads, in_doubt).await
        };
        match tokio::time::timeout(ATTEMPT_TIMEOUT, work).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Unavailable(sqlx::Error::PoolTimedOut)),
        }
    }
}

fn acknowledge(part: Vec<Entry>, receipts: Vec<Receipt>) {
    telemetry::audit_records(part.len() as u64);
    part.into_iter().zip(receipts).for_each(|(entry, receipt)| entry.stored(receipt));
}

/// By tenant, and a single tenant's records one by one; the order stays.
fn split(part: Vec<Entry>) -> Vec<Vec<Entry>> {
    let one_tenant = part.iter().all(|entry| entry.tenant == part[0].tenant);
    if one_tenant {
        return part.into_iter().map(|entry| vec![entry]).collect();
    }
    let mut by_tenant: HashMap<TenantId, Vec<Entry>> = HashMap::new();
    for entry in part {
        by_tenant.entry(entry.tenant.clone()).or_default().push(entry);
    }
    by_tenant.into_values().collect()
}

/// Also when nobody can ask any more: then there are no more appends either.
async fn asked_to_stop(stop: &mut watch::Receiver<Option<Duration>>) {
    let _ = stop.wait_for(Option::is_some).await;
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
