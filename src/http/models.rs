//! `GET /v1/models`: the models that the caller's policy allows.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde_json::{Value, json};

use super::auth::{Door, authenticate};
use super::error::ApiError;
use super::server::State;
use crate::dialect::Dialect;
use crate::pipeline::Refusal;

/// Lists them.
pub(super) async fn list(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let names = names(&request, &state).await?;
    let models: Vec<Value> = names.iter().map(|model| describe(model)).collect();
    Ok(HttpResponse::Ok().json(json!({
        "object": "list", "data": models, "has_more": false, "first_id": names.first(), "last_id": names.last(),
    })))
}

/// Describes one.
pub(super) async fn one(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let names = names(&request, &state).await?;
    let unknown = || ApiError::from(Refusal::UnknownModel).about(&request);
    let model = names.iter().find(|model| **model == *name).ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(describe(model)))
}

async fn names(request: &HttpRequest, state: &State) -> Result<Vec<String>, ApiError> {
    let key = authenticate(request, Door::Models).await.map_err(|error| error.about(request))?;
    state.pipeline.models(&key.tenant).map_err(|refusal| ApiError::from(refusal).about(request))
}

/// A path that Cordon does not know; it is never passed on (L14).
pub(super) async fn unknown(request: HttpRequest) -> HttpResponse {
    let known: Vec<&str> = Dialect::all().iter().map(|dialect| dialect.route).collect();
    let message = format!("no such endpoint here; GET /v1/models and POST {} are", known.join(", "));
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message).about(&request).error_response()
}

fn describe(model: &str) -> Value {
    // The APIs want a time of creation; a name in a configuration has none. What
    // OpenAI's and Anthropic's clients read stands side by side.
    json!({
        "id": model, "object": "model", "created": 0, "owned_by": "cordon",
        "type": "model", "display_name": model, "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
    })
}
