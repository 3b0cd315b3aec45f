//! The keys in the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::api_key::{ApiKey, KeyHash, KeyId, public_part};
use super::cache::{Recent, Refused};
use super::revoked::RevokedUses;
use crate::tenant::{Role, TenantId};

/// A revoked key is refused everywhere after at most this time: so long a
/// verified key is served from memory. A refused one is refused from memory for
/// as long: a key is never made with a given secret, nor made valid again.
pub const REVOCATION_DELAY_MAX: Duration = Duration::from_secs(5);
/// Lookups at a time of keys that were never verified, so that a flood of made-up
/// ones leaves connections free.
const LOOKUPS_MAX: usize = 4;
/// Lookups at a time of keys that were verified before. They have a queue of
/// their own and do not wait behind made-up ones.
const REFRESHES_MAX: usize = 4;
/// How long a request waits for its key to be looked up, its turn included. A
/// database that stands still keeps its connections open and says nothing.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// Whose key a request presented. Only [`KeyStore::authenticate`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct AuthenticatedKey {
    /// The key's owner.
    pub tenant: TenantId,
    /// What the key may do.
    pub role: Role,
    /// The key's public part.
    pub key_id: KeyId,
}

/// Why a request is not let in. All but `Unavailable` are one and the same 401
/// to the caller; the difference is for metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuthError {
    /// No key, or an empty one.
    #[error("no API key was presented")]
    Missing,
    /// Not of the shape `cdn_..._...`.
    #[error("the API key is malformed")]
    Malformed,
    /// No such key, or the secret is not its own.
    #[error("the API key is unknown")]
    Unknown,
    /// It was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// The database cannot be asked: 503.
    #[error("API keys cannot be checked now")]
    Unavailable,
}

/// Why a key cannot be made, listed or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key.
    #[error("there is no key {0}")]
    NotFound(KeyId),
    /// It was revoked before.
    #[error("key {0} is already revoked")]
    AlreadyRevoked(KeyId),
    /// No random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A key as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// The public part.
    pub key_id: KeyId,
    /// The owner.
    pub tenant: TenantId,
    /// What it may do.
    pub role: Role,
    /// When it was made, in microseconds since 1970.
    pub created_at_us: i64,
    /// When it was revoked, in microseconds since 1970.
    pub revoked_at_us: Option<i64>,
}

/// Makes, lists, revokes and checks keys. Cheap to clone.
#[derive(Clone)]
pub struct KeyStore {
    pool: PgPool,
    recent: Arc<Recent>,
    revoked: RevokedUses,
    lookups: Arc<Semaphore>,
    refreshes: Arc<Semaphore>,
}

impl KeyStore {
    /// The keys in the database behind `pool`.
    pub fn new(pool: PgPool) -> KeyStore {
        KeyStore::with_cache_lifetime(pool, REVOCATION_DELAY_MAX)
    }

    pub(super) fn with_cache_lifetime(pool: PgPool, lifetime: Duration) -> KeyStore {
        let [lookups, refreshes] = [LOOKUPS_MAX, REFRESHES_MAX].map(|max| Arc::new(Semaphore::new(max)));
        KeyStore { pool, recent: Arc::new(Recent::new(lifetime)), revoked: RevokedUses::default(), lookups, refreshes }
    }

    /// Counts those that present a revoked key.
    pub fn revoked_uses(&self) -> &RevokedUses {
        &self.revoked
    }

    /// Makes a key, and the tenant with its first one. The secret is in the
    /// returned key and nowhere else.
    pub async fn create(&self, tenant: &TenantId, role: Role) -> Result<(KeyId, ApiKey), KeyError> {
        let (key_id, key) = ApiKey::generate().ok_or(KeyError::NoRandom)?;
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO tenant (name) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(tenant.as_str())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO api_key (key_id, tenant, role, key_sha256) VALUES ($1, $2, $3, $4)")
            .bind(key_id.as_str())
            .bind(tenant.as_str())
            .bind(role.as_str())
            .bind(key.hash().as_bytes())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((key_id, key))
    }

