//! A home with an embedded database, which this process keeps running.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cordon::store::testing::fresh_home;
use cordon::store::{self, DatabaseConfig, Store, WhenInUse};
use rustix::process::{Pid, Signal, kill_process};

pub struct Database {
    pub home: PathBuf,
    pub store: Store,
}

impl Database {
    pub async fn start() -> Database {
        let home = fresh_home();
        let store = open(&home, WhenInUse::Refuse).await;
        Database { home, store }
    }

    /// `kill -9` of the server; its supervisor starts it again.
    pub fn kill_server(&self) {
        let Ok(text) = std::fs::read_to_string(self.home.join("data/postgres/cluster/postmaster.pid")) else { return };
        kill(text.lines().next());
    }

    /// `kill -9` of one server process that serves a connection, which makes the
    /// server end all of them and recover.
    pub async fn kill_connection(&self, choose: impl FnOnce(&[i32]) -> i32) {
        let others =
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        // While the server recovers there is none.
        let pids: Vec<i32> = sqlx::query_scalar(others).fetch_all(&self.store.pool).await.unwrap_or_default();
        if !pids.is_empty() {
            kill(Some(&choose(&pids).to_string()));
        }
    }

    pub async fn wait_until_ready(&self) {
        wait_until("the database is back", async || self.store.ready().await.is_ok()).await;
    }

    pub async fn stop(self) {
        self.store.close().await;
        std::fs::remove_dir_all(&self.home).unwrap();
    }
}

/// As `serve` does, or as a process beside it. The database may be killed in the
/// middle of it; then whoever starts a process starts it again.
pub async fn open(home: &Path, when_in_use: WhenInUse) -> Store {
    let mut opened = None;
    wait_until("the database can be opened", async || {
        let config = DatabaseConfig { url: None, home: home.to_owned(), connections_max: 4, when_in_use };
        opened = store::open(config).await.ok();
        opened.is_some()
    })
    .await;
    opened.unwrap()
}

/// Gone already is as good as killed.
fn kill(pid: Option<&str>) {
    if let Some(pid) = pid.and_then(|pid| pid.trim().parse().ok()).and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// The end of the wait is for a hang alone.
pub async fn wait_until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..6000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within two minutes: {what}");
}
