//! `GET /cordon/v1/audit/verify`: whether the reader's chain is whole.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer;
use super::parameters::Parameters;
use super::reader::AuditReader;
use crate::audit::verify::{Mode, Verdict, Verifier};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::tenant::TenantId;

const KNOWN: &[&str] = &["mode"];

/// Verifies chains for readers, one at a time for each tenant: it reads the whole
/// chain, and a second reading at the same time would tell nothing new.
pub struct Verification {
    verifier: Verifier,
    running: Mutex<HashSet<TenantId>>,
}

/// While it lives, no other verification of the tenant begins.
pub(super) struct Turn<'a> {
    running: &'a Mutex<HashSet<TenantId>>,
    tenant: TenantId,
}

impl Verification {
    /// Verifies with `verifier`.
    pub fn new(verifier: Verifier) -> Verification {
        Verification { verifier, running: Mutex::default() }
    }

    /// What verifies.
    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(super) fn turn(&self, tenant: &TenantId) -> Result<Turn<'_>, ApiError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(tenant.clone()) {
            return Ok(Turn { running: &self.running, tenant: tenant.clone() });
        }
        let message = "the log is being verified already; ask again when that is over";
        Err(ApiError::new(StatusCode::CONFLICT, "verification_running", message))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

/// Verifies it.
pub(super) async fn verify(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let mode = mode(&Parameters::of(&request, KNOWN)?)?;
        let _turn = state.verification.turn(reader.tenant())?;
        let verifying = state.verification.verifier.verify(reader.tenant(), mode, |_, _| {});
        let verdict = verifying.await.map_err(|error| {
            tracing::warn!(%error, "the audit log could not be verified");
            ApiError::audit_unavailable()
        })?;
        tell(&state, &reader, &verdict).await?;
        Ok(answer::json(verdict.to_json().to_string()))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

/// Records the verification. A log that is broken may refuse that; then the reader
/// is told all the same.
async fn tell(state: &web::Data<State>, reader: &AuditReader, verdict: &Verdict) -> Result<(), ApiError> {
    let event = verdict.event(reader.actor());
    if verdict.is_whole() {
        return reader.tell(state, event).await;
    }
    if verdict.may_be_recorded() && reader.tell(state, event).await.is_err() {
        tracing::error!("a verification that found the audit log broken is not recorded");
    }
    Ok(())
}

fn mode(parameters: &Parameters) -> Result<Mode, ApiError> {
    match parameters.get("mode") {
        None | Some("full") => Ok(Mode::Full),
        Some("incremental") => Ok(Mode::Incremental),
        Some(_) => Err(ApiError::parameter(Some("mode"), "mode is full or incremental")),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[tokio::test]
    async fn a_tenants_chain_is_verified_once_at_a_time() {
        let pool = PgPool::connect_lazy("postgres://localhost/none").unwrap();
        let verification = Verification::new(Verifier::without_checkpoints(pool));
        let (one, other) = (TenantId::parse("one").unwrap(), TenantId::parse("other").unwrap());
        let turn = verification.turn(&one).unwrap();
        assert!(verification.turn(&one).is_err());
        assert!(verification.turn(&other).is_ok());
        drop(turn);
        assert!(verification.turn(&one).is_ok());
    }
}
