//! Verifying an exported archive, with nothing else but public keys.
//!
//! The archive is read once, from front to back, so it may come through a pipe.
//! docs/audit.md describes its members.

mod line;
mod lines;
mod member;
mod range;
mod selection;

use std::cell::Cell;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::rc::Rc;

use tar::{Archive, Entry};

use super::anchor::Anchors;
use super::outside::{Outside, OutsideError};
use super::verdict::Verdict;
use crate::audit::checkpoint::TrustedKeys;
use lines::Buffer;
use member::{End, Kind, Manifest};
use range::Range;
use selection::Selection;

/// Why an archive could not be checked. That is not tampering.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its last member is not there.
    #[error("the archive is cut off: it has no end; export it again, or finish copying it")]
    CutOff,
    /// Something else.
    #[error("this is no archive of `cordon audit export`")]
    Foreign,
    /// Of a later Cordon.
    #[error("the archive has version {0}, and this program knows version 1; use a newer Cordon")]
    Version(u32),
    /// A member that cannot be read.
    #[error("the archive's {0} cannot be read")]
    Malformed(&'static str),
    /// More single records than are held in memory.
    #[error("the archive has more than {0} single records; export the whole range, which needs no memory to verify")]
    TooMany(usize),
    /// Anybody can write records that follow from each other.
    #[error(
        "the archive's {0} records follow from each other, but no checkpoint of a trusted key covers any of them, so \
         nothing shows who wrote them; export it again after `cordon audit checkpoint`"
    )]
    NothingSigned(u64),
    /// It cannot be read.
    #[error("the archive cannot be read: {0}")]
    Io(io::Error),
    /// Checkpoints outside it cannot be read.
    #[error(transparent)]
    Outside(#[from] OutsideError),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> ArchiveError {
        match error.kind() {
            ErrorKind::UnexpectedEof => ArchiveError::CutOff,
            ErrorKind::InvalidData => ArchiveError::Malformed("lines"),
            _ => ArchiveError::Io(error),
        }
    }
}

/// What the two kinds of archives have in common for whoever reads their members.
trait Records {
    /// A line of `checkpoints/`.
    fn checkpoint(&mut self, line: &[u8]) -> Result<(), ArchiveError>;
    /// A line of `records/`.
    fn record(&mut self, line: &[u8]) -> Result<(), ArchiveError>;
    /// A line of `proofs.jsonl`.
    fn proof(&mut self, line: &[u8]) -> Result<(), ArchiveError>;
    /// Records so far.
    fn records(&self) -> u64;
    /// The verdict, behind the last member.
    fn end(self: Box<Self>, end: &End) -> Result<Verdict, ArchiveError>;
}

/// Verifies the archive that `source` gives, which is read once and in order.
/// Checkpoints in `files` are held against it, too. `progress` is told now and
/// then how many records are checked.
///
/// # Errors
/// When it could not be found out.
pub fn verify_archive(
    source: impl Read,
    keys: &TrustedKeys,
    files: &[PathBuf],
    mut progress: impl FnMut(u64),
) -> Result<Verdict, ArchiveError> {
    let ended = Rc::new(Cell::new(false));
    let mut archive = Archive::new(Watched { source, ended: Rc::clone(&ended) });
    // Of an archive that ends too early, tar says what it looks for and not why.
    let unreadable = |otherwise| if ended.get() { ArchiveError::CutOff } else { otherwise };
    let mut members = archive.entries().map_err(|_| ArchiveError::Foreign)?;
    let first = members.next().ok_or(ArchiveError::CutOff)?.map_err(|_| unreadable(ArchiveError::Foreign))?;
    if first.path_bytes() != b"manifest.json".as_slice() {
        return Err(ArchiveError::Foreign);
    }
    let manifest = Manifest::read(first)?;
    let tenant = manifest.tenant()?;
    let anchors = Anchors::new(&tenant, keys, Outside::open(files)?);
    let mut records: Box<dyn Records> = match manifest.kind {
        Kind::Range => Box::new(Range::begin(&tenant, &manifest, anchors)?),
        Kind::Selection => Box::new(Selection::begin(&tenant, &manifest, anchors)?),
    };
    let mut buffer = Buffer::default();
    for member in members {
        let member = member.map_err(|_| unreadable(ArchiveError::Malformed("next member")))?;
        let name = member.path_bytes().into_owned();
        match name.split(|byte| *byte == b'/').next() {
            Some(b"checkpoints") => each_line(member, &mut buffer, |line| records.checkpoint(line))?,
            Some(b"records") => each_line(member, &mut buffer, |line| records.record(line))?,
            Some(b"proofs.jsonl") => each_line(member, &mut buffer, |line| records.proof(line))?,
            Some(b"end.json") => return records.end(&member::json(member, "end.json")?),
            // keys.txt says who signed; whom to trust is not for the archive to say.
            _ => {}
        }
        progress(records.records());
    }
    Err(ArchiveError::CutOff)
}

/// Notes when the source has no more.
struct Watched<R> {
    source: R,
    ended: Rc<Cell<bool>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.ended.set(self.ended.get() || (read == 0 && !buffer.is_empty()));
        Ok(read)
    }
}

fn each_line<R: Read>(
    member: Entry<'_, R>,
    buffer: &mut Buffer,
    mut take: impl FnMut(&[u8]) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let bytes = member.size();
    let mut lines = lines::Lines::new(member, bytes, buffer);
    while let Some(line) = lines.next()? {
        take(line)?;
    }
    Ok(())
}

/// The checkpoint that a line of `checkpoints/` holds.
fn found(line: &[u8]) -> Result<super::anchor::Found, ArchiveError> {
    #[derive(serde::Deserialize)]
    struct Line {
        size: u64,
        note: String,
    }
    let Line { size, note } = serde_json::from_slice(line).map_err(|_| ArchiveError::Malformed("checkpoints"))?;
    Ok(super::anchor::Found { size, note, place: super::anchor::Place::Log })
}
