//! Checkpoints that are kept outside the database, read in order of size.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::anchor::{Found, Place};
use crate::audit::checkpoint::SignedCheckpoint;

/// The longest line that is read: a note with its frontier has about 5 KiB.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// A file with checkpoints cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The system says why.
    #[error("the checkpoints in {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line is none.
    #[error(
        "{}:{line}: is no checkpoint; a line is {{\"size\":N,\"note\":\"...\"}} as `cordon audit checkpoint` writes it",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
    },
}

/// Any number of files, merged by size.
#[derive(Default)]
pub(super) struct Outside(Vec<Source>);

impl Outside {
    /// Opens `files` as they are now: what is appended later is left out.
    pub(super) fn open(files: &[PathBuf]) -> Result<Outside, OutsideError> {
        files.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>().map(Outside)
    }

    /// Adds a checkpoint that is known from elsewhere.
    pub(super) fn extend(&mut self, known: Option<Found>) {
        let of = |found| Source { next: Some(found), rest: Rest::Sorted(Vec::new().into_iter()) };
        self.0.extend(known.map(of));
    }

    pub(super) fn next_size(&self) -> Option<u64> {
        self.0.iter().filter_map(Source::size).min()
    }

    pub(super) fn pop(&mut self) -> Result<Option<Found>, OutsideError> {
        let next = self.0.iter_mut().filter(|source| source.next.is_some()).min_by_key(|source| source.size());
        next.map_or(Ok(None), Source::pop)
    }
}

struct Source {
    next: Option<Found>,
    rest: Rest,
}

enum Rest {
    /// As it stands in the file.
    Stream(Lines),
    /// Of a file that is out of order.
    Sorted(std::vec::IntoIter<Found>),
}

impl Source {
    /// A file in order, as Cordon writes it, is read as a stream, in constant
    /// memory; one that is not is sorted first.
    fn open(path: &Path) -> Result<Source, OutsideError> {
        let mut lines = Lines::open(path)?;
        if let Some(note) = lines.single_note() {
            return Ok(Source { next: Some(note), rest: Rest::Sorted(Vec::new().into_iter()) });
        }
        let (mut last, mut sorted) = (0, true);
        while let Some(found) = lines.next()? {
            sorted &= last <= found.size;
            last = found.size;
        }
        lines.rewind()?;
        let rest = if sorted { Rest::Stream(lines) } else { Rest::Sorted(lines.sorted()?.into_iter()) };
        let mut source = Source { next: None, rest };
        source.pop()?;
        Ok(source)
    }

    fn size(&self) -> Option<u64> {
        self.next.as_ref().map(|found| found.size)
    }

    fn pop(&mut self) -> Result<Option<Found>, OutsideError> {
        let next = match &mut self.rest {
            Rest::Stream(lines) => lines.next()?,
            Rest::Sorted(rest) => rest.next(),
        };
        Ok(std::mem::replace(&mut self.next, next))
    }
}

/// The lines of one file, up to where it ended when it was opened.
struct Lines {
    path: PathBuf,
    file: BufReader<io::Take<File>>,
    bytes: u64,
    line: u64,
    text: String,
}

#[derive(Deserialize)]
struct Line {
    size: u64,
    note: String,
}

impl Lines {
    fn open(path: &Path) -> Result<Lines, OutsideError> {
        let io = |error| OutsideError::Io { path: path.to_owned(), error };
        let file = File::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let file = BufReader::new(file.take(bytes));
        Ok(Lines { path: path.to_owned(), file, bytes, line: 0, text: String::new() })
    }

    /// The checkpoint, when the file is one signed note and no list of them.
    fn single_note(&self) -> Option<Found> {
        if self.bytes > LINE_BYTES_MAX {
            return None;
        }
        let note = std::fs::read_to_string(&self.path).ok()?;
        let size = SignedCheckpoint::parse(&note).ok()?.checkpoint().size;
        Some(Found { size, note, place: Place::Outside })
    }

    fn rewind(&mut self) -> Result<(), OutsideError> {
        let io = |error| OutsideError::Io { path: self.path.clone(), error };
        self.file.get_mut().get_mut().rewind().map_err(io)?;
        let file = self.file.get_ref().get_ref().try_clone().map_err(io)?;
        self.file = BufReader::new(file.take(self.bytes));
        self.line = 0;
        Ok(())
    }

    fn sorted(mut self) -> Result<Vec<Found>, OutsideError> {
        let mut all = Vec::new();
        while let Some(found) = self.next()? {
            all.push(found);
        }
        all.sort_by_key(|found| found.size);
        Ok(all)
    }

    fn next(&mut self) -> Result<Option<Found>, OutsideError> {
        loop {
            self.text.clear();
            self.line += 1;
            let io = |error| OutsideError::Io { path: self.path.clone(), error };
            let read = (&mut self.file).take(LINE_BYTES_MAX).read_line(&mut self.text).map_err(io)?;
            let is_cut = !self.text.ends_with('\n');
            match self.text.trim_ascii() {
                "" if read == 0 => return Ok(None),
                "" => {}
                text => match found(text) {
                    Some(found) => return Ok(Some(found)),
                    // A line that a crash cut off was never relied on.
                    None if is_cut && (read as u64) < LINE_BYTES_MAX => return Ok(None),
                    None => return Err(OutsideError::Malformed { path: self.path.clone(), line: self.line }),
                },
            }
        }
    }
}

fn found(text: &str) -> Option<Found> {
    let Line { size, note } = serde_json::from_str(text).ok()?;
    Some(Found { size, note, place: Place::Outside })
}
