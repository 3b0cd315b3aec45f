//! Authenticated encryption for what holds values and leaves this process.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// AES-256-GCM (NIST SP 800-38D) with random nonces of 96 bits: one key is good
/// for 2^32 messages.
///
/// What is sealed opens only in the context it was sealed in: a list of parts,
/// each with its length in front, so that no two lists read alike.
#[derive(Clone)]
pub struct Aead(LessSafeKey);

/// Nothing could be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the cipher or the system's random generator failed")]
pub struct AeadError;

impl Aead {
    /// Seals and opens with `key`.
    pub fn new(key: &[u8; 32]) -> Result<Aead, AeadError> {
        UnboundKey::new(&AES_256_GCM, key).map(|key| Aead(LessSafeKey::new(key))).map_err(|_| AeadError)
    }

    /// The nonce, the encrypted `plain` and the tag.
    pub fn seal(&self, context: &[&[u8]], plain: &[u8]) -> Result<Vec<u8>, AeadError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| AeadError)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, associated(context), &mut sealed[NONCE_LEN..]);
        sealed.extend_from_slice(tag.map_err(|_| AeadError)?.as_ref());
        Ok(sealed)
    }

    /// What was sealed; `None` when the key or the context is another one, or a
    /// bit has changed.
    pub fn open(&self, context: &[&[u8]], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = Zeroizing::new(rest.to_vec());
        let len = self.0.open_in_place(nonce, associated(context), &mut plain).ok()?.len();
        plain.truncate(len);
        Some(plain)
    }
}

fn associated(context: &[&[u8]]) -> Aad<Vec<u8>> {
    let mut joined = Vec::new();
    for part in context {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    Aad::from(joined)
}

impl std::fmt::Debug for Aead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aead(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_its_context_alone() {
        let (key, other) = (Aead::new(&[1; 32]).unwrap(), Aead::new(&[2; 32]).unwrap());
        let sealed = key.seal(&[b"ab", b"c"], b"Maria").unwrap();
        assert_eq!(key.open(&[b"ab", b"c"], &sealed).unwrap().as_slice(), b"Maria");
        assert!(other.open(&[b"ab", b"c"], &sealed).is_none());
        for context in [&[b"a".as_slice(), b"bc"][..], &[b"ab"], &[b"abc"], &[]] {
            assert!(key.open(context, &sealed).is_none(), "{context:?}");
        }
        for bit in 0..8 * sealed.len() {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&[b"ab", b"c"], &changed).is_none(), "bit {bit}");
        }
        for cut in 0..sealed.len() {
            assert!(key.open(&[b"ab", b"c"], &sealed[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn equal_texts_are_sealed_into_different_bytes() {
        let key = Aead::new(&[1; 32]).unwrap();
        assert_ne!(key.seal(&[], b"Maria").unwrap(), key.seal(&[], b"Maria").unwrap());
    }
}
