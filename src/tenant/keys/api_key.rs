//! The shape of a key: `cdn_<public>_<secret>`.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE32_DNSSEC;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

const PREFIX: &str = "cdn_";
/// 80 bits: two keys with one public part are not to be expected.
const PUBLIC_BYTES: usize = 10;
const PUBLIC_CHARS: usize = 16;
const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 52;

/// The public part of a key: 16 characters of `0-9a-v` (RFC 4648 base32hex).
/// It names the key in lists and in the audit log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// The id written as `text`; `None` when it is not one.
    pub fn parse(text: &str) -> Option<KeyId> {
        let fits = text.len() == PUBLIC_CHARS && text.bytes().all(is_base32hex);
        fits.then(|| KeyId(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A whole key with its secret. `Debug` does not show it.
#[derive(Debug)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A new random key; `None` when the system gives no random bytes.
    pub fn generate() -> Option<(KeyId, ApiKey)> {
        let mut bytes = zeroize::Zeroizing::new([0; PUBLIC_BYTES + SECRET_BYTES]);
        SystemRandom::new().fill(bytes.as_mut_slice()).ok()?;
        let (public, secret) = bytes.split_at(PUBLIC_BYTES);
        let public = BASE32_DNSSEC.encode(public);
        let secret = zeroize::Zeroizing::new(BASE32_DNSSEC.encode(secret));
        let key = format!("{PREFIX}{public}_{}", secret.as_str());
        Some((KeyId(public.into()), ApiKey(key.into())))
    }

    /// The text to show its owner, once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored of the key.
    pub(super) fn hash(&self) -> KeyHash {
        KeyHash::of(self.expose())
    }
}

/// The SHA-256 of a whole key. A plain hash is right here: the secret has 256
/// random bits, so there is nothing to guess and nothing for a slow or salted
/// hash to protect.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyHash([u8; 32]);

impl KeyHash {
    pub(super) fn of(presented: &str) -> KeyHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, presented.as_bytes()).as_ref());
        KeyHash(hash)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time.
    pub(super) fn matches(&self, stored: &[u8]) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), stored).into()
    }
}

/// The public part of `presented`; `None` when it has not the shape of a key.
pub(super) fn public_part(presented: &str) -> Option<KeyId> {
    let (public, secret) = presented.strip_prefix(PREFIX)?.split_once('_')?;
    let secret_fits = secret.len() == SECRET_CHARS && secret.bytes().all(is_base32hex);
    if secret_fits { KeyId::parse(public) } else { None }
}

fn is_base32hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'v')
}
