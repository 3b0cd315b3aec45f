//! What happens to the server itself, on the record: it starts and stops, its
//! clock is set, its policies change, keys are used that were revoked.
//!
//! None of this waits for a request, and no request waits for it. What cannot be
//! recorded is logged and counted, and tried again where that makes sense.

mod clock;
mod executable;
mod policies;
mod revoked;

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::audit::{AuditLog, Configured, Event, Started, Stopped};
use crate::policy::{InForce, PolicySet};
use crate::tenant::TenantId;
use crate::tenant::keys::RevokedUses;

/// Records while the server runs, from its start to its stop.
pub struct Lifecycle {
    audit: AuditLog,
    revoked: RevokedUses,
    started: Instant,
    watching: Vec<JoinHandle<()>>,
}

impl Lifecycle {
    /// Records that the server starts, with which program and detector, and the
    /// policies that are others than when it last ran; then watches.
    pub async fn begin(
        audit: &AuditLog,
        pool: &PgPool,
        policies: &Arc<PolicySet>,
        revoked: &RevokedUses,
        detector: &str,
    ) -> Lifecycle {
        let executable_sha256 = executable::sha256().await.map(Configured::name);
        let started = Started { executable_sha256, detector: Configured::name(detector) };
        // The note itself tells of a failure, and the log's state refuses requests.
        let _ = audit.note(&TenantId::system(), Event::Started(started)).await;
        let (in_force, changes) = policies.follow();
        let policies = policies::Recorder::new(audit.clone(), pool.clone(), Arc::clone(policies));
        policies.record(&InForce::default(), &in_force).await;
        let watching = vec![
            tokio::spawn(clock::watch(audit.clone())),
            tokio::spawn(policies.watch(in_force, changes)),
            tokio::spawn(revoked::watch(audit.clone(), revoked.clone())),
        ];
        Lifecycle { audit: audit.clone(), revoked: revoked.clone(), started: Instant::now(), watching }
    }

    /// Records what is still to be told, and that the server stops.
    pub async fn end(self) {
        self.watching.iter().for_each(JoinHandle::abort);
        join_all(self.watching).await;
        revoked::record(&self.audit, &self.revoked).await;
        let stopped = Stopped { ran_s: self.started.elapsed().as_secs() };
        let _ = self.audit.note(&TenantId::system(), Event::Stopped(stopped)).await;
    }
}