    /// The keys of `tenant`, or of all tenants, oldest first.
    pub async fn list(&self, tenant: Option<&TenantId>) -> Result<Vec<KeyInfo>, KeyError> {
        let rows: Vec<(String, String, String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT key_id, tenant, role, (extract(epoch FROM created_at) * 1000000)::bigint,
                    (extract(epoch FROM revoked_at) * 1000000)::bigint
             FROM api_key WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant, created_at, key_id",
        )
        .bind(tenant.map(TenantId::as_str))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(id, tenant, role, created_at_us, revoked_at_us)| {
                let (key_id, tenant, role) = decode(&id, &tenant, &role)?;
                Ok(KeyInfo { key_id, tenant, role, created_at_us, revoked_at_us })
            })
            .collect()
    }

    /// Revokes a key and returns its owner. Processes that verified it lately
    /// let it in for at most [`REVOCATION_DELAY_MAX`] more.
    pub async fn revoke(&self, key_id: &KeyId) -> Result<TenantId, KeyError> {
        let revoked: Option<String> = sqlx::query_scalar(
            "UPDATE api_key SET revoked_at = greatest(now(), created_at)
             WHERE key_id = $1 AND revoked_at IS NULL RETURNING tenant",
        )
        .bind(key_id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(tenant) = revoked {
            return Ok(TenantId::parse(&tenant).map_err(undecodable)?);
        }
        let known: Option<i32> = sqlx::query_scalar("SELECT 1 FROM api_key WHERE key_id = $1")
            .bind(key_id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        Err(known.map_or(KeyError::NotFound(key_id.clone()), |_| KeyError::AlreadyRevoked(key_id.clone())))
    }

    /// Whose key `presented` is. Costs a query once in [`REVOCATION_DELAY_MAX`].
    pub async fn authenticate(&self, presented: &str) -> Result<AuthenticatedKey, AuthError> {
        if presented.is_empty() {
            return Err(AuthError::Missing);
        }
        let key_id = public_part(presented).ok_or(AuthError::Malformed)?;
        let hash = KeyHash::of(presented);
        let answer = match self.recent.find(&hash) {
            Some(answer) => answer,
            None => tokio::time::timeout(LOOKUP_TIMEOUT, self.verify(&key_id, hash)).await.unwrap_or_else(|_| {
                tracing::warn!("a key was not looked up in time");
                Err(Refused::Otherwise(AuthError::Unavailable))
            }),
        };
        answer.map_err(|refused| match refused {
            Refused::Otherwise(error) => error,
            Refused::Revoked(tenant) => {
                self.revoked.count(&tenant, &key_id);
                AuthError::Revoked
            }
        })
    }

    async fn verify(&self, key_id: &KeyId, hash: KeyHash) -> Result<AuthenticatedKey, Refused> {
        let queue = if self.recent.was_verified(&hash) { &self.refreshes } else { &self.lookups };
        let _permit = queue.acquire().await.map_err(|_| Refused::Otherwise(AuthError::Unavailable))?;
        // Many requests with one key may have waited here for the first of them.
        if let Some(answer) = self.recent.find(&hash) {
            return answer;
        }
        let asked_at = Instant::now();
        let answer = self.look_up(key_id, &hash).await;
        self.recent.remember(hash, &answer, asked_at);
        answer
    }

    async fn look_up(&self, key_id: &KeyId, hash: &KeyHash) -> Result<AuthenticatedKey, Refused> {
        let refused = Refused::Otherwise;
        let row: Option<(String, String, Vec<u8>, bool)> =
            sqlx::query_as("SELECT tenant, role, key_sha256, revoked_at IS NOT NULL FROM api_key WHERE key_id = $1")
                .bind(key_id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| {
                    tracing::warn!(%error, "a key cannot be looked up");
                    refused(AuthError::Unavailable)
                })?;
        let (tenant, role, stored, revoked) = row.ok_or(refused(AuthError::Unknown))?;
        // The secret first: who does not have it learns nothing of revocation.
        if !hash.matches(&stored) {
            return Err(refused(AuthError::Unknown));
        }
        let decoded = decode(key_id.as_str(), &tenant, &role);
        let (key_id, tenant, role) = decoded.map_err(|_| refused(AuthError::Unavailable))?;
        if revoked {
            return Err(Refused::Revoked(tenant));
        }
        Ok(AuthenticatedKey { tenant, role, key_id })
    }
}

fn decode(key_id: &str, tenant: &str, role: &str) -> Result<(KeyId, TenantId, Role), sqlx::Error> {
    let key_id = KeyId::parse(key_id).ok_or_else(|| undecodable("a key's id"))?;
    let role = Role::parse(role).ok_or_else(|| undecodable("a key's role"))?;
    Ok((key_id, TenantId::parse(tenant).map_err(undecodable)?, role))
}

/// The table's CHECKs exclude it.
fn undecodable(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
