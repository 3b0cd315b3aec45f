//! Checking a chain against itself, its head, and signed checkpoints.
//!
//! ```text
//! database, page by page --+                 +-- checkpoints with the records
//!                          +--> Walk <-------+
//! archive, line by line ---+     |           +-- checkpoints kept outside
//!                                v
//!                             Verdict
//! ```
//!
//! A [`walk::Walk`] takes records one by one and holds the Merkle tree over them
//! against each checkpoint that it passes. It keeps one hash for each bit of the
//! chain's length, so memory stays constant however long the chain is.

mod anchor;
mod archive;
mod database;
mod defect;
mod outside;
mod patrol;
mod state;
#[cfg(test)]
mod tests;
mod verdict;
mod walk;

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::PgPool;

use crate::tenant::TenantId;
pub use archive::{ArchiveError, verify_archive};
pub use database::{Pace, Verifier, VerifyError};
pub use defect::Defect;
pub use outside::OutsideError;
pub use patrol::{Patrol, Rounds};
pub use verdict::{Anchoring, Bad, CheckpointRef, Mode, Verdict};

/// Verifies the whole chain of `tenant` against its head, and not against
/// checkpoints, as [`Verifier`] does.
///
/// # Errors
/// When it could not be found out.
pub async fn verify(pool: &PgPool, tenant: &TenantId, progress: impl FnMut(u64, u64)) -> Result<Verdict, VerifyError> {
    Verifier::without_checkpoints(pool.clone()).verify(tenant, Mode::Full, progress).await
}

/// Seconds since 1970.
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
