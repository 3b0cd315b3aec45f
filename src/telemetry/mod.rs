//! Logs and metrics, none of which may hold personal data.

mod logging;
mod metrics;

pub use logging::{LogFormat, LoggingError, init_logs};
pub use metrics::{
    ActiveRequest, MetricsError, PROMETHEUS_MIME, Stage, Telemetry, active_request, audit_chains,
    audit_event_unrecorded, audit_orphans, audit_queue, audit_records, audit_verified, entities, policy_reloaded,
    request, stage, tokens, upstream_error,
};
