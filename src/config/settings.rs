//! What the program runs with, once every file and variable has been read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::{AuditSettings, Home, Targets};
use crate::detect::ner::NerConfig;
use crate::local::LocalConfig;
use crate::store::DatabaseUrl;
use crate::tenant::TenantId;

/// The whole configuration, resolved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The home folder.
    pub home: Home,
    /// The address to serve on; default 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// The folder of policies; default `policies` beside `cordon.toml`.
    pub policies: PathBuf,
    /// Limits of the HTTP server.
    pub server: ServerSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// How long what stateful APIs need is kept; default 30 days.
    pub vault_lifetime: Duration,
    /// How the audit log is anchored and checked.
    pub audit: AuditSettings,
    /// The token classifier.
    pub ner: NerConfig,
    /// The embedded model; `None` when it is switched off.
    pub local: Option<LocalConfig>,
    /// Models and the providers behind them.
    pub targets: Targets,
    /// The policy of each tenant that has an entry; the others use the policy
    /// that is called as they are.
    pub tenants: BTreeMap<TenantId, String>,
}

/// Limits of the HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Worker threads; default one a core.
    pub workers: NonZeroUsize,
    /// Requests in work at once over all workers; more are refused with 503.
    pub concurrency: NonZeroUsize,
    /// Largest request body as it comes over the wire, in bytes.
    pub body_size_max_bytes: usize,
    /// Largest request body once decompressed, in bytes.
    pub decoded_body_size_max_bytes: usize,
    /// Time for a request's headers to arrive.
    pub header_timeout: Duration,
    /// Time for a request's body to arrive.
    pub body_timeout: Duration,
    /// Time that requests in flight get when the server is asked to stop.
    pub shutdown_timeout: Duration,
}

/// Which Postgres to use.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// The URL; `None` means the embedded server.
    pub url: Option<DatabaseUrl>,
    /// Connections kept.
    pub pool_size: u32,
}
