//! `GET /cordon/v1/audit/records`: records of the reader's chain, in its order.

use actix_web::{HttpRequest, HttpResponse, web};

use super::answer;
use super::parameters::Parameters;
use super::reader::AuditReader;
use crate::audit::Seq;
use crate::audit::query::{self, Filter, Page};
use crate::http::error::ApiError;
use crate::http::server::State;

const KNOWN: &[&str] = &["after", "limit"];
const LIMIT_MAX: u32 = 1000;

/// Lists them.
pub(super) async fn list(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let parameters = Parameters::of(&request, KNOWN)?;
        let filter = filter(&reader, &parameters)?;
        let records = query::records(&state.store.pool, &filter).await.map_err(|_| ApiError::audit_unavailable())?;
        reader.tell_read(&state, "records", parameters.names(), records.len()).await?;
        let lines: Vec<String> = records.iter().map(answer::record).collect();
        Ok(answer::json(format!(r#"{{"object":"list","data":[{}]}}"#, lines.join(","))))
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

fn filter(reader: &AuditReader, parameters: &Parameters) -> Result<Filter, ApiError> {
    let after = parameters.get("after").unwrap_or("0").parse().ok().and_then(Seq::new);
    let after = after.ok_or_else(|| ApiError::parameter(Some("after"), "after is a seq, a whole number from 0"))?;
    let limit = parameters.get("limit").unwrap_or("100").parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    let wrong_limit = || ApiError::parameter(Some("limit"), format!("limit is a whole number from 1 to {LIMIT_MAX}"));
    let limit = limit.ok_or_else(wrong_limit)?;
    Ok(Filter { page: Page::After(after), limit, ..Filter::of(reader.tenant().clone()) })
}
