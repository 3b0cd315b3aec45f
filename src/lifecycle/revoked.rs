//! Keys that are used after they were revoked.

use std::time::Duration;

use crate::audit::{AuditError, AuditLog, Event, KeyUsedAfterRevocation};
use crate::tenant::keys::{RevokedUse, RevokedUses};

/// From one record of a key to its next: a client that tries on and on must not
/// fill its tenant's chain.
const PERIOD: Duration = Duration::from_secs(60);

/// Records uses as they are counted: the first one at once, the next ones in
/// sum.
pub(super) async fn watch(audit: AuditLog, revoked: RevokedUses) {
    loop {
        revoked.counted().await;
        record(&audit, &revoked).await;
        tokio::time::sleep(PERIOD).await;
    }
}

/// Records what was counted by now. What cannot be recorded now is counted on.
pub(super) async fn record(audit: &AuditLog, revoked: &RevokedUses) {
    for used in revoked.take() {
        let RevokedUse { tenant, key_id, uses } = used.clone();
        let event = Event::KeyUsedAfterRevocation(KeyUsedAfterRevocation { key_id, uses });
        if let Err(AuditError::Unavailable) = audit.note(&tenant, event).await {
            revoked.add(used);
        }
    }
}
