//! Bringing what stands in the file to a sink, in order, until it is kept.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::sync::Notify;

use super::{Sink, SinkProblem};
use crate::audit::checkpoint::file::{CheckpointFolder, KeptCheckpoint};
use crate::tenant::TenantId;

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// Notes of one chain that are sent before the next chain's turn.
const TURN_NOTES: usize = 100;

/// How far a sink has come in each chain's file. It lies beside the files; what
/// a crash loses of it is sent twice, which does no harm.
pub(in crate::audit::checkpoint) struct Cursor(PathBuf);

impl Cursor {
    /// That of the sink called `sink`, below `data`.
    pub(in crate::audit::checkpoint) fn below(data: &std::path::Path, sink: &str) -> Cursor {
        Cursor(data.join("audit/delivered").join(sink))
    }

    /// The offset in the file of `tenant` up to which everything is delivered.
    fn read(&self, tenant: &TenantId) -> u64 {
        let text = std::fs::read_to_string(self.0.join(tenant.as_str())).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    fn write(&self, tenant: &TenantId, offset: u64) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let draft = self.0.join(format!(".{tenant}"));
        let mut options = std::fs::OpenOptions::new();
        writeln!(options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?, "{offset}")?;
        std::fs::rename(&draft, self.0.join(tenant.as_str()))
    }
}

/// The chains that have something to deliver.
#[derive(Default)]
pub(in crate::audit::checkpoint) struct Outbox {
    chains: Mutex<BTreeSet<TenantId>>,
    added: Notify,
    /// Chains that are taken out and not delivered yet.
    in_work: AtomicUsize,
    delivered: Notify,
}

impl Outbox {
    pub(in crate::audit::checkpoint) fn add(&self, tenant: TenantId) {
        self.chains().insert(tenant);
        self.added.notify_one();
    }

    /// Returns when everything is delivered.
    pub(in crate::audit::checkpoint) async fn emptied(&self) {
        loop {
            let delivered = self.delivered.notified();
            if self.chains().is_empty() && self.in_work.load(Ordering::SeqCst) == 0 {
                return;
            }
            delivered.await;
        }
    }

    async fn take(&self) -> BTreeSet<TenantId> {
        loop {
            let added = self.added.notified();
            let taken = {
                let mut chains = self.chains();
                self.in_work.store(chains.len(), Ordering::SeqCst);
                std::mem::take(&mut *chains)
            };
            if !taken.is_empty() {
                return taken;
            }
            self.delivered.notify_waiters();
            added.await;
        }
    }

    fn chains(&self) -> MutexGuard<'_, BTreeSet<TenantId>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Delivers to `sink` what `outbox` tells of, for ever. A sink that fails is tried
/// again after a pause that grows; others do not wait for it.
pub(in crate::audit::checkpoint) async fn deliver(
    sink: Sink,
    folder: CheckpointFolder,
    cursor: Cursor,
    outbox: Arc<Outbox>,
) {
    let name = sink.name();
    let mut delivery = Delivery { sink, folder, cursor, offsets: HashMap::new() };
    let mut pause = PAUSE_MIN;
    loop {
        let mut left = BTreeSet::new();
        let mut failed = None;
        for tenant in outbox.take().await {
            // Where one note is not taken, the next one hardly is.
            if failed.is_none() {
                match delivery.chain(&tenant).await {
                    Ok(()) => continue,
                    Err(NotDelivered::Chain) => {}
                    Err(NotDelivered::Sink(problem)) => failed = Some(problem),
                }
            }
            left.insert(tenant);
        }
        gauge!("cordon_audit_sink_pending_chains", "sink" => name).set(left.len() as f64);
        outbox.chains().extend(left.iter().cloned());
        pause = if left.is_empty() {
            outbox.added.notify_one();
            PAUSE_MIN
        } else {
            if let Some(problem) = failed {
                let pause_s = pause.as_secs();
                tracing::warn!(sink = name, %problem, pause_s, "checkpoints are not kept; it is tried again");
            }
            tokio::time::sleep(pause).await;
            (pause * 2).min(PAUSE_MAX)
        };
    }
}

struct Delivery {
    sink: Sink,
    folder: CheckpointFolder,
    cursor: Cursor,
    offsets: HashMap<TenantId, u64>,
}

enum NotDelivered {
    /// Something is wrong with this chain's checkpoints.
    Chain,
    /// Something is wrong with the sink.
    Sink(SinkProblem),
}

impl Delivery {
    /// Delivers what the file of `tenant` has behind the cursor, in order.
    async fn chain(&mut self, tenant: &TenantId) -> Result<(), NotDelivered> {
        let mut offset = match self.offsets.get(tenant) {
            Some(offset) => *offset,
            None => self.cursor.read(tenant),
        };
        let done = loop {
            let notes = match self.folder.read(tenant, offset, TURN_NOTES) {
                Ok(notes) => notes,
                Err(problem) => break Err(self.stuck(tenant, &problem)),
            };
            if notes.is_empty() {
                break Ok(());
            }
            if let Err(undelivered) = self.send(tenant, &mut offset, notes).await {
                break Err(undelivered);
            }
        };
        if self.offsets.insert(tenant.clone(), offset) != Some(offset)
            && let Err(error) = self.cursor.write(tenant, offset)
        {
            tracing::warn!(%error, "it is not kept how far checkpoints were delivered; some may be sent twice");
        }
        done
    }

    async fn send(
        &self,
        tenant: &TenantId,
        offset: &mut u64,
        notes: Vec<(KeptCheckpoint, u64)>,
    ) -> Result<(), NotDelivered> {
        for (kept, behind) in notes {
            match self.sink.keep(&kept).await {
                Ok(()) => counter!("cordon_audit_sink_notes_total", "sink" => self.sink.name()).increment(1),
                Err(problem) => {
                    counter!("cordon_audit_sink_failures_total", "sink" => self.sink.name()).increment(1);
                    return Err(match problem {
                        SinkProblem::Other => self.stuck(tenant, &problem),
                        problem => NotDelivered::Sink(problem),
                    });
                }
            }
            *offset = behind;
        }
        Ok(())
    }

    fn stuck(&self, tenant: &TenantId, problem: &dyn std::fmt::Display) -> NotDelivered {
        tracing::error!(%tenant, sink = self.sink.name(), %problem, "checkpoints of this chain cannot be delivered");
        NotDelivered::Chain
    }
}
