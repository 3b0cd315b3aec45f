//! How records are linked.
//!
//! `hash = SHA-256(tag || seq || prev || body)`, with `seq` as eight bytes
//! big-endian, `prev` the hash of the record before it and `body` the exact
//! stored bytes. The first record's `prev` is the tenant's genesis, so that a
//! record fits into one place of one chain only.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde::{Serialize, Serializer};

use crate::tenant::TenantId;

const RECORD_TAG: &[u8] = b"cordon audit record v1\0";
const GENESIS_TAG: &[u8] = b"cordon audit genesis v1\0";

/// A record's place in its tenant's chain, counted from 1. Records are ordered
/// by it and never by time: clocks step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Seq(i64);

impl Seq {
    /// Before the first record.
    pub const NONE: Seq = Seq(0);

    /// The place `seq`; `None` when negative.
    pub fn new(seq: i64) -> Option<Seq> {
        (seq >= 0).then_some(Seq(seq))
    }

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }

    /// As stored.
    pub fn value(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The SHA-256 that identifies a record and all before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Stands for stored bytes that are no hash, so that a record which was
    /// tampered with can still be shown. No record has it.
    pub const MALFORMED: Hash = Hash([0; 32]);

    /// What the first record of `tenant` follows.
    pub fn genesis(tenant: &TenantId) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(GENESIS_TAG);
        context.update(tenant.as_str().as_bytes());
        Hash::finish(context)
    }

    /// The hash of the record at `seq` with `body` after a record with `prev`.
    #[must_use]
    pub fn link(seq: Seq, prev: Hash, body: &[u8]) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(RECORD_TAG);
        context.update(&seq.0.to_be_bytes());
        context.update(&prev.0);
        context.update(body);
        Hash::finish(context)
    }

    /// A stored hash; `None` when it has not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// As stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The SHA-256 of `parts`, one behind the other.
    pub(super) fn sha256(parts: &[&[u8]]) -> Hash {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        Hash::finish(context)
    }

    fn finish(context: Context) -> Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Hash(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The end of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Of the last record; [`Seq::NONE`] when there is none.
    pub seq: Seq,
    /// Of the last record, else the genesis.
    pub hash: Hash,
}

impl Head {
    /// The head of a chain without records.
    pub fn genesis(tenant: &TenantId) -> Head {
        Head { seq: Seq::NONE, hash: Hash::genesis(tenant) }
    }

    /// The head after a record with `body` is appended.
    #[must_use]
    pub fn append(self, body: &[u8]) -> Head {
        let seq = self.seq.next();
        Head { seq, hash: Hash::link(seq, self.hash, body) }
    }
}

/// The proof of an append: the record is durable at this place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its place.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_place_predecessor_body_and_tenant() {
        let (one, other) = (TenantId::parse("one").unwrap(), TenantId::parse("other").unwrap());
        let head = Head::genesis(&one);
        let first = head.append(b"{}");
        assert_eq!(first.seq.value(), 1);
        assert_ne!(first.hash, head.append(b"{ }").hash);
        assert_ne!(first.hash, Head::genesis(&other).append(b"{}").hash);
        assert_ne!(first.hash, Hash::link(first.seq.next(), head.hash, b"{}"));
        assert_ne!(first.append(b"{}").hash, first.hash);
    }

    /// A value computed apart with Python's hashlib, so that the format cannot
    /// change unnoticed.
    #[test]
    fn the_format_is_fixed() {
        let head = Head::genesis(&TenantId::parse("acme").unwrap()).append(br#"{"v":1}"#);
        assert_eq!(head.hash.to_string(), "bd1f71dac4fc8893c9e7df9d528bae4f7efff83c7bed319323fa2d78526cf45a");
    }
}
