//! Parts of an answer that a provider has signed.
//!
//! A caller must send such a part back as it came, or the provider refuses it. But
//! the caller reads it with the real values in it, so what comes back is not what
//! the provider signed. Its signature therefore becomes a seal on its way to the
//! caller: the part as the provider wrote it, encrypted, opaque as the signature
//! was. Nothing needs to be stored.

use data_encoding::BASE64URL_NOPAD;
use memchr::memmem;
use serde_json::Value;

use super::aead::{Aead, AeadError};
use super::key::MasterKey;
use crate::tenant::TenantId;

/// What a seal begins with: whose it is, and the version of what follows.
const PREFIX: &str = "cordon1.";
const PURPOSE: &str = "signed block";

/// Seals and opens for one tenant.
#[derive(Clone, Debug)]
pub struct SealKey {
    aead: Aead,
    tenant: TenantId,
}

impl SealKey {
    /// The key of `tenant`.
    pub fn derive(master: &MasterKey, tenant: &TenantId) -> Result<SealKey, AeadError> {
        // A tenant's name holds no NUL, so the pair reads one way only.
        let key = zeroize::Zeroizing::new(master.derive(&format!("{PURPOSE}\0{}", tenant.as_str())));
        Ok(SealKey { aead: Aead::new(&key)?, tenant: tenant.clone() })
    }

    /// `block`, for nobody but this tenant and only by way of Cordon.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, block: &Value) -> Result<String, AeadError> {
        let sealed = self.aead.seal(&self.context(), block.to_string().as_bytes())?;
        Ok(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&sealed)))
    }

    /// Whether a seal may stand in `bytes`: where it is certain that none does,
    /// nobody need look for one.
    pub fn may_be_in(bytes: &[u8]) -> bool {
        memmem::find(bytes, PREFIX.as_bytes()).is_some()
    }

    /// What was sealed; `None` for anything that [`SealKey::seal`] did not make
    /// for this tenant.
    pub fn open(&self, text: &str) -> Option<Value> {
        let sealed = BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        serde_json::from_slice(&self.aead.open(&self.context(), &sealed)?).ok()
    }

    fn context(&self) -> [&[u8]; 3] {
        [self.tenant.as_str().as_bytes(), PURPOSE.as_bytes(), PREFIX.as_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key(master: &MasterKey, tenant: &str) -> SealKey {
        SealKey::derive(master, &TenantId::parse(tenant).unwrap()).unwrap()
    }

    fn block() -> Value {
        json!({"type": "thinking", "thinking": "[PERSON_7KQ2] \"é\"\n", "signature": "Eq/+==", "n": 1.50})
    }

    /// L07: the block comes back as it was, its numbers and the order of its
    /// fields included.
    #[test]
    fn a_block_comes_back_as_it_was_sealed() {
        let key = key(&MasterKey::generate().unwrap(), "a");
        let sealed = key.seal(&block()).unwrap();
        assert!(sealed.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{sealed}");
        assert!(!sealed.contains("PERSON"));
        assert!(SealKey::may_be_in(sealed.as_bytes()) && !SealKey::may_be_in(b"cordon"));
        assert_eq!(key.open(&sealed).unwrap().to_string(), block().to_string());
        assert_ne!(key.seal(&block()).unwrap(), sealed);
    }

    /// L07, L23: what another tenant or another installation sealed, and what was
    /// changed on the way, is nothing.
    #[test]
    fn a_seal_of_somebody_else_or_an_altered_one_does_not_open() {
        let master = MasterKey::generate().unwrap();
        let sealed = key(&master, "a").seal(&block()).unwrap();
        assert_eq!(key(&master, "b").open(&sealed), None);
        assert_eq!(key(&MasterKey::generate().unwrap(), "a").open(&sealed), None);
        let key = key(&master, "a");
        for at in 0..sealed.len() {
            assert_eq!(key.open(&sealed[..at]), None, "cut at {at}");
            let other = if sealed.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut altered = sealed.clone();
            altered.replace_range(at..=at, other);
            assert_eq!(key.open(&altered), None, "altered at {at}");
        }
        assert_eq!(key.open(&format!("{sealed}A")), None);
        assert_eq!(key.open(&sealed.replace(PREFIX, "cordon2.")), None);
    }

    proptest! {
        #[test]
        fn foreign_text_is_no_seal(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            let key = key(&MasterKey::generate().unwrap(), "a");
            prop_assert_eq!(key.open(&text), None);
            prop_assert_eq!(key.open(&format!("{PREFIX}{text}")), None);
            prop_assert_eq!(key.open(&format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))), None);
        }
    }
}
