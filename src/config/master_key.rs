//! Where the master key lies. What it is used for is the scrubber's and the
//! audit log's business.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ring::rand::SecureRandom;
use secrecy::SecretString;

use super::Home;

const VARIABLE: &str = "CORDON_MASTER_KEY";

/// The master key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// It is not what a master key looks like.
    #[error("the master key in {from} is not base64 of 32 bytes; make one with `head -c 32 /dev/urandom | base64`")]
    Malformed {
        /// The variable or file.
        from: String,
    },
    /// Other users of the machine may read it.
    #[error("the master key {} may be read by other users; run `chmod 600` on it", .0.display())]
    TooOpen(PathBuf),
    /// The file cannot be read or made.
    #[error("the master key {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a master key")]
    NoRandomness,
}

/// The master key in base64: `CORDON_MASTER_KEY`, else `data/master.key` under
/// `home`, which is made (32 random bytes, mode 0600) when it is not there.
///
/// Losing the key makes stored mappings unreadable and breaks the continuity of
/// tokens within a conversation; it does not make the audit chain unverifiable.
pub fn load_master_key(home: &Home) -> Result<SecretString, MasterKeyError> {
    match std::env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => checked(text.trim(), VARIABLE),
        Ok(_) | Err(std::env::VarError::NotPresent) => from_file(&home.data().join("master.key")),
        Err(std::env::VarError::NotUnicode(_)) => Err(MasterKeyError::Malformed { from: VARIABLE.to_owned() }),
    }
}

fn from_file(path: &Path) -> Result<SecretString, MasterKeyError> {
    let io = |error| MasterKeyError::Io { path: path.to_owned(), error };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.mode() & 0o077 != 0 => return Err(MasterKeyError::TooOpen(path.to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        Err(error) => return Err(io(error)),
    }
    checked(std::fs::read_to_string(path).map_err(io)?.trim(), &path.display().to_string())
}

/// Makes the file in one step, so that two first starts at once agree on one
/// key: the second finds the first one's link and reads that.
fn make(path: &Path) -> Result<(), MasterKeyError> {
    let io = |error| MasterKeyError::Io { path: path.to_owned(), error };
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    ring::rand::SystemRandom::new().fill(&mut *key).map_err(|_| MasterKeyError::NoRandomness)?;
    let text = zeroize::Zeroizing::new(data_encoding::BASE64.encode(&*key));
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let draft = folder.join(format!("master.key.{}", uuid::Uuid::new_v4()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| writeln!(file, "{}", *text).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(error)),
        _ => removed.map_err(io),
    }
}

fn checked(text: &str, from: &str) -> Result<SecretString, MasterKeyError> {
    let bytes = data_encoding::BASE64.decode(text.as_bytes()).map(zeroize::Zeroizing::new);
    match bytes {
        Ok(bytes) if bytes.len() == 32 => Ok(SecretString::from(text)),
        _ => Err(MasterKeyError::Malformed { from: from.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_start_makes_a_private_key_and_the_next_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/master.key");
        let first = from_file(&path).unwrap();
        let second = from_file(&path).unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        from_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(from_file(&path), Err(MasterKeyError::TooOpen(_))));
        std::fs::write(&path, "c2hvcnQ=\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(from_file(&path), Err(MasterKeyError::Malformed { .. })));
    }
}
