//! Where the keys lie that Cordon makes for itself. What they are used for is
//! the business of others.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ring::rand::SecureRandom;
use secrecy::SecretString;

use super::Home;

const MASTER: KeyPlace = KeyPlace { what: "master key", variable: "CORDON_MASTER_KEY", file: "master.key" };
const SIGNING: KeyPlace =
    KeyPlace { what: "key that signs checkpoints", variable: "CORDON_AUDIT_KEY", file: "audit/signing.key" };

/// Where one key is looked for.
#[derive(Clone, Copy)]
struct KeyPlace {
    what: &'static str,
    variable: &'static str,
    /// Below the home's data.
    file: &'static str,
}

/// A key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is not what such a key looks like.
    #[error("the {what} in {from} is not base64 of 32 bytes; make one with `head -c 32 /dev/urandom | base64`")]
    Malformed {
        /// Which key.
        what: &'static str,
        /// The variable or file.
        from: String,
    },
    /// Other users of the machine may read it.
    #[error("the {what} {} may be read by other users; run `chmod 600` on it", path.display())]
    TooOpen {
        /// Which key.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("the {what} {}: {error}", path.display())]
    Io {
        /// Which key.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a key")]
    NoRandomness,
}

/// The master key in base64: `CORDON_MASTER_KEY`, else `data/master.key` under
/// `home`, which is made (32 random bytes, mode 0600) when it is not there.
///
/// Losing the key makes stored mappings unreadable and breaks the continuity of
/// tokens within a conversation; it does not make the audit chain unverifiable.
pub fn load_master_key(home: &Home) -> Result<SecretString, KeyFileError> {
    MASTER.load(home)
}

/// The seed, in base64, of the key that signs checkpoints: `CORDON_AUDIT_KEY`,
/// else `data/audit/signing.key` under `home`, made like the master key.
///
/// Losing the key leaves all checkpoints verifiable; the next ones are signed by
/// another key, which auditors must be given.
pub fn load_signing_key(home: &Home) -> Result<SecretString, KeyFileError> {
    SIGNING.load(home)
}

/// Whether there is such a key already.
pub fn has_signing_key(home: &Home) -> bool {
    std::env::var_os(SIGNING.variable).is_some_and(|text| !text.is_empty()) || home.data().join(SIGNING.file).exists()
}

impl KeyPlace {
    fn load(self, home: &Home) -> Result<SecretString, KeyFileError> {
        match std::env::var(self.variable) {
            Ok(text) if !text.trim().is_empty() => self.checked(text.trim(), self.variable),
            Ok(_) | Err(std::env::VarError::NotPresent) => self.in_file(&home.data().join(self.file)),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(KeyFileError::Malformed { what: self.what, from: self.variable.to_owned() })
            }
        }
    }

    fn in_file(self, path: &Path) -> Result<SecretString, KeyFileError> {
        let what = self.what;
        let io = |error| KeyFileError::Io { what, path: path.to_owned(), error };
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                return Err(KeyFileError::TooOpen { what, path: path.to_owned() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => make(path, io)?,
            Err(error) => return Err(io(error)),
        }
        self.checked(std::fs::read_to_string(path).map_err(io)?.trim(), &path.display().to_string())
    }

    fn checked(self, text: &str, from: &str) -> Result<SecretString, KeyFileError> {
        let bytes = data_encoding::BASE64.decode(text.as_bytes()).map(zeroize::Zeroizing::new);
        match bytes {
            Ok(bytes) if bytes.len() == 32 => Ok(SecretString::from(text)),
            _ => Err(KeyFileError::Malformed { what: self.what, from: from.to_owned() }),
        }
    }
}

/// Makes the file in one step, so that two first starts at once agree on one
/// key: the second finds the first one's link and reads that.
fn make(path: &Path, io: impl Fn(std::io::Error) -> KeyFileError) -> Result<(), KeyFileError> {
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    ring::rand::SystemRandom::new().fill(&mut *key).map_err(|_| KeyFileError::NoRandomness)?;
    let text = zeroize::Zeroizing::new(data_encoding::BASE64.encode(&*key));
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(&io)?;
    let draft = path.with_extension(format!("key.{}", uuid::Uuid::new_v4()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_start_makes_a_private_key_and_the_next_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/master.key");
        let first = MASTER.in_file(&path).unwrap();
        let second = MASTER.in_file(&path).unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn the_keys_lie_in_places_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let of = |place: KeyPlace| place.in_file(&home.data().join(place.file)).unwrap();
        assert_ne!(of(MASTER).expose_secret(), of(SIGNING).expose_secret());
        let file = home.data().join("audit/signing.key");
        std::fs::write(&file, "short").unwrap();
        let error = SIGNING.in_file(&file).unwrap_err().to_string();
        assert!(error.starts_with("the key that signs checkpoints in ") && !error.contains("short"), "{error}");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MASTER.in_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(MASTER.in_file(&path), Err(KeyFileError::TooOpen { .. })));
        std::fs::write(&path, "c2hvcnQ=\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(MASTER.in_file(&path), Err(KeyFileError::Malformed { .. })));
    }
}
