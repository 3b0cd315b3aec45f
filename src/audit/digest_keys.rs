//! The keys of the tenants' digests. Each tenant has its own, so that its digests
//! can be erased alone: destroying the key makes them meaningless, and not one
//! record changes.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::digest::DigestKey;
use super::{Actor, AuditError, AuditLog, DigestKeyErased, Event};
use crate::scrub::{AeadError, MasterKey};
use crate::store::tenant_keys::{KeyTable, TenantKeyError, TenantKeys};
use crate::tenant::TenantId;

/// A key that was destroyed is used by no process for longer than this: so long
/// it is served from memory. Requests that run at that moment end with it.
pub const ERASURE_DELAY_MAX: Duration = Duration::from_secs(5);
/// Far more tenants than are in use within [`ERASURE_DELAY_MAX`].
const KEYS_MAX: usize = 4096;
/// Lookups at a time, so that connections stay free.
const LOOKUPS_MAX: usize = 4;
/// How long a request waits for its tenant's key, its turn included.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

static TABLE: KeyTable = KeyTable {
    purpose: "audit digest key wrapping",
    select: "SELECT key_id, wrapped FROM audit_digest_key WHERE tenant = $1",
    insert: "INSERT INTO audit_digest_key (tenant, key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
};

/// The digest keys of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct DigestKeys {
    keys: TenantKeys,
    recent: Arc<Cache<TenantId, (Arc<DigestKey>, Instant)>>,
    lookups: Arc<Semaphore>,
    lifetime: Duration,
}

/// Why there is no key to make digests with: the request cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum DigestKeyError {
    /// The master key is another one.
    #[error(
        "the master key does not open the digest key of {0}; was CORDON_MASTER_KEY or data/master.key exchanged? If the \
         old one is lost, `cordon audit erase` lets the tenant begin with a new key"
    )]
    Locked(TenantId),
    /// Anything else.
    #[error(transparent)]
    Key(TenantKeyError),
    /// The database does not answer.
    #[error("the tenant's digest key was not looked up in time")]
    Late,
}

/// Why a key is not destroyed.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The erasure could not be recorded; the key is still there.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed; when the erasure is in the log already, do it again.
    #[error("the database failed: {0}; do it again")]
    Database(#[from] sqlx::Error),
}

impl DigestKeys {
    /// The keys in the database behind `pool`.
    pub fn new(pool: PgPool, master: &MasterKey) -> Result<DigestKeys, AeadError> {
        DigestKeys::with_lifetime(pool, master, ERASURE_DELAY_MAX)
    }

    pub(super) fn with_lifetime(pool: PgPool, master: &MasterKey, lifetime: Duration) -> Result<DigestKeys, AeadError> {
        let keys = TenantKeys::new(pool, master, &TABLE)?;
        let (recent, lookups) = (Arc::new(Cache::new(KEYS_MAX)), Arc::new(Semaphore::new(LOOKUPS_MAX)));
        Ok(DigestKeys { keys, recent, lookups, lifetime })
    }

    /// The key of `tenant`; made when it has none. Costs a query once in
    /// [`ERASURE_DELAY_MAX`].
    pub async fn of(&self, tenant: &TenantId) -> Result<Arc<DigestKey>, DigestKeyError> {
        match self.remembered(tenant) {
            Some(key) => Ok(key),
            None => {
                tokio::time::timeout(LOOKUP_TIMEOUT, self.look_up(tenant)).await.unwrap_or(Err(DigestKeyError::Late))
            }
        }
    }

    fn remembered(&self, tenant: &TenantId) -> Option<Arc<DigestKey>> {
        let (key, asked_at) = self.recent.get(tenant)?;
        (asked_at.elapsed() < self.lifetime).then_some(key)
    }

    async fn look_up(&self, tenant: &TenantId) -> Result<Arc<DigestKey>, DigestKeyError> {
        let _turn = self.lookups.acquire().await.map_err(|_| DigestKeyError::Late)?;
        // Many requests of one tenant may have waited here for the first of them.
        if let Some(key) = self.remembered(tenant) {
            return Ok(key);
        }
        // When it was asked: the answer may be another one since then.
        let asked_at = Instant::now();
        let stored = self.keys.obtain(tenant).await.map_err(|error| match error {
            TenantKeyError::Locked => DigestKeyError::Locked(tenant.clone()),
            error => DigestKeyError::Key(error),
        })?;
        let key = Arc::new(DigestKey::new(stored.id, &stored.secret));
        self.recent.insert(tenant.clone(), (key.clone(), asked_at));
        Ok(key)
    }
}

/// The id of the key that the tenant's digests are made with; `None` when it has
/// none, or no longer.
pub async fn current(pool: &PgPool, tenant: &TenantId) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT key_id FROM audit_digest_key WHERE tenant = $1")
        .bind(tenant.as_str())
        .fetch_optional(pool)
        .await
}

/// Destroys the key `key` of `tenant`, having recorded that. Its digests can be
/// compared with nothing any more; the next request makes a new key.
pub async fn erase(pool: &PgPool, log: &AuditLog, tenant: &TenantId, key: Uuid) -> Result<(), EraseError> {
    log.append(tenant, Event::DigestKeyErased(DigestKeyErased { by: Actor::Command, key })).await?;
    sqlx::query("DELETE FROM audit_digest_key WHERE tenant = $1 AND key_id = $2")
        .bind(tenant.as_str())
        .bind(key)
        .execute(pool)
        .await?;
    Ok(())
}
