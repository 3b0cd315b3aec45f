//! The records of an archive, some at a time.

use data_encoding::HEXLOWER;

use super::reader::Reader;
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;

/// Limits of a segment, so that an archive is written and read in constant memory.
pub(super) const RECORDS_MAX: usize = 10_000;
/// Of the records' lines, in bytes. One record is always taken.
pub(super) const BYTES_MAX: usize = 8 << 20;

/// Cuts the records into segments. Where it cuts depends on the records alone,
/// so an archive that is gone on with has the segments of one made in one go.
pub(super) struct Segments {
    reader: Reader,
    pending: Option<StoredRecord>,
    begun: bool,
}

/// Some records.
pub(super) struct Segment {
    pub(super) lines: Vec<u8>,
    pub(super) seqs: Vec<Seq>,
    /// No record comes after it.
    pub(super) is_last: bool,
}

impl Segments {
    pub(super) fn new(reader: Reader) -> Segments {
        Segments { reader, pending: None, begun: false }
    }

    /// The next records; `each` sees them. `None` when there are no more.
    pub(super) async fn next<E: From<sqlx::Error>>(
        &mut self,
        mut each: impl FnMut(&StoredRecord) -> Result<(), E>,
    ) -> Result<Option<Segment>, E> {
        if !self.begun {
            (self.begun, self.pending) = (true, self.reader.next().await?);
        }
        let (mut lines, mut seqs) = (Vec::new(), Vec::new());
        while let Some(record) = self.pending.take() {
            let start = lines.len();
            line(&mut lines, &record);
            if seqs.len() == RECORDS_MAX || (lines.len() > BYTES_MAX && !seqs.is_empty()) {
                lines.truncate(start);
                self.pending = Some(record);
                break;
            }
            each(&record)?;
            seqs.push(record.seq);
            self.pending = self.reader.next().await?;
        }
        Ok((!seqs.is_empty()).then(|| Segment { lines, seqs, is_last: self.pending.is_none() }))
    }
}

/// A record as a line: its place, its links and the exact bytes of its body.
pub(super) fn line(out: &mut Vec<u8>, record: &StoredRecord) {
    let StoredRecord { seq, prev_hash, hash, body, .. } = record;
    out.extend_from_slice(format!("{{\"seq\":{seq},\"prev_hash\":\"").as_bytes());
    let mut digits = [0; 64];
    HEXLOWER.encode_mut(prev_hash.as_bytes(), &mut digits);
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\",\"hash\":\"");
    HEXLOWER.encode_mut(hash.as_bytes(), &mut digits);
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\",\"body\":");
    out.extend_from_slice(body.as_bytes());
    out.extend_from_slice(b"}\n");
}
