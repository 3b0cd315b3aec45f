//! `cordon.toml` and the environment to [`Settings`].

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::assets::Asset;
use super::document::{Document, FileError, KeyPath, Problems};
use super::raw::{RawConfig, RawDatabase, RawLocal, RawNer, RawServer, RawTenant};
use super::{DatabaseSettings, Device, Home, LocalSettings, NerSettings, ServerSettings, Settings, providers};
use crate::tenant::TenantId;

/// The embedded provider's name, and the name its model always has.
pub const EMBEDDED: &str = "embedded";

const MIB: u64 = 1024 * 1024;

/// Where variables are looked up.
pub struct Environment(Source);

enum Source {
    Process,
    Fixed(BTreeMap<String, String>),
}

impl Environment {
    /// The process's environment.
    pub fn of_process() -> Environment {
        Environment(Source::Process)
    }

    /// These variables and no others, so that tests share none.
    pub fn fixed<const N: usize>(variables: [(&str, &str); N]) -> Environment {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Environment(Source::Fixed(BTreeMap::from(owned)))
    }

    /// The variable `name`; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
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
        let local = self.local(&home, raw.local);
        Settings {
            listen,
            policies: self.beside(raw.policies.unwrap_or_else(|| PathBuf::from("policies"))),
            server: self.server(raw.server),
            database: self.database(raw.database),
            ner: self.ner(&home, raw.ner),
            targets: providers::resolve(self, raw.provider, raw.model, local.as_ref()),
            tenants: self.tenants(raw.tenant),
            local,
            home,
        }
    }

    /// A path in the file is relative to the file.
    fn beside(&self, path: PathBuf) -> PathBuf {
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
        let url = self.environment.variable(variable).map(SecretString::from);
        if url.is_none() && raw.url_env.is_some() {
            self.problem(&at.key("url_env"), format_args!("the environment variable {variable} is not set"));
        }
        DatabaseSettings { url, pool_size: self.number(&at, "pool_size", raw.pool_size, 8, 1..=1000) as u32 }
    }

    fn ner(&mut self, home: &Home, raw: RawNer) -> NerSettings {
        let at = KeyPath::new("ner");
        let device = raw.device.as_deref().unwrap_or("auto");
        let device = device_named(device).unwrap_or_else(|| {
            self.problem(&at.key("device"), "must be \"auto\", \"cpu\" or \"cuda:N\" with the device's number");
            Device::Auto
        });
        // A model or runtime of the user's own is checked where they say against what.
        let pinned =
            |own: &Option<PathBuf>, asset: Asset| own.is_none().then(|| asset.sha256().map(str::to_owned)).flatten();
        let model_pin = pinned(&raw.model, Asset::NerWeights);
        let runtime_pin = pinned(&raw.runtime, Asset::OnnxRuntime);
        let model_sha256 = self.sha256(&at, "model_sha256", raw.model_sha256).or(model_pin);
        let runtime_sha256 = self.sha256(&at, "runtime_sha256", raw.runtime_sha256).or(runtime_pin);
        NerSettings {
            model_dir: raw.model.map_or_else(|| Asset::NerModel.path_in(home.path()), |path| self.beside(path)),
            runtime: raw.runtime.map_or_else(|| Asset::OnnxRuntime.path_in(home.path()), |path| self.beside(path)),
            model_sha256,
            runtime_sha256,
            device,
            workers: self.count(&at, "workers", raw.workers, cores(), 1..=256),
            queue_len_max: self.number(&at, "queue", raw.queue, 256, 1..=1_000_000),
            deadline: self.millis(&at, "deadline_ms", raw.deadline_ms, 10_000),
            cache_segments_max: self.number(&at, "cache_segments", raw.cache_segments, 16_384, 0..=100_000_000),
        }
    }

    fn local(&mut self, home: &Home, raw: RawLocal) -> Option<LocalSettings> {
        let at = KeyPath::new("local");
        let (model, pin) = match raw.model {
            Some(path) if path == Path::new("off") => return None,
            Some(path) => (self.beside(path), None),
            None => (Asset::LocalModel.path_in(home.path()), Asset::LocalModel.sha256().map(str::to_owned)),
        };
        Some(LocalSettings {
            model,
            model_sha256: self.sha256(&at, "model_sha256", raw.model_sha256).or(pin),
            threads: self.count(&at, "threads", raw.threads, cores(), 1..=256),
            slots: self.count(&at, "slots", raw.slots, 4, 1..=64),
            context_tokens: self.number(&at, "context_tokens", raw.context_tokens, 2048, 256..=1_048_576) as u32,
        })
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

    fn sha256(&mut self, at: &KeyPath, key: &str, value: Option<String>) -> Option<String> {
        let is_sha256 = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if value.as_ref().is_some_and(|text| !is_sha256(text)) {
            self.problem(&at.key(key), "must be 64 hexadecimal digits");
        }
        value.map(|text| text.to_ascii_lowercase())
    }

    pub(super) fn millis(&mut self, at: &KeyPath, key: &str, value: Option<u64>, default: u64) -> Duration {
        Duration::from_millis(self.number(at, key, value, default, 1..=86_400_000) as u64)
    }

    fn count(
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

fn device_named(name: &str) -> Option<Device> {
    match name {
        "auto" => Some(Device::Auto),
        "cpu" => Some(Device::Cpu),
        _ => name.strip_prefix("cuda:")?.parse().ok().map(Device::Cuda),
    }
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}
