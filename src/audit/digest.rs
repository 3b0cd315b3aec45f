//! Keyed digests: they show that two things were the same, and to nobody
//! without the key what they were. A plain hash of a prompt could be guessed.

use data_encoding::HEXLOWER;
use ring::hmac;
use serde::Serialize;
use uuid::Uuid;

/// What a digest is of; digests of one text for two subjects differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A request's body as the client sent it.
    OriginalBody,
    /// The body that left.
    SanitizedBody,
    /// What names a conversation.
    Conversation,
    /// The client's address.
    ClientAddress,
}

impl Subject {
    fn tag(self) -> &'static [u8] {
        match self {
            Subject::OriginalBody => b"original body\0",
            Subject::SanitizedBody => b"sanitized body\0",
            Subject::Conversation => b"conversation\0",
            Subject::ClientAddress => b"client address\0",
        }
    }
}

/// Makes [`KeyedDigest`]s. Destroying the key makes them meaningless, which is
/// how digests are erased without changing a record.
#[derive(Clone)]
pub struct DigestKey {
    id: Uuid,
    key: hmac::Key,
}

impl DigestKey {
    /// The key that `id` names, for this purpose alone.
    pub fn new(id: Uuid, key: &[u8; 32]) -> DigestKey {
        DigestKey { id, key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// Names the key in records.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// HMAC-SHA-256 over the subject's tag and `bytes`.
    pub fn digest(&self, subject: Subject, bytes: &[u8]) -> KeyedDigest {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(subject.tag());
        context.update(bytes);
        KeyedDigest(HEXLOWER.encode(context.sign().as_ref()))
    }
}

/// 64 hexadecimal digits. Only [`DigestKey::digest`] makes one anew, so no record
/// can hold a hash without a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyedDigest(String);

impl KeyedDigest {
    /// One that was made before and has been kept under seal since; `None` when
    /// `digits` cannot be one.
    pub fn reopen(digits: &str) -> Option<KeyedDigest> {
        let is_digest = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_digest.then(|| KeyedDigest(digits.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L46: without the key the digest of a guess tells nothing.
    #[test]
    fn a_digest_depends_on_key_subject_and_text() {
        let (key, other) = (DigestKey::new(Uuid::nil(), &[1; 32]), DigestKey::new(Uuid::nil(), &[2; 32]));
        let digest = key.digest(Subject::OriginalBody, b"text");
        assert_eq!(digest, key.digest(Subject::OriginalBody, b"text"));
        assert_ne!(digest, other.digest(Subject::OriginalBody, b"text"));
        assert_ne!(digest, key.digest(Subject::SanitizedBody, b"text"));
        assert_ne!(digest, key.digest(Subject::OriginalBody, b"Text"));
    }
}
