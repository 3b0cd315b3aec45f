//! The release binary, with a home folder of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cordon::store::{self, DatabaseConfig, Store, WhenInUse};
use tempfile::TempDir;

use crate::Fallible;

const CORDON: &str = env!("CARGO_BIN_EXE_cordon");
/// Looks for what patterns find, and for nothing that the model would be asked about.
const PATTERNS_ONLY: &str = r#"
[detect]
off = ["PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME", "AGE"]
"#;

/// Keys of the two tenants.
pub(crate) struct Keys {
    pub(crate) patterns: String,
    pub(crate) ner: String,
}

/// What one process has in memory, in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: f64,
    /// Without mapped files.
    pub(crate) anonymous: f64,
}

pub(crate) struct Server {
    folder: TempDir,
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(provider: SocketAddr) -> Fallible<Server> {
        let folder = lay_out(provider)?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut process = command(folder.path())
            .args(["--log", "warn", "serve", "--listen", "127.0.0.1:0", "--quickstart"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let shown = process.stdout.take().ok_or("no output")?;
        let address = BufReader::new(shown).lines().map_while(Result::ok).find_map(|line| {
            let (_, address) = line.split_once("http://")?;
            address.strip_suffix("/v1")?.parse().ok()
        });
        let said =
            || format!("cordon did not start: {}", fs::read_to_string(folder.path().join("log")).unwrap_or_default());
        Ok(Server { address: address.ok_or_else(said)?, process, folder })
    }

    /// Makes a key for each tenant.
    pub(crate) fn keys(&self) -> Fallible<Keys> {
        let create = |tenant: &str| -> Fallible<String> {
            let made = command(self.folder.path()).args(["keys", "create", "--tenant", tenant]).output()?;
            Ok(String::from_utf8(made.stdout)?.trim().to_owned())
        };
        Ok(Keys { patterns: create("patterns")?, ner: create("default")? })
    }

    /// A pool of connections to Cordon's own database.
    pub(crate) async fn database(&self) -> Fallible<Store> {
        let home = self.folder.path().join("home");
        let config = DatabaseConfig { url: None, home, connections_max: 2, when_in_use: WhenInUse::Attach };
        Ok(store::open(config).await?)
    }

    pub(crate) fn memory(&self) -> Fallible<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let mebibytes = |name: &str| -> Fallible<f64> {
            let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
            let kibibytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
            Ok(kibibytes / 1024.0)
        };
        Ok(Memory { resident: mebibytes("VmRSS:")?, anonymous: mebibytes("RssAnon:")? })
    }

    /// Asks Cordon to stop, and waits: it stops the database.
    pub(crate) fn stop(mut self) -> Fallible<()> {
        self.terminate()?;
        let log = fs::read_to_string(self.folder.path().join("log"))?;
        if log.is_empty() { Ok(()) } else { Err(format!("cordon said:\n{log}").into()) }
    }

    fn terminate(&mut self) -> Fallible<()> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A failed run must not leave a database behind.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.terminate();
        }
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(CORDON);
    command.arg("--home").arg(folder.join("home")).arg("--config").arg(folder.join("cordon.toml"));
    command.env_remove("DATABASE_URL").env_remove("CORDON_CONFIG");
    command
}

fn lay_out(provider: SocketAddr) -> Fallible<TempDir> {
    let folder = tempfile::Builder::new().prefix("cordon-bench-").tempdir()?;
    // PostgreSQL runs as another user when this is root.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let file = |name: &str| folder.path().join(name);
    fs::create_dir_all(file("home"))?;
    fs::create_dir_all(file("policies"))?;
    let shared = std::env::var_os("CORDON_HOME").map_or_else(|| PathBuf::from(".cordon"), PathBuf::from);
    std::os::unix::fs::symlink(shared.join("assets").canonicalize()?, file("home/assets"))?;
    fs::copy("policies/default.toml", file("policies/default.toml"))?;
    fs::write(file("policies/patterns.toml"), PATTERNS_ONLY)?;
    let models: String = ["plain", "paced"]
        .map(|name| {
            format!("[[model]]\nname = \"{name}\"\ntargets = [{{ provider = \"loopback\", model = \"{name}\" }}]\n")
        })
        .concat();
    let config = format!(
        "policies = \"policies\"\n[local]\nmodel = \"off\"\n[[provider]]\nname = \"loopback\"\nkind = \"openai\"\n\
         base_url = \"http://{provider}/v1\"\n{models}"
    );
    fs::write(file("cordon.toml"), config)?;
    Ok(folder)
}
