//! All policies of a folder, and which of them a tenant has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::{Policy, check_file, check_targets};
use crate::config::{FileError, Problems, Settings, Targets};
use crate::telemetry;
use crate::tenant::TenantId;

/// Changes that wait for who follows them.
const CHANGES_MAX: usize = 1024;

/// The policies in force. Reading is lock-free; reloading swaps all at once.
pub struct PolicySet {
    folder: PathBuf,
    targets: Targets,
    names: BTreeMap<TenantId, String>,
    current: ArcSwap<BTreeMap<String, Loaded>>,
    /// Who is told what came into force.
    followers: Mutex<Vec<mpsc::Sender<InForce>>>,
}

#[derive(Clone)]
struct Loaded {
    policy: Option<Arc<Policy>>,
    problems: Option<Problems>,
}

/// A tenant has no policy in force: the request is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the tenant \"{tenant}\" has no policy: {} is missing or broken", file.display())]
pub struct PolicyUnavailable {
    /// Who asked.
    pub tenant: TenantId,
    /// The file that should be there.
    pub file: PathBuf,
}

/// A policy as it stands, for status pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyState {
    /// The policy's name.
    pub name: String,
    /// The hash of the version in force; `None` when none is.
    pub hash: Option<String>,
    /// Why the file as it is now is not in force.
    pub problems: Option<String>,
}

/// Which policies are in force, each with the hash of its version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InForce(BTreeMap<String, String>);

impl InForce {
    fn of(loaded: &BTreeMap<String, Loaded>) -> InForce {
        let hash = |loaded: &Loaded| Some(loaded.policy.as_ref()?.hash.clone());
        InForce(loaded.iter().filter_map(|(name, loaded)| Some((name.clone(), hash(loaded)?))).collect())
    }

    /// The hash of the policy of that name.
    pub fn hash(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl PolicySet {
    /// Loads every policy of the settings' folder. Anything wrong in any of them
    /// is an error, and so is a `[[tenant]]` whose policy is not there.
    pub fn load(settings: &Settings) -> Result<PolicySet, Problems> {
        let set = PolicySet {
            folder: settings.policies.clone(),
            targets: settings.targets.clone(),
            names: settings.tenants.clone(),
            current: ArcSwap::default(),
            followers: Mutex::default(),
        };
        let mut loaded = BTreeMap::new();
        let mut problems = Vec::new();
        for file in policy_files(&set.folder)? {
            match set.compile(&file) {
                Ok(policy) => {
                    loaded.insert(policy.id.clone(), Loaded { policy: Some(Arc::new(policy)), problems: None });
                }
                Err(Problems(found)) => problems.extend(found),
            }
        }
        for (tenant, name) in &set.names {
            let file = set.file_of(name);
            if !loaded.contains_key(name) && !problems.iter().any(|problem| problem.file == file) {
                let message = format!("is missing; the tenant \"{tenant}\" needs it");
                problems.push(FileError { file, line: None, message });
            }
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        set.current.store(Arc::new(loaded));
        Ok(set)
    }

    /// The policy of `tenant`.
    pub fn get(&self, tenant: &TenantId) -> Result<Arc<Policy>, PolicyUnavailable> {
        let name = self.name_of(tenant);
        let current = self.current.load();
        let policy = current.get(name).and_then(|loaded| loaded.policy.clone());
        policy.ok_or_else(|| PolicyUnavailable { tenant: tenant.clone(), file: self.file_of(name) })
    }

    /// Every policy as it stands.
    pub fn states(&self) -> Vec<PolicyState> {
        let state = |(name, loaded): (&String, &Loaded)| PolicyState {
            name: name.clone(),
            hash: loaded.policy.as_ref().map(|policy| policy.hash.clone()),
            problems: loaded.problems.as_ref().map(Problems::to_string),
        };
        self.current.load().iter().map(state).collect()
    }

    /// Whether every file is in force as it is now.
    pub fn is_whole(&self) -> bool {
        self.current.load().values().all(|loaded| loaded.problems.is_none())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the folder again. A broken file leaves its last good version in
    /// force; a removed file takes its policy out of force.
    pub fn reload(&self) {
        let files = match policy_files(&self.folder) {
            Ok(files) => files,
            Err(error) => {
                tracing::error!(%error, "policies not reloaded, the old ones stay in force");
                return telemetry::policy_reloaded("broken");
            }
        };
        let before = self.current.load_full();
        let loaded: BTreeMap<String, Loaded> = files
            .iter()
            .map(|file| {
                let name = policy_name(file);
                let loaded = self.reload_one(&name, file, before.get(&name));
                (name, loaded)
            })
            .collect();
        for name in before.keys().filter(|name| !loaded.contains_key(*name)) {
            tracing::warn!(policy = name, "policy removed; requests of its tenants are refused");
            telemetry::policy_reloaded("removed");
        }
        let (was, is) = (InForce::of(&before), InForce::of(&loaded));
        self.current.store(Arc::new(loaded));
        if was != is {
            self.tell(&is);
        }
    }

    /// What holds now, and then each time that something else does.
    pub fn follow(&self) -> (InForce, mpsc::Receiver<InForce>) {
        // Under the lock, so that no change falls between the two.
        let mut followers = self.followers();
        let (follower, changes) = mpsc::channel(CHANGES_MAX);
        followers.push(follower);
        (InForce::of(&self.current.load()), changes)
    }

    fn tell(&self, in_force: &InForce) {
        self.followers().retain(|follower| match follower.try_send(in_force.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::error!("policies change faster than it is recorded; one of the changes is left out");
                telemetry::audit_event_unrecorded("policy_changed");
                true
            }
        });
    }

    fn followers(&self) -> MutexGuard<'_, Vec<mpsc::Sender<InForce>>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the policy of `tenant` is called, whether there is one or not.
    pub fn name_of<'a>(&'a self, tenant: &'a TenantId) -> &'a str {
        self.names.get(tenant).map_or(tenant.as_str(), String::as_str)
    }

    fn reload_one(&self, name: &str, file: &Path, before: Option<&Loaded>) -> Loaded {
        let old = before.and_then(|loaded| loaded.policy.clone());
        match self.compile(file) {
            Ok(new) => {
                let unchanged = old.filter(|old| old.hash == new.hash);
                let policy = unchanged.unwrap_or_else(|| {
                    tracing::info!(policy = name, hash = new.hash, "policy reloaded");
                    telemetry::policy_reloaded("ok");
                    Arc::new(new)
                });
                Loaded { policy: Some(policy), problems: None }
            }
            Err(problems) => {
                if before.and_then(|loaded| loaded.problems.as_ref()) != Some(&problems) {
                    tracing::error!(policy = name, %problems, "policy is broken, its last good version stays in force");
                    telemetry::policy_reloaded("broken");
                }
                Loaded { policy: old, problems: Some(problems) }
            }
        }
    }

    fn compile(&self, file: &Path) -> Result<Policy, Problems> {
        let policy = check_file(file)?;
        check_targets(file, &policy, &self.targets)?;
        Ok(policy)
    }

    fn file_of(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.toml"))
    }
}

/// The `.toml` files of `folder` in order of name.
pub fn policy_files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |error: std::io::Error| FileError {
        file: folder.to_owned(),
        line: None,
        message: format!("the folder of policies cannot be read: {error}"),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn policy_name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
