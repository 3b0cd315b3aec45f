//! A request's body, read only once its sender is known, within limits of size
//! and time.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use bytes::Bytes;

use super::auth::authenticate;
use super::error::ApiError;
use super::server::State;
use crate::telemetry::{self, Stage};
use crate::tenant::keys::AuthenticatedKey;

/// Who sends, and what.
///
/// The key is checked before the first byte of the body is read, so that nobody
/// without one can make Cordon hold megabytes. The limit holds for the decoded
/// body: a compressed one is given up as soon as it has grown past it (L55).
pub(super) struct Authenticated {
    pub(super) key: AuthenticatedKey,
    pub(super) body: Bytes,
    /// When its headers had come.
    pub(super) started: Instant,
}

impl FromRequest for Authenticated {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Authenticated, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload, started) = (request.clone(), payload.take(), Instant::now());
        Box::pin(async move {
            let key = authenticate(&request).await?;
            telemetry::stage(Stage::Authenticate, started.elapsed());
            let timeout = match request.app_data::<web::Data<State>>() {
                Some(state) => state.server.body_timeout,
                None => return Err(unreadable()),
            };
            let reading = Bytes::from_request(&request, &mut payload);
            match tokio::time::timeout(timeout, reading).await {
                Ok(Ok(body)) => Ok(Authenticated { key, body, started }),
                Ok(Err(error)) => Err(refusal(&error)),
                Err(_) => Err(ApiError::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "request_timeout",
                    "the body did not arrive in time",
                )),
            }
        })
    }
}

fn refusal(error: &actix_web::Error) -> ApiError {
    let too_large = matches!(error.as_error::<PayloadError>(), Some(PayloadError::Overflow))
        || error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE;
    if too_large {
        let message = "the body is larger than this server takes; body_size_max_bytes in cordon.toml sets the limit";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message);
    }
    unreadable()
}

fn unreadable() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_request", "the body could not be read")
}
