//! Writing an export to a file, so that what has the file's name is whole.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sqlx::PgPool;

use super::plan::{Plan, Request};
use super::resume::{Partial, fits, manifest_of};
use super::rows::Rows;
use super::{Archive, Export, ExportError, Format};
use crate::audit::chain::Seq;

/// Why an export is not written to a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// An export is evidence: nothing writes over it.
    #[error("{0} exists; choose another name, or remove it")]
    Exists(PathBuf),
    /// Two exports would write into each other.
    #[error("another export is writing to {0}")]
    InUse(PathBuf),
    /// What lies there cannot be gone on with.
    #[error(
        "{partial} is the beginning of another export{of}; go on with that one, or remove the file",
        partial = .partial.display()
    )]
    OtherExport {
        /// The file.
        partial: PathBuf,
        /// How to go on with it, as far as the file says.
        of: String,
    },
    /// The file system refuses.
    #[error("{path} cannot be written", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The export fails.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// An export on its way into a file. Until it is whole, the file is called
/// `NAME.partial`.
pub struct FileExport {
    export: Export,
    file: File,
    partial: PathBuf,
    out: PathBuf,
    kept: u64,
    next: Seq,
}

impl FileExport {
    /// Begins to write the export of `plan`, which answers `request`, to `out`.
    /// What there is of an archive is gone on with; other formats begin anew.
    pub async fn begin(
        pool: PgPool,
        (request, plan): (&Request, Plan),
        keys: String,
        format: Format,
        out: &Path,
    ) -> Result<FileExport, FileError> {
        if out.exists() {
            return Err(FileError::Exists(out.to_owned()));
        }
        let partial = partial_of(out);
        let failed = |source| FileError::Io { path: partial.clone(), source };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&partial);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FileError::InUse(partial)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let (mut next, mut kept) = (plan.from_seq(), 0);
        let export = if let Some(format) = format.rows() {
            Export::Rows(Box::new(Rows::begin(pool, plan, format)))
        } else if file.metadata().map_err(failed)?.len() == 0 {
            Export::Archive(Box::new(Archive::begin(pool, plan, keys).await?))
        } else {
            let found = go_on(pool, (request, plan), keys, &mut file).await.map_err(|error| match error {
                Found::Other(of) => FileError::OtherExport { partial: partial.clone(), of },
                Found::Failed(ExportError::Spool(source)) => failed(source),
                Found::Failed(error) => FileError::Export(error),
            })?;
            (next, kept) = (found.archive.done_through().next(), found.kept);
            Export::Archive(Box::new(found.archive))
        };
        file.set_len(kept).and_then(|()| file.seek(SeekFrom::Start(kept))).map_err(failed)?;
        Ok(FileExport { export, file, partial, out: out.to_owned(), kept, next })
    }

    /// Bytes of the file that are gone on behind.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// The first record that is read now.
    pub fn from_seq(&self) -> Seq {
        self.next
    }

    /// Records that are in the file already.
    pub fn records_done(&self) -> u64 {
        self.export.records_done()
    }

    /// What the export will hold.
    pub fn plan(&self) -> &Plan {
        self.export.plan()
    }

    /// Writes all of it and gives the file its name. `progress` is told how many
    /// records are written.
    ///
    /// # Errors
    /// What is written so far stays, to be gone on with.
    pub async fn write(mut self, mut progress: impl FnMut(u64)) -> Result<Export, FileError> {
        let failed = |source| FileError::Io { path: self.partial.clone(), source };
        while let Some(piece) = self.export.next().await? {
            self.file.write_all(&piece).map_err(failed)?;
            progress(self.export.records_done());
        }
        self.file.sync_all().map_err(failed)?;
        // Not a rename: that would write over a file that came meanwhile.
        std::fs::hard_link(&self.partial, &self.out).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists(self.out.clone()),
            _ => FileError::Io { path: self.out.clone(), source },
        })?;
        std::fs::remove_file(&self.partial).map_err(failed)?;
        let folder = self.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(self.export)
    }
}

enum Found {
    Other(String),
    Failed(ExportError),
}

impl From<ExportError> for Found {
    fn from(error: ExportError) -> Found {
        Found::Failed(error)
    }
}

async fn go_on(
    pool: PgPool,
    (request, plan): (&Request, Plan),
    keys: String,
    file: &mut (impl Read + Seek),
) -> Result<Partial, Found> {
    let manifest = manifest_of(file).map_err(ExportError::Spool)?;
    let Some(manifest) = manifest else { return Err(Found::Other(String::new())) };
    if !fits(&manifest, request, &plan) {
        let (from, through) = (manifest.base.seq + 1, manifest.through.seq);
        let places = format!("--tenant {} --from-seq {from} --through-seq {through}", manifest.tenant);
        let chosen: String = manifest.selection.iter().map(|chosen| format!(" with {chosen}")).collect();
        return Err(Found::Other(format!(" ({places}{chosen})")));
    }
    file.seek(SeekFrom::Start(0)).map_err(ExportError::Spool)?;
    Ok(Partial::read(pool, &manifest, plan, keys, file).await?)
}

fn partial_of(out: &Path) -> PathBuf {
    let mut name = OsString::from(out);
    name.push(".partial");
    PathBuf::from(name)
}

#[cfg(test)]
impl FileExport {
    pub(super) async fn export_next(&mut self) -> Result<Option<bytes::Bytes>, ExportError> {
        self.export.next().await
    }

    pub(super) fn write_piece(&mut self, piece: &[u8]) {
        self.file.write_all(piece).unwrap();
    }
}
