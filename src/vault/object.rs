//! Answers that a provider keeps.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::key::DataKey;
use super::{Mapping, Vault, VaultError, now_s, within};
use crate::scrub::StoredToken;
use crate::tenant::TenantId;

/// What is kept of an answer beside its tokens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Who keeps it.
    pub provider: String,
    /// The request that it answered, where that was noted.
    #[serde(default, with = "text_id")]
    pub request: Option<Uuid>,
    /// The model that gave it, as the provider calls it.
    pub model: String,
    /// Hosts that the conversation's author named: values may go into their URLs.
    pub hosts: Vec<String>,
    /// Whether its text is a JSON document.
    pub structured_output: bool,
    /// How many tokens the mapping has by now; fewer are a sign of removed rows.
    pub tokens: usize,
}

impl Kept {
    /// An answer of `provider`'s `model`, of whose conversation nothing is known yet.
    pub fn of(provider: &str, model: &str, structured_output: bool) -> Kept {
        let (provider, model) = (provider.to_owned(), model.to_owned());
        Kept { provider, request: None, model, structured_output, hosts: Vec::new(), tokens: 0 }
    }
}

/// An id as the text that it usually is.
mod text_id {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use uuid::Uuid;

    pub(super) fn serialize<S: Serializer>(id: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
        id.map(|id| id.to_string()).serialize(serializer)
    }

    /// What is no id is as good as none: it only tells where a conversation was.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.and_then(|text| Uuid::try_parse(&text).ok()))
    }
}

/// An answer that was found, with all that restores it.
pub struct Stored {
    /// Names its tokens.
    pub mapping: Mapping,
    /// The rest.
    pub kept: Kept,
    /// The tokens of its conversation, in no order.
    pub tokens: Vec<StoredToken>,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    conversation: String,
    #[serde(flatten)]
    kept: Kept,
}

#[derive(sqlx::FromRow)]
struct Row {
    mapping: Uuid,
    key_id: Uuid,
    wrapped: Vec<u8>,
    sealed: Vec<u8>,
    expires_at_s: i64,
}

impl Vault {
    /// Keeps what restores the answer `object_id` of a provider. Its tokens must
    /// be kept before.
    ///
    /// # Errors
    /// `Taken` when a living answer has this id: a provider must not be able to
    /// put itself in another's place. `Raced` when its tokens are gone by now.
    pub async fn keep(&self, mapping: &Mapping, object_id: &str, kept: Kept) -> Result<(), VaultError> {
        let expires_at_s = self.expiry_s();
        let tokens = i64::try_from(kept.tokens).unwrap_or(i64::MAX);
        let secret = Secret { conversation: mapping.conversation.clone(), kept };
        let plain = serde_json::to_vec(&secret).map_err(|_| VaultError::Altered)?;
        let expiry = expires_at_s.to_be_bytes();
        let context = context(&mapping.tenant, object_id, &mapping.id, &mapping.key.id, &expiry);
        let sealed = mapping.key.aead.seal(&context, &plain)?;
        within(self.insert(mapping, object_id, sealed, expires_at_s, tokens)).await
    }

    async fn insert(
        &self,
        mapping: &Mapping,
        id: &str,
        sealed: Vec<u8>,
        expires_at_s: i64,
        tokens: i64,
    ) -> Result<(), VaultError> {
        let (alive, whole, kept): (bool, bool, bool) = sqlx::query_as(
            "WITH key AS (SELECT FROM vault_key WHERE tenant = $1 AND key_id = $2 FOR KEY SHARE),
                  tokens AS (SELECT count(*) AS n FROM vault_token WHERE tenant = $1 AND mapping = $4 AND key_id = $2),
                  kept AS (INSERT INTO vault_object AS old (tenant, object_id, mapping, key_id, sealed, expires_at_s)
                           SELECT $1, $3, $4, $2, $5, $6 FROM key, tokens WHERE tokens.n >= $8
                           ON CONFLICT (tenant, object_id) DO UPDATE
                           SET mapping = $4, key_id = $2, sealed = $5, expires_at_s = $6
                           WHERE old.expires_at_s <= $7 OR old.key_id <> $2 RETURNING 1)
             SELECT EXISTS (SELECT FROM key), (SELECT n >= $8 FROM tokens), EXISTS (SELECT FROM kept)",
        )
        .bind(mapping.tenant.as_str())
        .bind(mapping.key.id)
        .bind(id)
        .bind(mapping.id)
        .bind(sealed)
        .bind(expires_at_s)
        .bind(now_s())
        .bind(tokens)
        .fetch_one(&self.pool)
        .await?;
        match (alive, whole, kept) {
            (true, true, true) => Ok(()),
            // The answer that led here was deleted meanwhile, and its tokens with it.
            (true, false, _) => Err(VaultError::Raced),
            (true, true, false) => Err(VaultError::Taken),
            (false, ..) => Err(VaultError::Erased),
        }
    }

