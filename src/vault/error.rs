use crate::scrub::AeadError;

/// Why the vault cannot keep or give something. No message holds a value.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The database failed or did not answer in time.
    #[error("the vault's database cannot be used")]
    Unavailable(#[from] sqlx::Error),
    /// The master key is not the one that the tenant's data key was wrapped with.
    #[error(
        "the master key does not open a tenant's data key; was CORDON_MASTER_KEY or data/master.key exchanged? What \
         was kept under the old one needs that one"
    )]
    Locked,
    /// A row was changed, moved, removed or put in another's place.
    #[error("a row of the vault is not what was kept there")]
    Altered,
    /// The tenant's data key was destroyed while the request ran.
    #[error("the tenant's data key was destroyed")]
    Erased,
    /// Two requests continued one conversation at once and minted one token for
    /// two values, or one deleted what the other went on from.
    #[error("another request has just changed the same conversation")]
    Raced,
    /// An answer of that id is kept already.
    #[error("an answer with the same id is kept already")]
    Taken,
    /// Nothing can be encrypted.
    #[error(transparent)]
    Cipher(#[from] AeadError),
}
