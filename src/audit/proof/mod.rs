//! Proofs for somebody who has a record or an older checkpoint, and does not
//! have the log: that the record is in the tree of a checkpoint, and that the
//! tree of one checkpoint begins with that of another.
//!
//! A proof is made from the links alone, read from the nearest checkpoint before
//! on, and is checked against the signed root before anybody gets it.

#[cfg(test)]
mod tests;

use sqlx::{Error, PgPool};

use super::base::Base;
use super::chain::{Hash, Head, Seq};
use super::checkpoint::table::{self, StoredCheckpoint};
use super::checkpoint::walk::{self, WalkProblem};
use super::checkpoint::{SignedCheckpoint, TrustedKeys};
use super::merkle::{ConsistencyProof, Frontier, InclusionProof, ProofBuilder};
use super::retention;
use crate::tenant::TenantId;

/// That a record is in the tree of a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inclusion {
    /// The record's place.
    pub seq: Seq,
    /// Its chain hash.
    pub record: Hash,
    /// The path.
    pub proof: InclusionProof,
    /// The checkpoint.
    pub signed: SignedCheckpoint,
}

/// That a checkpoint goes on from an older one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consistency {
    /// The path.
    pub proof: ConsistencyProof,
    /// The older checkpoint.
    pub from: SignedCheckpoint,
    /// The newer one.
    pub to: SignedCheckpoint,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// No checkpoint covers the record.
    #[error("no checkpoint covers record {0} yet; make one with `cordon audit checkpoint`, or wait for the next")]
    NotCovered(Seq),
    /// No checkpoint has this size.
    #[error("there is no checkpoint over {size} records; the nearest ones cover {nearest}")]
    NoSuchCheckpoint {
        /// What was asked for.
        size: u64,
        /// Sizes that there are, as text.
        nearest: String,
    },
    /// The question is none.
    #[error("{0}")]
    Question(&'static str),
    /// The records that the proof would be made from are gone.
    #[error(
        "the records up to {through} were cut off, and proofs about them cannot be made any more; a proof that was made \
         before holds as ever"
    )]
    CutOff {
        /// The last record that is gone.
        through: Seq,
    },
    /// More records would have to be read than the asker may make the server read.
    #[error(
        "{records} records would have to be read, more than {records_max}; take a nearer size, or `cordon audit prove`"
    )]
    TooFar {
        /// So many.
        records: u64,
        /// At most.
        records_max: u64,
    },
    /// What is stored is not what was signed.
    #[error("the log is not what its checkpoint over {0} records was signed for; run `cordon audit verify`")]
    Differs(u64),
    /// The links cannot be followed.
    #[error("{0}; run `cordon audit verify`")]
    Broken(WalkProblem),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] Error),
}

/// Makes proofs about one chain.
pub struct Prover<'a> {
    /// The database.
    pub pool: &'a PgPool,
    /// Whose chain.
    pub tenant: &'a TenantId,
    /// Whose checkpoints count.
    pub trusted: TrustedKeys,
    /// Most records that are read for one proof.
    pub records_max: u64,
}

