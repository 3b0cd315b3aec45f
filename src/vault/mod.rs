//! What stateful APIs need Cordon to keep: the tokens of conversations that a
//! later request continues without sending them again.
//!
//! Everything that tells of a person is sealed with a data key of its tenant,
//! which is wrapped by a key from the master key. Data keys are fetched with the
//! rows and forgotten with the request: nothing keeps them in memory, so a key
//! that is destroyed ([`Vault::erase`]) is of no use to any process from its
//! next statement on.

mod error;
mod key;
mod object;
mod sweep;
#[cfg(test)]
mod tests;
mod token;

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::PgPool;
use uuid::Uuid;

pub use error::VaultError;
pub use object::{Kept, Stored};
pub use sweep::{Erased, Swept, TenantStatus};

use crate::scrub::{AeadError, MasterKey};
use crate::store::tenant_keys::TenantKeys;
use crate::tenant::TenantId;
use key::DataKey;

/// How long one step may take. A database that stands still keeps its
/// connections open and says nothing.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Keeps mappings in Postgres. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pool: PgPool,
    keys: TenantKeys,
    lifetime: Duration,
}

/// Names the tokens of one chain of answers, and holds what opens them while a
/// request runs. It belongs to one tenant: there is no asking with another.
pub struct Mapping {
    tenant: TenantId,
    id: Uuid,
    conversation: String,
    key: DataKey,
}

impl Mapping {
    /// What the tokens were minted for: the digest that scopes them.
    pub fn conversation(&self) -> &str {
        &self.conversation
    }
}

impl Vault {
    /// The vault in the database behind `pool`. What is kept there can be found
    /// for `lifetime`.
    pub fn new(pool: PgPool, master: &MasterKey, lifetime: Duration) -> Result<Vault, AeadError> {
        Ok(Vault { keys: TenantKeys::new(pool.clone(), master, &key::TABLE)?, pool, lifetime })
    }

    /// A mapping of its own for the tokens of `conversation`, a digest that names
    /// nobody.
    pub async fn begin(&self, tenant: &TenantId, conversation: &str) -> Result<Mapping, VaultError> {
        let key = within(self.data_key(tenant)).await?;
        Ok(Mapping { tenant: tenant.clone(), id: Uuid::new_v4(), conversation: conversation.to_owned(), key })
    }

    fn expiry_s(&self) -> i64 {
        now_s() + i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX / 2)
    }
}

async fn within<T>(step: impl Future<Output = Result<T, VaultError>>) -> Result<T, VaultError> {
    let timed_out = || VaultError::Unavailable(sqlx::Error::PoolTimedOut);
    tokio::time::timeout(STEP_TIMEOUT, step).await.unwrap_or_else(|_| Err(timed_out()))
}

/// Seconds since 1970.
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2)
}
