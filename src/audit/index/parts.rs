//! When the records of a block happened. Clocks step, so this narrows down where
//! to look and decides nothing.

use std::ops::Range;

/// Places in a part.
const PART_LEN: u32 = 1024;
const PARTS: usize = 64;

/// The earliest and the latest event time in each part of a block, in microseconds
/// since 1970.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::audit) struct Parts {
    min_us: Vec<i64>,
    max_us: Vec<i64>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts { min_us: vec![i64::MAX; PARTS], max_us: vec![i64::MIN; PARTS] }
    }
}

impl Parts {
    /// As stored; `None` when that is of another shape.
    pub(super) fn from_stored(min_us: Vec<i64>, max_us: Vec<i64>) -> Option<Parts> {
        (min_us.len() == PARTS && max_us.len() == PARTS).then_some(Parts { min_us, max_us })
    }

    pub(super) fn stored(&self) -> (&[i64], &[i64]) {
        (&self.min_us, &self.max_us)
    }

    /// The earliest and the latest of all.
    pub(super) fn bounds(&self) -> (i64, i64) {
        let min = self.min_us.iter().copied().min().unwrap_or(i64::MAX);
        (min, self.max_us.iter().copied().max().unwrap_or(i64::MIN))
    }

    /// A record at `offset` happened at `time_us`.
    pub(super) fn add(&mut self, offset: u16, time_us: i64) {
        let part = usize::from(offset) / PART_LEN as usize;
        if let (Some(min), Some(max)) = (self.min_us.get_mut(part), self.max_us.get_mut(part)) {
            (*min, *max) = ((*min).min(time_us), (*max).max(time_us));
        }
    }

    /// Takes in what `newer` says of the same block.
    pub(super) fn merge(&mut self, newer: &Parts) {
        self.min_us.iter_mut().zip(&newer.min_us).for_each(|(min, other)| *min = (*min).min(*other));
        self.max_us.iter_mut().zip(&newer.max_us).for_each(|(max, other)| *max = (*max).max(*other));
    }

    /// The places of parts that may have a record at a time in `times`, and
    /// whether all of the part's records are.
    pub(in crate::audit) fn within(&self, times: &Range<i64>) -> impl Iterator<Item = (Range<u32>, bool)> {
        let parts = self.min_us.iter().zip(&self.max_us).zip(0_u32..);
        parts.filter_map(|((min, max), part)| {
            let some = *min < times.end && *max >= times.start;
            let all = *min >= times.start && *max < times.end;
            (some && min <= max).then_some((part * PART_LEN..(part + 1) * PART_LEN, all))
        })
    }
}
