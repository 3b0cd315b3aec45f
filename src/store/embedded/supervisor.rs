//! Keeps the server running while Cordon runs.

use std::time::Duration;

use secrecy::SecretString;
use tokio::process::Child;
use tokio::sync::{oneshot, watch};

use super::endpoint::Endpoint;
use super::layout::Layout;
use super::{orphan, server};

const RESTART_PAUSE_MIN: Duration = Duration::from_millis(100);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What a start of the server needs.
pub(super) struct Supervised {
    pub(super) layout: Layout,
    pub(super) endpoint: Endpoint,
    pub(super) password: SecretString,
    pub(super) connections_max: u32,
}

impl Supervised {
    pub(super) async fn start(&self) -> Result<Child, super::EmbeddedError> {
        orphan::clear(&self.layout.cluster()).await?;
        server::start(&self.layout, &self.endpoint, &self.password, self.connections_max).await
    }

    /// Watches `child`, starts it again when it dies, and stops it when `stop`
    /// fires or its sender is gone.
    pub(super) async fn watch(self, mut child: Child, running: watch::Sender<bool>, mut stop: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                _ = &mut stop => break server::stop(&mut child).await,
                status = child.wait() => {
                    running.send_replace(false);
                    tracing::error!(status = %describe(status), "the embedded database died; starting it again");
                }
            }
            tokio::select! {
                _ = &mut stop => break,
                started = self.restart() => child = started,
            }
            running.send_replace(true);
            tracing::info!("the embedded database is back");
        }
        running.send_replace(false);
        self.endpoint.remove();
    }

    async fn restart(&self) -> Child {
        let mut pause = RESTART_PAUSE_MIN;
        loop {
            match self.start().await {
                Ok(child) => return child,
                Err(error) => tracing::error!(%error, "the embedded database does not start"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RESTART_PAUSE_MAX);
        }
    }
}

fn describe(status: std::io::Result<std::process::ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
