//! Requests that were accepted and whose end nobody records any more, because
//! the process that had them was killed or lost its database.
//!
//! ```text
//! every process:  says each quarter of `after` which requests it has been
//!                 running for so long                    -> audit_running
//! one process:    goes through each chain once, up to records that are `after`
//!                 old, for `accepted` without `ended`    -> audit_unsettled
//!                 of those, records `unknown` where no process said lately
//!                 that it runs the request
//! ```
//!
//! No clock of a process decides, and none orders: places in the chain do, and
//! the database's clock says how old a record is. Whether a request has an end is
//! looked up once more under the lock of the chain's head, so it gets one
//! `unknown` at most, however many look for it. A process that was cut off and
//! comes back records the real end all the same; both stand, and the real one
//! counts.

mod reap;
mod running;
#[cfg(test)]
mod tests;

use std::time::Duration;

use sqlx::Error;
use sqlx::postgres::PgConnectOptions;

use super::AuditLog;
use super::leader::Leader;
use crate::store::Store;
use reap::Reaper;
use running::Claims;

/// What one process at a time does for a database.
const OFFICE: &str = "audit orphans";
/// Longest time between two looks.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Finds the requests that nobody ends.
pub struct Orphans {
    options: PgConnectOptions,
    claims: Claims,
    reaper: Reaper,
    pause: Duration,
}

impl Orphans {
    /// A request without an end is an orphan `after` its acceptance, when no
    /// process says that it runs it. Processes on one database should agree.
    pub fn new(store: &Store, log: AuditLog, after: Duration) -> Orphans {
        let pause = (after / 4).min(PAUSE_MAX);
        let (options, pool) = (store.connect_options().clone(), store.pool.clone());
        let claims = Claims::new(pool.clone(), log.clone(), pause);
        // Two sayings may be lost before a request counts as left.
        let reaper = Reaper { pool, log, after, silence: pause * 3 };
        Orphans { options, claims, reaper, pause }
    }

    /// Says what this process runs, and ends what nobody does, for ever.
    pub async fn keep_settling(mut self) {
        let mut office = None;
        loop {
            tokio::time::sleep(self.pause).await;
            if let Err(error) = self.claims.say().await {
                tracing::warn!(%error, "the running requests cannot be noted; they may be taken for orphans");
                continue;
            }
            match self.hold(&mut office).await {
                Ok(false) => {}
                Ok(true) => {
                    if let Err(error) = self.reaper.settle().await {
                        tracing::warn!(%error, "requests without an end cannot be settled now");
                    }
                }
                Err(error) => tracing::warn!(%error, "nobody can be chosen to settle requests without an end"),
            }
        }
    }

    /// Looks once, whoever else does. Returns how many requests were settled.
    ///
    /// # Errors
    /// When the database or the log cannot be used.
    pub async fn settle_once(&mut self) -> Result<u64, OrphanError> {
        self.claims.say().await?;
        self.reaper.settle().await
    }

    async fn hold(&self, office: &mut Option<Leader>) -> Result<bool, Error> {
        if let Some(leader) = office {
            if leader.holds().await {
                return Ok(true);
            }
            *office = None;
        }
        *office = Leader::acquire(&self.options, OFFICE).await?;
        Ok(office.is_some())
    }
}

/// Why requests without an end cannot be settled.
#[derive(Debug, thiserror::Error)]
pub enum OrphanError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] Error),
    /// The log takes no record.
    #[error(transparent)]
    Log(#[from] super::AuditError),
}
