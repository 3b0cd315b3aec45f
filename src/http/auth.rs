//! From an `Authorization` header to an authenticated key.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};

use super::error::ApiError;
use super::server::State;
use crate::tenant::Role;
use crate::tenant::keys::{AuthError, AuthenticatedKey};

/// The key that `request` bears.
///
/// # Errors
/// 401 for whatever is wrong with the key, 403 for one of another role, 503
/// when keys cannot be looked up.
pub(super) async fn authenticate(request: &HttpRequest) -> Result<AuthenticatedKey, ApiError> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(ApiError::unauthenticated)?;
    let key = state.keys.authenticate(bearer(request).unwrap_or_default()).await.map_err(|error| match error {
        AuthError::Unavailable => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "keys_unavailable",
            "API keys cannot be checked right now; try again",
        ),
        _ => ApiError::unauthenticated(),
    })?;
    match key.role {
        Role::Client | Role::Admin => Ok(key),
        Role::Auditor => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "insufficient_role",
            "a key of the role auditor reads the audit log only; ask for one of the role client",
        )),
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
