//! Finding requests without an end, and ending those that nobody runs.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Error, PgPool};
use uuid::Uuid;

use super::OrphanError;
use crate::audit::record::{Actor, Orphaned, Outcome};
use crate::audit::{AuditError, AuditLog};
use crate::telemetry;
use crate::tenant::TenantId;

/// Records looked at, or requests settled, in one statement.
const PAGE: i64 = 10_000;
/// Ends that wait for a commit at once: few beside what the queue takes.
const AT_ONCE: usize = 256;

pub(super) struct Reaper {
    pub(super) pool: PgPool,
    pub(super) log: AuditLog,
    /// How long after its acceptance a request may be without an end.
    pub(super) after: Duration,
    /// How long ago a process must have said last that it runs a request.
    pub(super) silence: Duration,
}

/// A request without an end that nobody says to run.
struct Orphan {
    tenant: TenantId,
    request: Uuid,
    accepted: Uuid,
    /// Somebody once said to run it.
    was_running: bool,
}

impl Reaper {
    /// Returns how many requests were ended.
    pub(super) async fn settle(&self) -> Result<u64, OrphanError> {
        let chains: Vec<(String, i64)> = sqlx::query_as(
            "SELECT h.tenant, coalesce(s.through_seq, 0)
             FROM audit_head h LEFT JOIN audit_orphan_scan s USING (tenant)
             WHERE h.seq > coalesce(s.through_seq, 0) ORDER BY h.tenant",
        )
        .fetch_all(&self.pool)
        .await?;
        for (tenant, mut through) in chains {
            while let Some(reached) = self.scan_page(&tenant, through).await? {
                through = reached;
            }
        }
        self.forget_ended().await?;
        self.end_orphans().await
    }

    /// Notes the requests without an end among the next records, in one statement
    /// with how far that went. `None` when the next record is too young.
    async fn scan_page(&self, tenant: &str, after_seq: i64) -> Result<Option<i64>, Error> {
        sqlx::query_scalar(
            "WITH page AS (
                 SELECT seq, stored_at > now() - make_interval(secs => $3) AS young FROM audit_record
                 WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $4
             ), reached AS (
                 SELECT max(seq) AS seq FROM page
                 WHERE seq < coalesce((SELECT min(seq) FROM page WHERE young), 9223372036854775807)
             ), noted AS (
                 INSERT INTO audit_unsettled (tenant, request_id, record_id)
                 SELECT a.tenant, a.request_id, a.record_id FROM audit_record a
                 WHERE a.tenant = $1 AND a.seq > $2 AND a.seq <= (SELECT seq FROM reached) AND a.kind = 'accepted'
                   AND NOT EXISTS (SELECT 1 FROM audit_record e WHERE e.tenant = a.tenant
                                   AND e.request_id = a.request_id AND e.kind = 'ended')
                 ON CONFLICT DO NOTHING
             )
             INSERT INTO audit_orphan_scan AS s (tenant, through_seq) SELECT $1, seq FROM reached WHERE seq IS NOT NULL
             ON CONFLICT (tenant) DO UPDATE SET through_seq = greatest(s.through_seq, excluded.through_seq)
             RETURNING through_seq",
        )
        .bind(tenant)
        .bind(after_seq)
        .bind(self.after.as_secs_f64())
        .bind(PAGE)
        .fetch_optional(&self.pool)
        .await
    }

    /// Requests that ended after all, and what was said of requests long gone.
    async fn forget_ended(&self) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM audit_unsettled u WHERE EXISTS (SELECT 1 FROM audit_record e
             WHERE e.tenant = u.tenant AND e.request_id = u.request_id AND e.kind = 'ended')",
        )
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "DELETE FROM audit_running r WHERE seen_at < now() - make_interval(secs => $1)
             AND NOT EXISTS (SELECT 1 FROM audit_unsettled u WHERE u.tenant = r.tenant AND u.request_id = r.request_id)",
        )
        .bind(2.0 * (self.after + self.silence).as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Ends one page of orphans after the other, and stops at the first that the
    /// log does not take now.
    async fn end_orphans(&self) -> Result<u64, OrphanError> {
        let (mut ended, mut last) = (0, (String::new(), Uuid::nil()));
        loop {
            let page = self.orphans_after(&last).await?;
            let Some(end) = page.last() else { return Ok(ended) };
            last = (end.tenant.as_str().to_owned(), end.request);
            for chunk in page.chunks(AT_ONCE) {
                for outcome in join_all(chunk.iter().map(|orphan| self.end(orphan))).await {
                    match outcome {
                        Ok(()) => ended += 1,
                        // That chain is broken; the other tenants' are not.
                        Err(AuditError::Rejected(error)) => tracing::error!(%error, "an orphan cannot be ended"),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
    }

    async fn orphans_after(&self, (tenant, request): &(String, Uuid)) -> Result<Vec<Orphan>, Error> {
        let rows: Vec<(String, Uuid, Uuid, bool)> = sqlx::query_as(
            "SELECT u.tenant, u.request_id, u.record_id, r.seen_at IS NOT NULL
             FROM audit_unsettled u LEFT JOIN audit_running r USING (tenant, request_id)
             WHERE (u.tenant, u.request_id) > ($1, $2)
               AND (r.seen_at IS NULL OR r.seen_at < now() - make_interval(secs => $3))
             ORDER BY u.tenant, u.request_id LIMIT $4",
        )
        .bind(tenant)
        .bind(request)
        .bind(self.silence.as_secs_f64())
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(tenant, request, accepted, was_running)| {
                let tenant = TenantId::parse_chain(&tenant).map_err(|error| Error::Decode(error.into()))?;
                Ok(Orphan { tenant, request, accepted, was_running })
            })
            .collect()
    }

    async fn end(&self, orphan: &Orphan) -> Result<(), AuditError> {
        let orphaned = Orphaned {
            request: orphan.request,
            parent: orphan.accepted,
            outcome: Outcome::Unknown,
            code: if orphan.was_running { "replica_lost" } else { "no_end_recorded" },
            by: Actor::Server,
        };
        self.log.end_orphan(&orphan.tenant, orphaned).await?;
        telemetry::audit_orphans(1);
        Ok(())
    }
}
