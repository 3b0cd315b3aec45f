//! Who signs, and whom a verifier trusts.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::note::{Checkpoint, Origin};
use super::signed::SignedCheckpoint;
use crate::audit::chain::Hash;
use crate::tenant::TenantId;

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;

/// Signs checkpoints. It lies outside the database: who can change records must
/// not be able to sign for them.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key of a seed of 32 random bytes (RFC 8032); `None` of another length.
    pub fn from_seed(seed: &[u8]) -> Option<SigningKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(SigningKey)
    }

    /// What its signatures on the checkpoints of `tenant` are checked with.
    pub fn public_key(&self, origin: &Origin, tenant: &TenantId) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey { origin: origin.clone(), tenant: tenant.clone(), key }
    }

    /// Signs `checkpoint`.
    pub fn sign(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        let key = self.public_key(&checkpoint.origin, &checkpoint.tenant).id();
        let signature = self.0.sign(checkpoint.text().as_bytes());
        SignedCheckpoint::sign(checkpoint, key, signature.as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// The first four bytes of the SHA-256 over a key and its name: tells which key
/// a signature names, and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyId([u8; 4]);

impl KeyId {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; 4]> for KeyId {
    fn from(bytes: [u8; 4]) -> KeyId {
        KeyId(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// A public key for the checkpoints of one chain. Shown and read as a `vkey` of
/// signed notes, `NAME+HASH+BASE64`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PublicKey {
    origin: Origin,
    tenant: TenantId,
    key: [u8; 32],
}

/// Why a text is not a public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyProblem {
    /// Not of the form, or of another signature type.
    #[error("a public key is ORIGIN/TENANT+8 hexadecimal digits+base64, as `cordon audit key` prints it")]
    Form,
    /// The digits are of another key or name.
    #[error("the digits of the public key do not fit its name and key; a character was lost or changed")]
    Mistyped,
}

impl PublicKey {
    /// How signatures name it.
    pub fn id(&self) -> KeyId {
        let name = self.origin.line(&self.tenant);
        let hash = Hash::sha256(&[name.as_bytes(), b"\n", &[ED25519_TYPE], &self.key]);
        let mut id = [0; 4];
        id.copy_from_slice(&hash.as_bytes()[..4]);
        KeyId(id)
    }

    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key).verify(text, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode(&[&[ED25519_TYPE], self.key.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.origin.line(&self.tenant), self.id())
    }
}

impl FromStr for PublicKey {
    type Err = KeyProblem;

    fn from_str(text: &str) -> Result<PublicKey, KeyProblem> {
        let (name, rest) = text.trim().split_once('+').ok_or(KeyProblem::Form)?;
        let (id, key) = rest.split_once('+').ok_or(KeyProblem::Form)?;
        let (origin, tenant) = Origin::of_line(name).ok_or(KeyProblem::Form)?;
        let bytes = BASE64.decode(key.as_bytes()).map_err(|_| KeyProblem::Form)?;
        let key = match bytes.split_first() {
            Some((&ED25519_TYPE, key)) => key.try_into().map_err(|_| KeyProblem::Form)?,
            _ => return Err(KeyProblem::Form),
        };
        let key = PublicKey { origin, tenant, key };
        if key.id().to_string() == id.to_ascii_lowercase() { Ok(key) } else { Err(KeyProblem::Mistyped) }
    }
}

/// The keys whose checkpoints count: the one that signs now, and those that
/// signed before it was changed. One key signs for all tenants of an origin, so
/// the public key for one tenant is taken for the others, too.
#[derive(Clone, Default, Debug)]
pub struct TrustedKeys(Vec<PublicKey>);

impl TrustedKeys {
    /// These keys.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> TrustedKeys {
        TrustedKeys(keys.into_iter().collect())
    }

    /// These and `key`.
    #[must_use]
    pub fn with(&self, key: PublicKey) -> TrustedKeys {
        TrustedKeys::new([key].into_iter().chain(self.0.iter().cloned()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys under the name of `checkpoint` that have the id `id`.
    pub(super) fn of(&self, checkpoint: &Checkpoint, id: KeyId) -> impl Iterator<Item = PublicKey> {
        let (origin, tenant) = (checkpoint.origin.clone(), checkpoint.tenant.clone());
        let same_origin = self.0.iter().filter(move |key| key.origin == checkpoint.origin);
        same_origin
            .map(move |key| PublicKey { origin: origin.clone(), tenant: tenant.clone(), key: key.key })
            .filter(move |key| key.id() == id)
    }
}
