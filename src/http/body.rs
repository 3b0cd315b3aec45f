//! A request's body, read only once its sender is known, within limits of size
//! and time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{FromRequest, HttpRequest, web};
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::auth::{Door, authenticate};
use super::error::ApiError;
use super::server::State;
use crate::telemetry::{self, ActiveRequest, Stage};
use crate::tenant::keys::AuthenticatedKey;

/// Who sends, and what.
///
/// The key is checked before the first byte of the body is read, so that nobody
/// without one can make Cordon hold megabytes. The limit holds for the decoded
/// body: a compressed one is given up as soon as it has grown past it (L55). What
/// its sender announces for the wire has a limit of its own.
pub(super) struct Authenticated {
    pub(super) key: AuthenticatedKey,
    pub(super) body: Bytes,
    pub(super) place: Place,
    /// When its headers had come.
    pub(super) started: Instant,
}

impl FromRequest for Authenticated {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Authenticated, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload, started) = (request.clone(), payload.take(), Instant::now());
        Box::pin(async move {
            let reading = async {
                let key = authenticate(&request, Door::Models).await?;
                telemetry::stage(Stage::Authenticate, started.elapsed());
                let place = Place::take(&request)?;
                let body = read(&request, &mut payload).await?;
                Ok(Authenticated { key, body, place, started })
            };
            reading.await.map_err(|error: ApiError| error.about(&request))
        })
    }
}

async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, ApiError> {
    let limits = &request.app_data::<web::Data<State>>().ok_or_else(unreadable)?.server;
    if announced_len(request).is_some_and(|len| len > limits.body_size_max_bytes as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(limits.body_timeout, Bytes::from_request(request, payload)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(refusal(&error)),
        Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the body did not arrive in time")),
    }
}

/// One of the places for requests in work, taken before the body is read, so
/// that bodies in memory are bounded too. It is free again when this is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _active: ActiveRequest,
}

impl Place {
    pub(super) fn take(request: &HttpRequest) -> Result<Place, ApiError> {
        let state = request.app_data::<web::Data<State>>().ok_or_else(unreadable)?;
        let permit = Arc::clone(&state.places).try_acquire_owned().map_err(|_| ApiError::overloaded())?;
        Ok(Place { _permit: permit, _active: telemetry::active_request() })
    }
}

/// The length over the wire; a body that comes in pieces announces none.
fn announced_len(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refusal(error: &actix_web::Error) -> ApiError {
    let is_too_large = matches!(error.as_error::<PayloadError>(), Some(PayloadError::Overflow))
        || error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE;
    if is_too_large { too_large() } else { unreadable() }
}

fn too_large() -> ApiError {
    let message = "the body is larger than this server takes; body_size_max_bytes in cordon.toml sets the limit";
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
}

fn unreadable() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_request", "the body could not be read")
}