    /// What restores the answer `object_id`; `None` when this tenant has none of
    /// that id, or no longer: expired, forgotten, erased.
    ///
    /// # Errors
    /// `Altered` when rows are not what was kept, `Locked` under another master key.
    pub async fn find(&self, tenant: &TenantId, object_id: &str) -> Result<Option<Stored>, VaultError> {
        // What no id can be is not asked for: the database takes no NUL.
        if object_id.contains('\0') {
            return Ok(None);
        }
        let Some(row) = within(self.row(tenant, object_id)).await? else { return Ok(None) };
        let key = DataKey::of(&self.keys.unwrap(tenant, row.key_id, &row.wrapped)?)?;
        let expiry = row.expires_at_s.to_be_bytes();
        let context = context(tenant, object_id, &row.mapping, &row.key_id, &expiry);
        let plain = key.aead.open(&context, &row.sealed).ok_or(VaultError::Altered)?;
        let Secret { conversation, kept } = serde_json::from_slice(&plain).map_err(|_| VaultError::Altered)?;
        let mapping = Mapping { tenant: tenant.clone(), id: row.mapping, conversation, key };
        let tokens = within(self.tokens(&mapping)).await?;
        if tokens.len() < kept.tokens { Err(VaultError::Altered) } else { Ok(Some(Stored { mapping, kept, tokens })) }
    }

    /// The row, with the key that it was sealed with: without the key there is no row.
    async fn row(&self, tenant: &TenantId, object_id: &str) -> Result<Option<Row>, VaultError> {
        let found = sqlx::query_as(
            "SELECT mapping, key_id, wrapped, sealed, expires_at_s
             FROM vault_object JOIN vault_key USING (tenant, key_id)
             WHERE tenant = $1 AND object_id = $2 AND expires_at_s > $3",
        )
        .bind(tenant.as_str())
        .bind(object_id)
        .bind(now_s());
        Ok(found.fetch_optional(&self.pool).await?)
    }

    /// Forgets the answer `object_id`, and its tokens with the last answer of
    /// their mapping. Returns whether there was one.
    pub async fn forget(&self, tenant: &TenantId, object_id: &str) -> Result<bool, VaultError> {
        let forget = sqlx::query_scalar(
            "WITH gone AS (DELETE FROM vault_object WHERE tenant = $1 AND object_id = $2 RETURNING mapping),
                  tokens AS (DELETE FROM vault_token WHERE tenant = $1 AND mapping IN
                                 (SELECT mapping FROM gone WHERE NOT EXISTS
                                     (SELECT FROM vault_object AS other
                                      WHERE other.tenant = $1 AND other.mapping = gone.mapping
                                        AND other.object_id <> $2)))
             SELECT EXISTS (SELECT FROM gone)",
        )
        .bind(tenant.as_str())
        .bind(object_id);
        within(async { Ok(forget.fetch_one(&self.pool).await?) }).await
    }
}

/// Where an answer's row stands; it opens nowhere else and lives no longer.
fn context<'a>(
    tenant: &'a TenantId,
    object_id: &'a str,
    mapping: &'a Uuid,
    key_id: &'a Uuid,
    expiry: &'a [u8; 8],
) -> [&'a [u8]; 6] {
    let (tenant, object_id) = (tenant.as_str().as_bytes(), object_id.as_bytes());
    [b"object", tenant, object_id, mapping.as_bytes(), key_id.as_bytes(), expiry]
}
