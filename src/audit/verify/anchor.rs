//! Signed checkpoints as what a chain is held against.

use std::collections::VecDeque;

use super::defect::Defect;
use super::outside::{Outside, OutsideError};
use super::verdict::Bad;
use crate::audit::chain::{Hash, Seq};
use crate::audit::checkpoint::{SignatureProblem, SignedCheckpoint, TrustedKeys};
use crate::tenant::TenantId;

/// A checkpoint whose signature holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Anchor {
    pub(super) size: u64,
    pub(super) root: Hash,
    /// In seconds since 1970.
    pub(super) time_s: u64,
    pub(super) place: Place,
    /// The signed text.
    pub(super) note: String,
}

/// Where a checkpoint was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// With the records: in the database's table, or in the archive.
    Log,
    /// In a file of its own.
    Outside,
}

/// A checkpoint as it was found, under the size that its row or line names.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) size: u64,
    pub(super) note: String,
    pub(super) place: Place,
}

impl Found {
    /// Checks what it says and who signed it.
    pub(super) fn judge(&self, tenant: &TenantId, keys: &TrustedKeys) -> Result<Anchor, Defect> {
        let size = self.size;
        let signed = SignedCheckpoint::parse(&self.note).map_err(|_| Defect::BadSignature { size })?;
        signed.verify(keys).map_err(|problem| match problem {
            SignatureProblem::BadSignature => Defect::BadSignature { size },
            SignatureProblem::UnknownKey => Defect::UnknownKey { size },
        })?;
        let checkpoint = signed.checkpoint();
        if checkpoint.tenant != *tenant {
            return Err(Defect::SwappedCheckpoint { size });
        }
        // Filed under a size that was not signed.
        if checkpoint.size != size {
            return Err(Defect::BadSignature { size });
        }
        let (root, time_s) = (checkpoint.root, checkpoint.time_s);
        Ok(Anchor { size, root, time_s, place: self.place, note: self.note.clone() })
    }
}

/// The checkpoints that are still to be met, in order of their sizes.
pub(super) struct Anchors<'a> {
    tenant: &'a TenantId,
    keys: &'a TrustedKeys,
    in_log: VecDeque<Found>,
    outside: Outside,
    /// The first one that could not be used, and how many.
    pub(super) unusable: Option<(Defect, u64)>,
}

impl<'a> Anchors<'a> {
    pub(super) fn new(tenant: &'a TenantId, keys: &'a TrustedKeys, outside: Outside) -> Anchors<'a> {
        Anchors { tenant, keys, in_log: VecDeque::new(), outside, unusable: None }
    }

    /// Adds checkpoints that are kept with the records, in order of their sizes,
    /// and larger than those that were added before.
    pub(super) fn add(&mut self, in_log: impl IntoIterator<Item = Found>) {
        self.in_log.extend(in_log);
    }

    /// Whether some are left of those that were added.
    pub(super) fn has_in_log(&self) -> bool {
        !self.in_log.is_empty()
    }

    /// The size of the next checkpoint.
    pub(super) fn next_size(&self) -> Option<u64> {
        match (self.in_log.front().map(|found| found.size), self.outside.next_size()) {
            (Some(log), Some(outside)) => Some(log.min(outside)),
            (log, outside) => log.or(outside),
        }
    }

    /// Takes the next checkpoints if they are smaller than `size`: they lie
    /// before what is looked at.
    pub(super) fn skip_below(&mut self, size: u64) -> Result<(), OutsideError> {
        while self.next_size().is_some_and(|next| next < size) {
            self.pop()?;
        }
        Ok(())
    }

    /// Takes the checkpoints of `size`, those whose signatures hold.
    pub(super) fn take_at(&mut self, size: u64) -> Result<Vec<Anchor>, OutsideError> {
        let mut anchors: Vec<Anchor> = Vec::new();
        while self.next_size() == Some(size)
            && let Some(found) = self.pop()?
        {
            // The same text, kept at two places, is checked once.
            if let Some(same) = anchors.iter().find(|anchor| anchor.note == found.note) {
                let again = Anchor { place: found.place, ..same.clone() };
                anchors.push(again);
                continue;
            }
            match found.judge(self.tenant, self.keys) {
                Ok(anchor) => anchors.push(anchor),
                Err(defect) => self.unusable.get_or_insert((defect, 0)).1 += 1,
            }
        }
        Ok(anchors)
    }

    /// The first checkpoint that could not be used, as a defect of its own.
    pub(super) fn unusable_one(&self) -> Option<Bad> {
        let (defect, _) = self.unusable?;
        let seq = defect.checkpoint().and_then(|size| Seq::new(i64::try_from(size).ok()?));
        Some(Bad { seq: seq.unwrap_or(Seq::NONE), record: None, defect })
    }

    fn pop(&mut self) -> Result<Option<Found>, OutsideError> {
        let next = self.next_size();
        if self.in_log.front().map(|found| found.size) == next {
            return Ok(self.in_log.pop_front());
        }
        self.outside.pop()
    }
}
