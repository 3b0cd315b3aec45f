//! A line a record, for programs that know nothing of chains.

use bytes::Bytes;
use sqlx::PgPool;

use super::manifest::Kind;
use super::plan::Plan;
use super::reader::Reader;
use super::walk::{follows, is_itself};
use super::{ExportError, csv, ocsf};
use crate::audit::chain::{Head, Seq};
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
    /// The last record in the pieces so far.
    last: Head,
    first_break: Option<Seq>,
}

impl Rows {
    /// Begins the export of `plan`.
    pub fn begin(pool: PgPool, plan: Plan, format: RowFormat) -> Rows {
        let reader = plan.reader(pool.clone(), plan.after());
        let last = Head { seq: plan.after(), hash: plan.base.head.hash };
        Rows { pool, plan, format, reader, has_begun: false, records: 0, last, first_break: None }
    }

    /// The next piece; `None` when all records are written.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExportError> {
        let mut out = Vec::with_capacity(PIECE_BYTES + 4096);
        if !std::mem::replace(&mut self.has_begun, true) && self.format == RowFormat::Csv {
            csv::write_header(&mut out)?;
        }
        while out.len() < PIECE_BYTES {
            let Some(record) = self.reader.next().await? else {
                let lacking = self.plan.check_done(&self.pool, self.records, self.last.seq).await?;
                self.first_break = self.first_break.or(lacking);
                break;
            };
            self.pass(&record);
            self.write(&mut out, &record)?;
            self.records += 1;
        }
        Ok((!out.is_empty()).then(|| Bytes::from(out)))
    }

    /// Takes note of a record that does not follow; chosen ones only have to be
    /// themselves. It is written as it is stored.
    fn pass(&mut self, record: &StoredRecord) {
        let broken = match self.plan.kind {
            Kind::Range => (!follows(self.last, record)).then(|| self.last.seq.next()),
            Kind::Selection => (!is_itself(record)).then_some(record.seq),
        };
        self.first_break = self.first_break.or(broken);
        self.last = Head { seq: record.seq, hash: record.hash };
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

    /// The first place so far whose record is missing or does not follow from the
    /// one before it.
    pub fn first_break(&self) -> Option<Seq> {
        self.first_break
    }
}
