//! The writer's thread: take a batch, store it, acknowledge.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use metrics::histogram;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;

use super::AuditError;
use super::commit::{self, Failure};
use super::entry::Entry;
use super::queues::Queues;
use crate::audit::chain::{Head, Receipt};
use crate::store::Store;
use crate::telemetry;
use crate::tenant::TenantId;

const RETRY_PAUSE_MIN: Duration = Duration::from_millis(10);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Longer than the statement timeout, for a network that swallows everything.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const TENANTS_REMEMBERED_MAX: usize = 10_000;

pub(super) struct Writer {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    /// The heads as this process left them; another process may have moved them.
    heads: HashMap<TenantId, Head>,
    queues: Queues,
    available: Arc<AtomicBool>,
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
    pub(super) fn new(store: &Store, queues: Queues, available: Arc<AtomicBool>) -> Writer {
        let options = store.connect_options().clone();
        Writer { options, connection: None, heads: HashMap::new(), queues, available }
    }

    async fn run(&mut self) -> bool {
        let mut lost = 0;
        while let Some(batch) = self.queues.next_batch().await {
            lost += self.store(batch).await;
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
        if lost > 0 {
            tracing::error!(lost, "audit records could not be written before the stop");
        }
        lost == 0 && !self.queues.left_open()
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
            if self.queues.gives_up() {
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
            Err(late) => Err(Failure::Unavailable(sqlx::Error::Io(late.into()))),
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
