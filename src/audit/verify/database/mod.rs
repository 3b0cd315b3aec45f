//! Verifying chains where they are stored.
//!
//! A chain is read page by page in order of `seq`, so memory stays constant
//! however long it is. Records that are appended meanwhile are left out.

mod end;
mod ending;
mod page;
mod pass;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::PgPool;

use super::anchor::Anchors;
use super::outside::{Outside, OutsideError};
use super::state::{self, Verified};
use super::verdict::{Mode, Verdict};
use crate::audit::base::Base;
use crate::audit::checkpoint::TrustedKeys;
use crate::audit::{query, retention};
use crate::tenant::TenantId;
#[cfg(test)]
pub(super) use end::FIRST_RECORD_CHECK;
use pass::Pass;

/// How often a verification begins again because a retention cut overtook it.
const RESTARTS_MAX: u32 = 5;

/// Why a chain cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No key, no record, no head and no checkpoint: a name that was mistyped is
    /// not a whole chain.
    #[error("no such tenant: {0}; `cordon keys list` shows the tenants")]
    NoSuchTenant(TenantId),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Checkpoints outside it cannot be read.
    #[error(transparent)]
    Outside(#[from] OutsideError),
}

/// How fast a chain is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// As fast as it goes.
    Full,
    /// In small steps with long rests, for a database that others wait for.
    Gentle,
}

impl Pace {
    /// Records in memory at a time.
    fn page_records(self) -> i64 {
        match self {
            Pace::Full => 2_000,
            Pace::Gentle => 500,
        }
    }

    /// How long to rest after a page that took so long: a gentle reader works a
    /// fifth of the time.
    fn rest(self, took: Duration) -> Duration {
        match self {
            Pace::Full => Duration::ZERO,
            Pace::Gentle => took * 4,
        }
    }
}

/// Verifies chains of one database.
#[derive(Clone)]
pub struct Verifier {
    pool: PgPool,
    keys: TrustedKeys,
    with_checkpoints: bool,
    /// The log's folder outside the database.
    folder: Option<PathBuf>,
    files: Vec<PathBuf>,
    pace: Pace,
}

impl Verifier {
    /// Trusts checkpoints that are signed by `keys`.
    pub fn new(pool: PgPool, keys: TrustedKeys) -> Verifier {
        let with_checkpoints = true;
        Verifier { pool, keys, with_checkpoints, folder: None, files: Vec::new(), pace: Pace::Full }
    }

    /// Looks at records and heads alone.
    pub fn without_checkpoints(pool: PgPool) -> Verifier {
        Verifier { with_checkpoints: false, ..Verifier::new(pool, TrustedKeys::default()) }
    }

    /// Also holds chains against the checkpoints in `folder`, which is
    /// `data/audit` of the home, and remembers there how far they are verified.
    #[must_use]
    pub fn with_folder(self, folder: impl Into<PathBuf>) -> Verifier {
        Verifier { folder: Some(folder.into()), ..self }
    }

    /// Also holds chains against the checkpoints in `files`.
    #[must_use]
    pub fn with_files(self, files: Vec<PathBuf>) -> Verifier {
        Verifier { files, ..self }
    }

    /// Reads at this pace.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Verifier {
        Verifier { pace, ..self }
    }

    /// The chains that there are, by name: those that the database knows, and
    /// those that it has lost and a file outside knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chains(&self) -> Result<Vec<TenantId>, VerifyError> {
        let mut chains = query::tenants(&self.pool).await?;
        chains.extend(self.folder.as_deref().map(named_in).unwrap_or_default());
        chains.sort_unstable();
        chains.dedup();
        Ok(chains)
    }

    /// When the whole chain was last found whole from here, in seconds since 1970.
    pub(super) fn last_full_s(&self, tenant: &TenantId) -> Option<u64> {
        state::last_full_s(self.folder.as_deref()?, tenant, &self.keys)
    }

    /// Verifies the chain of `tenant`. `progress` is told after each page how many
    /// records are checked and how many there are. How far it was found whole is
    /// remembered for the next incremental run.
    ///
    /// # Errors
    /// When it could not be found out.
    pub async fn verify(
        &self,
        tenant: &TenantId,
        mode: Mode,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Verdict, VerifyError> {
        let mut restarts = 0;
        loop {
            let cut = self.cut(tenant).await?;
            let verified = self.folder.as_deref().and_then(|folder| state::recall(folder, tenant, &self.keys));
            let verdict = self.from(tenant, mode, &cut, verified, &mut progress).await?;
            // Records may be cut off while they are read.
            let is_overtaken = !verdict.is_whole() && self.cut(tenant).await?.seq() != cut.seq();
            restarts += 1;
            if !is_overtaken || restarts > RESTARTS_MAX {
                return Ok(verdict);
            }
        }
    }

    /// From the last verified checkpoint where that is asked for. What seems
    /// broken then is read from the cut, which shows where.
    async fn from(
        &self,
        tenant: &TenantId,
        mode: Mode,
        cut: &Base,
        verified: Option<Verified>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Verdict, VerifyError> {
        if let Some(verified) = verified.as_ref().filter(|verified| mode == Mode::Incremental && verified.is_after(cut))
        {
            let verdict = self.pass(tenant, Mode::Incremental, verified.base.clone(), Some(verified), progress).await?;
            if verdict.is_whole() {
                return Ok(verdict);
            }
        }
        self.pass(tenant, Mode::Full, cut.clone(), verified.as_ref(), progress).await
    }

    async fn pass(
        &self,
        tenant: &TenantId,
        mode: Mode,
        base: Base,
        verified: Option<&Verified>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Verdict, VerifyError> {
        // What is outside is looked at first: a checkpoint is made after its
        // records, so it never knows more than the database that is read later.
        let mut outside = Outside::open(&self.outside_files(tenant))?;
        outside.extend(verified.map(Verified::found));
        let anchors = Anchors::new(tenant, &self.keys, outside);
        let checkpoints_end = if self.with_checkpoints { page::last_checkpoint(&self.pool, tenant).await? } else { 0 };
        let mut pass = Pass::begin(&self.pool, tenant, mode, base, anchors, checkpoints_end).await?;
        let verdict = pass.run(self.pace, progress).await?;
        if let (true, Some(folder), Some(agreed)) = (verdict.is_whole(), &self.folder, pass.walk.agreed()) {
            state::remember(folder, tenant, agreed, mode, verified);
        }
        Ok(verdict)
    }

    /// Where the chain begins. A cut that cannot be read is none: then records are
    /// missing.
    async fn cut(&self, tenant: &TenantId) -> Result<Base, VerifyError> {
        match retention::base(&self.pool, tenant).await {
            Err(sqlx::Error::Decode(_)) => Ok(Base::genesis(tenant)),
            base => Ok(base?),
        }
    }

    fn outside_files(&self, tenant: &TenantId) -> Vec<PathBuf> {
        let own = self.folder.as_ref().map(|folder| folder.join("checkpoints").join(format!("{tenant}.jsonl")));
        own.into_iter().filter(|file| file.exists()).chain(self.files.iter().cloned()).collect()
    }
}

/// The chains that have a file of checkpoints in `folder`.
fn named_in(folder: &Path) -> Vec<TenantId> {
    let files = std::fs::read_dir(folder.join("checkpoints")).into_iter().flatten().flatten();
    // A file without a line tells of no chain.
    let files = files.filter(|file| file.metadata().is_ok_and(|file| file.len() > 0));
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.filter_map(|name| TenantId::parse_chain(name.strip_suffix(".jsonl")?).ok()).collect()
}
