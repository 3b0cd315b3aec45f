//! What operators and their tools ask: is it alive, is it ready, what does it do.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::server::State;
use crate::telemetry::PROMETHEUS_MIME;

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Requests would be answered: the database takes records and the policies hold.
pub(super) async fn readyz(state: web::Data<State>) -> HttpResponse {
    let ready = state.store.ready().await.is_ok() && state.pipeline.audit.is_available();
    let status = json!({
        "status": if ready { "ready" } else { "not ready" },
        "audit_log": ready,
        // A broken new version keeps the old one in force, so it is no reason
        // to take this process out of service.
        "policies_whole": state.pipeline.policies.is_whole(),
        "detector": state.pipeline.detector_version(),
    });
    if ready { HttpResponse::Ok().json(status) } else { HttpResponse::ServiceUnavailable().json(status) }
}

/// The metrics, in Prometheus' text format.
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type(PROMETHEUS_MIME).body(state.telemetry.render())
}
