//! The archive: a plain tar that a verifier reads from front to back.

use std::io::{Read, Seek, SeekFrom};

use bytes::Bytes;
use sqlx::PgPool;
use tempfile::SpooledTempFile;

use super::manifest::{Kind, Manifest, Place};
use super::plan::Plan;
use super::proofs::{self, by_checkpoint};
use super::segment::{Segment, Segments};
use super::walk::{Walk, is_itself};
use super::{ExportError, checkpoints, member};
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const KEYS: &str = "keys.txt";
const PROOFS: &str = "proofs.jsonl";
const END: &str = "end.json";
/// Most records of a selection: their places are held in memory.
const SELECTION_RECORDS_MAX: u64 = 100_000;
/// Of the proofs in memory at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Writes an archive, piece by piece.
pub struct Archive {
    pool: PgPool,
    plan: Plan,
    keys: String,
    /// The sizes of the checkpoints that may go along, ascending.
    sizes: Vec<u64>,
    segments: Segments,
    /// Segments that are written.
    written: usize,
    records: u64,
    last: Seq,
    /// The largest checkpoint that is written.
    anchored: u64,
    /// Of a selection.
    seqs: Vec<Seq>,
    walk: Option<Walk>,
    first_break: Option<Seq>,
    step: Step,
}

enum Step {
    Front,
    Records,
    Proofs,
    ProofBytes { proofs: SpooledTempFile, left: u64 },
    End,
    Done,
}

impl Archive {
    /// Begins the archive of `plan`; `keys` are the public keys, one a line.
    pub async fn begin(pool: PgPool, plan: Plan, keys: String) -> Result<Archive, ExportError> {
        if plan.kind == Kind::Selection && plan.records > SELECTION_RECORDS_MAX {
            return Err(ExportError::TooMany(SELECTION_RECORDS_MAX));
        }
        let after = if plan.kind == Kind::Range { plan.base.seq() } else { Seq::NONE };
        let through = plan.checkpoint.unwrap_or_default();
        let sizes = checkpoints::sizes(&pool, &plan.tenant, after, through).await?;
        let in_range = sizes.iter().copied().filter(|size| *size <= plan.through.seq.value().unsigned_abs()).collect();
        let walk = (plan.kind == Kind::Range).then(|| Walk::new(&plan, in_range));
        let last = plan.after();
        Ok(Archive {
            segments: Segments::new(plan.reader(pool.clone(), last)),
            pool,
            plan,
            keys,
            sizes,
            written: 0,
            records: 0,
            last,
            anchored: 0,
            seqs: Vec::new(),
            walk,
            first_break: None,
            step: Step::Front,
        })
    }

