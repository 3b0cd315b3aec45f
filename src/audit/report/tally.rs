//! Counting by name and by time.

use std::collections::BTreeMap;

/// More names than this are counted together: a log that was tampered with must
/// not fill the memory.
const NAMES_MAX: usize = 2_000;
/// What the rest is called.
pub(super) const OTHER: &str = "other";

/// How often each name was met in each step of the period.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    steps: usize,
    names: BTreeMap<String, Vec<u64>>,
}

/// A name with its counts, step by step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// What was counted.
    pub name: String,
    /// How often, in each step.
    pub counts: Vec<u64>,
}

impl Series {
    /// How often in all.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl Tally {
    pub(super) fn new(steps: usize) -> Tally {
        Tally { steps, names: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, name: &str, step: usize, n: u64) {
        let is_full = self.names.len() >= NAMES_MAX && !self.names.contains_key(name);
        let name = if is_full { OTHER } else { name };
        if !self.names.contains_key(name) {
            self.names.insert(name.to_owned(), vec![0; self.steps]);
        }
        if let Some(count) = self.names.get_mut(name).and_then(|counts| counts.get_mut(step)) {
            *count = count.saturating_add(n);
        }
    }

    /// Undoes one [`Tally::add`] of 1.
    pub(super) fn take_back(&mut self, name: &str, step: usize) {
        if let Some(count) = self.names.get_mut(name).and_then(|counts| counts.get_mut(step)) {
            *count = count.saturating_sub(1);
        }
    }

    /// All names that were met, the most frequent first.
    pub fn series(&self) -> Vec<Series> {
        let all = self.names.iter().map(|(name, counts)| Series { name: name.clone(), counts: counts.clone() });
        let mut all: Vec<Series> = all.filter(|series| series.total() > 0).collect();
        all.sort_by_key(|series| std::cmp::Reverse(series.total()));
        all
    }

    /// The `n` most frequent names, and the rest as one.
    pub fn top(&self, n: usize) -> Vec<Series> {
        let mut all = self.series();
        if all.len() > n + 1 {
            let mut rest = Series { name: format!("{} {OTHER}", all.len() - n), counts: vec![0; self.steps] };
            for series in all.drain(n..) {
                for (sum, count) in rest.counts.iter_mut().zip(series.counts) {
                    *sum = sum.saturating_add(count);
                }
            }
            all.push(rest);
        }
        all
    }

    /// How often `name` was met.
    pub fn total_of(&self, name: &str) -> u64 {
        self.names.get(name).map_or(0, |counts| counts.iter().fold(0, |sum, count| sum.saturating_add(*count)))
    }

    /// How often any name was met.
    pub fn total(&self) -> u64 {
        self.names.keys().fold(0, |sum, name| sum.saturating_add(self.total_of(name)))
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether nothing was met.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_counted_together() {
        let mut tally = Tally::new(2);
        for (name, step, n) in [("a", 0, 5), ("b", 1, 9), ("c", 0, 1), ("d", 1, 2), ("e", 0, 3)] {
            tally.add(name, step, n);
        }
        let top = tally.top(2);
        assert_eq!(top.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["b", "a", "3 other"]);
        assert_eq!(top[2].counts, [4, 2]);
        assert_eq!(top.iter().map(Series::total).sum::<u64>(), tally.total());
        // One name alone is no rest.
        assert_eq!(tally.top(4).len(), 5);
    }

    #[test]
    fn names_without_end_do_not_fill_the_memory() {
        let mut tally = Tally::new(1);
        (0..10_000).for_each(|n| tally.add(&format!("L{n}"), 0, 1));
        assert_eq!((tally.len(), tally.total()), (NAMES_MAX + 1, 10_000));
    }
}
