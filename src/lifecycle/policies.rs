//! Policies that are others than before.
//!
//! What held before is what the tenant's chain says, not what this process
//! remembers: so a change while no server ran is recorded at the next start, and
//! of several servers that see one change the later ones have nothing to add.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use sqlx::{PgPool, Row};
use tokio::sync::mpsc;

use crate::audit::{AuditError, AuditLog, Configured, Event, PolicyChanged};
use crate::policy::{InForce, PolicySet};
use crate::tenant::TenantId;

/// Records that wait for a commit together: there may be many tenants.
const NOTED_AT_ONCE: usize = 64;
/// Before what could not be recorded is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Compares the policies in force with those that were recorded.
pub(super) struct Recorder {
    audit: AuditLog,
    pool: PgPool,
    policies: Arc<PolicySet>,
}

/// The last record of a tenant's policy.
struct Recorded {
    policy: Option<Configured>,
    sha256: Option<Configured>,
}

impl Recorder {
    pub(super) fn new(audit: AuditLog, pool: PgPool, policies: Arc<PolicySet>) -> Recorder {
        Recorder { audit, pool, policies }
    }

    /// Records each change from what holds now on, in order: none that was in force
    /// is left out.
    pub(super) async fn watch(self, mut held: InForce, mut changes: mpsc::Receiver<InForce>) {
        while let Some(in_force) = changes.recv().await {
            while !self.record(&held, &in_force).await {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            held = in_force;
        }
    }

    /// Records each tenant's policy that is another than its last recorded one, or
    /// than what `held` before where none is recorded. False when some could not be
    /// recorded now; a chain that takes no more records waits for nobody.
    pub(super) async fn record(&self, held: &InForce, in_force: &InForce) -> bool {
        let recorded = match self.recorded().await {
            Ok(recorded) => recorded,
            Err(error) => {
                tracing::error!(%error, "the recorded policies cannot be read, so changes are not recorded yet");
                return false;
            }
        };
        let changed = recorded
            .into_iter()
            .filter_map(|(tenant, before)| Some((self.change(&tenant, before, held, in_force)?, tenant)));
        let noting = changed.map(|(changed, tenant)| async move {
            let noted = self.audit.note(&tenant, Event::PolicyChanged(changed)).await;
            !matches!(noted, Err(AuditError::Unavailable))
        });
        stream::iter(noting).buffer_unordered(NOTED_AT_ONCE).fold(true, |all, noted| ready(all && noted)).await
    }

    fn change(
        &self,
        tenant: &TenantId,
        recorded: Option<Recorded>,
        held: &InForce,
        in_force: &InForce,
    ) -> Option<PolicyChanged> {
        let name = self.policies.name_of(tenant);
        let named = |set: &InForce| Recorded {
            policy: Some(Configured::name(name)),
            sha256: set.hash(name).map(Configured::name),
        };
        let (before, now) = (recorded.unwrap_or_else(|| named(held)), named(in_force));
        // Of a policy that is gone and stays gone the name tells nothing.
        let stays = before.sha256 == now.sha256 && (before.policy == now.policy || now.sha256.is_none());
        let policy = now.policy.filter(|_| !stays)?;
        Some(PolicyChanged { policy, before: before.sha256, after: now.sha256 })
    }

    /// What was last recorded of each tenant that has a key, where something was.
    async fn recorded(&self) -> Result<BTreeMap<TenantId, Option<Recorded>>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT t.name, r.body FROM tenant t LEFT JOIN LATERAL (
                 SELECT body FROM audit_record WHERE tenant = t.name AND kind = 'policy_changed'
                 ORDER BY seq DESC LIMIT 1
             ) r ON true",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut recorded = BTreeMap::new();
        for row in rows {
            let name: String = row.try_get("name")?;
            let tenant = TenantId::parse(&name).map_err(|error| sqlx::Error::Decode(error.into()))?;
            let body: Option<String> = row.try_get("body")?;
            recorded.insert(tenant, body.as_deref().map(Recorded::of));
        }
        Ok(recorded)
    }
}

impl Recorded {
    /// What cannot be read was tampered with, and the verifier will say so: it is
    /// as if no policy had been recorded.
    fn of(body: &str) -> Recorded {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |member: &str| body.get(member).and_then(Value::as_str);
        // Goes into the next record, so it must be a hash and no text of somebody's.
        let is_hash = |text: &&str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        Recorded {
            policy: text("policy").map(Configured::name),
            sha256: text("after").filter(is_hash).map(Configured::name),
        }
    }
}
