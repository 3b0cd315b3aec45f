//! Why the embedded server cannot be used, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::assets::AssetError;

/// Why the embedded server cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant means")]
pub enum EmbeddedError {
    #[error("no PostgreSQL in {}: run `make setup`, or set DATABASE_URL", folder.display())]
    NoProgram { folder: PathBuf },
    #[error("{0}, or set DATABASE_URL")]
    Program(#[from] AssetError),
    #[error("another cordon {holder} is using {}: stop it, or use another home", folder.display())]
    InUse { folder: PathBuf, holder: Holder },
    #[error("{} belongs to user {uid}: run cordon as that user, or use another home", folder.display())]
    OtherOwner { folder: PathBuf, uid: u32 },
    #[error("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody: add one")]
    NoAccount,
    #[error("the account that runs PostgreSQL can no longer enter {}: give others the x permission on the folders above it", folder.display())]
    Unreachable { folder: PathBuf },
    #[error("{} was made by PostgreSQL {found}: dump it with that version, or use another home", folder.display())]
    OtherVersion { folder: PathBuf, found: String },
    #[error("cannot {what} {}", path.display())]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot start a program of PostgreSQL")]
    Spawn(#[source] std::io::Error),
    #[error("initdb failed: {said}")]
    Initdb { said: String },
    #[error("PostgreSQL ended at its start ({said}); its log is {}", log.display())]
    Exited { said: String, log: PathBuf },
    #[error("PostgreSQL did not answer within {seconds} s; its log is {}", log.display())]
    Slow { seconds: u64, log: PathBuf },
    #[error("processes {pids:?} of an earlier PostgreSQL still use {} and do not stop: end them", folder.display())]
    Orphans { folder: PathBuf, pids: Vec<i32> },
    #[error("neither a Unix socket nor a loopback port can be had for PostgreSQL")]
    NoEndpoint(#[source] std::io::Error),
    #[error("the system gives no random bytes")]
    NoRandom,
}

/// The process that holds a data folder.
#[derive(Debug)]
pub struct Holder(Option<u32>);

impl From<Option<u32>> for Holder {
    fn from(pid: Option<u32>) -> Holder {
        Holder(pid)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "(pid {pid})"),
            None => f.write_str("(just starting)"),
        }
    }
}

impl EmbeddedError {
    /// For `map_err` of a file operation.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EmbeddedError + use<> {
        let path = path.to_owned();
        move |source| EmbeddedError::Io { what, path, source }
    }
}
