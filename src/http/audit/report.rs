//! `GET /cordon/v1/audit/report`: what a period's records say, as a page that is
//! shown or printed, with the verifier's verdict first.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;

use super::parameters::Parameters;
use super::reader::AuditReader;
use crate::audit::query::time;
use crate::audit::report::{Report, ReportError, Verification};
use crate::audit::verify::Verdict;
use crate::audit::{AuditRead, Event};
use crate::http::error::ApiError;
use crate::http::server::State;

const KNOWN: &[&str] = &["since", "until"];

/// Makes it.
pub(super) async fn report(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let period = period(&Parameters::of(&request, KNOWN)?)?;
        let _turn = state.verification.turn(reader.tenant())?;
        let verifier = state.verification.verifier();
        let verification = Verification::run(verifier, reader.tenant(), |_, _| {}).await.map_err(unavailable)?;
        let verdict = verification.verdict().clone();
        tell(&state, &reader, &verdict, verdict.event(reader.actor())).await?;
        let making = Report::make(&state.store.pool, reader.tenant(), period, verification, |_, _| {});
        let report = making.await.map_err(|error| match error {
            ReportError::NoPeriod => ApiError::parameter(Some("until"), error.to_string()),
            ReportError::Database(_) => unavailable(error),
        })?;
        let records = report.figures().kinds.total();
        let read = AuditRead { by: reader.actor(), what: "report", filters: KNOWN.to_vec(), records };
        tell(&state, &reader, &verdict, Event::AuditRead(read)).await?;
        Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ))
            .body(report.to_html()))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

/// Records what is done with a log. One that is broken may refuse that, or would
/// hide what was found; its reader learns of it all the same.
async fn tell(state: &web::Data<State>, reader: &AuditReader, verdict: &Verdict, event: Event) -> Result<(), ApiError> {
    if verdict.is_whole() {
        return reader.tell(state, event).await;
    }
    if verdict.may_be_recorded() && reader.tell(state, event).await.is_err() {
        tracing::error!("a report over a broken audit log is not recorded");
    }
    Ok(())
}

fn period(parameters: &Parameters) -> Result<(i64, i64), ApiError> {
    let at = |name: &'static str| {
        let parse =
            |value| time::parse(value).map_err(|allowed| ApiError::parameter(Some(name), format!("{name}: {allowed}")));
        parameters.get(name).map(parse).transpose()
    };
    let until = at("until")?.unwrap_or_else(|| Timestamp::now().as_microsecond());
    match at("since")? {
        Some(since) if since < until => Ok((since, until)),
        Some(_) => Err(ApiError::parameter(Some("until"), "until is not later than since")),
        None => Err(ApiError::parameter(Some("since"), "since is needed: where the period of the report begins")),
    }
}

fn unavailable(error: impl std::fmt::Display) -> ApiError {
    tracing::warn!(%error, "a report of the audit log could not be made");
    ApiError::audit_unavailable()
}