    /// The next piece; `None` when the archive is whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExportError> {
        loop {
            let piece = match std::mem::replace(&mut self.step, Step::Done) {
                Step::Front => {
                    self.step = Step::Records;
                    self.front()?
                }
                Step::Records => match self.segment().await? {
                    Some(piece) => {
                        self.step = Step::Records;
                        piece
                    }
                    None => {
                        let lacking = self.plan.check_done(&self.pool, self.records, self.last).await?;
                        self.first_break = self.first_break.or(lacking);
                        self.step = Step::Proofs;
                        continue;
                    }
                },
                Step::Proofs => self.proofs_header().await?,
                Step::ProofBytes { proofs, left } => self.proof_bytes(proofs, left)?,
                Step::End => self.end()?,
                Step::Done => return Ok(None),
            };
            return Ok(Some(Bytes::from(piece)));
        }
    }

    /// Manifest and keys.
    pub(super) fn front(&self) -> Result<Vec<u8>, ExportError> {
        let mut out = Vec::new();
        member::append(&mut out, MANIFEST, &Manifest::of(&self.plan).to_json(), self.plan.made_us)?;
        member::append(&mut out, KEYS, self.keys.as_bytes(), self.plan.made_us)?;
        Ok(out)
    }

    async fn segment(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        let mut walk = self.walk.take();
        let each = |record: &StoredRecord| pass(walk.as_mut(), &mut self.first_break, record);
        let segment = self.segments.next(each).await;
        self.walk = walk;
        let Some(Segment { lines, seqs, is_last }) = segment? else { return Ok(None) };
        let sizes = self.sizes_for(&seqs, is_last);
        let notes = checkpoints::lines(&self.pool, &self.plan.tenant, &sizes).await?;
        let name = segment_name(self.written);
        let mut out = Vec::with_capacity(lines.len() + notes.len() + 4 * member::BLOCK);
        member::append(&mut out, &format!("checkpoints/{name}"), &notes, self.plan.made_us)?;
        member::append(&mut out, &format!("records/{name}"), &lines, self.plan.made_us)?;
        self.count(&seqs, &sizes);
        Ok(Some(out))
    }

    /// The segment with these records is written.
    fn count(&mut self, seqs: &[Seq], sizes: &[u64]) {
        self.written += 1;
        self.records += seqs.len() as u64;
        self.last = seqs.last().copied().unwrap_or(self.last);
        self.anchored = sizes.last().copied().unwrap_or(self.anchored);
        if self.plan.kind == Kind::Selection {
            self.seqs.extend_from_slice(seqs);
        }
    }

    /// The checkpoints that go with a segment: those over its records, and with
    /// the last one also the one that anchors the end.
    fn sizes_for(&self, seqs: &[Seq], is_last: bool) -> Vec<u64> {
        let fresh = self.sizes.iter().copied().filter(|size| *size > self.anchored);
        match self.plan.kind {
            Kind::Selection => {
                let covering = by_checkpoint(seqs, &self.sizes).into_iter().map(|(size, _)| size);
                covering.filter(|size| *size > self.anchored).collect()
            }
            Kind::Range if is_last => fresh.collect(),
            Kind::Range => {
                let last = seqs.last().map_or(0, |seq| seq.value().unsigned_abs());
                fresh.take_while(|size| *size <= last).collect()
            }
        }
    }

    async fn proofs_header(&mut self) -> Result<Vec<u8>, ExportError> {
        let mut proofs = match self.walk.take() {
            Some(walk) => walk.finish(&self.pool, &self.plan).await?,
            None => proofs::inclusion(&self.pool, &self.plan, &self.seqs, &self.sizes).await?,
        };
        let left = proofs.stream_position()?;
        proofs.seek(SeekFrom::Start(0))?;
        self.step = Step::ProofBytes { proofs, left };
        Ok(member::header(PROOFS, left, self.plan.made_us)?.to_vec())
    }

    fn proof_bytes(&mut self, mut proofs: SpooledTempFile, left: u64) -> Result<Vec<u8>, ExportError> {
        let wanted = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; wanted];
        proofs.read_exact(&mut piece)?;
        let left = left - wanted as u64;
        if left > 0 {
            self.step = Step::ProofBytes { proofs, left };
        } else {
            piece.resize(piece.len() + member::padding(proofs.stream_position()?), 0);
            self.step = Step::End;
        }
        Ok(piece)
    }

    fn end(&self) -> Result<Vec<u8>, ExportError> {
        let through = Place::from(self.plan.through);
        let end = serde_json::json!({"records": self.records, "through": through});
        let mut out = Vec::new();
        member::append(&mut out, END, format!("{end}\n").as_bytes(), self.plan.made_us)?;
        out.extend_from_slice(&member::TRAILER);
        Ok(out)
    }

    /// The front stands in a file already.
    pub(super) fn front_is_written(&mut self) {
        self.step = Step::Records;
    }

    /// Takes in the next segment as it stands in a file; false when it is not the
    /// one that would be written.
    pub(super) async fn take_in(&mut self, records: &[StoredRecord], notes: &[u8]) -> Result<bool, ExportError> {
        let seqs: Vec<Seq> = records.iter().map(|record| record.seq).collect();
        let mut at = self.done_through();
        let fits = seqs.iter().all(|seq| std::mem::replace(&mut at, *seq) < *seq) && at <= self.plan.through.seq;
        let sizes = self.sizes_for(&seqs, at == self.plan.through.seq);
        if !fits || seqs.is_empty() || checkpoints::lines(&self.pool, &self.plan.tenant, &sizes).await? != notes {
            return Ok(false);
        }
        for record in records {
            pass(self.walk.as_mut(), &mut self.first_break, record)?;
        }
        self.count(&seqs, &sizes);
        self.segments = Segments::new(self.plan.reader(self.pool.clone(), at));
        Ok(true)
    }

    /// The last record in the pieces so far.
    pub fn done_through(&self) -> Seq {
        self.last
    }

    /// Segments in the pieces so far.
    pub(super) fn segments_done(&self) -> usize {
        self.written
    }

    /// Records in the pieces so far.
    pub fn records_done(&self) -> u64 {
        self.records
    }

    /// What this is the archive of.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The first place so far whose record is missing or does not follow from the
    /// one before it.
    pub fn first_break(&self) -> Option<Seq> {
        self.first_break
    }
}

pub(super) fn segment_name(index: usize) -> String {
    format!("{:06}.jsonl", index + 1)
}

fn pass(walk: Option<&mut Walk>, first_break: &mut Option<Seq>, record: &StoredRecord) -> Result<(), ExportError> {
    match walk {
        Some(walk) => {
            walk.follow(record)?;
            *first_break = walk.first_break();
        }
        None if !is_itself(record) => drop(first_break.get_or_insert(record.seq)),
        None => {}
    }
    Ok(())
}
