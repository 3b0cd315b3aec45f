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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditConfig;
    use crate::audit::query::{self, Filter};
    use crate::store::testing::fresh_store;
    use crate::tenant::keys::{AuthError, KeyStore};
    use crate::tenant::{Role, TenantId};

    /// A record that cannot be written delays the count, and loses none of it.
    #[tokio::test]
    async fn what_cannot_be_recorded_now_is_recorded_later() {
        let store = fresh_store().await;
        let tenant = TenantId::parse("acme").unwrap();
        let keys = KeyStore::new(store.pool.clone());
        let (key_id, key) = keys.create(&tenant, Role::Client).await.unwrap();
        keys.revoke(&key_id).await.unwrap();
        let gone = AuditLog::start(&store, AuditConfig::default());
        assert!(gone.flush_and_stop(Duration::from_secs(60)).await);
        for _ in 0..2 {
            assert_eq!(keys.authenticate(key.expose()).await, Err(AuthError::Revoked));
            record(&gone, keys.revoked_uses()).await;
        }
        let audit = AuditLog::start(&store, AuditConfig::default());
        record(&audit, keys.revoked_uses()).await;
        record(&audit, keys.revoked_uses()).await;
        let records = query::records(&store.pool, &Filter::of(tenant)).await.unwrap();
        assert_eq!(records.len(), 1);
        assert!(records[0].body.contains(r#""uses":2"#), "{}", records[0].body);
    }
}
