//! Making a checkpoint.
//!
//! 1. What was signed last is read from outside the database, and the chain is
//!    followed from there; a chain that does not go on from it is refused.
//! 2. A record says that a checkpoint comes, so that the checkpoint covers it
//!    and an idle chain ends with it.
//! 3. The root is signed and written to the file, and only then to the table and
//!    the other places.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use sqlx::PgPool;

use super::file::{CheckpointFile, CheckpointFolder, FileProblem, KeptCheckpoint};
use super::keys::{SigningKey, TrustedKeys};
use super::note::{Checkpoint, Origin};
use super::refusal::{Place, Refusal};
use super::signed::SignedCheckpoint;
use super::sinks::{Bucket, SinkProblem};
use super::table;
use super::walk::{self, WalkProblem};
use crate::audit::base::Base;
use crate::audit::chain::Seq;
use crate::audit::retention;
use crate::audit::{AuditError, AuditLog, CheckpointMade, Configured, Event};
use crate::tenant::TenantId;

/// Lines of a file in memory at a time.
const PAGE_LINES: usize = 100;

/// Makes checkpoints of any chain of one database.
#[derive(Clone)]
pub struct CheckpointMaker {
    /// To read the chains and to write the table.
    pub pool: PgPool,
    /// To record that a checkpoint comes.
    pub audit: AuditLog,
    /// The files outside the database.
    pub folder: CheckpointFolder,
    /// Of which installation.
    pub origin: Origin,
    /// Who signs.
    pub key: Arc<SigningKey>,
    /// Who signed before.
    pub former: TrustedKeys,
    /// Asked for the last checkpoint of a chain that has no file.
    pub bucket: Option<Arc<Bucket>>,
}

/// What making a checkpoint came to.
#[derive(Debug)]
pub enum Made {
    /// It is durable in the file.
    New(SignedCheckpoint),
    /// Nothing has happened since the last one.
    Unchanged(SignedCheckpoint),
    /// The chain has no records.
    Empty,
}

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The chain is not the one that was signed.
    #[error("no checkpoint is signed: {refusal}")]
    Refused {
        /// Whose chain.
        tenant: TenantId,
        /// What was found.
        refusal: Box<Refusal>,
    },
    /// The file cannot be written.
    #[error(transparent)]
    File(FileProblem),
    /// The chain has no file, and the bucket that knows its last checkpoint does
    /// not answer.
    #[error("there is no file of checkpoints, and the bucket cannot be asked for the last one: {0}")]
    Outside(SinkProblem),
    /// The record before the checkpoint is not durable.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A thread ended.
    #[error("the work was broken off")]
    Broken,
}

/// An earlier checkpoint that counts.
struct Earlier {
    checkpoint: Checkpoint,
    place: Place,
}

impl CheckpointMaker {
    /// Makes a checkpoint of the chain of `tenant`, if anything has happened since
    /// the last one. Several processes may try at once: who shares the file waits
    /// for it.
    pub async fn make(&self, tenant: &TenantId) -> Result<Made, MakeError> {
        let beginning = retention::base(&self.pool, tenant).await?;
        let made = self.make_from(tenant, &beginning).await;
        if !matches!(made, Err(MakeError::Refused { .. })) {
            return made;
        }
        // A cut meanwhile takes away what was to be followed.
        let now = retention::base(&self.pool, tenant).await?;
        if now == beginning { made } else { self.make_from(tenant, &now).await }
    }

    async fn make_from(&self, tenant: &TenantId, beginning: &Base) -> Result<Made, MakeError> {
        let mut file = self.open(tenant).await?;
        let last = file.last().map_err(|problem| damaged(tenant, problem))?;
        let earlier = self.earlier(tenant, last.as_ref()).await?;
        let head = walk::head(&self.pool, tenant).await?;
        if let Some(longest) = longest(&earlier) {
            let (checkpoint, place) = (longest.checkpoint.clone(), longest.place);
            if checkpoint.size > head.seq.value().unsigned_abs() {
                return Err(refused(tenant, Refusal::Shorter { found: head.seq, checkpoint, place }));
            }
            // Whoever writes in the table of cuts must not be able to move the
            // beginning past all that the chain is compared with.
            if checkpoint.size < beginning.frontier.size() {
                return Err(refused(tenant, Refusal::CutTooFar { through: beginning.seq(), checkpoint, place }));
            }
        }
        let mut base = self.start(tenant, beginning, last.as_ref()).await?;
        self.follow(tenant, &mut base, head.seq, &earlier).await?;
        if base.seq() == Seq::NONE {
            return Ok(Made::Empty);
        }
        if let Some(last) = last.as_ref().filter(|last| last.base.seq() == base.seq()) {
            return Ok(Made::Unchanged(last.signed.clone()));
        }
        let kept = self.sign(tenant, base, &earlier).await?;
        let appended = tokio::task::spawn_blocking({
            let kept = kept.clone();
            move || file.append(&kept)
        });
        appended.await.map_err(|_| MakeError::Broken)?.map_err(MakeError::File)?;
        self.write_table(tenant, last.as_ref(), &kept).await;
        Ok(Made::New(kept.signed))
    }

