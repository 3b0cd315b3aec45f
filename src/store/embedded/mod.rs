//! A private PostgreSQL that Cordon starts, watches and stops.
//!
//! In `<home>/data/postgres` (or where [`layout`] says):
//!
//! | file | what |
//! |---|---|
//! | `cordon.lock` | held by the Cordon that runs the server, with its process id |
//! | `guests.lock` | shared by commands that use a running server |
//! | `cluster/` | PostgreSQL's data directory |
//! | `password` | of the database's user, readable by Cordon alone |
//! | `endpoint.json` | where the running server listens |
//! | `server.log` | the server's log: no statements, no values |

mod account;
mod cluster;
mod endpoint;
mod error;
mod layout;
mod lock;
mod orphan;
mod server;
mod supervisor;
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;

use endpoint::Endpoint;
pub use error::EmbeddedError;
use layout::Layout;
use lock::{Attempt, FolderLock, GuestLock};
use supervisor::Supervised;

/// How long a command waits for a Cordon that is starting or stopping.
const ATTACH_TIMEOUT: Duration = Duration::from_secs(60);
/// How long `serve` waits for a short command to finish.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a command that started the server waits for other commands.
const GUESTS_TIMEOUT: Duration = Duration::from_secs(60);

/// What to do when another Cordon runs the database of this home.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenInUse {
    /// `serve`: refuse to start.
    Refuse,
    /// A command: use the running server.
    Attach,
}

/// A server that is running.
pub(super) struct Embedded {
    options: PgConnectOptions,
    part: Part,
}

enum Part {
    Owner { folder: PathBuf, when_in_use: WhenInUse, running: watch::Receiver<bool>, hold: Mutex<Option<Hold>> },
    Guest { lock: Mutex<Option<GuestLock>> },
}

/// What an owner has until it stops.
struct Hold {
    stop: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
    _lock: FolderLock,
}

/// Starts the server of `home`, or attaches to it.
pub(super) async fn open(home: &Path, connections_max: u32, when_in_use: WhenInUse) -> Result<Embedded, EmbeddedError> {
    let layout = Layout::resolve(home)?;
    let asked = Instant::now();
    loop {
        let holder = match FolderLock::attempt(&layout.folder)? {
            Attempt::Locked(lock) => return own(layout, lock, connections_max, when_in_use).await,
            Attempt::HeldBy(holder) => holder,
        };
        let patience = match when_in_use {
            WhenInUse::Refuse => COMMAND_TIMEOUT,
            WhenInUse::Attach => ATTACH_TIMEOUT,
        };
        if asked.elapsed() > patience {
            return Err(EmbeddedError::InUse { folder: layout.folder, holder: holder.into() });
        }
        if when_in_use == WhenInUse::Attach
            && let Some(embedded) = attach(&layout.folder).await?
        {
            return Ok(embedded);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn own(
    layout: Layout,
    lock: FolderLock,
    connections_max: u32,
    when_in_use: WhenInUse,
) -> Result<Embedded, EmbeddedError> {
    orphan::clear(&layout.cluster()).await?;
    if let Some(left) = read_endpoint(&layout.folder) {
        left.remove();
    }
    let password = cluster::ensure(&layout, true).await?;
    let endpoint = Endpoint::choose(&layout)?;
    let (options, folder) = (endpoint.connect_options(&password), layout.folder.clone());
    let facts = serde_json::to_string(&endpoint).map_err(|error| EmbeddedError::NoEndpoint(error.into()))?;
    cluster::write_private(&folder.join("endpoint.json"), &facts)?;
    let supervised = Supervised { layout, endpoint, password, connections_max };
    let child = supervised.start().await?;
    let (running, is_running) = watch::channel(true);
    let (stop, stopped) = oneshot::channel();
    let supervisor = tokio::spawn(supervised.watch(child, running, stopped));
    let hold = Mutex::new(Some(Hold { stop, supervisor, _lock: lock }));
    Ok(Embedded { options, part: Part::Owner { folder, when_in_use, running: is_running, hold } })
}

/// `None` while the owner is still starting.
async fn attach(folder: &Path) -> Result<Option<Embedded>, EmbeddedError> {
    let Some(endpoint) = read_endpoint(folder) else { return Ok(None) };
    let lock = GuestLock::join(folder)?;
    let password = cluster::read_password(folder)?;
    if !server::answers(&endpoint, &password).await {
        return Ok(None);
    }
    Ok(Some(Embedded {
        options: endpoint.connect_options(&password),
        part: Part::Guest { lock: Mutex::new(Some(lock)) },
    }))
}

fn read_endpoint(folder: &Path) -> Option<Endpoint> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("endpoint.json")).ok()?).ok()
}

impl Embedded {
    pub(super) fn connect_options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// False while the server is being started again.
    pub(super) fn is_running(&self) -> bool {
        match &self.part {
            Part::Owner { running, .. } => *running.borrow(),
            Part::Guest { .. } => true,
        }
    }

    /// Stops the server if this process started it, and lets go of the folder.
    pub(super) async fn stop(&self) {
        let (folder, when_in_use, hold) = match &self.part {
            Part::Owner { folder, when_in_use, hold, .. } => (folder, when_in_use, hold),
            Part::Guest { lock } => return drop(lock.lock().await.take()),
        };
        let Some(hold) = hold.lock().await.take() else { return };
        let guests = match when_in_use {
            WhenInUse::Attach => wait_for_guests(folder).await,
            WhenInUse::Refuse => None,
        };
        let _ = hold.stop.send(());
        if let Err(error) = hold.supervisor.await {
            tracing::error!(%error, "the embedded database was not stopped");
        }
        drop(guests);
    }
}

async fn wait_for_guests(folder: &Path) -> Option<GuestLock> {
    let asked = Instant::now();
    while asked.elapsed() < GUESTS_TIMEOUT {
        if let Some(shut) = GuestLock::shut(folder) {
            return Some(shut);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}
