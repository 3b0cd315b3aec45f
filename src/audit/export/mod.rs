//! What leaves the log: an archive that proves itself, rows for a spreadsheet,
//! events for a SIEM.
//!
//! ```text
//! Request -> Plan (range, base, head: fixed here) -> audit_exported (durable)
//!         -> Export::next -> Bytes ... -> end
//! ```
//!
//! An export is pulled piece by piece, so whoever reads slowly slows it down,
//! and memory stays constant. It ends with `None` only when it is whole.

mod archive;
mod checkpoints;
mod csv;
mod manifest;
mod member;
mod ocsf;
pub(super) mod plan;
mod proofs;
pub(super) mod reader;
mod resume;
mod rows;
mod segment;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(super) mod walk;

use bytes::Bytes;

use super::chain::Seq;
pub use archive::Archive;
pub use manifest::{Kind, Manifest};
pub use plan::{Bounds, Plan, Request};
pub use resume::{Partial, fits, manifest_of};
pub use rows::{RowFormat, Rows};

/// Why an export ends before its end. What was written so far is no whole
/// export, and shows that.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No key, no record and no head of that name.
    #[error("no such tenant: {0}; `cordon keys list` shows the tenants")]
    NoSuchTenant(crate::tenant::TenantId),
    /// The range begins in what was cut off.
    #[error("records up to {0} were cut off by retention; begin behind them")]
    Cut(Seq),
    /// The range is none.
    #[error("the range is empty or turned round: {from} to {through}; the chain ends at {head}")]
    NoRange {
        /// The first place that was asked for.
        from: Seq,
        /// The last one.
        through: Seq,
        /// The chain's end.
        head: Seq,
    },
    /// A record that the tree needs is gone.
    #[error("record {0} is missing, so the tree over the records before cannot be made; run `cordon audit verify`")]
    Missing(Seq),
    /// Each record of a selection needs a proof, and their places are held in memory.
    #[error("more than {0} records fit; export the whole range, it proves the same and streams")]
    TooMany(u64),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A temporary file for proofs cannot be written.
    #[error("a temporary file failed")]
    Spool(#[from] std::io::Error),
}

/// An export in one of its formats.
pub enum Export {
    /// The archive.
    Archive(Box<Archive>),
    /// A line a record.
    Rows(Box<Rows>),
}

impl Export {
    /// The next piece; `None` when the export is whole.
    ///
    /// # Errors
    /// Whoever reads must be told that the export is not whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExportError> {
        match self {
            Export::Archive(archive) => archive.next().await,
            Export::Rows(rows) => rows.next().await,
        }
    }

    /// Records in the pieces so far.
    pub fn records_done(&self) -> u64 {
        match self {
            Export::Archive(archive) => archive.records_done(),
            Export::Rows(rows) => rows.records_done(),
        }
    }

    /// The first record so far that does not follow from the one before it.
    pub fn first_break(&self) -> Option<Seq> {
        match self {
            Export::Archive(archive) => archive.first_break(),
            Export::Rows(_) => None,
        }
    }
}
