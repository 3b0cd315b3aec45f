//! The server's checkpoints: for each chain in time, and once more at the stop.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use metrics::{counter, gauge};
use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::make::{CheckpointMaker, Made, MakeError};
use super::schedule::{Chains, Schedule};
use super::sinks::{Cursor, Outbox, Sink, deliver};
use crate::audit::Leader;
use crate::audit::chain::Seq;
use crate::tenant::TenantId;

/// The office of the process that makes checkpoints.
const OFFICE: &str = "checkpoints";
/// How often a process that has not the office asks for it.
const OFFICE_PAUSE: Duration = Duration::from_secs(5);
/// Checkpoints in work at once: they mostly wait for disks.
const MAKING_MAX: usize = 4;

/// Makes checkpoints in the background, if no other process on the database does.
pub struct Checkpointer {
    stop: watch::Sender<bool>,
    making: JoinHandle<()>,
    delivering: Vec<(Arc<Outbox>, JoinHandle<()>)>,
}

impl Checkpointer {
    /// Starts. `options` lead to the database; how far `sinks` have come is kept
    /// below `data`.
    pub fn start(
        maker: CheckpointMaker,
        schedule: Schedule,
        options: PgConnectOptions,
        sinks: Vec<Sink>,
        data: &Path,
    ) -> Checkpointer {
        let (stop, stopping) = watch::channel(false);
        let delivering: Vec<_> = sinks
            .into_iter()
            .map(|sink| {
                let outbox = Arc::new(Outbox::default());
                let cursor = Cursor::below(data, sink.name());
                let task = tokio::spawn(deliver(sink, maker.folder.clone(), cursor, outbox.clone()));
                (outbox, task)
            })
            .collect();
        let outboxes = delivering.iter().map(|(outbox, _)| outbox.clone()).collect();
        let task = Task { maker, options, leader: None, chains: Chains::new(schedule), outboxes, stopping };
        Checkpointer { stop, making: tokio::spawn(task.run()), delivering }
    }

    /// Makes the last checkpoints, delivers what it can, and ends, in `patience` at
    /// most. The audit log must still take records. True when nothing was left.
    pub async fn stop(mut self, patience: Duration) -> bool {
        self.stop.send_replace(true);
        let outboxes: Vec<_> = self.delivering.iter().map(|(outbox, _)| outbox.clone()).collect();
        let ending = async {
            let _ = (&mut self.making).await;
            futures_util::future::join_all(outboxes.iter().map(|outbox| outbox.emptied())).await;
        };
        let ended = tokio::time::timeout(patience, ending).await.is_ok();
        self.making.abort();
        self.delivering.iter().for_each(|(_, task)| task.abort());
        ended
    }
}

struct Task {
    maker: CheckpointMaker,
    options: PgConnectOptions,
    leader: Option<Leader>,
    chains: Chains,
    outboxes: Vec<Arc<Outbox>>,
    stopping: watch::Receiver<bool>,
}

impl Task {
    async fn run(mut self) {
        // What was not delivered when the process ended before.
        for tenant in self.maker.folder.tenants() {
            self.outboxes.iter().for_each(|outbox| outbox.add(tenant.clone()));
        }
        loop {
            let pause = match self.has_office().await {
                true => self.round(false).await,
                false => OFFICE_PAUSE,
            };
            let stopped = tokio::time::timeout(pause, self.stopping.wait_for(|stop| *stop)).await;
            if stopped.is_ok() {
                break;
            }
        }
        if self.has_office().await {
            self.round(true).await;
        }
        if let Some(leader) = self.leader.take() {
            leader.release().await;
        }
    }

    async fn has_office(&mut self) -> bool {
        if let Some(leader) = &mut self.leader {
            if leader.holds().await {
                return true;
            }
            self.leader = None;
        }
        match Leader::acquire(&self.options, OFFICE).await {
            Ok(leader) => {
                self.leader = leader;
                self.leader.is_some()
            }
            // The audit log says so, too.
            Err(_) => false,
        }
    }

    /// Makes the checkpoints that are due, or, at the end, all that are not made.
    async fn round(&mut self, at_end: bool) -> Duration {
        let heads = match heads(&self.maker).await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(%error, "the heads of the audit log cannot be read; no checkpoint is made");
                return OFFICE_PAUSE;
            }
        };
        let pause = self.chains.saw(heads, Instant::now());
        let due = if at_end { self.chains.waiting() } else { self.chains.due(Instant::now()) };
        let maker = &self.maker;
        let made: Vec<_> = stream::iter(due)
            .map(async |tenant| {
                let made = maker.make(&tenant).await;
                (tenant, made)
            })
            .buffer_unordered(MAKING_MAX)
            .collect()
            .await;
        for (tenant, made) in made {
            self.note(tenant, made);
        }
        gauge!("cordon_audit_checkpoint_refused_chains").set(self.chains.refused() as f64);
        gauge!("cordon_audit_unanchored_records").set(self.chains.unanchored() as f64);
        pause
    }

    fn note(&mut self, tenant: TenantId, made: Result<Made, MakeError>) {
        let now = Instant::now();
        match made {
            Ok(Made::Empty) => {}
            Ok(Made::New(signed) | Made::Unchanged(signed)) => {
                let size = i64::try_from(signed.checkpoint().size).ok().and_then(Seq::new).unwrap_or(Seq::NONE);
                self.chains.anchored(&tenant, size, now);
                self.outboxes.iter().for_each(|outbox| outbox.add(tenant.clone()));
            }
            Err(error) => {
                let refusal = if let MakeError::Refused { refusal, .. } = &error { Some(refusal.kind()) } else { None };
                counter!("cordon_audit_checkpoint_failures_total", "kind" => refusal.unwrap_or("unavailable"))
                    .increment(1);
                if self.chains.failed(&tenant, refusal.is_some(), now) {
                    tracing::error!(%tenant, %error, "a chain gets no checkpoint");
                }
            }
        }
    }
}

async fn heads(maker: &CheckpointMaker) -> Result<Vec<(TenantId, Seq)>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT tenant, seq FROM audit_head").fetch_all(&maker.pool).await?;
    let chain = |(tenant, seq): (String, i64)| Some((TenantId::parse_chain(&tenant).ok()?, Seq::new(seq)?));
    Ok(rows.into_iter().filter_map(chain).collect())
}
