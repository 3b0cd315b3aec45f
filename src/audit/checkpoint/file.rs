//! The file outside the database: a line for each checkpoint of a chain.
//!
//! A line is `{"size":N,"hash":"..","frontier":["..",..],"note":".."}`. It is
//! added by one write and is durable before anybody is told of the checkpoint.
//! The last line is all that the next checkpoint needs: the frontier folds to
//! the signed root, and the hash is the one that the record `size` must have.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};

use super::signed::SignedCheckpoint;
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::Frontier;
use crate::tenant::TenantId;

/// Longer than any line: 64 hashes and a note of 16 KiB that is escaped.
const LINE_LEN_MAX: u64 = 64 << 10;

/// A checkpoint with what the next one goes on from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptCheckpoint {
    /// The place that it covers, with the tree.
    pub base: Base,
    /// What was signed.
    pub signed: SignedCheckpoint,
}

#[derive(Serialize, Deserialize)]
struct Line {
    size: u64,
    hash: String,
    frontier: Vec<String>,
    note: String,
}

impl KeptCheckpoint {
    /// Reads a line; `None` when it is none, or when its parts do not fit each
    /// other. Who signed it is not looked at.
    pub fn parse(line: &str) -> Option<KeptCheckpoint> {
        let line: Line = serde_json::from_str(line).ok()?;
        let hash = |text: &String| Hash::from_bytes(&HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?);
        let signed = SignedCheckpoint::parse(&line.note).ok()?;
        let frontier = Frontier::from_parts(line.size, line.frontier.iter().map(hash).collect::<Option<_>>()?)?;
        let seq = Seq::new(i64::try_from(line.size).ok()?)?;
        let said = signed.checkpoint();
        let fits = said.size == line.size && said.root == frontier.root();
        let base = Base::new(Head { seq, hash: hash(&line.hash)? }, frontier)?;
        fits.then_some(KeptCheckpoint { base, signed })
    }

    fn line(&self) -> io::Result<String> {
        let Base { head, frontier } = &self.base;
        let line = Line {
            size: frontier.size(),
            hash: head.hash.to_string(),
            frontier: frontier.nodes().iter().map(Hash::to_string).collect(),
            note: self.signed.text().to_owned(),
        };
        Ok(serde_json::to_string(&line)? + "\n")
    }
}

/// Why a file of checkpoints cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line with its end that is no checkpoint: a crash does not leave that.
    #[error("{} has a last line that is no checkpoint: it was changed", .0.display())]
    Damaged(PathBuf),
}

/// The folder with a file for each chain.
#[derive(Clone, Debug)]
pub struct CheckpointFolder(PathBuf);

impl CheckpointFolder {
    /// The folder `data/audit/checkpoints` of a home whose data are in `data`.
    pub fn below(data: &Path) -> CheckpointFolder {
        CheckpointFolder(data.join("audit/checkpoints"))
    }

    /// The file of the chain of `tenant`.
    pub fn file(&self, tenant: &TenantId) -> PathBuf {
        self.0.join(format!("{tenant}.jsonl"))
    }

    /// The chains that have a file.
    pub fn tenants(&self) -> Vec<TenantId> {
        let names = std::fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let tenant = |name: std::ffi::OsString| TenantId::parse_chain(name.to_str()?.strip_suffix(".jsonl")?).ok();
        names.filter_map(tenant).collect()
    }

