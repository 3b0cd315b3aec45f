//! The master key and what is derived from it.

use std::fmt;

use data_encoding::BASE64;
use ring::hkdf;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::tenant::TenantId;

const KEY_LEN: usize = 32;

/// Names the derivation, so that this key used elsewhere gives other sub-keys.
const HKDF_SALT: &[u8] = b"cordon/v1";

/// The secret that every other key of an installation is derived from.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

/// Why a text is not a master key, or none could be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidMasterKey {
    /// Not base64, or not 32 bytes.
    #[error("a master key is 32 bytes in base64 (44 characters); make one with `openssl rand -base64 32`")]
    Malformed,
    /// The system's random generator failed.
    #[error("the system's random generator gave no bytes; is /dev/urandom readable?")]
    NoRandomness,
}

impl MasterKey {
    /// A key from the system's random generator.
    pub fn generate() -> Result<MasterKey, InvalidMasterKey> {
        let mut bytes = [0; KEY_LEN];
        SystemRandom::new().fill(&mut bytes).map_err(|_| InvalidMasterKey::NoRandomness)?;
        Ok(MasterKey(Zeroizing::new(bytes)))
    }

    /// Reads what [`MasterKey::to_base64`] wrote; white space around it is ignored.
    pub fn from_base64(text: &str) -> Result<MasterKey, InvalidMasterKey> {
        let decoded = Zeroizing::new(BASE64.decode(text.trim().as_bytes()).map_err(|_| InvalidMasterKey::Malformed)?);
        let bytes = decoded.as_slice().try_into().map_err(|_| InvalidMasterKey::Malformed)?;
        Ok(MasterKey(Zeroizing::new(bytes)))
    }

    /// The key as text, for the key file.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.0.as_slice()))
    }

    /// The sub-key for `purpose`, by HKDF-SHA-256 (RFC 5869). Different purposes
    /// give independent keys.
    pub fn derive(&self, purpose: &str) -> [u8; KEY_LEN] {
        let mut derived = [0; KEY_LEN];
        let info = [purpose.as_bytes()];
        let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, HKDF_SALT)
            .extract(self.0.as_slice())
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut derived));
        // Expanding to one hash length cannot fail (RFC 5869 allows 255 of them).
        debug_assert!(filled.is_ok());
        derived
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// The key that mints the tokens of one tenant's one conversation. Tokens of
/// another scope neither equal these nor resolve here.
#[derive(Clone)]
pub struct ScopeKey(hmac::Key);

impl ScopeKey {
    /// The key for `conversation` of `tenant`.
    pub fn derive(master: &MasterKey, tenant: &TenantId, conversation: &str) -> ScopeKey {
        let scopes = hmac::Key::new(hmac::HMAC_SHA256, Zeroizing::new(master.derive("scrub scope")).as_slice());
        let mut context = hmac::Context::with_key(&scopes);
        // A tenant's name holds no NUL, so the pair reads one way only.
        context.update(tenant.as_str().as_bytes());
        context.update(&[0]);
        context.update(conversation.as_bytes());
        ScopeKey(hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()))
    }

    /// HMAC-SHA-256 over `parts`, each but the last followed by a NUL.
    pub(in crate::scrub) fn sign(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                context.update(&[0]);
            }
            context.update(part);
        }
        context.sign()
    }
}

impl fmt::Debug for ScopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_master_key_survives_its_key_file() {
        let key = MasterKey::generate().unwrap();
        let text = format!("{}\n", *key.to_base64());
        assert_eq!(MasterKey::from_base64(&text).unwrap().derive("x"), key.derive("x"));
    }

    #[test]
    fn sub_keys_differ_by_purpose_and_by_master() {
        let (one, other) = (key(1), key(2));
        assert_eq!(one.derive("a"), one.derive("a"));
        assert_ne!(one.derive("a"), one.derive("b"));
        assert_ne!(one.derive("a"), other.derive("a"));
    }

    #[test]
    fn what_is_not_32_bytes_in_base64_is_refused() {
        for text in ["", "abc", "AAAA", &BASE64.encode(&[0; 31]), &BASE64.encode(&[0; 33])] {
            assert_eq!(MasterKey::from_base64(text).err(), Some(InvalidMasterKey::Malformed));
        }
    }

    #[test]
    fn no_key_shows_in_debug_output() {
        assert_eq!(format!("{:?}", key(7)), "MasterKey(..)");
    }

    #[test]
    fn a_scope_is_one_conversation_of_one_tenant() {
        let master = key(3);
        let scope = |tenant: &str, conversation: &str| {
            let key = ScopeKey::derive(&master, &TenantId::parse(tenant).unwrap(), conversation);
            key.sign(&[b"PERSON", b"maria"]).as_ref().to_vec()
        };
        assert_eq!(scope("a", "1"), scope("a", "1"));
        assert_ne!(scope("a", "1"), scope("a", "2"));
        assert_ne!(scope("a", "1"), scope("b", "1"));
    }
}
