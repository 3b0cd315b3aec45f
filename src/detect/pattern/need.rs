//! What a stretch of text must hold for a pattern to match in it.
//!
//! Many entries open for the same few digits, and a look at the shape of the
//! text around these tells for nearly all of them that a search is in vain: a
//! card number has runs of four digits, a MAC address colons behind digits, a
//! fiscal code sixteen letters and digits in a row. The needs are read off the
//! patterns themselves.

mod bytes;
mod parts;

use std::collections::BTreeMap;

use regex_syntax::hir::Hir;

use super::entry_set::EntrySet;
use bytes::{ANY_KIND, Bytes, DIGIT_KIND, KINDS, Kinds, NO_KIND, WORD_KINDS};
pub(super) use parts::digits_min;
use parts::{Part, clusters, longest, ways};

/// What a match holds at least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Need {
    /// For each set: a run of digits, as long as it goes, of a length in it.
    runs: [Lengths; 3],
    /// Letters and digits in a row.
    word_len_min: u8,
    /// A digit with one of these kinds of bytes behind it.
    behind_digit: Kinds,
    /// A digit with one of these kinds of bytes in front of it.
    before_digit: Kinds,
}

/// What a stretch of text with a digit in it holds.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    runs: Lengths,
    word_len_max: u8,
    behind_digit: Kinds,
    before_digit: Kinds,
}

/// A set of lengths; the last bit stands for itself and everything longer.
type Lengths = u64;
const LENGTH_MAX: usize = 63;
const ANY_LENGTH: Lengths = u64::MAX;

/// The needs of entries that look at the same stretch around digits, each once.
pub(super) struct Needs {
    /// How many bytes before and after the digits the stretch reaches.
    pub(super) reach: [usize; 2],
    /// All entries that look at it.
    pub(super) entries: EntrySet,
    /// At `n`: those for which a run of `n` digits is enough, and the entries
    /// that have them.
    by_run: Vec<Vec<(Need, EntrySet)>>,
}

impl Needs {
    /// The needs of `entries`, given as number, reach and needs, by reach.
    pub(super) fn by_reach<'a>(entries: impl Iterator<Item = (u16, [usize; 2], &'a [Need])>) -> Vec<Needs> {
        let mut by_reach: BTreeMap<[usize; 2], (EntrySet, BTreeMap<Need, EntrySet>)> = BTreeMap::new();
        for (id, reach, needs) in entries {
            let (all, by_need) = by_reach.entry(reach).or_default();
            all.insert(id);
            needs.iter().for_each(|need| by_need.entry(*need).or_default().insert(id));
        }
        let of_run = |needs: &BTreeMap<Need, EntrySet>, run: usize| {
            let needs = needs.iter().filter(|(need, _)| need.runs[0] >> run & 1 == 1);
            needs.map(|(need, entries)| (*need, *entries)).collect()
        };
        let needs = |(reach, (entries, needs))| Needs {
            reach,
            entries,
            by_run: (0..=LENGTH_MAX).map(|run| of_run(&needs, run)).collect(),
        };
        by_reach.into_iter().map(needs).collect()
    }

    /// The entries that may match in a stretch of this shape.
    pub(super) fn met_by(&self, shape: &Shape) -> EntrySet {
        let mut entries = EntrySet::default();
        let mut runs = shape.runs;
        while runs != 0 {
            let needs = &self.by_run[runs.trailing_zeros() as usize];
            needs.iter().filter(|(need, _)| need.is_met_by(shape)).for_each(|(_, of)| entries = entries.union(of));
            runs &= runs - 1;
        }
        entries
    }
}

impl Need {
    const NOTHING: Need =
        Need { runs: [ANY_LENGTH; 3], word_len_min: 0, behind_digit: ANY_KIND, before_digit: ANY_KIND };

    fn is_met_by(&self, shape: &Shape) -> bool {
        // All of it is looked at: that is quicker than to find out whether to.
        (self.runs[0] & shape.runs != 0)
            & (self.runs[1] & shape.runs != 0)
            & (self.runs[2] & shape.runs != 0)
            & (self.word_len_min <= shape.word_len_max)
            & (self.behind_digit & shape.behind_digit != 0)
            & (self.before_digit & shape.before_digit != 0)
    }

