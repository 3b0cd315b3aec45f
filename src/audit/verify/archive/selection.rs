//! An archive of single records, each with a proof that it is in the log.

use std::collections::BTreeMap;

use super::member::{End, Manifest, Proof};
use super::{ArchiveError, Records, line};
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::InclusionProof;
use crate::audit::verify::anchor::{Anchor, Anchors};
use crate::audit::verify::defect::Defect;
use crate::audit::verify::verdict::{Anchoring, Bad, CheckpointRef, Mode, Verdict};
use crate::audit::verify::walk::{Link, Walk};
use crate::tenant::TenantId;

/// Most records, 48 bytes each: their proofs come behind all of them.
const RECORDS_MAX: usize = 1 << 22;

pub(super) struct Selection<'a> {
    tenant: TenantId,
    through: Head,
    anchors: Anchors<'a>,
    checkpoints: BTreeMap<u64, Anchor>,
    /// In order of their places, and whether a proof holds.
    records: Vec<(Seq, Hash, bool)>,
    first_bad: Option<Bad>,
}

impl<'a> Selection<'a> {
    pub(super) fn begin(
        tenant: &TenantId,
        manifest: &Manifest,
        anchors: Anchors<'a>,
    ) -> Result<Selection<'a>, ArchiveError> {
        let mut selection = Selection {
            tenant: tenant.clone(),
            through: manifest.through()?,
            anchors,
            checkpoints: BTreeMap::new(),
            records: Vec::new(),
            first_bad: None,
        };
        selection.take_anchors()?;
        Ok(selection)
    }

    fn take_anchors(&mut self) -> Result<(), ArchiveError> {
        while let Some(size) = self.anchors.next_size() {
            for anchor in self.anchors.take_at(size)? {
                let known = self.checkpoints.entry(size).or_insert_with(|| anchor.clone());
                if known.root != anchor.root {
                    self.is_bad(Seq::NONE.next(), Defect::ForkedCheckpoints { size });
                }
            }
        }
        Ok(())
    }

    fn is_bad(&mut self, seq: Seq, defect: Defect) {
        self.first_bad.get_or_insert(Bad { seq, record: None, defect });
    }

    /// What is wrong with a record by itself.
    fn defect(&self, link: &Link<'_>) -> Option<Defect> {
        let last = self.records.last().map_or(Seq::NONE, |(seq, ..)| *seq);
        if link.seq <= last {
            return Some(Defect::Reordered { stands_at: last.next() });
        }
        Walk::check_alone(&self.tenant, link).err()
    }

    fn proves(&self, record: Hash, proof: &Proof) -> bool {
        let checkpoint = self.checkpoints.get(&proof.size);
        checkpoint.zip(proof.path()).is_some_and(|(checkpoint, path)| {
            InclusionProof { index: proof.seq - 1, size: proof.size, path }.verify(record, checkpoint.root)
        })
    }
}

impl Records for Selection<'_> {
    fn checkpoint(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        self.anchors.add([super::found(line)?]);
        self.take_anchors()
    }

    fn record(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        if self.records.len() == RECORDS_MAX {
            return Err(ArchiveError::TooMany(RECORDS_MAX));
        }
        let last = self.records.last().map_or(Seq::NONE, |(seq, ..)| *seq);
        let Some(link) = line::parse(line) else {
            self.is_bad(last.next(), Defect::Altered);
            return Ok(());
        };
        match self.defect(&link) {
            Some(defect) => self.is_bad(link.seq, defect),
            None => self.records.push((link.seq, link.hash, false)),
        }
        Ok(())
    }

    fn proof(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        let proof: Proof = serde_json::from_slice(line).map_err(|_| ArchiveError::Malformed("proofs.jsonl"))?;
        let seq = i64::try_from(proof.seq).ok().and_then(Seq::new).filter(|seq| *seq > Seq::NONE);
        let at = seq.and_then(|seq| self.records.binary_search_by_key(&seq, |(seq, ..)| *seq).ok());
        if let Some(at) = at
            && self.proves(self.records[at].1, &proof)
        {
            self.records[at].2 = true;
        }
        Ok(())
    }

    fn records(&self) -> u64 {
        self.records.len() as u64
    }

    fn end(mut self: Box<Self>, end: &End) -> Result<Verdict, ArchiveError> {
        let covered = self.checkpoints.keys().next_back().copied().unwrap_or(0);
        let is_covered = |seq: Seq| seq.value().unsigned_abs() <= covered;
        let unproven = self.records.iter().filter(|(.., is_proven)| !is_proven).map(|(seq, ..)| *seq);
        let (unproven, unanchored): (Vec<Seq>, Vec<Seq>) = unproven.partition(|seq| is_covered(*seq));
        let last = self.records.last().map_or(Seq::NONE, |(seq, ..)| *seq);
        if end.records != self.records() {
            self.is_bad(last.next(), Defect::Missing);
        }
        if let Some(unusable) = self.anchors.unusable_one() {
            self.first_bad.get_or_insert(unusable);
        }
        if let Some(seq) = unproven.first() {
            self.is_bad(*seq, Defect::Unproven);
        }
        let proven = self.records.iter().filter(|(.., is_proven)| *is_proven).count() as u64;
        if self.first_bad.is_none() && proven == 0 && !self.records.is_empty() {
            return Err(ArchiveError::NothingSigned(self.records()));
        }
        let last = self.checkpoints.values().next_back();
        Ok(Verdict {
            mode: Mode::Selection,
            after: Seq::NONE,
            records_whole: proven,
            head: self.through,
            first_bad: self.first_bad,
            anchoring: Anchoring {
                agreed: self.checkpoints.len() as u64,
                last: last.map(|anchor| CheckpointRef { size: anchor.size, time_s: anchor.time_s }),
                unanchored: unanchored.len() as u64,
                is_stale: false,
                unusable: self.anchors.unusable.map_or(0, |(_, n)| n),
            },
            tenant: self.tenant,
        })
    }
}
