//! A set of catalogue entries, by their number.

const WORDS: usize = 14;

/// Entries that a set can hold.
pub(super) const ENTRIES_MAX: usize = WORDS * 64;

/// A set of entries.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct EntrySet([u64; WORDS]);

impl EntrySet {
    pub(super) fn insert(&mut self, id: u16) {
        self.0[usize::from(id) / 64] |= 1 << (id % 64);
    }

    pub(super) fn contains(&self, id: u16) -> bool {
        self.0[usize::from(id) / 64] >> (id % 64) & 1 == 1
    }

    pub(super) fn union(&self, other: &EntrySet) -> EntrySet {
        EntrySet(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    pub(super) fn intersection(&self, other: &EntrySet) -> EntrySet {
        EntrySet(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// Those of this set that are not in `other`.
    pub(super) fn without(&self, other: &EntrySet) -> EntrySet {
        EntrySet(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    pub(super) fn meets(&self, other: &EntrySet) -> bool {
        self.0.iter().zip(&other.0).any(|(word, other)| word & other != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.into_iter().enumerate().flat_map(|(word, bits)| {
            std::iter::successors((bits != 0).then_some(bits), |bits| Some(bits & (bits - 1)).filter(|bits| *bits != 0))
                .map(move |bits| (word * 64) as u16 + bits.trailing_zeros() as u16)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_was_put_in() {
        let mut set = EntrySet::default();
        for id in [0, 63, 64, 200, (ENTRIES_MAX - 1) as u16] {
            set.insert(id);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), vec![0, 63, 64, 200, (ENTRIES_MAX - 1) as u16]);
        assert!(set.contains(200) && !set.contains(201));
    }
}
