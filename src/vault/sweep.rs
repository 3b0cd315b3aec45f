//! What ends what is kept: erasure at once, expiry in time.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Vault, VaultError, now_s, within};
use crate::tenant::TenantId;

/// Rows that one statement removes at most, so that none holds locks for long.
const BATCH: i64 = 5_000;
/// Statements of one sweep at most, for each table; the rest waits for the next.
const BATCHES_MAX: usize = 200;
/// Time between two sweeps.
const PERIOD: Duration = Duration::from_secs(60 * 60);

/// What an erasure made unreadable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Erased {
    /// Answers that were kept.
    pub objects: i64,
    /// Tokens with their values.
    pub tokens: i64,
}

/// Rows that a sweep removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Of answers.
    pub objects: u64,
    /// Of tokens.
    pub tokens: u64,
}

/// What is kept of one tenant.
#[derive(Clone, PartialEq, Eq, Debug, sqlx::FromRow)]
pub struct TenantStatus {
    /// The tenant.
    pub tenant: String,
    /// When its data key was made, in microseconds since 1970.
    pub key_created_at_us: i64,
    /// Answers that are kept.
    pub objects: i64,
    /// Tokens with their values.
    pub tokens: i64,
    /// When the last of them expires, in seconds since 1970; `None` when there is none.
    pub last_expiry_s: Option<i64>,
}

impl Vault {
    /// Destroys the tenant's data key: nothing that is kept of it can be read any
    /// more, by any process. `None` when nothing was ever kept.
    ///
    /// `record` is told what is about to go, and nothing goes when it fails: there
    /// is no erasure without a record. One that was recorded and then fails all the
    /// same is an error, to be tried again.
    pub async fn erase<E: From<VaultError>>(
        &self,
        tenant: &TenantId,
        record: impl AsyncFnOnce(Erased) -> Result<(), E>,
    ) -> Result<Option<Erased>, E> {
        let unavailable = |error: sqlx::Error| VaultError::from(error);
        let mut transaction = self.pool.begin().await.map_err(unavailable)?;
        let Some(erased) = destroy_key(&mut transaction, tenant).await.map_err(unavailable)? else { return Ok(None) };
        // Dropped, the transaction puts the key back.
        record(erased).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(Some(erased))
    }

    /// What is kept, tenant by tenant.
    pub async fn status(&self) -> Result<Vec<TenantStatus>, VaultError> {
        let status = sqlx::query_as(
            "SELECT key.tenant, (extract(epoch FROM created_at) * 1000000)::bigint AS key_created_at_us,
                    coalesce(objects.n, 0) AS objects, coalesce(tokens.n, 0) AS tokens,
                    greatest(objects.last, tokens.last) AS last_expiry_s
             FROM vault_key AS key
             LEFT JOIN (SELECT key_id, count(*) AS n, max(expires_at_s) AS last FROM vault_object
                        WHERE expires_at_s > $1 GROUP BY key_id) AS objects USING (key_id)
             LEFT JOIN (SELECT key_id, count(*) AS n, max(expires_at_s) AS last FROM vault_token
                        WHERE expires_at_s > $1 GROUP BY key_id) AS tokens USING (key_id)
             ORDER BY key.tenant",
        );
        Ok(status.bind(now_s()).fetch_all(&self.pool).await?)
    }

    /// Removes what has expired and what no key opens any more.
    pub async fn sweep(&self) -> Result<Swept, VaultError> {
        let expired = format!("expires_at_s <= {}", now_s());
        let orphaned = "NOT EXISTS (SELECT FROM vault_key AS key WHERE key.key_id = row.key_id)";
        let mut swept = Swept::default();
        for (table, removed) in [("vault_object", &mut swept.objects), ("vault_token", &mut swept.tokens)] {
            for dead in [expired.as_str(), orphaned] {
                *removed += self.remove(table, dead).await?;
            }
        }
        Ok(swept)
    }

    async fn remove(&self, table: &str, dead: &str) -> Result<u64, VaultError> {
        // A row that somebody prolongs or another process sweeps is left to them.
        let sql = format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} AS row WHERE {dead} LIMIT {BATCH} FOR UPDATE OF row SKIP LOCKED))"
        );
        let mut removed = 0;
        for _ in 0..BATCHES_MAX {
            let batch = sqlx::query(AssertSqlSafe(sql.as_str()));
            let rows = within(async { Ok(batch.execute(&self.pool).await?.rows_affected()) }).await?;
            removed += rows;
            if rows == 0 {
                break;
            }
        }
        Ok(removed)
    }

    /// Sweeps now and every hour, for as long as it is polled.
    pub async fn keep_sweeping(self) {
        let mut turn = tokio::time::interval(PERIOD);
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            match self.sweep().await {
                Ok(swept) if swept != Swept::default() => {
                    tracing::info!(objects = swept.objects, tokens = swept.tokens, "the vault was swept");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the vault could not be swept"),
            }
        }
    }
}

/// Takes the tenant's data key away, and counts what it opened.
async fn destroy_key(connection: &mut PgConnection, tenant: &TenantId) -> Result<Option<Erased>, sqlx::Error> {
    let erased: Option<(i64, i64)> = sqlx::query_as(
        "WITH gone AS (DELETE FROM vault_key WHERE tenant = $1 RETURNING key_id)
         SELECT (SELECT count(*) FROM vault_object WHERE tenant = $1 AND key_id = gone.key_id),
                (SELECT count(*) FROM vault_token WHERE tenant = $1 AND key_id = gone.key_id)
         FROM gone",
    )
    .bind(tenant.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(erased.map(|(objects, tokens)| Erased { objects, tokens }))
}