    /// The public keys that count, the present one first.
    pub fn trusted(&self, tenant: &TenantId) -> TrustedKeys {
        self.former.with(self.key.public_key(&self.origin, tenant))
    }

    async fn open(&self, tenant: &TenantId) -> Result<CheckpointFile, MakeError> {
        let (folder, tenant) = (self.folder.clone(), tenant.clone());
        let opened = tokio::task::spawn_blocking(move || folder.open(&tenant));
        opened.await.map_err(|_| MakeError::Broken)?.map_err(MakeError::File)
    }

    /// The last checkpoints of the chain wherever one can be read. One that is not
    /// what it should be is a refusal: somebody else writes there.
    async fn earlier(&self, tenant: &TenantId, last: Option<&KeptCheckpoint>) -> Result<Vec<Earlier>, MakeError> {
        let mut found = Vec::new();
        match last {
            Some(last) => found.push((Place::File, Some(last.signed.clone()))),
            None => found.extend(self.in_bucket(tenant).await?.map(|signed| (Place::Bucket, signed))),
        }
        if let Some(stored) = table::last(&self.pool, tenant).await? {
            let says_its_size = |signed: &SignedCheckpoint| i64::try_from(signed.checkpoint().size) == Ok(stored.size);
            found.push((Place::Table, stored.signed.filter(says_its_size)));
        }
        let trusted = self.trusted(tenant);
        let mut earlier = Vec::new();
        for (place, signed) in found {
            let signed = signed.ok_or_else(|| refused(tenant, Refusal::Foreign(place)))?;
            let checkpoint = signed.checkpoint().clone();
            // A log that was given another origin begins anew, but for its file.
            if checkpoint.origin != self.origin && place != Place::File {
                continue;
            }
            if checkpoint.tenant != *tenant || checkpoint.origin != self.origin {
                return Err(refused(tenant, Refusal::Foreign(place)));
            }
            signed.verify(&trusted).map_err(|problem| refused(tenant, Refusal::NotTrusted { place, problem }))?;
            earlier.push(Earlier { checkpoint, place });
        }
        Ok(earlier)
    }

    /// What the bucket knows, where there is one that may be read.
    async fn in_bucket(&self, tenant: &TenantId) -> Result<Option<Option<SignedCheckpoint>>, MakeError> {
        let Some(bucket) = &self.bucket else { return Ok(None) };
        match bucket.last(tenant).await {
            Ok(note) => Ok(note.map(|note| SignedCheckpoint::parse(&note).ok())),
            Err(SinkProblem::Refused(StatusCode::FORBIDDEN)) => {
                tracing::warn!(%tenant, "the bucket of checkpoints may not be read, so the chain is not compared with it");
                Ok(None)
            }
            Err(problem) => Err(MakeError::Outside(problem)),
        }
    }

    /// Where the chain is followed from: the last checkpoint in the file, if the
    /// record there still has the hash that it had. That hash stands for all
    /// records before.
    async fn start(
        &self,
        tenant: &TenantId,
        beginning: &Base,
        last: Option<&KeptCheckpoint>,
    ) -> Result<Base, MakeError> {
        let last = last.filter(|last| last.base.seq() >= beginning.seq());
        let Some(last) = last else { return Ok(beginning.clone()) };
        let seq = last.base.seq();
        let found = match beginning.seq() == seq {
            true => Some(beginning.head.hash),
            false => walk::hash_at(&self.pool, tenant, seq).await?,
        };
        match found {
            Some(hash) if hash == last.base.head.hash => Ok(last.base.clone()),
            Some(_) => {
                let checkpoint = last.signed.checkpoint().clone();
                Err(refused(tenant, Refusal::Rewritten { checkpoint, place: Place::File }))
            }
            None => Err(refused(tenant, Refusal::Broken(WalkProblem::Missing(seq)))),
        }
    }

