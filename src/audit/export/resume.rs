//! Going on with an archive that was interrupted.
//!
//! What is there is read and checked like an archive of somebody else: the
//! interruption may have torn it anywhere, and the disk may have lost pages.
//! Only whole segments with right hashes are kept; the rest is made anew, byte
//! for byte as it would have been.

use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::PgPool;
use tar::Header;
use uuid::Uuid;

use super::archive::{Archive, MANIFEST, segment_name};
use super::manifest::{self, Kind, Manifest};
use super::plan::{Plan, Request};
use super::segment::{self, BYTES_MAX};
use super::walk::is_itself;
use super::{ExportError, member};
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;

/// Most bytes of a member that is read back: a segment's limit, and one record
/// that is larger.
const MEMBER_BYTES_MAX: u64 = (BYTES_MAX + (1 << 20)) as u64;

/// An archive that is gone on with.
pub struct Partial {
    /// Continues behind what is kept.
    pub archive: Archive,
    /// How much of the file is kept, in bytes.
    pub kept: u64,
}

/// What the file says that it is the beginning of; `None` when it does not get
/// as far as that.
pub fn manifest_of(file: &mut impl Read) -> io::Result<Option<Manifest>> {
    let Some((name, data)) = read_member(file)? else { return Ok(None) };
    let manifest: Option<Manifest> = serde_json::from_slice(&data).ok().filter(|_| name == MANIFEST);
    Ok(manifest.filter(Manifest::is_known))
}

/// Whether an archive with `manifest` is one of `request`, whose plan today is
/// `today`. Without an end in the request, any end will do: it was then.
pub fn fits(manifest: &Manifest, request: &Request, today: &Plan) -> bool {
    let is_open = request.bounds.through.is_none() && request.filter.until_us.is_none();
    let since = |period: Option<manifest::Period>| period.map(|period| (period.since_us, period.until_us));
    manifest.tenant == today.tenant.as_str()
        && manifest.kind == today.kind
        && manifest.selection == today.selection
        && manifest.base.seq == today.base.seq().value()
        && (is_open || manifest.through.seq == today.through.seq.value())
        && (manifest.kind == Kind::Range || since(manifest.period) == since(today.period))
}

impl Partial {
    /// Goes on with `file`, which begins with `manifest`. Nothing is kept of a
    /// file whose beginning is another one.
    pub async fn read(
        pool: PgPool,
        manifest: &Manifest,
        today: Plan,
        keys: String,
        file: &mut impl Read,
    ) -> Result<Partial, ExportError> {
        let plan = Plan::again(manifest, &today).unwrap_or(today);
        let mut archive = Archive::begin(pool, plan, keys).await?;
        let front = archive.front()?;
        let mut there = Vec::with_capacity(front.len());
        file.take(front.len() as u64).read_to_end(&mut there)?;
        if there != front {
            return Ok(Partial { archive, kept: 0 });
        }
        let mut kept = front.len() as u64;
        archive.front_is_written();
        while let Some(segment) = read_segment(file, archive.segments_done())? {
            if !archive.take_in(&segment.records, &segment.checkpoints).await? {
                break;
            }
            kept += segment.bytes;
        }
        Ok(Partial { archive, kept })
    }
}

/// A segment of a file.
struct Written {
    records: Vec<StoredRecord>,
    checkpoints: Vec<u8>,
    /// With headers and padding.
    bytes: u64,
}

/// The segment of this index; `None` when it is not there, or torn.
fn read_segment(file: &mut impl Read, index: usize) -> io::Result<Option<Written>> {
    let name = segment_name(index);
    let Some(checkpoints) = read_named(file, &format!("checkpoints/{name}"))? else { return Ok(None) };
    let Some(lines) = read_named(file, &format!("records/{name}"))? else { return Ok(None) };
    let size = |data: &[u8]| (member::BLOCK + data.len() + member::padding(data.len() as u64)) as u64;
    let bytes = size(&checkpoints) + size(&lines);
    let records = lines.split_inclusive(|byte| *byte == b'\n').map(read_record).collect::<Option<Vec<_>>>();
    Ok(records.map(|records| Written { records, checkpoints, bytes }))
}

fn read_named(file: &mut impl Read, name: &str) -> io::Result<Option<Vec<u8>>> {
    Ok(read_member(file)?.filter(|(found, _)| found == name).map(|(_, data)| data))
}

/// The next member; `None` when the file ends before the member does, or has
/// something else there.
fn read_member(file: &mut impl Read) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut block = [0; member::BLOCK];
    if !is_filled(file, &mut block)? {
        return Ok(None);
    }
    let header = Header::from_byte_slice(&block);
    let name = header.path().ok().and_then(|path| path.to_str().map(str::to_owned));
    let (Some(name), Ok(size)) = (name, header.entry_size()) else { return Ok(None) };
    // A header that is not the one we write for this name and size is torn.
    let is_ours = header.mtime().is_ok_and(|mtime| {
        let made_us = i64::try_from(mtime.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        member::header(&name, size, made_us).is_ok_and(|ours| ours == block)
    });
    if !is_ours || size > MEMBER_BYTES_MAX {
        return Ok(None);
    }
    let padded = usize::try_from(size).unwrap_or(0) + member::padding(size);
    let mut data = vec![0; padded];
    if !is_filled(file, &mut data)? {
        return Ok(None);
    }
    data.truncate(padded - member::padding(size));
    Ok(Some((name, data)))
}

fn is_filled(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a line of an archive repeats of a record.
#[derive(Deserialize)]
struct Line<'a> {
    seq: i64,
    prev_hash: &'a str,
    hash: &'a str,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The record of a line, as far as an archive needs it.
fn read_record(line: &[u8]) -> Option<StoredRecord> {
    let Line { seq, prev_hash, hash, body } = serde_json::from_slice(line).ok()?;
    let (prev_hash, hash) = (manifest::hash(prev_hash)?, manifest::hash(hash)?);
    let record = StoredRecord {
        seq: Seq::new(seq)?,
        record: Uuid::nil(),
        request: None,
        time_us: 0,
        kind: String::new(),
        body: body.get().to_owned(),
        prev_hash,
        hash,
    };
    let mut again = Vec::with_capacity(line.len());
    segment::line(&mut again, &record);
    (again == line && is_itself(&record)).then_some(record)
}
