//! What the program runs with, once every file and variable has been read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::{Home, Targets};
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
    /// The token classifier.
    pub ner: NerSettings,
    /// The embedded model; `None` when it is switched off.
    pub local: Option<LocalSettings>,
    /// Models and the providers behind them.
    pub targets: Targets,
    /// The policy of each tenant that has an entry; the others use the policy
    /// that is called as they are.
    pub tenants: BTreeMap<TenantId, String>,
}

impl Settings {
    /// The name of `tenant`'s policy.
    pub fn policy_name<'a>(&'a self, tenant: &'a TenantId) -> &'a str {
        self.tenants.get(tenant).map_or(tenant.as_str(), String::as_str)
    }
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
    /// The URL with its password; `None` means the embedded server.
    pub url: Option<SecretString>,
    /// Connections kept.
    pub pool_size: u32,
}

/// The token classifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NerSettings {
    /// Folder with the ONNX model, `tokenizer.json` and `config.json`.
    pub model_dir: PathBuf,
    /// `libonnxruntime.so`.
    pub runtime: PathBuf,
    /// SHA-256 of the ONNX file in hex: the pinned one, or what the user says of their own.
    pub model_sha256: Option<String>,
    /// SHA-256 of the runtime in hex: the pinned one, or what the user says of their own.
    pub runtime_sha256: Option<String>,
    /// Where inference runs.
    pub device: Device,
    /// Inference workers; default one a core.
    pub workers: NonZeroUsize,
    /// Batches that may wait; more are refused with 503.
    pub queue_len_max: usize,
    /// Time one request's detection may take.
    pub deadline: Duration,
    /// Text segments whose spans are remembered; 0 switches the cache off.
    pub cache_segments_max: usize,
}

/// Where inference runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// CUDA where it is there, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this number; an error when it is not there.
    Cuda(u32),
}

/// The embedded model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSettings {
    /// The GGUF file.
    pub model: PathBuf,
    /// Its SHA-256 in hex: the pinned one, or what the user says of their own.
    pub model_sha256: Option<String>,
    /// Threads that decode; default one a core.
    pub threads: NonZeroUsize,
    /// Requests decoded at once.
    pub slots: NonZeroUsize,
    /// Context of one request, in tokens.
    pub context_tokens: u32,
}
