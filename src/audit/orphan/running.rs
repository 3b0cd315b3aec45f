//! Which requests this process has been running for a while.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{Error, PgPool};
use uuid::Uuid;

use crate::audit::AuditLog;
use crate::tenant::TenantId;

/// Requests in one statement.
const CHUNK: usize = 1000;

pub(super) struct Claims {
    pool: PgPool,
    log: AuditLog,
    /// Younger requests are not worth a row; most end before.
    age: Duration,
    said: HashSet<(TenantId, Uuid)>,
}

impl Claims {
    pub(super) fn new(pool: PgPool, log: AuditLog, age: Duration) -> Claims {
        Claims { pool, log, age, said: HashSet::new() }
    }

    /// Says that they run, and takes back what was said of those that are over.
    pub(super) async fn say(&mut self) -> Result<(), Error> {
        // In one order everywhere, so that processes do not wait in a circle.
        let mut running = self.log.running_for(self.age);
        running.sort_unstable_by_key(|(_, request)| *request);
        let now: HashSet<_> = running.iter().cloned().collect();
        let mut over: Vec<_> = self.said.difference(&now).cloned().collect();
        over.sort_unstable_by_key(|(_, request)| *request);
        for chunk in running.chunks(CHUNK) {
            self.execute(
                "INSERT INTO audit_running (tenant, request_id) SELECT * FROM unnest($1::text[], $2::uuid[])
                 ON CONFLICT (tenant, request_id) DO UPDATE SET seen_at = now()",
                chunk,
            )
            .await?;
        }
        for chunk in over.chunks(CHUNK) {
            self.execute(
                "DELETE FROM audit_running r USING unnest($1::text[], $2::uuid[]) AS o (tenant, request_id)
                 WHERE r.tenant = o.tenant AND r.request_id = o.request_id",
                chunk,
            )
            .await?;
        }
        self.said = now;
        Ok(())
    }

    async fn execute(&self, sql: &'static str, requests: &[(TenantId, Uuid)]) -> Result<(), Error> {
        let tenants: Vec<&str> = requests.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let ids: Vec<Uuid> = requests.iter().map(|(_, request)| *request).collect();
        sqlx::query(sql).bind(tenants).bind(ids).execute(&self.pool).await?;
        Ok(())
    }
}