impl Prover<'_> {
    /// That the record at `seq` is in the tree of the checkpoint over `size`
    /// records, else in that of the first one that covers it.
    pub async fn inclusion(&self, seq: Seq, size: Option<u64>) -> Result<Inclusion, ProofError> {
        let index = seq.value().unsigned_abs().checked_sub(1);
        let index = index.ok_or(ProofError::Question("records are numbered from 1"))?;
        let stored = match size {
            Some(size) if size <= index => {
                return Err(ProofError::Question("the size must be at least the record's seq"));
            }
            Some(size) => self.of_size(size).await?,
            None => {
                let covering = table::after(self.pool, self.tenant, index.cast_signed(), 1).await?;
                covering.into_iter().next().ok_or(ProofError::NotCovered(seq))?
            }
        };
        let signed = self.trusted(&stored)?;
        let size = signed.checkpoint().size;
        let (mut builder, base) = self.builder(index, size).await?;
        if !builder.want_inclusion(index) {
            return Err(ProofError::CutOff { through: base.seq() });
        }
        let mut record = None;
        self.read(&mut builder, base, size, |at, hash| {
            if at == seq {
                record = Some(hash);
            }
        })
        .await?;
        let proved = builder.inclusion(index).zip(record);
        let proved = proved.filter(|(proof, record)| proof.verify(*record, signed.checkpoint().root));
        let (proof, record) = proved.ok_or(ProofError::Differs(size))?;
        Ok(Inclusion { seq, record, proof, signed })
    }

    /// That the checkpoint over `to` records goes on from the one over `from`.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Consistency, ProofError> {
        if from > to {
            return Err(ProofError::Question("the older checkpoint, `from`, must not be larger than `to`"));
        }
        let older = self.trusted(&self.of_size(from).await?)?;
        let newer = self.trusted(&self.of_size(to).await?)?;
        let (mut builder, base) = self.builder(from, to).await?;
        if !builder.want_consistency(from) {
            return Err(ProofError::CutOff { through: base.seq() });
        }
        self.read(&mut builder, base, to, |_, _| {}).await?;
        let roots = (older.checkpoint().root, newer.checkpoint().root);
        let proof = builder.consistency(from).filter(|proof| proof.verify(roots.0, roots.1));
        Ok(Consistency { proof: proof.ok_or(ProofError::Differs(to))?, from: older, to: newer })
    }

    async fn of_size(&self, size: u64) -> Result<StoredCheckpoint, ProofError> {
        let wanted = i64::try_from(size).unwrap_or(i64::MAX);
        let below = table::at_most(self.pool, self.tenant, wanted).await?;
        if let Some(found) = below.as_ref().filter(|found| found.size == wanted) {
            return Ok(found.clone());
        }
        let above = table::after(self.pool, self.tenant, wanted, 1).await?;
        let sizes: Vec<String> = below.iter().chain(&above).map(|found| found.size.to_string()).collect();
        let nearest = if sizes.is_empty() { "nothing: there is none".to_owned() } else { sizes.join(" and ") };
        Err(ProofError::NoSuchCheckpoint { size, nearest })
    }

    fn trusted(&self, stored: &StoredCheckpoint) -> Result<SignedCheckpoint, ProofError> {
        let signed = stored.signed.clone().filter(|signed| {
            let said = signed.checkpoint();
            said.tenant == *self.tenant
                && i64::try_from(said.size) == Ok(stored.size)
                && signed.verify(&self.trusted).is_ok()
        });
        signed.ok_or(ProofError::Differs(stored.size.unsigned_abs()))
    }

    /// Where to read from: the chain's beginning, or the last checkpoint over at
    /// most `reach` records, whose frontier folds to a root that was signed.
    async fn builder(&self, reach: u64, size: u64) -> Result<(ProofBuilder, Base), ProofError> {
        let mut base = retention::base(self.pool, self.tenant).await?;
        let reach = i64::try_from(reach).unwrap_or(i64::MAX);
        let near = table::at_most(self.pool, self.tenant, reach).await?;
        if let Some(near) = near.filter(|near| near.size > base.seq().value()) {
            let said = self.trusted(&near)?.checkpoint().clone();
            let frontier = Frontier::from_bytes(said.size, &near.frontier).filter(|tree| tree.root() == said.root);
            let seq = Seq::new(near.size).unwrap_or(Seq::NONE);
            let hash = walk::hash_at(self.pool, self.tenant, seq).await?;
            let hash = hash.ok_or(ProofError::Broken(WalkProblem::Missing(seq)))?;
            let head = Head { seq, hash };
            base = frontier.and_then(|tree| Base::new(head, tree)).ok_or(ProofError::Differs(said.size))?;
        }
        let records = size.saturating_sub(base.frontier.size());
        if records > self.records_max {
            return Err(ProofError::TooFar { records, records_max: self.records_max });
        }
        let builder = ProofBuilder::new(base.frontier.clone(), size);
        Ok((builder.ok_or(ProofError::CutOff { through: base.seq() })?, base))
    }

    async fn read(
        &self,
        builder: &mut ProofBuilder,
        mut base: Base,
        size: u64,
        mut passed: impl FnMut(Seq, Hash),
    ) -> Result<(), ProofError> {
        let through = i64::try_from(size).ok().and_then(Seq::new).unwrap_or(Seq::NONE);
        let followed = walk::follow(self.pool, self.tenant, &mut base, through, |at| {
            builder.push(at.head.hash);
            passed(at.seq(), at.head.hash);
            true
        });
        followed.await.map_err(|problem| match problem {
            WalkProblem::Database(error) => ProofError::Database(error),
            problem => ProofError::Broken(problem),
        })
    }
}

impl Inclusion {
    /// As commands print it and servers answer it.
    pub fn json(&self) -> String {
        serde_json::json!({
            "kind": "inclusion", "tenant": self.signed.checkpoint().tenant.as_str(), "seq": self.seq,
            "record_hash": self.record, "size": self.proof.size, "path": self.proof.path, "note": self.signed.text(),
        })
        .to_string()
    }
}

impl Consistency {
    /// As commands print it and servers answer it.
    pub fn json(&self) -> String {
        serde_json::json!({
            "kind": "consistency", "tenant": self.to.checkpoint().tenant.as_str(), "from": self.proof.from,
            "to": self.proof.to, "path": self.proof.path, "from_note": self.from.text(), "to_note": self.to.text(),
        })
        .to_string()
    }
}
