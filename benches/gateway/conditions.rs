//! What the figures were taken under.

use std::fs;
use std::process::Command;

use cordon::store::Store;

use crate::Fallible;

/// `together` says what shares the cores.
pub(crate) async fn print(database: &Store, together: &str) -> Fallible<()> {
    let cores = std::thread::available_parallelism()?;
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    println!(
        "machine:  {cores} cores ({}), load average {}",
        model.trim_start_matches([' ', '\t', ':']),
        load_average()
    );
    let profile = if cfg!(debug_assertions) { "NOT a release build" } else { "release build" };
    println!("build:    cordon {} ({}), {profile}, commit {}", env!("CARGO_PKG_VERSION"), compiler(), commit());
    let (version, settings): (String, String) = sqlx::query_as(
        "SELECT current_setting('server_version'),
                (SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN
                 ('fsync', 'synchronous_commit', 'wal_sync_method', 'full_page_writes', 'shared_buffers'))",
    )
    .fetch_one(&database.pool)
    .await?;
    println!("database: embedded PostgreSQL {version}, {settings}");
    println!("together: {together}\n");
    Ok(())
}

/// Of the last 1, 5 and 15 minutes.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn compiler() -> String {
    said("rustc", &["--version"])
}

fn commit() -> String {
    let dirty = if said("git", &["status", "--porcelain"]).is_empty() { "" } else { " with changes" };
    said("git", &["rev-parse", "--short", "HEAD"]) + dirty
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}
