//! The parts of a start that [`crate::store::testing`] puts together itself.
#![expect(clippy::unwrap_used, reason = "only tests call this; a failed set-up should stop them where it happened")]

use std::path::Path;
use std::process::Command;

use sqlx::postgres::PgConnectOptions;

use super::endpoint::Endpoint;
use super::layout::Layout;
use super::{cluster, server};

/// A cluster that was made and is not running.
pub(in crate::store) struct Prepared {
    pub(in crate::store) server: ServerCommand,
    pub(in crate::store) options: PgConnectOptions,
}

/// How the server is started.
pub(in crate::store) struct ServerCommand {
    layout: Layout,
    postgres: tokio::process::Command,
}

impl ServerCommand {
    /// A shell of the server's account that runs `script` with the server's
    /// command line as its arguments.
    pub(in crate::store) fn through(self, script: &str) -> Command {
        let postgres = self.postgres.as_std();
        let mut shell = cluster::command(&self.layout, "/bin/sh").into_std();
        shell.args(["-c", script, "sh"]).arg(postgres.get_program()).args(postgres.get_args());
        shell
    }
}

/// Makes a cluster in `home` without flushing it to disk.
pub(in crate::store) async fn prepare(home: &Path, connections_max: u32) -> Prepared {
    let layout = Layout::resolve(home).unwrap();
    let password = cluster::ensure(&layout, false).await.unwrap();
    let endpoint = Endpoint::choose(&layout).unwrap();
    let postgres = server::arguments(&layout, &endpoint, connections_max);
    Prepared { options: endpoint.connect_options(&password), server: ServerCommand { layout, postgres } }
}
