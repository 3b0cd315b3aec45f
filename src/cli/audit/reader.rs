//! Who reads the audit log on this machine leaves a record of it, as everybody
//! does.

use std::error::Error;

use crate::audit::{Actor, AuditConfig, AuditLog, AuditRead, Event};
use crate::store::Store;
use crate::tenant::TenantId;

/// Records reads. End it with [`Reader::close`].
pub(super) struct Reader(AuditLog);

impl Reader {
    pub(super) fn new(store: &Store) -> Reader {
        Reader(AuditLog::start(store, AuditConfig::default()))
    }

    /// Makes the record durable that `what` was read of the tenant's chain, chosen
    /// by `filters` (names, never values). Show nothing before, nor where it fails.
    pub(super) async fn tell(
        &self,
        tenant: &TenantId,
        what: &'static str,
        filters: Vec<&'static str>,
        records: usize,
    ) -> Result<(), Box<dyn Error>> {
        let read = AuditRead { by: Actor::Command, what, filters, records: records as u64 };
        self.0.append(tenant, Event::AuditRead(read)).await?;
        Ok(())
    }

    pub(super) async fn close(self) {
        self.0.flush_and_stop(super::FLUSH_MAX).await;
    }
}
