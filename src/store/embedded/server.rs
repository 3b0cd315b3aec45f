//! The server process: start, wait until it answers, stop.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use secrecy::SecretString;
use sqlx::{ConnectOptions, Connection};
use tokio::process::{Child, Command};

use super::EmbeddedError;
use super::cluster::command;
use super::endpoint::Endpoint;
use super::layout::Layout;

/// Recovery after a crash replays at most `max_wal_size`, well within this.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const FAST_STOP_TIMEOUT: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP_TIMEOUT: Duration = Duration::from_secs(10);
const LOG_BYTES_MAX: u64 = 4 << 20;

/// Settings on the command line, where no edit of `postgresql.conf` can turn
/// them off. The log gets what the server does and no statement, parameter or
/// row: errors of statements go to the client alone (level `log` is above
/// `error`).
const SETTINGS: &[&str] = &[
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=64MB",
    "max_wal_size=512MB",
    "io_method=sync",
    "jit=off",
    "log_destination=stderr",
    "logging_collector=off",
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
    "log_line_prefix=%m [%p] ",
];

/// `postgres` with its arguments.
pub(super) fn arguments(layout: &Layout, endpoint: &Endpoint, connections_max: u32) -> Command {
    let mut postgres = command(layout, "postgres");
    postgres.arg("-D").arg(layout.cluster());
    // Commands attach beside the pool; PostgreSQL keeps three for superusers.
    let connections = format!("max_connections={}", connections_max.saturating_add(16));
    let settings = SETTINGS.iter().map(|s| (*s).to_owned()).chain(endpoint.settings()).chain([connections]);
    for setting in settings {
        postgres.arg("-c").arg(setting);
    }
    postgres
}

/// Starts the server and waits until it answers.
pub(super) async fn start(
    layout: &Layout,
    endpoint: &Endpoint,
    password: &SecretString,
    connections_max: u32,
) -> Result<Child, EmbeddedError> {
    let log_path = layout.folder.join("server.log");
    let log = open_log(&log_path).map_err(EmbeddedError::io("open", &log_path))?;
    let also_log = log.try_clone().map_err(EmbeddedError::io("open", &log_path))?;
    let mut postgres = arguments(layout, endpoint, connections_max);
    // A group of its own: the terminal's Ctrl-C is for Cordon, which still
    // needs the database to write its last records.
    postgres.process_group(0).stdin(Stdio::null()).stdout(also_log).stderr(log);
    let mut child = postgres.spawn().map_err(EmbeddedError::Spawn)?;
    let deadline = Instant::now() + START_TIMEOUT;
    while !answers(endpoint, password).await {
        if child.try_wait().map_err(EmbeddedError::Spawn)?.is_some() {
            return Err(EmbeddedError::Exited { said: last_line(&log_path), log: log_path });
        }
        if Instant::now() > deadline {
            stop(&mut child).await;
            return Err(EmbeddedError::Slow { seconds: START_TIMEOUT.as_secs(), log: log_path });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(child)
}

/// Whether a connection can be made.
pub(super) async fn answers(endpoint: &Endpoint, password: &SecretString) -> bool {
    match endpoint.connect_options(password).connect().await {
        Ok(connection) => connection.close().await.is_ok(),
        Err(_) => false,
    }
}

/// Stops the server: fast (open transactions are rolled back, the data is left
/// clean), and when that takes too long without ceremony (the next start
/// recovers).
pub(super) async fn stop(child: &mut Child) {
    let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return };
    for (signal, patience) in [(Signal::INT, FAST_STOP_TIMEOUT), (Signal::QUIT, IMMEDIATE_STOP_TIMEOUT)] {
        let _ = kill_process(pid, signal);
        if tokio::time::timeout(patience, child.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(?signal, "the embedded database did not stop in time");
    }
    let _ = child.kill().await;
}

fn open_log(path: &Path) -> std::io::Result<fs::File> {
    if path.metadata().is_ok_and(|m| m.len() > LOG_BYTES_MAX) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().rev().find(|line| line.contains("FATAL") || line.contains("PANIC")).unwrap_or("no reason").to_owned()
}
