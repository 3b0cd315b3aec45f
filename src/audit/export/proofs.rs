//! That the records of a selection are in the log.

use std::io::Write;

use sqlx::PgPool;
use tempfile::SpooledTempFile;

use super::plan::Plan;
use super::reader::hashes;
use super::walk::{SPOOL_BYTES, path_json};
use super::{ExportError, checkpoints};
use crate::audit::base::Base;
use crate::audit::chain::Seq;
use crate::audit::merkle::ProofBuilder;

/// The first checkpoint whose tree has each of `seqs`: its size, and the places.
/// Records behind the last checkpoint are in no group.
pub(super) fn by_checkpoint(seqs: &[Seq], sizes: &[u64]) -> Vec<(u64, Vec<Seq>)> {
    let mut groups: Vec<(u64, Vec<Seq>)> = Vec::new();
    for seq in seqs {
        let covering = sizes.partition_point(|size| *size < seq.value().unsigned_abs());
        let Some(size) = sizes.get(covering) else { break };
        match groups.last_mut() {
            Some((last, group)) if last == size => group.push(*seq),
            _ => groups.push((*size, vec![*seq])),
        }
    }
    groups
}

/// A line for each of `seqs` that a checkpoint covers. A tree begins at the
/// checkpoint before, so only the records between the two are read.
pub(super) async fn inclusion(
    pool: &PgPool,
    plan: &Plan,
    seqs: &[Seq],
    sizes: &[u64],
) -> Result<SpooledTempFile, ExportError> {
    let mut out = SpooledTempFile::new(SPOOL_BYTES);
    for (size, group) in by_checkpoint(seqs, sizes) {
        let Some(first) = group.first() else { continue };
        let before = Seq::new(first.value() - 1).unwrap_or(Seq::NONE);
        let near = checkpoints::base_at_or_before(pool, &plan.tenant, before).await?;
        let base: Base = near.filter(|near| near.seq() > plan.base.seq()).unwrap_or_else(|| plan.base.clone());
        let (after, through) = (base.seq(), i64::try_from(size).ok().and_then(Seq::new).unwrap_or(before));
        let Some(mut builder) = ProofBuilder::new(base.frontier, size) else { continue };
        for seq in &group {
            builder.want_inclusion(index(*seq));
        }
        hashes(pool, &plan.tenant, after, through, |hash| builder.push(hash)).await?;
        for seq in group {
            if let Some(proof) = builder.inclusion(index(seq)) {
                writeln!(out, r#"{{"seq":{seq},"size":{size},"path":{}}}"#, path_json(&proof.path))?;
            }
        }
    }
    Ok(out)
}

fn index(seq: Seq) -> u64 {
    seq.value().unsigned_abs().saturating_sub(1)
}
