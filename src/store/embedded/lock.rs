//! One Cordon per data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::EmbeddedError;

/// Holds the data folder for this process. The kernel lets go of it when the
/// process ends in whatever way; children do not inherit it.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// The outcome of an attempt to lock.
pub(super) enum Attempt {
    /// This process holds the folder now.
    Locked(FolderLock),
    /// The process with this id holds it (`None`: it is just starting).
    HeldBy(Option<u32>),
}

impl FolderLock {
    /// Takes the lock in `folder`, or says who has it.
    pub(super) fn attempt(folder: &Path) -> Result<Attempt, EmbeddedError> {
        let path = folder.join("cordon.lock");
        let mut file = open(&path).map_err(EmbeddedError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {
                let write = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                write.map_err(EmbeddedError::io("write", &path))?;
                Ok(Attempt::Locked(FolderLock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.rewind().and_then(|()| file.read_to_string(&mut holder));
                read.map_err(EmbeddedError::io("read", &path))?;
                Ok(Attempt::HeldBy(holder.trim().parse().ok()))
            }
            Err(TryLockError::Error(error)) => Err(EmbeddedError::io("lock", &path)(error)),
        }
    }
}

/// Held, shared, by each command that uses the server of another process, so
/// that a command which started the server waits for them before it stops it.
#[derive(Debug)]
pub(super) struct GuestLock {
    _file: File,
}

impl GuestLock {
    /// Joins the guests of `folder`.
    pub(super) fn join(folder: &Path) -> Result<GuestLock, EmbeddedError> {
        let path = folder.join("guests.lock");
        let file = open(&path).map_err(EmbeddedError::io("open", &path))?;
        file.lock_shared().map_err(EmbeddedError::io("lock", &path))?;
        Ok(GuestLock { _file: file })
    }

    /// Whether there is no guest; from then on none can join while the result
    /// is held.
    pub(super) fn shut(folder: &Path) -> Option<GuestLock> {
        let file = open(&folder.join("guests.lock")).ok()?;
        file.try_lock().ok()?;
        Some(GuestLock { _file: file })
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