    /// Goes on to `through`, and compares on the way.
    async fn follow(
        &self,
        tenant: &TenantId,
        base: &mut Base,
        through: Seq,
        earlier: &[Earlier],
    ) -> Result<(), MakeError> {
        let differs = |at: &Base| {
            let same_size = |e: &&Earlier| e.checkpoint.size == at.frontier.size();
            earlier.iter().filter(same_size).find(|e| e.checkpoint.root != at.frontier.root())
        };
        let mut rewritten = differs(base);
        if rewritten.is_none() {
            let followed = walk::follow(&self.pool, tenant, base, through, |at| {
                rewritten = differs(at);
                rewritten.is_none()
            });
            followed.await.map_err(|problem| match problem {
                WalkProblem::Database(error) => MakeError::Database(error),
                problem => refused(tenant, Refusal::Broken(problem)),
            })?;
        }
        match rewritten {
            None => Ok(()),
            Some(Earlier { checkpoint, place }) => {
                Err(refused(tenant, Refusal::Rewritten { checkpoint: checkpoint.clone(), place: *place }))
            }
        }
    }

    async fn sign(&self, tenant: &TenantId, base: Base, earlier: &[Earlier]) -> Result<KeptCheckpoint, MakeError> {
        let mut base = base;
        let previous = longest(earlier);
        let made = CheckpointMade {
            key: Configured::name(self.key.public_key(&self.origin, tenant).id().to_string()),
            previous_size: previous.map_or(0, |e| e.checkpoint.size),
            previous_root: previous.map(|e| e.checkpoint.root),
        };
        let receipt = self.audit.append(tenant, Event::CheckpointMade(made)).await?;
        // Others may have appended in between.
        self.follow(tenant, &mut base, receipt.seq, &[]).await?;
        if base.head.hash != receipt.hash {
            return Err(refused(tenant, Refusal::Broken(WalkProblem::LinkBroken(receipt.seq))));
        }
        let (size, root) = (base.frontier.size(), base.frontier.root());
        let time_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let checkpoint = Checkpoint { origin: self.origin.clone(), tenant: tenant.clone(), size, root, time_s };
        Ok(KeptCheckpoint { base, signed: self.key.sign(checkpoint) })
    }

    /// The table holds a copy: what it lacks comes with the next checkpoint.
    async fn write_table(&self, tenant: &TenantId, last: Option<&KeptCheckpoint>, kept: &KeptCheckpoint) {
        let filled = match last {
            Some(last) => self.fill_table(tenant, last.base.seq()).await,
            None => Ok(()),
        };
        let written = match filled {
            Ok(()) => table::insert(&self.pool, kept).await.map_err(MakeError::Database),
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(%tenant, %error, "a checkpoint is in its file and not in the table yet");
        }
    }

    /// Brings into the table what the file has up to `through`.
    async fn fill_table(&self, tenant: &TenantId, through: Seq) -> Result<(), MakeError> {
        let stored = table::at_most(&self.pool, tenant, through.value()).await?.map_or(0, |stored| stored.size);
        let mut offset = 0;
        while stored < through.value() {
            let page = self.folder.read(tenant, offset, PAGE_LINES).map_err(MakeError::File)?;
            let Some((_, behind)) = page.last() else { break };
            offset = *behind;
            for (missing, _) in page.iter().filter(|(kept, _)| kept.base.seq().value() > stored) {
                table::insert(&self.pool, missing).await?;
            }
        }
        Ok(())
    }
}

/// The largest; of several the first one found, which is that of the file.
fn longest(earlier: &[Earlier]) -> Option<&Earlier> {
    earlier.iter().rev().max_by_key(|e| e.checkpoint.size)
}

fn refused(tenant: &TenantId, refusal: Refusal) -> MakeError {
    MakeError::Refused { tenant: tenant.clone(), refusal: Box::new(refusal) }
}

fn damaged(tenant: &TenantId, problem: FileProblem) -> MakeError {
    match problem {
        FileProblem::Damaged(_) => refused(tenant, Refusal::Damaged(problem)),
        problem => MakeError::File(problem),
    }
}

#[cfg(test)]
mod tests;
