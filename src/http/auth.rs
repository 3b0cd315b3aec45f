//! From an `Authorization` or `x-api-key` header to an authenticated key.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};

use super::error::ApiError;
use super::server::State;
use crate::tenant::Role;
use crate::tenant::keys::{AuthError, AuthenticatedKey};

/// Where Anthropic's clients put their key.
const API_KEY: &str = "x-api-key";

/// Which keys a door is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Door {
    /// The dialects: keys of clients and admins.
    Models,
    /// The audit log: keys of auditors and admins.
    AuditLog,
}

impl Door {
    fn takes(self, role: Role) -> bool {
        match (self, role) {
            (_, Role::Admin) | (Door::Models, Role::Client) | (Door::AuditLog, Role::Auditor) => true,
            (Door::Models, Role::Auditor) | (Door::AuditLog, Role::Client) => false,
        }
    }

    fn refusal(self) -> &'static str {
        match self {
            Door::Models => "a key of the role auditor reads the audit log only; ask for one of the role client",
            Door::AuditLog => "a key of the role client does not read the audit log; ask for one of the role auditor",
        }
    }
}

/// The key that `request` bears, where `door` is for its role.
///
/// # Errors
/// 401 for whatever is wrong with the key and for several that differ, 403 for one
/// of another role, 503 when keys cannot be looked up.
pub(super) async fn authenticate(request: &HttpRequest, door: Door) -> Result<AuthenticatedKey, ApiError> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(ApiError::unauthenticated)?;
    let key = state.keys.authenticate(key_of(request)?).await.map_err(|error| match error {
        AuthError::Unavailable => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "keys_unavailable",
            "API keys cannot be checked right now; try again",
        ),
        _ => ApiError::unauthenticated(),
    })?;
    if door.takes(key.role) {
        Ok(key)
    } else {
        Err(ApiError::new(StatusCode::FORBIDDEN, "insufficient_role", door.refusal()))
    }
}

/// The one key of all that `request` bears; empty where it bears none, or one that
/// is none.
fn key_of(request: &HttpRequest) -> Result<&str, ApiError> {
    let headers = request.headers();
    let bearers = headers.get_all(AUTHORIZATION).filter_map(|value| bearer(value.to_str().ok()?));
    let named = headers.get_all(API_KEY).map(|value| value.to_str().unwrap_or_default().trim());
    let mut keys = bearers.chain(named).filter(|key| !key.is_empty());
    let key = keys.next().unwrap_or_default();
    if keys.all(|other| other == key) { Ok(key) } else { Err(ApiError::two_keys()) }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
