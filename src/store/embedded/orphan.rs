//! What an earlier Cordon left behind when it was killed.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::EmbeddedError;

/// A fast stop writes one checkpoint.
const FAST_STOP_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(45);

/// Stops every process of PostgreSQL that still works on `cluster`, and
/// removes a `postmaster.pid` that no process stands behind (its number may
/// belong to another program by now, which would stop the start). The caller
/// holds the folder's lock.
pub(super) async fn clear(cluster: &Path) -> Result<(), EmbeddedError> {
    let Ok(cluster) = cluster.canonicalize() else { return Ok(()) };
    // Without /proc the server's own check of the file has to do.
    if !Path::new("/proc/self/cwd").exists() {
        return Ok(());
    }
    let pid_file = cluster.join("postmaster.pid");
    let started = Instant::now();
    let mut signalled = None;
    loop {
        let running = processes_in(&cluster);
        if running.is_empty() {
            let _ = fs::remove_file(&pid_file);
            return Ok(());
        }
        // After a postmaster was killed its backends end by themselves soon.
        let postmaster = read_pid(&pid_file).filter(|pid| running.contains(pid));
        let signal = if started.elapsed() > FAST_STOP_TIMEOUT { Signal::QUIT } else { Signal::INT };
        if let Some(pid) = postmaster.filter(|_| signalled != Some(signal)) {
            tracing::warn!(pid = pid.as_raw_nonzero().get(), "stopping the database that a killed Cordon left running");
            let _ = kill_process(pid, signal);
            signalled = Some(signal);
        }
        if started.elapsed() > STOP_TIMEOUT {
            let pids = running.iter().map(|pid| pid.as_raw_nonzero().get()).collect();
            return Err(EmbeddedError::Orphans { folder: cluster, pids });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// PostgreSQL's processes have the data directory as their working directory.
fn processes_in(cluster: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == cluster))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .collect()
}

fn read_pid(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}
