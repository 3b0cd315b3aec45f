//! A tenant's own keys: random, made when they are first needed, and stored
//! wrapped by a key that comes from the master key. Destroying the row makes
//! everything that was done with the key meaningless.

use ring::rand::{SecureRandom, SystemRandom};
use sqlx::PgPool;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::scrub::{Aead, AeadError, MasterKey};
use crate::tenant::TenantId;

/// One kind of key: what its wrapping key is derived from the master key for, and
/// the statements of its table.
#[derive(Debug)]
pub struct KeyTable {
    /// The purpose of the wrapping key.
    pub purpose: &'static str,
    /// Gives `key_id, wrapped` of the tenant `$1`.
    pub select: &'static str,
    /// Stores `tenant, key_id, wrapped`, unless the tenant has one.
    pub insert: &'static str,
}

/// The keys of one kind. Cheap to clone.
#[derive(Clone)]
pub struct TenantKeys {
    pool: PgPool,
    wrapping: Aead,
    table: &'static KeyTable,
}

/// A key as it is used.
pub struct TenantKey {
    /// Names it.
    pub id: Uuid,
    /// Its bytes.
    pub secret: Zeroizing<[u8; 32]>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum TenantKeyError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The master key is not the one that the key was wrapped with.
    #[error("the master key does not open a tenant's key; was CORDON_MASTER_KEY or data/master.key exchanged?")]
    Locked,
    /// What was wrapped is no key.
    #[error("a tenant's stored key is malformed")]
    Altered,
    /// It was destroyed while it was being made.
    #[error("the tenant's key was destroyed at this moment")]
    Destroyed,
    /// Nothing can be encrypted.
    #[error(transparent)]
    Cipher(#[from] AeadError),
}

impl TenantKeys {
    /// The keys of `table` in the database behind `pool`.
    pub fn new(pool: PgPool, master: &MasterKey, table: &'static KeyTable) -> Result<TenantKeys, AeadError> {
        let wrapping = Aead::new(&Zeroizing::new(master.derive(table.purpose)))?;
        Ok(TenantKeys { pool, wrapping, table })
    }

    /// The key of `tenant`; made when it has none. Of two processes that make one
    /// at once, the second takes the first one's.
    pub async fn obtain(&self, tenant: &TenantId) -> Result<TenantKey, TenantKeyError> {
        if let Some(key) = self.find(tenant).await? {
            return Ok(key);
        }
        let id = Uuid::new_v4();
        sqlx::query(self.table.insert)
            .bind(tenant.as_str())
            .bind(id)
            .bind(self.generate(tenant, id)?)
            .execute(&self.pool)
            .await?;
        self.find(tenant).await?.ok_or(TenantKeyError::Destroyed)
    }

    async fn find(&self, tenant: &TenantId) -> Result<Option<TenantKey>, TenantKeyError> {
        let row: Option<(Uuid, Vec<u8>)> =
            sqlx::query_as(self.table.select).bind(tenant.as_str()).fetch_optional(&self.pool).await?;
        row.map(|(id, wrapped)| self.unwrap(tenant, id, &wrapped)).transpose()
    }

    /// A new key, wrapped.
    fn generate(&self, tenant: &TenantId, id: Uuid) -> Result<Vec<u8>, AeadError> {
        let mut key = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *key).map_err(|_| AeadError)?;
        self.wrapping.seal(&[tenant.as_str().as_bytes(), id.as_bytes()], &*key)
    }

    /// The key that a row of the table holds.
    pub fn unwrap(&self, tenant: &TenantId, id: Uuid, wrapped: &[u8]) -> Result<TenantKey, TenantKeyError> {
        let plain = self.wrapping.open(&[tenant.as_str().as_bytes(), id.as_bytes()], wrapped);
        let plain = plain.ok_or(TenantKeyError::Locked)?;
        let secret = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| TenantKeyError::Altered)?;
        Ok(TenantKey { id, secret: Zeroizing::new(secret) })
    }
}
