//! A running Cordon.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cordon::store::testing;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::ConnectOptions;
use tokio::sync::OnceCell;

use super::PATIENCE;
use super::caller::Caller;
use super::files::{self, Database, Options, TENANTS, UPSTREAM_KEY};
use super::upstream::{Answer, Lane, Recorded, Upstream};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cordon");

/// A Cordon for all tests that do not need one of their own: loading the models
/// takes a second.
pub async fn shared() -> &'static Cordon {
    static SHARED: OnceCell<Cordon> = OnceCell::const_new();
    SHARED.get_or_init(|| Cordon::start(Options::default())).await
}

/// A running `cordon serve`; it ends with this value, or with the test process.
pub struct Cordon {
    address: SocketAddr,
    process: Process,
    /// Home, configuration, policies and output.
    folder: PathBuf,
    database_url: Option<String>,
    options: Options,
    upstream: Upstream,
    tenants: Mutex<HashMap<String, usize>>,
}

impl Cordon {
    /// Starts one and waits until it serves.
    pub async fn start(options: Options) -> Cordon {
        assert!(testing::home().join("assets").is_dir(), "the models are not there; run `make setup`");
        let folder = testing::fresh_home();
        let upstream = Upstream::start();
        files::write(&folder, &options, &upstream);
        let database_url = match options.database {
            Database::Shared => Some(testing::fresh_store().await.connect_options().to_url_lossy().to_string()),
            Database::Embedded => None,
        };
        let process = Process::start(&mut command(&folder, &options, database_url.as_deref()), &folder);
        let mut cordon = Cordon {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            process,
            folder,
            database_url,
            options,
            upstream,
            tenants: Mutex::default(),
        };
        cordon.address = cordon.served_address().await;
        cordon
    }

    /// Ends it without a warning, as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.end(Signal::KILL);
    }

    /// Asks it to end and waits until it has; whether it ended well.
    pub fn stop(&mut self) -> bool {
        self.process.end(Signal::INT)
    }

    /// Starts it again, on the same home, database and upstream.
    pub async fn restart(&mut self) {
        let mut command = command(&self.folder, &self.options, self.database_url.as_deref());
        self.process = Process::start(&mut command, &self.folder);
        self.address = self.served_address().await;
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.process.server.id()
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The files it started with: `cordon.toml`, `policies/`, `data/`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything it has written to standard output and standard error since it
    /// was started last.
    pub fn output(&self) -> String {
        let read = |name| String::from_utf8_lossy(&std::fs::read(self.folder.join(name)).unwrap()).into_owned();
        [STDOUT, STDERR].map(read).join("\n")
    }

    /// A model of the upstream for the calling test, which answers by `script`.
    pub fn lane(&self, script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Lane {
        self.upstream.lane(script)
    }

    /// The same, of a provider that speaks Anthropic's API.
    pub fn claude(&self, script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Lane {
        self.upstream.claude(script)
    }

    /// A client of a tenant that nobody else uses, under the policy of that name.
    pub async fn caller(&self, policy: &str) -> Caller {
        let number = {
            let mut tenants = self.tenants.lock().unwrap();
            let taken = tenants.entry(policy.to_owned()).or_default();
            *taken += 1;
            *taken - 1
        };
        assert!(number < TENANTS, "only {TENANTS} tenants with a policy; raise TENANTS");
        let tenant = files::tenant_of(policy, number);
        let key = self.key(&tenant).await;
        self.caller_with(&tenant, &key)
    }

    /// A client key of `tenant`, made by the command line.
    pub async fn key(&self, tenant: &str) -> String {
        let made = self.cli(&["keys", "create", "--tenant", tenant]).await;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// A client with a key that may or may not be one.
    pub fn caller_with(&self, tenant: &str, key: &str) -> Caller {
        Caller::new(tenant.to_owned(), key.to_owned(), format!("http://{}", self.address))
    }

    /// Runs a command of the command line beside the server.
    pub async fn cli(&self, arguments: &[&str]) -> Output {
        self.cli_into(arguments, Stdio::piped()).await
    }

    /// The same, with a standard output of the caller's.
    pub async fn cli_into(&self, arguments: &[&str], stdout: Stdio) -> Output {
        let mut command = base_command(&self.folder, &self.options, self.database_url.as_deref());
        command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let run = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap().wait_with_output();
        tokio::time::timeout(PATIENCE, run).await.unwrap().unwrap()
    }

    /// A connection to its database, where that is the test process's.
    pub async fn database(&self) -> sqlx::PgConnection {
        use std::str::FromStr;
        let url = self.database_url.as_deref().unwrap();
        sqlx::postgres::PgConnectOptions::from_str(url).unwrap().disable_statement_logging().connect().await.unwrap()
    }

    /// The address of the log line `serving`.
    async fn served_address(&mut self) -> SocketAddr {
        let started = Instant::now();
        loop {
            let output = self.output();
            let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(serving) = lines.into_iter().find(|line| line["message"] == "serving") {
                return serving["address"].as_str().unwrap().parse().unwrap();
            }
            let ended = self.process.server.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "cordon does not serve:\n{output}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

fn command(folder: &Path, options: &Options, database_url: Option<&str>) -> Command {
    let mut command = base_command(folder, options, database_url);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", "debug"]);
    command.stdin(Stdio::null());
    command.stdout(File::create(folder.join(STDOUT)).unwrap());
    command.stderr(File::create(folder.join(STDERR)).unwrap());
    command
}

/// The program with nothing of the test's own environment that could matter.
fn base_command(folder: &Path, options: &Options, database_url: Option<&str>) -> Command {
    let mut command = Command::new(PROGRAM);
    for variable in ["DATABASE_URL", "RUST_LOG", "CORDON_CONFIG", "CORDON_MASTER_KEY"] {
        command.env_remove(variable);
    }
    command.env("CORDON_HOME", folder).env("CORDON_CONFIG", folder.join("cordon.toml"));
    command.env("UPSTREAM_KEY", UPSTREAM_KEY).envs(options.environment.iter().cloned());
    if let Some(url) = database_url {
        command.env("DATABASE_URL", url);
    }
    command
}

/// The server's process, and a shell that ends it when the test process is gone
/// in whatever way: statics are not dropped.
struct Process {
    server: Child,
    watch: Child,
}

impl Process {
    fn start(command: &mut Command, folder: &Path) -> Process {
        const WATCH: &str = r#"read _; kill -INT "$1"; n=0
            while kill -0 "$1" && [ $n -lt 300 ]; do n=$((n+1)); sleep 0.1; done
            rm -rf "$2""#;
        let server = command.spawn().unwrap();
        let mut watch = Command::new("/bin/sh");
        watch.args(["-c", WATCH, "sh", &server.id().to_string()]).arg(folder).process_group(0);
        watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Process { server, watch: watch.spawn().unwrap() }
    }

    /// Sends `signal` and waits until the server has ended; whether it ended by
    /// itself and with success.
    fn end(&mut self, signal: Signal) -> bool {
        // Its number may belong to another process once it has been waited for.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        if self.server.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process(Pid::from_child(&self.server), signal);
        }
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(45) {
            if let Ok(Some(status)) = self.server.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Signal::INT);
    }
}

impl Drop for Cordon {
    fn drop(&mut self) {
        self.process.end(Signal::INT);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
