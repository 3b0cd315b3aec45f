//! The processes of a Cordon's embedded database.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

/// Where they work: in the home, or where a home that the server's account
/// cannot enter says.
pub(crate) fn cluster(home: &Path) -> PathBuf {
    let moved = std::fs::read_to_string(home.join("data/postgres.location")).ok();
    let folder = moved.map_or_else(|| home.join("data/postgres"), |path| path.trim_end().into());
    folder.join("cluster").canonicalize().unwrap()
}

/// The processes that work in `cluster`; no other database's.
pub(super) fn processes(cluster: &Path) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let here = entries.filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == cluster));
    here.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// The first of them, which starts the others.
pub(super) fn postmaster(cluster: &Path) -> Pid {
    let file = std::fs::read_to_string(cluster.join("postmaster.pid")).unwrap();
    let pid = Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap();
    assert!(processes(cluster).contains(&pid));
    pid
}

/// Sends `signal` to all of them.
pub(super) fn signal(cluster: &Path, signal: Signal) {
    // One that has ended meanwhile needs none.
    processes(cluster).into_iter().for_each(|pid| {
        let _ = kill_process(pid, signal);
    });
}
