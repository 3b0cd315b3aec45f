//! That a tree is an older one with leaves added.

use super::node;
use crate::audit::chain::Hash;

/// A consistency proof (RFC 9162, section 2.1.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProof {
    /// The older tree's size.
    pub from: u64,
    /// The newer tree's size.
    pub to: u64,
    /// Nodes that make up both trees.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Whether the tree with `to_root` begins with all leaves of the one with
    /// `from_root`: RFC 9162, section 2.1.4.2. Every tree begins with the empty
    /// one, and for that and for a tree and itself the path is empty.
    pub fn verify(&self, from_root: Hash, to_root: Hash) -> bool {
        if self.from == 0 || self.from == self.to {
            let same = self.from == self.to && from_root == to_root;
            return self.path.is_empty() && (same || (self.from == 0 && from_root == super::fold(&[])));
        }
        if self.from > self.to {
            return false;
        }
        let mut path = self.path.iter().copied();
        let (mut index, mut last) = (self.from - 1, self.to - 1);
        let skipped = index.trailing_ones();
        (index, last) = (index >> skipped, last >> skipped);
        // An older tree that is perfect is a node of the newer one as it is.
        let first = if self.from.is_power_of_two() { Some(from_root) } else { path.next() };
        let Some(first) = first else { return false };
        let (mut old, mut new) = (first, first);
        for sibling in path {
            if last == 0 {
                return false;
            }
            if index & 1 == 1 || index == last {
                (old, new) = (node(sibling, old), node(sibling, new));
                while index & 1 == 0 && index != 0 {
                    (index, last) = (index >> 1, last >> 1);
                }
            } else {
                new = node(new, sibling);
            }
            (index, last) = (index >> 1, last >> 1);
        }
        last == 0 && old == from_root && new == to_root
    }
}