    /// The last checkpoint of the chain; `None` when there is none.
    pub fn last(&self, tenant: &TenantId) -> Result<Option<KeptCheckpoint>, FileProblem> {
        let path = self.file(tenant);
        let io = |error| FileProblem::Io { path: path.clone(), error };
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(io)?,
        };
        let whole = whole_len(&mut file).map_err(io)?;
        parse_last(&file, whole, &path)
    }

    /// The checkpoints from `offset` on (0, or what stands behind one), at most
    /// `limit`, each with the offset behind it. A line that is still being written
    /// is left out.
    pub fn read(
        &self,
        tenant: &TenantId,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<(KeptCheckpoint, u64)>, FileProblem> {
        let path = self.file(tenant);
        let io = |error| FileProblem::Io { path: path.clone(), error };
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(io)?,
        };
        file.seek(SeekFrom::Start(offset)).map_err(io)?;
        let (mut reader, mut found, mut at) = (io::BufReader::new(file), Vec::new(), offset);
        while found.len() < limit {
            let mut line = Vec::new();
            let length = reader.by_ref().take(LINE_LEN_MAX).read_until(b'\n', &mut line).map_err(io)?;
            if !line.ends_with(b"\n") {
                break;
            }
            at += length as u64;
            let kept = std::str::from_utf8(&line).ok().and_then(KeptCheckpoint::parse);
            found.push((kept.ok_or_else(|| FileProblem::Damaged(path.clone()))?, at));
        }
        Ok(found)
    }

    /// Opens the file of a chain to add to it, and makes it when it is not there.
    /// Waits while another process has it. Blocks.
    pub(super) fn open(&self, tenant: &TenantId) -> Result<CheckpointFile, FileProblem> {
        let path = self.file(tenant);
        let open = || -> io::Result<(File, u64)> {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
            let is_new = !path.exists();
            let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
            file.lock()?;
            if is_new {
                sync_folder(&self.0)?;
            }
            let whole = whole_len(&mut file)?;
            Ok((file, whole))
        };
        match open() {
            Ok((file, whole)) => Ok(CheckpointFile { file, whole, path }),
            Err(error) => Err(FileProblem::Io { path, error }),
        }
    }
}

/// A file that this process alone may add to, until it is dropped.
pub(super) struct CheckpointFile {
    file: File,
    /// Up to and with the last line's end.
    whole: u64,
    path: PathBuf,
}

impl CheckpointFile {
    /// The last checkpoint; `None` when there is none.
    pub(super) fn last(&mut self) -> Result<Option<KeptCheckpoint>, FileProblem> {
        parse_last(&self.file, self.whole, &self.path)
    }

    /// Adds a checkpoint and returns when it is durable. What a crash left of a
    /// line goes first. Blocks.
    pub(super) fn append(&mut self, kept: &KeptCheckpoint) -> Result<(), FileProblem> {
        self.add(kept).map_err(|error| FileProblem::Io { path: self.path.clone(), error })
    }

    fn add(&mut self, kept: &KeptCheckpoint) -> io::Result<()> {
        let line = kept.line()?;
        if self.file.metadata()?.len() > self.whole {
            tracing::warn!(path = %self.path.display(), "a checkpoint was half written when a process ended; it is removed");
            self.file.set_len(self.whole)?;
        }
        let added = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        match added {
            Ok(()) => self.whole += line.len() as u64,
            // What was not made durable must not be believed later.
            Err(_) => self.file.set_len(self.whole)?,
        }
        added
    }
}

/// How long `file` is without a last line that has no end.
fn whole_len(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let (start, tail) = tail(file, length)?;
    let end = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
    Ok(if start == 0 || end > 0 { start + end } else { length })
}

fn parse_last(file: &File, whole: u64, path: &Path) -> Result<Option<KeptCheckpoint>, FileProblem> {
    if whole == 0 {
        return Ok(None);
    }
    let (_, tail) = tail(file, whole).map_err(|error| FileProblem::Io { path: path.to_owned(), error })?;
    let line = tail.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
    let kept = line.and_then(|line| std::str::from_utf8(line).ok()).and_then(KeptCheckpoint::parse);
    kept.map(Some).ok_or_else(|| FileProblem::Damaged(path.to_owned()))
}

/// The last bytes before `end`, and where they begin.
fn tail(file: &File, end: u64) -> io::Result<(u64, Vec<u8>)> {
    let start = end.saturating_sub(LINE_LEN_MAX);
    let mut bytes = vec![0; usize::try_from(end - start).unwrap_or_default()];
    file.read_exact_at(&mut bytes, start)?;
    Ok((start, bytes))
}

/// A new file is there after a crash only if its folder is durable, too.
fn sync_folder(folder: &Path) -> io::Result<()> {
    for folder in [Some(folder), folder.parent(), folder.parent().and_then(Path::parent)].into_iter().flatten() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
