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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use metrics_exporter_prometheus::PrometheusBuilder;

    use crate::audit::testing::{key_created, tenant};
    use crate::audit::{AuditConfig, AuditError, AuditLog};
    use crate::store::testing::fresh_store;

    #[test]
    fn what_cannot_be_noted_is_counted() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let recorder = PrometheusBuilder::new().build_recorder();
        let noted = metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let log = AuditLog::start(&fresh_store().await, AuditConfig::default());
                let first = log.note(&tenant("acme"), key_created()).await;
                assert!(log.flush_and_stop(Duration::from_secs(60)).await);
                [first, log.note(&tenant("acme"), key_created()).await]
            })
        });
        assert!(matches!(noted, [Ok(_), Err(AuditError::Unavailable)]), "{noted:?}");
        let counted = recorder.handle().render();
        let line = r#"cordon_audit_events_unrecorded_total{kind="key_created"} 1"#;
        assert!(counted.contains(line), "{counted}");
    }
}
