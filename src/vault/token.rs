//! The tokens of a mapping.

use std::collections::HashSet;

use super::{Mapping, Vault, VaultError, within};
use crate::scrub::StoredToken;

/// Tokens outlive the answers that need them, also where an answer takes long,
/// by at least this much.
const SLACK_MIN_S: i64 = 12 * 60 * 60;
/// They get this much, so that continuing a conversation does not write all of
/// its rows anew each time.
const SLACK_S: i64 = 2 * SLACK_MIN_S;

impl Mapping {
    fn context<'a>(&'a self, token: &'a str) -> [&'a [u8]; 6] {
        let tenant = self.tenant.as_str().as_bytes();
        let conversation = self.conversation.as_bytes();
        [b"token", tenant, conversation, self.id.as_bytes(), token.as_bytes(), self.key.id.as_bytes()]
    }

    fn open(&self, token: String, sealed: &[u8]) -> Result<StoredToken, VaultError> {
        let secret = self.key.aead.open(&self.context(&token), sealed).ok_or(VaultError::Altered)?;
        StoredToken::open(token, &secret).ok_or(VaultError::Altered)
    }
}

impl Vault {
    /// Adds `tokens` to a mapping and prolongs those that it has.
    ///
    /// # Errors
    /// `Raced` when one of them is there for another value.
    pub async fn keep_tokens(&self, mapping: &Mapping, tokens: &[StoredToken]) -> Result<(), VaultError> {
        let added = within(self.add(mapping, tokens)).await?;
        let met: Vec<&StoredToken> = tokens.iter().filter(|kept| !added.contains(&kept.token)).collect();
        if met.is_empty() {
            return Ok(());
        }
        let there = within(self.tokens(mapping)).await?;
        let is_there = |kept: &&StoredToken| there.iter().any(|known| known.is_for_the_value_of(kept));
        if met.iter().all(is_there) { Ok(()) } else { Err(VaultError::Raced) }
    }

    /// Returns the tokens that were not there.
    async fn add(&self, mapping: &Mapping, tokens: &[StoredToken]) -> Result<HashSet<String>, VaultError> {
        let seal = |kept: &StoredToken| mapping.key.aead.seal(&mapping.context(&kept.token), &kept.secret());
        let sealed = tokens.iter().map(seal).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<&str> = tokens.iter().map(|kept| kept.token.as_str()).collect();
        // The lock on the key makes an erasure wait or come first: no row is
        // written under a key that is gone.
        let (alive, added): (bool, Vec<String>) = sqlx::query_as(
            "WITH key AS (SELECT FROM vault_key WHERE tenant = $1 AND key_id = $2 FOR KEY SHARE),
                  prolonged AS (UPDATE vault_token SET expires_at_s = $6
                                WHERE tenant = $1 AND mapping = $3 AND expires_at_s < $7),
                  added AS (INSERT INTO vault_token (tenant, mapping, token, key_id, sealed, expires_at_s)
                            SELECT $1, $3, new.token, $2, new.sealed, $6
                            FROM key, unnest($4::text[], $5::bytea[]) AS new (token, sealed)
                            ON CONFLICT DO NOTHING RETURNING token)
             SELECT EXISTS (SELECT FROM key), ARRAY(SELECT token FROM added)",
        )
        .bind(mapping.tenant.as_str())
        .bind(mapping.key.id)
        .bind(mapping.id)
        .bind(names)
        .bind(sealed)
        .bind(self.expiry_s() + SLACK_S)
        .bind(self.expiry_s() + SLACK_MIN_S)
        .fetch_one(&self.pool)
        .await?;
        if alive { Ok(added.into_iter().collect()) } else { Err(VaultError::Erased) }
    }

    /// What is kept of a mapping. The answer that led here says how long it holds.
    pub(super) async fn tokens(&self, mapping: &Mapping) -> Result<Vec<StoredToken>, VaultError> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT token, sealed FROM vault_token WHERE tenant = $1 AND mapping = $2 AND key_id = $3")
                .bind(mapping.tenant.as_str())
                .bind(mapping.id)
                .bind(mapping.key.id)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(token, sealed)| mapping.open(token, &sealed)).collect()
    }
}
