//! The composition root: every part is made here, once, from the settings.

mod checkpoints;
mod verification;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use secrecy::ExposeSecret;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use crate::audit::checkpoint::Checkpointer;
use crate::audit::index::Indexer;
use crate::audit::orphan::Orphans;
use crate::audit::{AuditConfig, AuditLog, DigestKeys, Event, KeyCreated, KeyRevoked, Source};
use crate::config::{self, Environment, Home, Settings};
use crate::detect::ner::Ner;
use crate::detect::{Detector, Rules};
use crate::http::{State, Verification};
use crate::lifecycle::Lifecycle;
use crate::local::LocalModel;
use crate::pipeline::Pipeline;
use crate::policy::{self, PolicySet, PolicyWatcher};
use crate::scrub::{MasterKey, TokenStyle};
use crate::store::{self, DatabaseConfig, WhenInUse};
use crate::telemetry::Telemetry;
use crate::tenant::keys::{ApiKey, KeyId, KeyStore};
use crate::tenant::{Role, TenantId};
use crate::upstream::UpstreamClient;
use crate::vault::Vault;
pub use checkpoints::{checkpoint_maker, signing_key};
pub use verification::{audit_folder, checkpoint_keys};

/// How long the audit log may take to write what is queued when Cordon stops.
const AUDIT_FLUSH_MAX: Duration = Duration::from_secs(10);
/// How long the last checkpoints may take then.
const CHECKPOINTS_STOP_MAX: Duration = Duration::from_secs(5);

/// Something that keeps Cordon from starting; the message says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

impl StartError {
    fn of(error: impl std::fmt::Display) -> StartError {
        StartError(error.to_string())
    }
}

/// The running parts.
pub struct App {
    /// What the routes work with.
    pub state: web::Data<State>,
    /// Makes checkpoints of the audit log.
    checkpoints: Checkpointer,
    /// Removes what has expired of stored answers.
    sweeping: JoinHandle<()>,
    /// Ends requests that nobody ends any more.
    settling: JoinHandle<()>,
    /// Records what happens to the server itself.
    lifecycle: Lifecycle,
    /// Keeps the audit log's search index up.
    indexing: JoinHandle<()>,
    /// Verifies the audit log in the background.
    verifying: JoinHandle<()>,
    /// Reloads policies while it lives.
    _watcher: PolicyWatcher,
}

impl App {
    /// Starts every part, in the order in which a failure costs least. Nothing
    /// is served by a part that has not proved itself.
    pub async fn start(settings: Settings, when_in_use: WhenInUse) -> Result<App, StartError> {
        App::start_watched(settings, when_in_use, None).await
    }

    /// The same, with somebody in this process who sees the local model's drafts.
    pub async fn start_watched(
        settings: Settings,
        when_in_use: WhenInUse,
        drafts: Option<UnboundedSender<String>>,
    ) -> Result<App, StartError> {
        let settings = Arc::new(settings);
        let telemetry = Telemetry::install().map_err(StartError::of)?;
        let policies = Arc::new(PolicySet::load(&settings).map_err(StartError::of)?);
        let watcher = PolicyWatcher::start(Arc::clone(&policies)).map_err(StartError::of)?;
        let master = Arc::new(master_key(&settings.home)?);
        let detector = detector(&settings).await?;
        let local = settings.local.clone().map(LocalModel::load).transpose().map_err(StartError::of)?;
        let upstream = UpstreamClient::new(&settings.targets).map_err(StartError::of)?;
        let store = store::open(database(&settings, when_in_use)).await.map_err(StartError::of)?;
        let audit = AuditLog::start(&store, audit_config(&settings));
        let maker = checkpoint_maker(&settings, &store, &audit)?;
        let checkpoints = checkpoints::start(&maker, &settings, &store)?;
        let orphans = Orphans::new(&store, audit.clone(), settings.audit.orphan_after);
        let settling = tokio::spawn(orphans.keep_settling());
        let verifier = verification::verifier(&settings, &store)?;
        let verifying = verification::start(verifier.clone(), &settings, &store, &audit);
        let keys = KeyStore::new(store.pool.clone());
        let vault = Vault::new(store.pool.clone(), &master, settings.vault_lifetime).map_err(StartError::of)?;
        let sweeping = tokio::spawn(vault.clone().keep_sweeping());
        let (indexer, options) = (Indexer::new(store.pool.clone()), store.connect_options().clone());
        let indexing = tokio::spawn(async move { indexer.keep_up(&options).await });
        let digests = DigestKeys::new(store.pool.clone(), &master).map_err(StartError::of)?;
        let revoked = keys.revoked_uses();
        let lifecycle = Lifecycle::begin(&audit, &store.pool, &policies, revoked, detector.version()).await;
        let server = settings.server.clone();
        let pipeline =
            Pipeline { detector, policies, settings, upstream, local, audit, vault, master, digests, drafts };
        let places = Arc::new(Semaphore::new(server.concurrency.get()));
        let state = web::Data::new(State {
            pipeline,
            keys,
            store,
            checkpoints: maker,
            verification: Verification::new(verifier),
            telemetry,
            server,
            places,
        });
        Ok(App { state, checkpoints, sweeping, settling, indexing, verifying, lifecycle, _watcher: watcher })
    }

