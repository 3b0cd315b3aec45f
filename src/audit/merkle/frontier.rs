//! What is needed of a tree to make it grow.

use super::{SIZE_MAX, fold, leaf, node};
use crate::audit::chain::Hash;

/// The perfect subtrees that a tree consists of, largest first: one for each
/// bit of its size. At most 64 hashes, however many records there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn empty() -> Frontier {
        Frontier { size: 0, nodes: Vec::new() }
    }

    /// A tree of `size` leaves as it was kept; `None` when it cannot consist of
    /// these subtrees. Whether they are the right ones is seen by [`Frontier::root`].
    pub fn from_parts(size: u64, nodes: Vec<Hash>) -> Option<Frontier> {
        (size <= SIZE_MAX && nodes.len() == size.count_ones() as usize).then_some(Frontier { size, nodes })
    }

    /// The same from [`Frontier::to_bytes`].
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Frontier> {
        if !bytes.len().is_multiple_of(32) {
            return None;
        }
        let nodes = bytes.chunks_exact(32).map(Hash::from_bytes).collect::<Option<Vec<_>>>()?;
        Frontier::from_parts(size, nodes)
    }

    /// The subtrees' hashes, one behind the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.nodes.iter().flat_map(Hash::as_bytes).copied().collect()
    }

    /// Adds the leaf of the record with this chain hash.
    pub fn push(&mut self, record: Hash) {
        self.push_leaf(leaf(record), |_, _| {});
    }

    /// Adds a leaf, and tells of each perfect subtree that it completes: how many
    /// leaves it has, and its hash. The last of them is the added leaf.
    pub(super) fn push_leaf(&mut self, leaf: Hash, mut completed: impl FnMut(u64, Hash)) {
        let mut subtree = leaf;
        completed(1, subtree);
        for level in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                subtree = node(left, subtree);
                completed(2 << level, subtree);
            }
        }
        self.nodes.push(subtree);
        self.size += 1;
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The subtrees' hashes.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// The tree's root; that of the empty tree is the SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        fold(&self.nodes)
    }

    /// The subtrees with the index of the first leaf of each, and how many it has.
    pub(super) fn subtrees(&self) -> impl Iterator<Item = (u64, u64, Hash)> {
        let mut start = 0;
        self.nodes.iter().map(move |hash| {
            let leaves = 1 << (self.size - start).ilog2();
            start += leaves;
            (start - leaves, leaves, *hash)
        })
    }

    /// The root over the leaves from `start` on, where a subtree begins.
    pub(super) fn root_from(&self, start: u64) -> Hash {
        let before = self.subtrees().take_while(|(first, ..)| *first < start).count();
        fold(&self.nodes[before..])
    }
}
