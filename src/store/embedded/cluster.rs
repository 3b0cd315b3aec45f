//! The data directory of PostgreSQL and its password.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

use super::EmbeddedError;
use super::endpoint::USER;
use super::layout::Layout;

/// The major version of the program in the assets.
const MAJOR_VERSION: &str = "18";

/// The password of the database's one user, from a file that only Cordon reads.
pub(super) fn read_password(folder: &Path) -> Result<SecretString, EmbeddedError> {
    let path = folder.join("password");
    Ok(fs::read_to_string(&path).map_err(EmbeddedError::io("read", &path))?.into())
}

/// Makes the cluster when it is not there, and returns its password. `sync`
/// off skips flushing to disk, for servers that tests throw away.
pub(super) async fn ensure(layout: &Layout, sync: bool) -> Result<SecretString, EmbeddedError> {
    let cluster = layout.cluster();
    if !cluster.exists() {
        create(layout, sync).await?;
    }
    let path = cluster.join("PG_VERSION");
    let version = fs::read_to_string(&path).map_err(EmbeddedError::io("read", &path))?;
    if version.trim() != MAJOR_VERSION {
        return Err(EmbeddedError::OtherVersion { folder: cluster, found: version.trim().to_owned() });
    }
    read_password(&layout.folder)
}

/// `initdb` writes into a folder that gets its name when it is whole, so a
/// start that was cut off begins anew.
async fn create(layout: &Layout, sync: bool) -> Result<(), EmbeddedError> {
    tracing::info!(folder = %layout.folder.display(), "creating the embedded database");
    let unfinished = layout.folder.join("cluster.unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    layout.make_private(&unfinished)?;
    let password = generate_password()?;
    let for_cordon = layout.folder.join("password");
    let for_initdb = layout.folder.join("password.initdb");
    write_private(&for_cordon, password.expose_secret())?;
    write_private(&for_initdb, password.expose_secret())?;
    layout.give(&for_initdb)?;
    let mut initdb = command(layout, "initdb");
    initdb.arg("-D").arg(&unfinished).arg("--pwfile").arg(&for_initdb).args(["-U", USER]).args([
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--lc-collate=C",
        "--lc-ctype=C",
        "--data-checksums",
    ]);
    if !sync {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().await;
    let _ = fs::remove_file(&for_initdb);
    let output = output.map_err(EmbeddedError::Spawn)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(EmbeddedError::Initdb { said });
    }
    fs::rename(&unfinished, layout.cluster()).map_err(EmbeddedError::io("rename", &unfinished))
}

/// A program of PostgreSQL, run by the server's account. Its environment is
/// empty: provider keys in Cordon's are no business of the database.
pub(super) fn command(layout: &Layout, program: &str) -> Command {
    let mut command = Command::new(layout.program.join("bin").join(program));
    command.env_clear().env("LC_ALL", "C").env("LD_LIBRARY_PATH", &layout.libraries).current_dir("/");
    if let Some(account) = layout.account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

pub(super) fn write_private(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    let _ = fs::remove_file(path);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(EmbeddedError::io("write", path))
}

fn generate_password() -> Result<SecretString, EmbeddedError> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| EmbeddedError::NoRandom)?;
    Ok(BASE64URL_NOPAD.encode(&bytes).into())
}
