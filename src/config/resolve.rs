//! `cordon.toml` and the environment to [`Settings`].

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::document::{Document, FileError, Problems};
use super::key_path::KeyPath;
use super::raw::{RawConfig, RawDatabase, RawServer, RawTenant, RawVault};
use super::{DatabaseSettings, Home, ServerSettings, Settings, audit, models, providers};
use crate::store::DatabaseUrl;
use crate::tenant::TenantId;

/// The embedded provider's name, and the name its model always has.
pub const EMBEDDED: &str = "embedded";

const MIB: u64 = 1024 * 1024;

/// Where variables are looked up.
pub struct Environment {
    source: Source,
    /// Whether the keys of providers must be there.
    pub(super) needs_provider_keys: bool,
}

enum Source {
    Process,
    Fixed(BTreeMap<String, String>),
}

impl Environment {
    /// The process's environment.
    pub fn of_process() -> Environment {
        Environment { source: Source::Process, needs_provider_keys: true }
    }

    /// The same for commands that talk to no provider: whoever reads the audit
    /// log need not have the providers' keys.
    pub fn without_provider_keys(self) -> Environment {
        Environment { needs_provider_keys: false, ..self }
    }

    /// These variables and no others, so that tests share none.
    pub fn fixed<const N: usize>(variables: [(&str, &str); N]) -> Environment {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Environment { source: Source::Fixed(BTreeMap::from(owned)), needs_provider_keys: true }
    }

    /// The variable `name`; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = match &self.source {
            Source::Process => std::env::var(name).ok(),
            Source::Fixed(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }
}

/// Reads `file` where one is given and resolves it. Without a file the defaults
/// hold: the embedded model alone, on 127.0.0.1:8080.
pub fn load(file: Option<&Path>, home: Home, environment: &Environment) -> Result<Settings, Problems> {
    let document = match file {
        Some(file) => Document::read(file)?,
        None => Document::new("cordon.toml", ""),
    };
    let raw: RawConfig = document.parse()?;
    let mut resolver = Resolver { document: &document, environment, problems: Vec::new() };
    let settings = resolver.settings(home, raw);
    if resolver.problems.is_empty() { Ok(settings) } else { Err(Problems(resolver.problems)) }
}

/// Collects everything that is wrong, so that a user sees it all at once. What
/// could not be resolved takes its default; the settings are dropped then.
pub(super) struct Resolver<'a> {
    pub(super) document: &'a Document,
    pub(super) environment: &'a Environment,
    problems: Vec<FileError>,
}

impl Resolver<'_> {
    pub(super) fn problem(&mut self, path: &KeyPath, message: impl std::fmt::Display) {
        self.problems.push(self.document.error(path, message));
    }

    fn settings(&mut self, home: Home, raw: RawConfig) -> Settings {
        let listen = raw.listen.as_deref().unwrap_or("127.0.0.1:8080");
        let listen = listen.parse().unwrap_or_else(|_| {
            self.problem(&KeyPath::new("listen"), "must be an address and a port, such as \"127.0.0.1:8080\"");
            ([127, 0, 0, 1], 8080).into()
        });
        let local = models::local(self, &home, raw.local);
        Settings {
            listen,
            policies: self.beside(raw.policies.unwrap_or_else(|| PathBuf::from("policies"))),
            server: self.server(raw.server),
            database: self.database(raw.database),
            vault_lifetime: self.vault_lifetime(&raw.vault),
            audit: audit::resolve(self, raw.audit),
            ner: models::ner(self, &home, raw.ner),
            targets: providers::resolve(self, raw.provider, raw.model, local.as_ref()),
            tenants: self.tenants(raw.tenant),
            local,
            home,
        }
    }

    /// A path in the file is relative to the file.
    pub(super) fn beside(&self, path: PathBuf) -> PathBuf {
        self.document.file().parent().unwrap_or(Path::new("")).join(path)
    }

    fn server(&mut self, raw: RawServer) -> ServerSettings {
        let at = KeyPath::new("server");
        let body_size_max_bytes =
            self.number(&at, "body_size_max_bytes", raw.body_size_max_bytes, 10 * MIB, 1024..=1024 * MIB);
        let decoded = raw.decoded_body_size_max_bytes;
        ServerSettings {
            workers: self.count(&at, "workers", raw.workers, cores(), 1..=1024),
            concurrency: self.count(&at, "concurrency", raw.concurrency, 512, 1..=1_000_000),
            body_size_max_bytes,
            decoded_body_size_max_bytes: self.number(
                &at,
                "decoded_body_size_max_bytes",
                decoded,
                body_size_max_bytes as u64,
                1024..=1024 * MIB,
            ),
            header_timeout: self.millis(&at, "header_timeout_ms", raw.header_timeout_ms, 5_000),
            body_timeout: self.millis(&at, "body_timeout_ms", raw.body_timeout_ms, 30_000),
            shutdown_timeout: Duration::from_secs(self.number(
                &at,
                "shutdown_timeout_s",
                raw.shutdown_timeout_s,
                30,
                1..=3600,
            ) as u64),
        }
    }

    fn database(&mut self, raw: RawDatabase) -> DatabaseSettings {
        let at = KeyPath::new("database");
        let variable = raw.url_env.as_deref().unwrap_or("DATABASE_URL");
        let url = self.environment.variable(variable);
        let url = url.map(|url| DatabaseUrl { variable: variable.to_owned(), url: SecretString::from(url) });
        if url.is_none() && raw.url_env.is_some() {
            self.problem(&at.key("url_env"), format_args!("the environment variable {variable} is not set"));
        }
        DatabaseSettings { url, pool_size: self.number(&at, "pool_size", raw.pool_size, 8, 1..=1000) as u32 }
    }

    /// Providers keep answers for 30 days unless they are told otherwise.
    fn vault_lifetime(&mut self, raw: &RawVault) -> Duration {
        let days = self.number(&KeyPath::new("vault"), "expiry_days", raw.expiry_days, 30, 1..=3650);
        Duration::from_secs(days as u64 * 24 * 60 * 60)
    }

    fn tenants(&mut self, raw: Vec<RawTenant>) -> BTreeMap<TenantId, String> {
        let mut tenants = BTreeMap::new();
        for (index, entry) in raw.into_iter().enumerate() {
            let name = KeyPath::new("tenant").index(index).key("name");
            match TenantId::parse(&entry.name) {
                Err(error) => self.problem(&name, error),
                Ok(tenant) if tenants.contains_key(&tenant) => {
                    self.problem(&name, format_args!("the tenant \"{tenant}\" is there twice"));
                }
                Ok(tenant) => {
                    tenants.insert(tenant, entry.policy);
                }
            }
        }
        tenants
    }

    pub(super) fn millis(&mut self, at: &KeyPath, key: &str, value: Option<u64>, default: u64) -> Duration {
        Duration::from_millis(self.number(at, key, value, default, 1..=86_400_000) as u64)
    }

    pub(super) fn count(
        &mut self,
        at: &KeyPath,
        key: &str,
        value: Option<u64>,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> NonZeroUsize {
        NonZeroUsize::new(self.number(at, key, value, default, range)).unwrap_or(NonZeroUsize::MIN)
    }

    pub(super) fn number(
        &mut self,
        at: &KeyPath,
        key: &str,
        value: Option<u64>,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> usize {
        let value = value.unwrap_or(default);
        if !range.contains(&value) {
            self.problem(&at.key(key), format_args!("must be from {} to {}", range.start(), range.end()));
        }
        usize::try_from(value).unwrap_or(usize::MAX)
    }
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}
