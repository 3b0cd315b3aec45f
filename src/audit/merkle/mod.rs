//! The Merkle tree over a chain: RFC 6962, section 2.1 (RFC 9162 has the same
//! tree).
//!
//! The data of a leaf is a record's chain hash, so a leaf hashes to
//! `SHA-256(0x00 || record hash)` and a node to `SHA-256(0x01 || left || right)`.
//! The record at `seq` is the leaf of index `seq - 1`; a tree of size `n` covers
//! the records 1 to `n`. A tree is never held: its [`Frontier`] is enough to go
//! on, and a [`ProofBuilder`] picks the few nodes of a proof while the records
//! pass by.

mod builder;
mod consistency;
mod frontier;
mod inclusion;
#[cfg(test)]
mod tests;

pub use builder::ProofBuilder;
pub use consistency::ConsistencyProof;
pub use frontier::Frontier;
pub use inclusion::InclusionProof;

use super::chain::Hash;

/// The largest tree: a record's place is a positive 64-bit integer.
pub const SIZE_MAX: u64 = i64::MAX as u64;

/// The leaf that stands for the record with this chain hash.
#[must_use]
pub fn leaf(record: Hash) -> Hash {
    leaf_of(record.as_bytes())
}

fn leaf_of(data: &[u8]) -> Hash {
    Hash::sha256(&[&[0], data])
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash::sha256(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of subtrees that lie beside each other, largest first.
fn fold(subtrees: &[Hash]) -> Hash {
    let joined = subtrees.iter().copied().rev().reduce(|right, left| node(left, right));
    joined.unwrap_or_else(|| Hash::sha256(&[]))
}

/// Where a tree of `size` leaves is split: the largest power of two below it.
/// `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
