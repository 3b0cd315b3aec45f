//! Where entries wait, and how they become batches.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::AuditConfig;
use super::entry::Entry;
use crate::audit::clock::now_us;
use crate::telemetry;

/// For a log that was dropped and not stopped.
const PATIENCE_WHEN_FORGOTTEN: Duration = Duration::from_secs(10);

/// The writer's ends of the queues.
pub(super) struct Queues {
    appends: mpsc::Receiver<Entry>,
    ends: mpsc::Receiver<Entry>,
    records_max: usize,
    bytes_max: usize,
    stop_asked: watch::Receiver<Option<Duration>>,
    give_up_at: Option<Instant>,
    left_open: bool,
}

impl Queues {
    pub(super) fn new(
        config: &AuditConfig,
        appends: mpsc::Receiver<Entry>,
        ends: mpsc::Receiver<Entry>,
        stop_asked: watch::Receiver<Option<Duration>>,
    ) -> Queues {
        let AuditConfig { batch_records_max: records_max, batch_bytes_max: bytes_max, .. } = *config;
        Queues { appends, ends, records_max, bytes_max, stop_asked, give_up_at: None, left_open: false }
    }

    /// Whether requests were still open when a stop lost patience.
    pub(super) fn left_open(&self) -> bool {
        self.left_open
    }

    /// What has queued up, within the batch's bounds; waits for a first entry.
    /// `None` when all is written after a stop.
    pub(super) async fn next_batch(&mut self) -> Option<Vec<Entry>> {
        let first = self.next_entry().await?;
        let (mut bytes, mut batch) = (first.body().len(), vec![first]);
        loop {
            let before = batch.len();
            for queue in [&mut self.ends, &mut self.appends] {
                if batch.len() < self.records_max
                    && bytes < self.bytes_max
                    && let Ok(entry) = queue.try_recv()
                {
                    bytes += entry.body().len();
                    batch.push(entry);
                }
            }
            if batch.len() == before {
                telemetry::audit_queue(self.appends.len() + self.ends.len());
                let stored_us = now_us();
                batch.iter_mut().for_each(|entry| entry.stamp(stored_us));
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
                () = until(self.give_up_at), if self.give_up_at.is_some() => {
                    tracing::error!("the audit log stops while requests are open; their ends are not recorded");
                    self.left_open = true;
                    return None;
                }
            }
        }
        None
    }

    /// Whether a stop's patience is over.
    pub(super) fn gives_up(&mut self) -> bool {
        if self.give_up_at.is_none() && self.stop_asked.borrow().is_some() {
            self.begin_stop();
        }
        self.give_up_at.is_some_and(|at| Instant::now() >= at)
    }

    fn begin_stop(&mut self) {
        let patience = self.stop_asked.borrow().unwrap_or(PATIENCE_WHEN_FORGOTTEN);
        self.give_up_at = Some(Instant::now() + patience);
        self.appends.close();
        self.ends.close();
    }
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
