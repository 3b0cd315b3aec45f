//! Records that no request waits for.

use super::{AuditError, AuditLog};
use crate::audit::chain::Receipt;
use crate::audit::record::Event;
use crate::telemetry;
use crate::tenant::TenantId;

impl AuditLog {
    /// Appends `event` where nobody can be refused for its sake. When it is not known
    /// to be durable, that is logged and counted, never passed over.
    ///
    /// # Errors
    /// As [`AuditLog::append`].
    pub async fn note(&self, tenant: &TenantId, event: Event) -> Result<Receipt, AuditError> {
        let kind = event.kind();
        let noted = self.append(tenant, event).await;
        if let Err(error) = &noted {
            tracing::error!(%error, kind, chain = %tenant, "an event could not be recorded");
            telemetry::audit_event_unrecorded(kind);
        }
        noted
    }
}
