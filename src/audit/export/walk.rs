//! Following the records on their way into an archive.

use std::io::{self, Write};

use sqlx::PgPool;
use tempfile::SpooledTempFile;

use super::ExportError;
use super::plan::Plan;
use super::reader::hashes;
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::{ConsistencyProof, ProofBuilder};
use crate::audit::query::StoredRecord;

/// Proofs up to here are held in memory, more in a file. They are hashes.
pub(super) const SPOOL_BYTES: usize = 1 << 20;

/// Checks the links of the records that pass by, keeps the tree over them, and
/// proves for each checkpoint that it goes on from the one before.
pub(super) struct Walk {
    at: Base,
    first_break: Option<Seq>,
    /// The sizes of checkpoints to come, largest first.
    checkpoints: Vec<u64>,
    building: Option<(u64, ProofBuilder)>,
    proofs: SpooledTempFile,
}

impl Walk {
    /// From the plan's base on; `checkpoints` are the sizes in the range, ascending.
    pub(super) fn new(plan: &Plan, mut checkpoints: Vec<u64>) -> Walk {
        checkpoints.reverse();
        let proofs = SpooledTempFile::new(SPOOL_BYTES);
        Walk { at: plan.base.clone(), first_break: None, checkpoints, building: None, proofs }
    }

    /// The first record that did not follow.
    pub(super) fn first_break(&self) -> Option<Seq> {
        self.first_break
    }

    /// Goes one record on. A record that does not follow is told, and goes into
    /// the archive as it is: that is evidence.
    pub(super) fn follow(&mut self, record: &StoredRecord) -> io::Result<()> {
        if !follows(self.at.head, record) {
            self.first_break.get_or_insert(self.at.seq().next());
        }
        if record.seq != self.at.seq().next() {
            // Behind a gap there is no tree and so no proof.
            (self.checkpoints, self.building) = (Vec::new(), None);
        }
        self.at.follow(record.hash);
        self.at.head.seq = record.seq;
        if let Some((_, builder)) = &mut self.building {
            builder.push(record.hash);
        }
        let size = record.seq.value().unsigned_abs();
        if self.checkpoints.pop_if(|next| *next <= size).is_some() {
            self.prove(size)?;
            self.building = self.checkpoints.last().and_then(|next| self.builder(size, *next));
        }
        Ok(())
    }

    fn prove(&mut self, size: u64) -> io::Result<()> {
        let proof = self.building.take().and_then(|(from, builder)| builder.consistency(from));
        debug_assert!(proof.as_ref().is_none_or(|proof| proof.to == size));
        proof.map_or(Ok(()), |proof| write(&mut self.proofs, &proof))
    }

    fn builder(&self, from: u64, to: u64) -> Option<(u64, ProofBuilder)> {
        let mut builder = ProofBuilder::new(self.at.frontier.clone(), to)?;
        builder.want_consistency(from).then_some((from, builder))
    }

    /// All proofs; with one that the last record's tree is the beginning of the
    /// tree of `checkpoint`, when that is larger.
    pub(super) async fn finish(mut self, pool: &PgPool, plan: &Plan) -> Result<SpooledTempFile, ExportError> {
        let size = self.at.frontier.size();
        let is_whole = self.at.head == plan.through && size == plan.through.seq.value().unsigned_abs();
        let beyond = plan.checkpoint.filter(|checkpoint| *checkpoint > size && is_whole);
        if let Some((from, mut builder)) = beyond.and_then(|to| self.builder(size, to))
            && let Some(to) = beyond.and_then(|to| Seq::new(i64::try_from(to).ok()?))
        {
            match hashes(pool, &plan.tenant, self.at.seq(), to, |hash| builder.push(hash)).await {
                // The log's end was cut off: its export is evidence, and has no proof.
                Err(ExportError::Missing(_)) => {}
                read => read?,
            }
            if let Some(proof) = builder.consistency(from) {
                write(&mut self.proofs, &proof)?;
            }
        }
        Ok(self.proofs)
    }
}

/// Whether `record` is the one after `head`.
pub(in crate::audit) fn follows(head: Head, record: &StoredRecord) -> bool {
    record.seq == head.seq.next() && record.prev_hash == head.hash && is_itself(record)
}

/// Whether the record has the hash that its place and its body make.
pub(super) fn is_itself(record: &StoredRecord) -> bool {
    Hash::link(record.seq, record.prev_hash, record.body.as_bytes()) == record.hash
}

fn write(out: &mut impl Write, proof: &ConsistencyProof) -> io::Result<()> {
    let ConsistencyProof { from, to, path } = proof;
    writeln!(out, r#"{{"from":{from},"to":{to},"path":{}}}"#, path_json(path))
}

/// Hashes as a JSON list.
pub(super) fn path_json(path: &[Hash]) -> String {
    let digits: Vec<String> = path.iter().map(|hash| format!("\"{hash}\"")).collect();
    format!("[{}]", digits.join(","))
}
