//! Reloads policies when their files change.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::PolicySet;

/// An editor's save is several events; they are taken together.
const SETTLE: Duration = Duration::from_millis(150);

/// Watches a policy folder until it is dropped.
pub struct PolicyWatcher {
    _watcher: RecommendedWatcher,
}

impl PolicyWatcher {
    /// Starts watching the folder of `policies`, files of terms below it included.
    ///
    /// # Errors
    /// When the system gives no watch, or no thread.
    pub fn start(policies: Arc<PolicySet>) -> Result<PolicyWatcher, notify::Error> {
        let (changed, changes) = channel();
        let mut watcher = notify::recommended_watcher(move |event| report(event, &changed))?;
        watcher.watch(policies.folder(), RecursiveMode::Recursive)?;
        std::thread::Builder::new()
            .name("policy-reload".to_owned())
            .spawn(move || reload_on(&changes, &policies))
            .map_err(notify::Error::io)?;
        Ok(PolicyWatcher { _watcher: watcher })
    }
}

/// Reading a file is an event too, and reloading reads: only writes count.
fn report(event: notify::Result<notify::Event>, changed: &Sender<()>) {
    let matters = match event {
        Ok(event) => match event.kind {
            EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
            _ => true,
        },
        // Events were lost, perhaps the one that counts.
        Err(_) => true,
    };
    if matters {
        // The receiver is gone only when the program ends.
        let _ = changed.send(());
    }
}

fn reload_on(changes: &Receiver<()>, policies: &PolicySet) {
    while changes.recv().is_ok() {
        loop {
            match changes.recv_timeout(SETTLE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        policies.reload();
    }
}
