//! Verifying the audit log, from the settings.

use std::path::PathBuf;

use tokio::task::JoinHandle;

use super::{StartError, signing_key};
use crate::audit::AuditLog;
use crate::audit::checkpoint::{PublicKey, TrustedKeys};
use crate::audit::verify::{Patrol, Rounds, Verifier};
use crate::config::{Home, Settings};
use crate::store::Store;
use crate::tenant::TenantId;

/// The keys whose checkpoints count here: the one that signs, and those that the
/// settings name.
pub fn checkpoint_keys(settings: &Settings) -> Result<Vec<PublicKey>, StartError> {
    let key = signing_key(&settings.home)?;
    // A key counts for all chains, whichever it is named for.
    let own = key.public_key(&settings.audit.origin, &TenantId::system());
    Ok([own].into_iter().chain(settings.audit.trusted_keys.iter().cloned()).collect())
}

/// What the audit log keeps outside the database.
pub fn audit_folder(home: &Home) -> PathBuf {
    home.data().join("audit")
}

/// What verifies chains in a server.
pub(super) fn verifier(settings: &Settings, store: &Store) -> Result<Verifier, StartError> {
    let keys = TrustedKeys::new(checkpoint_keys(settings)?);
    Ok(Verifier::new(store.pool.clone(), keys).with_folder(audit_folder(&settings.home)))
}

/// Verifies in the background from now on.
pub(super) fn start(verifier: Verifier, settings: &Settings, store: &Store, audit: &AuditLog) -> JoinHandle<()> {
    let rounds = Rounds {
        interval: settings.audit.verify_interval,
        full_interval: settings.audit.full_verify_interval,
        rest_factor: Rounds::REST_FACTOR,
    };
    let options = store.connect_options().clone();
    Patrol::new(verifier, audit.clone(), options, rounds).start()
}