    /// What each way to match `pattern` needs.
    pub(super) fn of(pattern: &Hir) -> Vec<Need> {
        let mut needs: Vec<Need> = ways(pattern).iter().map(|parts| Need::of_parts(parts)).collect();
        needs.dedup();
        needs
    }

    fn of_parts(parts: &[Part]) -> Need {
        let mut need = Need::NOTHING;
        need.word_len_min = longest(parts, |part| part.is_only(Bytes::WORD));
        let mut runs: Vec<Lengths> = clusters(parts).into_iter().map(run_lengths).collect();
        runs.sort_by_key(|lengths| lengths.count_ones());
        need.runs.iter_mut().zip(runs).for_each(|(need, lengths)| *need = lengths);
        let solid: Vec<&Part> = parts.iter().filter(|part| part.max > 0).collect();
        for (at, _) in solid.iter().enumerate().filter(|(_, part)| part.min > 0 && part.is_only(Bytes::DIGITS)) {
            narrow(&mut need.before_digit, kinds_next(solid[..at].iter().rev().copied()));
            narrow(&mut need.behind_digit, kinds_next(solid[at + 1..].iter().copied()));
        }
        need
    }
}

/// What the byte next to a digit is, given the parts on that side.
fn kinds_next<'a>(parts: impl Iterator<Item = &'a Part>) -> Kinds {
    let mut kinds = 0;
    for part in parts {
        if !part.has_no_digit() {
            break;
        }
        kinds |= part.bytes.kinds();
        if part.min > 0 {
            return kinds;
        }
    }
    ANY_KIND
}

fn narrow(kinds: &mut Kinds, other: Kinds) {
    if other.count_ones() < kinds.count_ones() {
        *kinds = other;
    }
}

/// The lengths of which one is that of a whole run of digits.
fn run_lengths((cluster, closed): (&[Part], bool)) -> Lengths {
    let digits = |part: &Part| part.is_only(Bytes::DIGITS);
    let shortest = usize::from(longest(cluster, digits)).min(LENGTH_MAX);
    if shortest == 0 {
        return ANY_LENGTH;
    }
    let most = cluster.iter().filter(|part| digits(part)).fold(0_usize, |sum, part| sum.saturating_add(part.max));
    let most = if closed { most.min(LENGTH_MAX) } else { LENGTH_MAX };
    (shortest..=most).fold(0, |lengths, len| lengths | 1 << len)
}

impl Shape {
    /// The shape of `text[start..end]`; runs go on to their ends outside it.
    pub(super) fn of(text: &[u8], start: usize, end: usize) -> Shape {
        let is_word = |at: &usize| KINDS[usize::from(text[*at])] & WORD_KINDS != 0;
        let start = start - (start.saturating_sub(LENGTH_MAX)..start).rev().take_while(is_word).count();
        let end = end + (end..text.len().min(end + LENGTH_MAX)).take_while(is_word).count();
        let mut shape = Shape { runs: 0, word_len_max: 0, behind_digit: NO_KIND, before_digit: NO_KIND };
        let (mut word, mut word_max, mut run) = (0_usize, 0_usize, 0_usize);
        let mut before = start.checked_sub(1).map_or(NO_KIND, |at| KINDS[usize::from(text[at])]);
        for byte in &text[start..end] {
            let kind = KINDS[usize::from(*byte)];
            if kind == DIGIT_KIND {
                shape.before_digit |= before;
                run += 1;
            } else if run > 0 {
                shape.behind_digit |= kind;
                shape.runs |= 1 << run.min(LENGTH_MAX);
                run = 0;
            }
            word = if kind & WORD_KINDS != 0 { word + 1 } else { 0 };
            word_max = word_max.max(word);
            before = kind;
        }
        if run > 0 {
            shape.runs |= 1 << run.min(LENGTH_MAX);
            shape.behind_digit |= text.get(end).map_or(0, |byte| KINDS[usize::from(*byte)]);
        }
        shape.word_len_max = word_max.min(usize::from(u8::MAX)) as u8;
        shape
    }
}

#[cfg(test)]
mod tests;
