//! Who reads the audit log.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::audit::{Actor, AuditRead, Event};
use crate::http::auth::{Door, authenticate};
use crate::http::body::Place;
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::tenant::TenantId;
use crate::tenant::keys::AuthenticatedKey;

/// Somebody with a key of the role auditor or admin. Whatever is read is of the
/// key's own tenant: nothing in the request names one.
///
/// Taking this out of a request answers 401 without a key that holds, 403
/// `insufficient_role` to a client's key, and 503 when keys cannot be checked or
/// as many requests are in work as the configuration allows.
pub(in crate::http) struct AuditReader {
    key: AuthenticatedKey,
    /// The request is in work until its answer is made.
    _place: Place,
}

impl FromRequest for AuditReader {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<AuditReader, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let reading = async {
                let key = authenticate(&request, Door::AuditLog).await?;
                Ok(AuditReader { key, _place: Place::take(&request)? })
            };
            reading.await.map_err(|error: ApiError| error.about(&request))
        })
    }
}

impl AuditReader {
    /// Whose log it is.
    pub(in crate::http) fn tenant(&self) -> &TenantId {
        &self.key.tenant
    }

    /// As records name the reader.
    pub(in crate::http) fn actor(&self) -> Actor {
        Actor::Key { key_id: self.key.key_id.clone(), role: self.key.role }
    }

    /// Makes the record of a read durable. Call it before the answer goes out, and
    /// answer nothing where it fails: a read that left no record did not happen.
    ///
    /// # Errors
    /// 503 `audit_unavailable`.
    pub(in crate::http) async fn tell(&self, state: &web::Data<State>, event: Event) -> Result<(), ApiError> {
        let told = state.pipeline.audit.append(&self.key.tenant, event).await;
        told.map(drop).map_err(|error| {
            tracing::warn!(%error, "a question to the audit log is not answered");
            ApiError::audit_unavailable()
        })
    }

    /// [`AuditReader::tell`] of a plain read: `what` was asked for, `filters` are
    /// the names of the parameters that chose (never their values), and `records`
    /// is how many the answer shows.
    pub(in crate::http) async fn tell_read(
        &self,
        state: &web::Data<State>,
        what: &'static str,
        filters: Vec<&'static str>,
        records: usize,
    ) -> Result<(), ApiError> {
        let records = records as u64;
        self.tell(state, Event::AuditRead(AuditRead { by: self.actor(), what, filters, records })).await
    }
}
