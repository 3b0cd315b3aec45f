//! `GET /cordon/v1/audit/checkpoints`: the signed checkpoints of the reader's
//! chain, by size; and `GET /cordon/v1/audit/proof`: proofs about them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::answer;
use super::parameters::Parameters;
use super::reader::AuditReader;
use crate::audit::Seq;
use crate::audit::checkpoint::TrustedKeys;
use crate::audit::checkpoint::table::{self, StoredCheckpoint};
use crate::audit::proof::{ProofError, Prover};
use crate::http::error::ApiError;
use crate::http::server::State;

const LIMIT_MAX: i64 = 1000;
/// Records that are read for one proof: about a second's work. Who needs more has
/// the command.
const PROOF_RECORDS_MAX: u64 = 500_000;

/// Lists checkpoints larger than `after`.
pub(super) async fn list(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let parameters = Parameters::of(&request, &["after", "limit"])?;
        let after = number(&parameters, "after", 0, 0, i64::MAX)?;
        let limit = number(&parameters, "limit", 100, 1, LIMIT_MAX)?;
        let found = table::after(&state.store.pool, reader.tenant(), after, limit).await;
        let found = found.map_err(|_| ApiError::audit_unavailable())?;
        reader.tell_read(&state, "checkpoints", parameters.names(), found.len()).await?;
        let trusted = state.checkpoints.trusted(reader.tenant());
        let next = found.last().filter(|_| i64::try_from(found.len()) == Ok(limit)).map(|last| last.size);
        let data: Vec<Value> = found.iter().map(|found| shown(found, &trusted)).collect();
        Ok(answer::json(json!({ "object": "list", "data": data, "next": next }).to_string()))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

/// A row as it stands; `trusted` says whether its signature is one that counts.
fn shown(found: &StoredCheckpoint, trusted: &TrustedKeys) -> Value {
    let said = found.signed.as_ref().map(|signed| signed.checkpoint());
    let counts = found.signed.as_ref().is_some_and(|signed| {
        i64::try_from(signed.checkpoint().size) == Ok(found.size) && signed.verify(trusted).is_ok()
    });
    json!({
        "size": found.size, "time_s": said.map(|said| said.time_s), "root": said.map(|said| said.root),
        "trusted": counts, "note": found.signed.as_ref().map(|signed| signed.text()),
    })
}

/// Proves that a record (`seq`) is in the tree of a checkpoint (`size`, else the
/// first that covers it), or that one checkpoint (`to`) goes on from another
/// (`from`).
pub(super) async fn prove(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let parameters = Parameters::of(&request, &["seq", "size", "from", "to"])?;
        let trusted = state.checkpoints.trusted(reader.tenant());
        let (pool, tenant) = (&state.store.pool, reader.tenant());
        let prover = Prover { pool, tenant, trusted, records_max: PROOF_RECORDS_MAX };
        let given = ["seq", "size", "from", "to"].map(|name| parameters.get(name).is_some());
        let size = |name| number(&parameters, name, 0, 1, i64::MAX).map(i64::unsigned_abs);
        let proved = match given {
            [true, has_size, false, false] => {
                let seq = Seq::new(number(&parameters, "seq", 0, 1, i64::MAX)?).unwrap_or(Seq::NONE);
                let of_size = if has_size { Some(size("size")?) } else { None };
                prover.inclusion(seq, of_size).await.map(|proved| proved.json())
            }
            [false, false, true, true] => {
                prover.consistency(size("from")?, size("to")?).await.map(|proved| proved.json())
            }
            _ => return Err(ApiError::parameter(None, "ask by seq (and size), or by from and to")),
        };
        let proved = proved.map_err(not_proved)?;
        reader.tell_read(&state, "proof", parameters.names(), 1).await?;
        Ok(answer::json(proved))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

fn not_proved(error: ProofError) -> ApiError {
    let status = match &error {
        ProofError::Database(_) => return ApiError::audit_unavailable(),
        ProofError::NotCovered(_) | ProofError::NoSuchCheckpoint { .. } | ProofError::CutOff { .. } => {
            StatusCode::NOT_FOUND
        }
        ProofError::Question(_) | ProofError::TooFar { .. } => StatusCode::BAD_REQUEST,
        ProofError::Differs(_) | ProofError::Broken(_) => StatusCode::CONFLICT,
    };
    ApiError::new(status, "no_proof", error.to_string())
}

fn number(parameters: &Parameters, name: &'static str, default: i64, min: i64, max: i64) -> Result<i64, ApiError> {
    let Some(text) = parameters.get(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    let wrong = || match max {
        i64::MAX => format!("{name} is a whole number from {min}"),
        _ => format!("{name} is a whole number from {min} to {max}"),
    };
    number.ok_or_else(|| ApiError::parameter(Some(name), wrong()))
}
