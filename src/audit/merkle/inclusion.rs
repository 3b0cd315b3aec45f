//! That a record is in a tree.

use super::{leaf, node};
use crate::audit::chain::Hash;

/// An audit path (RFC 9162, section 2.1.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InclusionProof {
    /// The leaf's index: `seq - 1`.
    pub index: u64,
    /// The tree's size.
    pub size: u64,
    /// The siblings on the way from the leaf to the root.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Whether the record with this chain hash is the leaf `index` of the tree
    /// with this root: RFC 9162, section 2.1.3.2.
    pub fn verify(&self, record: Hash, root: Hash) -> bool {
        self.verify_leaf(leaf(record), root)
    }

    pub(super) fn verify_leaf(&self, leaf: Hash, root: Hash) -> bool {
        if self.index >= self.size {
            return false;
        }
        let (mut index, mut last, mut hash) = (self.index, self.size - 1, leaf);
        for sibling in &self.path {
            if last == 0 {
                return false;
            }
            if index & 1 == 1 || index == last {
                hash = node(*sibling, hash);
                // The last node of a level that has no sibling moves up as it is.
                while index & 1 == 0 && index != 0 {
                    (index, last) = (index >> 1, last >> 1);
                }
            } else {
                hash = node(hash, *sibling);
            }
            (index, last) = (index >> 1, last >> 1);
        }
        last == 0 && hash == root
    }
}