    /// Makes a key, and records that.
    pub async fn create_key(&self, tenant: &TenantId, role: Role) -> Result<(KeyId, ApiKey), StartError> {
        let (key_id, key) = self.state.keys.create(tenant, role).await.map_err(StartError::of)?;
        self.record(tenant, Event::KeyCreated(KeyCreated { key_id: key_id.clone(), role })).await?;
        Ok((key_id, key))
    }

    /// Revokes a key, and records that.
    pub async fn revoke_key(&self, key_id: &KeyId) -> Result<(), StartError> {
        let tenant = self.state.keys.revoke(key_id).await.map_err(StartError::of)?;
        self.record(&tenant, Event::KeyRevoked(KeyRevoked { key_id: key_id.clone() })).await
    }

    async fn record(&self, tenant: &TenantId, event: Event) -> Result<(), StartError> {
        self.state.pipeline.audit.append(tenant, event).await.map(drop).map_err(StartError::of)
    }

    /// A client key of `tenant` for somebody who tries Cordon out: made at the
    /// first start and kept in the home folder for its owner alone, until it is
    /// revoked.
    pub async fn quickstart_key(&self, tenant: &TenantId) -> Result<String, StartError> {
        let file = self.state.pipeline.settings.home.data().join("quickstart.key");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        if self.state.keys.authenticate(kept.trim()).await.is_ok_and(|key| key.tenant == *tenant) {
            return Ok(kept.trim().to_owned());
        }
        let key = self.create_key(tenant, Role::Client).await?.1.expose().to_owned();
        let mut options = std::fs::OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&file);
        let kept = opened.and_then(|mut file| writeln!(file, "{key}"));
        kept.map_err(|error| StartError(format!("{}: {error}", file.display())))?;
        Ok(key)
    }

    /// Makes the last checkpoints, flushes the audit log and closes the database.
    /// Requests have ended.
    pub async fn stop(self) {
        self.settling.abort();
        self.verifying.abort();
        self.lifecycle.end().await;
        if !self.checkpoints.stop(CHECKPOINTS_STOP_MAX).await {
            tracing::warn!("not every checkpoint could be made and delivered; the next start goes on with them");
        }
        if !self.state.pipeline.audit.flush_and_stop(AUDIT_FLUSH_MAX).await {
            tracing::error!("the audit log could not be flushed; requests in flight are left without an end");
        }
        self.sweeping.abort();
        self.indexing.abort();
        self.state.store.close().await;
    }
}

/// The settings that `cordon.toml` and the environment make.
pub fn settings(home: Option<&Path>, config: Option<&Path>, environment: &Environment) -> Result<Settings, StartError> {
    let home = Home::find(home).map_err(StartError::of)?;
    config::load(config, home, environment).map_err(StartError::of)
}

/// The master key; made at the first start.
pub fn master_key(home: &Home) -> Result<MasterKey, StartError> {
    let text = config::load_master_key(home).map_err(StartError::of)?;
    MasterKey::from_base64(text.expose_secret()).map_err(StartError::of)
}

/// Where the database is.
pub fn database(settings: &Settings, when_in_use: WhenInUse) -> DatabaseConfig {
    DatabaseConfig {
        url: settings.database.url.clone(),
        home: settings.home.path().to_owned(),
        connections_max: settings.database.pool_size,
        when_in_use,
    }
}

/// How the server writes its audit log.
fn audit_config(settings: &Settings) -> AuditConfig {
    let source = settings.audit.replica.clone().map(Source::of).unwrap_or_default();
    AuditConfig { source, ..AuditConfig::default() }
}

/// The detector, after it has found what it must find on this machine (L29).
pub async fn detector(settings: &Settings) -> Result<Arc<Detector>, StartError> {
    let ner = Ner::load(settings.ner.clone()).map_err(StartError::of)?;
    let detector = Detector::new(Some(ner)).map_err(StartError::of)?;
    detector.self_test().await.map_err(StartError::of)?;
    Ok(Arc::new(detector))
}

/// The rules of a command line, those of a policy file or the default ones, in
/// `languages`, when there are some; and how replaced values are written.
pub fn rules(policy: Option<&Path>, languages: &[String]) -> Result<(Rules, TokenStyle), StartError> {
    let (rules, tokens) = match policy {
        Some(file) => {
            let policy = policy::check_file(file).map_err(StartError::of)?;
            (policy.rules().clone(), policy.tokens)
        }
        None => (Rules::default(), TokenStyle::default()),
    };
    Ok((if languages.is_empty() { rules } else { rules.in_languages(languages) }, tokens))
}

/// Resolves when the process is asked to stop (SIGINT, SIGTERM), from this call
/// on: until then either ends it at once.
pub fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok());
    async move {
        tokio::select! {
            () = received(terminate) => {}
            () = received(interrupt) => {}
        }
    }
}

/// Never, where the system gives no way to know.
async fn received(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
