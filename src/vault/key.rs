//! A tenant's data key: made with its first row, stored wrapped.

use uuid::Uuid;

use super::{Vault, VaultError};
use crate::scrub::Aead;
use crate::store::tenant_keys::{KeyTable, TenantKey, TenantKeyError};
use crate::tenant::TenantId;

pub(super) static TABLE: KeyTable = KeyTable {
    purpose: "vault key wrapping",
    select: "SELECT key_id, wrapped FROM vault_key WHERE tenant = $1",
    insert: "INSERT INTO vault_key (tenant, key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
};

/// Seals a tenant's rows.
pub(super) struct DataKey {
    pub(super) id: Uuid,
    pub(super) aead: Aead,
}

impl DataKey {
    pub(super) fn of(key: &TenantKey) -> Result<DataKey, VaultError> {
        Ok(DataKey { id: key.id, aead: Aead::new(&key.secret)? })
    }
}

impl Vault {
    /// The data key of `tenant`; made when it has none.
    pub(super) async fn data_key(&self, tenant: &TenantId) -> Result<DataKey, VaultError> {
        DataKey::of(&self.keys.obtain(tenant).await?)
    }
}

impl From<TenantKeyError> for VaultError {
    fn from(error: TenantKeyError) -> VaultError {
        match error {
            TenantKeyError::Database(error) => VaultError::Unavailable(error),
            TenantKeyError::Locked => VaultError::Locked,
            TenantKeyError::Altered => VaultError::Altered,
            TenantKeyError::Destroyed => VaultError::Erased,
            TenantKeyError::Cipher(error) => VaultError::Cipher(error),
        }
    }
}
