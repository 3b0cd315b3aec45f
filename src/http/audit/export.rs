//! `GET /cordon/v1/audit/export`: the records of the reader's chain, with what
//! proves them, as one long answer.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::Semaphore;

use super::parameters::Parameters;
use super::reader::AuditReader;
use crate::audit::export::{Bounds, Export, ExportError, Format, Plan, Request};
use crate::audit::query::Filter;
use crate::audit::{AuditExported, Event, Seq};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::tenant::TenantId;

const OWN: [&str; 3] = ["format", "from_seq", "through_seq"];

/// Exports at a time. Each holds some pages of records, however slowly its reader
/// takes them.
static EXPORTS: Semaphore = Semaphore::const_new(2);

/// Streams it.
pub(super) async fn export(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let known: Vec<&'static str> = Filter::PARAMETERS.iter().copied().chain(OWN).collect();
        let parameters = Parameters::of(&request, &known)?;
        let format = format(&parameters)?;
        let wanted = wanted(&parameters, reader.tenant())?;
        let turn = EXPORTS.try_acquire().map_err(|_| ApiError::overloaded())?;
        // An idle chain then ends with what is signed; a busy one is signed soon.
        if let Err(error) = state.checkpoints.make(reader.tenant()).await {
            tracing::warn!(%error, "no checkpoint before an export");
        }
        let plan = Plan::new(&state.store.pool, &wanted).await.map_err(refusal)?;
        let keys = keys(&state, reader.tenant());
        let export = Export::begin(state.store.pool.clone(), plan, format, keys).await.map_err(refusal)?;
        reader.tell(&state, told(&reader, export.plan(), format)).await?;
        let name = format!("attachment; filename=\"audit-{}.{}\"", reader.tenant(), extension(format));
        Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, format.mime()))
            .insert_header((CONTENT_DISPOSITION, name))
            .insert_header((CACHE_CONTROL, "no-store"))
            .streaming(pieces(export, (reader, turn))))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

/// The pieces, made as they are taken. An error ends the connection without the
/// end of the body, so that nobody takes what came for the whole; so do rows of a
/// broken log, behind the last one. `held` lives as long as the stream.
fn pieces<T>(export: Export, held: T) -> impl Stream<Item = Result<Bytes, ExportError>> {
    stream::try_unfold((export, held), async |(mut export, held)| {
        let piece = next(&mut export).await.inspect_err(|error| tracing::error!(%error, "an export is broken off"))?;
        Ok(piece.map(|piece| (piece, (export, held))))
    })
}

/// The next piece. An archive shows by itself where the log is broken; rows cannot,
/// and do not end as if they were whole.
async fn next(export: &mut Export) -> Result<Option<Bytes>, ExportError> {
    let piece = export.next().await?;
    match (&piece, &*export, export.first_break()) {
        (None, Export::Rows(_), Some(broken)) => Err(ExportError::Broken(broken)),
        _ => Ok(piece),
    }
}

fn told(reader: &AuditReader, plan: &Plan, format: Format) -> Event {
    let (by, format, from_seq, through_seq) = (reader.actor(), format.as_str(), plan.from_seq(), plan.through.seq);
    Event::AuditExported(AuditExported { by, format, from_seq, through_seq, records: plan.records })
}

fn wanted(parameters: &Parameters, tenant: &TenantId) -> Result<Request, ApiError> {
    let mut filter = Filter::of(tenant.clone());
    let mut selection = Vec::new();
    for name in Filter::PARAMETERS {
        if let Some(value) = parameters.get(name) {
            filter.set(name, value).map_err(|bad| ApiError::parameter(Some(bad.name), bad.message))?;
            if !matches!(*name, "since" | "until") {
                selection.push(format!("{name}={value}"));
            }
        }
    }
    let bounds = Bounds { from: seq(parameters, "from_seq")?, through: seq(parameters, "through_seq")? };
    Ok(Request { filter, bounds, selection })
}

fn format(parameters: &Parameters) -> Result<Format, ApiError> {
    let format = Format::parse(parameters.get("format").unwrap_or("tar"));
    format.ok_or_else(|| ApiError::parameter(Some("format"), "format is tar, csv or ocsf"))
}

fn seq(parameters: &Parameters, name: &'static str) -> Result<Option<Seq>, ApiError> {
    let Some(value) = parameters.get(name) else { return Ok(None) };
    let seq = value.parse().ok().filter(|seq| *seq >= 1).and_then(Seq::new);
    seq.map(Some).ok_or_else(|| ApiError::parameter(Some(name), format!("{name} is a place: a whole number from 1 on")))
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Tar => "tar",
        Format::Csv => "csv",
        Format::Ocsf => "jsonl",
    }
}

fn keys(state: &State, tenant: &TenantId) -> String {
    let own = state.checkpoints.key.public_key(&state.checkpoints.origin, tenant).to_string();
    let former = state.pipeline.settings.audit.trusted_keys.iter().map(ToString::to_string);
    [own].into_iter().chain(former).map(|key| key + "\n").collect()
}

fn refusal(error: ExportError) -> ApiError {
    match error {
        ExportError::Database(_) | ExportError::Spool(_) => {
            tracing::warn!(%error, "an export could not begin");
            ApiError::audit_unavailable()
        }
        error => ApiError::parameter(None, error.to_string()),
    }
}
