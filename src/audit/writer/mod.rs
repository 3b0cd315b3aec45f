//! Appends, by one writer per process.
//!
//! ```text
//! request --- accept ---> queue of appends --+
//!    |                                       +--> writer thread: batch -> one commit -> receipts
//!    +--- end (place kept at the accept) ----+
//! ```
//!
//! The transaction never runs in a request's future: a client that goes away
//! cannot cut it off. What was queued is written, also when nobody waits any
//! more, and it is tried again until the database is back.

mod commit;
mod entry;
mod linked;
mod note;
mod open_request;
mod queues;
mod running;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::canonical::NotCanonical;
use super::chain::Receipt;
use super::record::{Accepted, Event, Orphaned, Source};
use crate::store::Store;
use crate::tenant::TenantId;
use entry::{Entry, Reply};
pub use open_request::OpenRequest;
use queues::Queues;
use running::Running;
use task::Writer;
use uuid::Uuid;

/// Who writes, and the writer's limits.
#[derive(Clone, Debug)]
pub struct AuditConfig {
    /// What every record says of this process.
    pub source: Source,
    /// Most appends that wait; one more is refused.
    pub queue_len_max: usize,
    /// Most requests that are accepted and not over; one more is refused.
    pub open_requests_max: usize,
    /// How long a caller waits for its record to be durable.
    pub append_timeout: Duration,
    /// Most records in one transaction.
    pub batch_records_max: usize,
    /// About the most bytes of bodies in one transaction.
    pub batch_bytes_max: usize,
}

impl Default for AuditConfig {
    fn default() -> AuditConfig {
        AuditConfig {
            source: Source::default(),
            queue_len_max: 8192,
            open_requests_max: 65_536,
            append_timeout: Duration::from_secs(5),
            batch_records_max: 1024,
            batch_bytes_max: 4 << 20,
        }
    }
}

/// Why a record is not known to be durable. The request it stands for must not
/// go on.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database is gone or slow, or the queue is full: 503.
    #[error("the audit log cannot be written now")]
    Unavailable,
    /// The database refuses the record for good: the chain is broken there, or
    /// the record breaks a rule of the table.
    #[error("the database refuses the audit record ({0}); run `cordon audit verify`")]
    Rejected(Arc<sqlx::Error>),
    /// The event cannot be written down.
    #[error("the audit event is not well-formed: {0}")]
    Malformed(#[from] NotCanonical),
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct AuditLog {
    source: Source,
    running: Running,
    appends: mpsc::Sender<Entry>,
    ends: mpsc::Sender<Entry>,
    available: Arc<AtomicBool>,
    stop: Arc<watch::Sender<Option<Duration>>>,
    stopped: watch::Receiver<bool>,
    append_timeout: Duration,
}

impl AuditLog {
    /// Starts the writer, on a thread and a connection of its own.
    pub fn start(store: &Store, config: AuditConfig) -> AuditLog {
        let (appends, append_queue) = mpsc::channel(config.queue_len_max);
        let (ends, end_queue) = mpsc::channel(config.open_requests_max);
        let available = Arc::new(AtomicBool::new(true));
        let (stop, stop_asked) = watch::channel(None);
        let (stopping, stopped) = watch::channel(false);
        let (source, append_timeout) = (config.source.clone(), config.append_timeout);
        let queues = Queues::new(&config, append_queue, end_queue, stop_asked);
        task::spawn(Writer::new(store, queues, available.clone()), stopping);
        let running = Running::default();
        AuditLog { source, running, appends, ends, available, stop: Arc::new(stop), stopped, append_timeout }
    }

    /// Appends `event` to the tenant's chain and returns when it is durable.
    /// For requests, [`AuditLog::accept`] sees to it that each one ends.
    pub async fn append(&self, tenant: &TenantId, event: Event) -> Result<Receipt, AuditError> {
        let (reply, receipt) = oneshot::channel();
        self.enqueue(Entry::new(tenant, &self.source, &event, Reply::Receipt(reply))?)?;
        self.wait(receipt).await
    }

    /// Records that a request may go on, and returns when that is durable. What
    /// comes back records the request's one end, at the latest when dropped. A
    /// caller that stops waiting leaves an accepted request that was aborted.
    pub async fn accept(&self, tenant: &TenantId, accepted: Accepted) -> Result<OpenRequest, AuditError> {
        let place = self.ends.clone().try_reserve_owned().map_err(|_| AuditError::Unavailable)?;
        let record = entry::new_id();
        let running = self.running.begin(tenant, accepted.request);
        let open = OpenRequest::new(tenant.clone(), self.source.clone(), accepted.request, record, place, running);
        let (reply, opened) = oneshot::channel();
        let event = Event::Accepted(Box::new(accepted));
        self.enqueue(Entry::with_id(record, tenant, &self.source, &event, Reply::Open(Some(open), reply))?)?;
        self.wait(opened).await
    }

    /// Records that nobody knows how a request ended, unless it has an end: then
    /// the receipt is that end's.
    pub(super) async fn end_orphan(&self, tenant: &TenantId, orphaned: Orphaned) -> Result<Receipt, AuditError> {
        let (reply, receipt) = oneshot::channel();
        let mut entry = Entry::new(tenant, &self.source, &Event::Orphaned(orphaned), Reply::Receipt(reply))?;
        entry.unless_ended = true;
        self.enqueue(entry)?;
        self.wait(receipt).await
    }

    /// The requests of this process that have been running for `age`: accepted,
    /// and their end is not stored.
    pub(super) fn running_for(&self, age: Duration) -> Vec<(TenantId, Uuid)> {
        self.running.for_at_least(age)
    }

    /// False while the database cannot be written to.
    pub fn is_available(&self) -> bool {
        self.available.load(Ordering::Relaxed)
    }

    /// Takes nothing new, writes what is queued and what open requests still
    /// send, and returns when all is durable or `patience` is over. Requests
    /// should have ended before. True when nothing was lost.
    pub async fn flush_and_stop(&self, patience: Duration) -> bool {
        self.stop.send_replace(Some(patience));
        let mut stopped = self.stopped.clone();
        stopped.wait_for(|whole| *whole).await.is_ok()
    }

    fn enqueue(&self, entry: Entry) -> Result<(), AuditError> {
        if !self.is_available() {
            entry.cancel();
            return Err(AuditError::Unavailable);
        }
        self.appends.try_send(entry).map_err(|refused| {
            refused.into_inner().cancel();
            AuditError::Unavailable
        })
    }

    async fn wait<T>(&self, answer: oneshot::Receiver<Result<T, AuditError>>) -> Result<T, AuditError> {
        match tokio::time::timeout(self.append_timeout, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(AuditError::Unavailable),
        }
    }
}
