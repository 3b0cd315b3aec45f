//! The processes that append: this test program again, told by environment
//! variables what to do.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cordon::audit::testing::{accepted, completed, key_created, tenant};
use cordon::audit::{AuditConfig, AuditError, AuditLog};
use cordon::store::WhenInUse;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::database::open;
use crate::said::Notes;

const HOME: &str = "CORDON_TEST_WORKER_HOME";
const WORK: &str = "CORDON_TEST_WORKER_WORK";
const NOTES: &str = "CORDON_TEST_WORKER_NOTES";
/// A busy machine must not make an append fail in a test that counts them.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a process does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Work {
    /// `tasks` tasks append `appends` records each, to `tenants` tenants in turn.
    Count { tasks: usize, appends: usize, tenants: usize },
    /// Requests and other records, until the file [`stop_file`] is there.
    UntilStopped { tenants: usize },
}

/// A process that works on the database of `home`.
pub struct Worker {
    pub child: Child,
    pub notes: PathBuf,
}

impl Worker {
    pub fn start(home: &Path, work: Work, name: &str) -> Worker {
        let notes = home.join(format!("{name}.notes"));
        let words = match work {
            Work::Count { tasks, appends, tenants } => format!("{tasks} {appends} {tenants}"),
            Work::UntilStopped { tenants } => tenants.to_string(),
        };
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::works_when_it_is_told_to", "--nocapture"])
            .envs([(HOME, home.as_os_str()), (WORK, words.as_ref()), (NOTES, notes.as_os_str())])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Worker { child, notes }
    }
}

/// Whose presence ends [`Work::UntilStopped`].
pub fn stop_file(home: &Path) -> PathBuf {
    home.join("stop")
}

/// Not a test of its own: the work of another process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn works_when_it_is_told_to() {
    let Some(home) = std::env::var_os(HOME).map(PathBuf::from) else { return };
    let notes = Arc::new(Notes::open(Path::new(&std::env::var_os(NOTES).unwrap())));
    let words: Vec<usize> = std::env::var(WORK).unwrap().split(' ').map(|word| word.parse().unwrap()).collect();
    let store = open(&home, WhenInUse::Attach).await;
    let config = AuditConfig { append_timeout: PATIENCE, ..AuditConfig::default() };
    let log = AuditLog::start(&store, config);
    match words[..] {
        [tasks, appends, tenants] => count(&log, &notes, tasks, appends, tenants).await,
        [tenants] => until_stopped(&log, &notes, &home, tenants).await,
        _ => panic!("no work"),
    }
    assert!(log.flush_and_stop(PATIENCE).await);
    store.close().await;
}

async fn count(log: &AuditLog, notes: &Arc<Notes>, tasks: usize, appends: usize, tenants: usize) {
    let tasks = (0..tasks).map(|task| {
        let (log, notes) = (log.clone(), notes.clone());
        tokio::spawn(async move {
            for number in 0..appends {
                let name = format!("tenant-{}", (task + number) % tenants);
                notes.appended(&name, log.append(&tenant(&name), key_created()).await.unwrap());
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
}

async fn until_stopped(log: &AuditLog, notes: &Arc<Notes>, home: &Path, tenants: usize) {
    let tasks = (0..8).map(|task| {
        let (log, notes, stop) = (log.clone(), notes.clone(), stop_file(home));
        tokio::spawn(async move {
            for number in 0.. {
                if stop.exists() {
                    break;
                }
                let name = format!("tenant-{}", (task + number) % tenants);
                if let Err(error) = one_request(&log, &notes, &name).await {
                    match error {
                        AuditError::Unavailable => {}
                        error => notes.failed(&error.to_string()),
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
}

/// A request from its acceptance to its end, and a record of another kind.
async fn one_request(log: &AuditLog, notes: &Notes, name: &str) -> Result<(), AuditError> {
    let (whose, request) = (tenant(name), Uuid::now_v7());
    let open = log.accept(&whose, accepted(request)).await?;
    notes.accepted(name, request);
    tokio::time::sleep(Duration::from_millis(2)).await;
    notes.appended(name, open.end(completed(request)).await?);
    notes.appended(name, log.append(&whose, key_created()).await?);
    Ok(())
}
