//! A line a record, for programs that know nothing of chains.

use bytes::Bytes;
use sqlx::PgPool;

use super::plan::Plan;
use super::reader::Reader;
use super::{ExportError, csv, ocsf};
use crate::audit::query::StoredRecord;

/// About the size of a piece.
const PIECE_BYTES: usize = 64 << 10;

/// How a record becomes a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowFormat {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// JSON Lines, a schema of the OCSF each.
    Ocsf,
}

/// Writes the lines, piece by piece.
pub struct Rows {
    pool: PgPool,
    plan: Plan,
    format: RowFormat,
    reader: Reader,
    has_begun: bool,
    records: u64,
}

impl Rows {
    /// Begins the export of `plan`.
    pub fn begin(pool: PgPool, plan: Plan, format: RowFormat) -> Rows {
        let reader = plan.reader(pool.clone(), plan.after());
        Rows { pool, plan, format, reader, has_begun: false, records: 0 }
    }

    /// The next piece; `None` when all records are written.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExportError> {
        let mut out = Vec::with_capacity(PIECE_BYTES + 4096);
        if !std::mem::replace(&mut self.has_begun, true) && self.format == RowFormat::Csv {
            csv::write_header(&mut out)?;
        }
        while out.len() < PIECE_BYTES {
            let Some(record) = self.reader.next().await? else {
                self.plan.check_done(&self.pool, self.records).await?;
                break;
            };
            self.write(&mut out, &record)?;
            self.records += 1;
        }
        Ok((!out.is_empty()).then(|| Bytes::from(out)))
    }

    fn write(&self, out: &mut Vec<u8>, record: &StoredRecord) -> std::io::Result<()> {
        match self.format {
            RowFormat::Csv => csv::write(out, record),
            RowFormat::Ocsf => ocsf::write(out, self.plan.tenant.as_str(), record),
        }
    }

    /// What it will hold.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Records in the pieces so far.
    pub fn records_done(&self) -> u64 {
        self.records
    }
}
