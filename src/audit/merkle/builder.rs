//! Making proofs while the records pass by.

use std::collections::HashMap;

use super::{ConsistencyProof, Frontier, InclusionProof, leaf, split};
use crate::audit::chain::Hash;

/// A subtree: its first leaf's index, and how many leaves it has.
type Subtree = (u64, u64);

/// Makes any number of proofs for one tree in one pass over its leaves, holding
/// only the nodes that they need. It begins at a [`Frontier`], so a chain whose
/// beginning was cut off, or was passed by long ago, is not read again.
///
/// Ask for the proofs first, push the records behind the frontier up to the
/// tree's size, then take the proofs.
pub struct ProofBuilder {
    frontier: Frontier,
    begins_at: u64,
    size: u64,
    wanted: HashMap<Subtree, Option<Hash>>,
}

impl ProofBuilder {
    /// For the tree of `size` leaves, from `base` on; `None` when it ends before
    /// the base.
    pub fn new(base: Frontier, size: u64) -> Option<ProofBuilder> {
        let begins_at = base.size();
        (begins_at <= size).then(|| ProofBuilder { frontier: base, begins_at, size, wanted: HashMap::new() })
    }

    /// Asks for the proof that the leaf `index` is in the tree. False when it is
    /// not, or lies before the base.
    pub fn want_inclusion(&mut self, index: u64) -> bool {
        let possible = (self.begins_at..self.size).contains(&index);
        if possible {
            self.want(&inclusion_path(index, self.size));
        }
        possible
    }

    /// Asks for the proof that the tree goes on from the one of `from` leaves.
    /// False when it is larger, or smaller than the base.
    pub fn want_consistency(&mut self, from: u64) -> bool {
        let possible = from == 0 || (self.begins_at..=self.size).contains(&from);
        if possible {
            self.want(&consistency_path(from, self.size));
        }
        possible
    }

    fn want(&mut self, path: &[Subtree]) {
        for subtree in path {
            let known = self.frontier.subtrees().find(|(start, leaves, _)| (*start, *leaves) == *subtree);
            self.wanted.entry(*subtree).or_insert(known.map(|(.., hash)| hash));
        }
    }

    /// The index of the leaf to push next; `None` when the tree is whole.
    pub fn next_index(&self) -> Option<u64> {
        (self.frontier.size() < self.size).then_some(self.frontier.size())
    }

    /// Adds the record with this chain hash. What comes behind the tree's last
    /// leaf is left out.
    pub fn push(&mut self, record: Hash) {
        self.push_leaf(leaf(record));
    }

    pub(super) fn push_leaf(&mut self, leaf: Hash) {
        let Some(index) = self.next_index() else { return };
        let wanted = &mut self.wanted;
        self.frontier.push_leaf(leaf, |leaves, hash| {
            if let Some(place) = wanted.get_mut(&(index + 1 - leaves, leaves)) {
                *place = Some(hash);
            }
        });
    }

    /// The tree's root, once it is whole.
    pub fn root(&self) -> Option<Hash> {
        self.next_index().is_none().then(|| self.frontier.root())
    }

    /// The proof for the leaf `index`; `None` when it was not asked for or the
    /// tree is not whole yet.
    pub fn inclusion(&self, index: u64) -> Option<InclusionProof> {
        if index >= self.size {
            return None;
        }
        let path = self.nodes(&inclusion_path(index, self.size))?;
        Some(InclusionProof { index, size: self.size, path })
    }

    /// The proof that the tree goes on from the one of `from` leaves; `None` when
    /// it was not asked for or the tree is not whole yet.
    pub fn consistency(&self, from: u64) -> Option<ConsistencyProof> {
        if from > self.size {
            return None;
        }
        let path = self.nodes(&consistency_path(from, self.size))?;
        Some(ConsistencyProof { from, to: self.size, path })
    }

    fn nodes(&self, path: &[Subtree]) -> Option<Vec<Hash>> {
        self.root()?;
        path.iter().map(|subtree| self.node(*subtree)).collect()
    }

    /// A perfect subtree was seen when it was completed; the only other ones are
    /// those at the end of the tree.
    fn node(&self, subtree: Subtree) -> Option<Hash> {
        let (start, leaves) = subtree;
        match *self.wanted.get(&subtree)? {
            None if start + leaves == self.size && !leaves.is_power_of_two() => Some(self.frontier.root_from(start)),
            known => known,
        }
    }
}

/// The siblings on the way from the leaf `index` to the root: `PATH` of RFC
/// 6962, section 2.1.1, with subtrees in place of their hashes.
fn inclusion_path(index: u64, size: u64) -> Vec<Subtree> {
    let (mut start, mut leaves, mut path) = (0, size, Vec::new());
    while leaves > 1 {
        let left = split(leaves);
        if index < start + left {
            path.push((start + left, leaves - left));
            leaves = left;
        } else {
            path.push((start, left));
            (start, leaves) = (start + left, leaves - left);
        }
    }
    path.reverse();
    path
}

/// `PROOF` of RFC 6962, section 2.1.2, with subtrees in place of their hashes.
fn consistency_path(from: u64, size: u64) -> Vec<Subtree> {
    if from == 0 || from >= size {
        return Vec::new();
    }
    let (mut start, mut leaves, mut path) = (0, size, Vec::new());
    while from != start + leaves {
        let left = split(leaves);
        if from <= start + left {
            path.push((start + left, leaves - left));
            leaves = left;
        } else {
            path.push((start, left));
            (start, leaves) = (start + left, leaves - left);
        }
    }
    // The whole older tree is known to whoever checks the proof.
    if start > 0 {
        path.push((start, leaves));
    }
    path.reverse();
    path
}
