//! `GET /v1/models`: the models that the caller's policy allows.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde_json::{Value, json};

use super::auth::authenticate;
use super::error::ApiError;
use super::server::State;
use crate::pipeline::Refusal;

/// Lists them.
pub(super) async fn list(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let key = authenticate(&request).await?;
    let models: Vec<Value> = state.pipeline.models(&key.tenant)?.iter().map(|model| describe(model)).collect();
    Ok(HttpResponse::Ok().json(json!({"object": "list", "data": models})))
}

/// Describes one.
pub(super) async fn one(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let key = authenticate(&request).await?;
    let models = state.pipeline.models(&key.tenant)?;
    let model = models.iter().find(|model| **model == *name).ok_or(Refusal::UnknownModel)?;
    Ok(HttpResponse::Ok().json(describe(model)))
}

/// A path that Cordon does not know; it is never passed on (L14).
pub(super) async fn unknown() -> HttpResponse {
    let message = "no such endpoint here; POST /v1/chat/completions and GET /v1/models are";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message).error_response()
}

fn describe(model: &str) -> Value {
    // The API wants a time of creation; a name in a configuration has none.
    json!({"id": model, "object": "model", "created": 0, "owned_by": "cordon"})
}
