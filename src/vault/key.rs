//! A tenant's data key: made with its first row, stored wrapped.

use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Vault, VaultError};
use crate::scrub::{Aead, AeadError, MasterKey};
use crate::tenant::TenantId;

/// What the wrapping key is derived from the master key for.
const PURPOSE: &str = "vault key wrapping";

/// Wraps data keys.
#[derive(Clone)]
pub(super) struct WrappingKey(Aead);

/// Seals a tenant's rows.
pub(super) struct DataKey {
    pub(super) id: Uuid,
    pub(super) aead: Aead,
}

impl WrappingKey {
    pub(super) fn derive(master: &MasterKey) -> Result<WrappingKey, AeadError> {
        Aead::new(&Zeroizing::new(master.derive(PURPOSE))).map(WrappingKey)
    }

    /// A new data key, wrapped.
    fn generate(&self, tenant: &TenantId, id: Uuid) -> Result<Vec<u8>, AeadError> {
        let mut key = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(&mut *key).map_err(|_| AeadError)?;
        self.0.seal(&[tenant.as_str().as_bytes(), id.as_bytes()], &*key)
    }

    pub(super) fn unwrap(&self, tenant: &TenantId, id: Uuid, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let plain = self.0.open(&[tenant.as_str().as_bytes(), id.as_bytes()], wrapped).ok_or(VaultError::Locked)?;
        let key = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).map_err(|_| VaultError::Altered)?);
        Ok(DataKey { id, aead: Aead::new(&key)? })
    }
}

impl Vault {
    /// The data key of `tenant`; made when it has none. Of two processes that make
    /// one at once, the second takes the first one's.
    pub(super) async fn data_key(&self, tenant: &TenantId) -> Result<DataKey, VaultError> {
        if let Some(key) = self.stored_key(tenant).await? {
            return Ok(key);
        }
        let id = Uuid::new_v4();
        sqlx::query("INSERT INTO vault_key (tenant, key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(tenant.as_str())
            .bind(id)
            .bind(self.wrapping.generate(tenant, id)?)
            .execute(&self.pool)
            .await?;
        self.stored_key(tenant).await?.ok_or(VaultError::Erased)
    }

    async fn stored_key(&self, tenant: &TenantId) -> Result<Option<DataKey>, VaultError> {
        let row: Option<(Uuid, Vec<u8>)> = sqlx::query_as("SELECT key_id, wrapped FROM vault_key WHERE tenant = $1")
            .bind(tenant.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|(id, wrapped)| self.wrapping.unwrap(tenant, id, &wrapped)).transpose()
    }
}
