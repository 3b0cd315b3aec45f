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
mod file;
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
use sqlx::PgPool;

use super::chain::Seq;
pub use archive::Archive;
pub use file::{FileError, FileExport};
pub use manifest::{Kind, Manifest};
pub use plan::{Bounds, Plan, Request};
use rows::{RowFormat, Rows};

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
    /// Rows cannot show it by themselves, so where nobody else tells it they are no
    /// whole export.
    #[error("record {0} is missing or does not follow from the one before it; run `cordon audit verify`")]
    Broken(Seq),
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

/// What an export looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// An archive that proves itself.
    Tar,
    /// A row a record.
    Csv,
    /// An event of the Open Cybersecurity Schema Framework a record.
    Ocsf,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Tar, Format::Csv, Format::Ocsf];

    /// The format's name, on the command line, in HTTP and in the record of an export.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Tar => "tar",
            Format::Csv => "csv",
            Format::Ocsf => "ocsf",
        }
    }

    /// The format called `name`.
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Format::Tar => "application/x-tar",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Ocsf => "application/x-ndjson",
        }
    }

    fn rows(self) -> Option<RowFormat> {
        match self {
            Format::Tar => None,
            Format::Csv => Some(RowFormat::Csv),
            Format::Ocsf => Some(RowFormat::Ocsf),
        }
    }
}

/// An export in one of its formats.
pub enum Export {
    /// The archive.
    Archive(Box<Archive>),
    /// A line a record.
    Rows(Box<Rows>),
}

impl Export {
    /// Begins the export of `plan`; `keys` are the public keys that go along with
    /// an archive, one a line.
    pub async fn begin(pool: PgPool, plan: Plan, format: Format, keys: String) -> Result<Export, ExportError> {
        Ok(match format.rows() {
            None => Export::Archive(Box::new(Archive::begin(pool, plan, keys).await?)),
            Some(format) => Export::Rows(Box::new(Rows::begin(pool, plan, format))),
        })
    }

    /// What it will hold.
    pub fn plan(&self) -> &Plan {
        match self {
            Export::Archive(archive) => archive.plan(),
            Export::Rows(rows) => rows.plan(),
        }
    }

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

    /// The first place so far whose record is missing or does not follow from the
    /// one before it. Once the export is whole, no break means that all records of
    /// its plan are in it.
    pub fn first_break(&self) -> Option<Seq> {
        match self {
            Export::Archive(archive) => archive.first_break(),
            Export::Rows(rows) => rows.first_break(),
        }
    }
}
