//! `GET /cordon/v1/audit/records`: records of the reader's chain, or counts of the
//! requests that they tell of.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::parameters::Parameters;
use super::reader::AuditReader;
use super::{answer, cursor};
use crate::audit::Seq;
use crate::audit::index::Field;
use crate::audit::query::{self, BadValue, Filter, GROUPS_MAX, Page};
use crate::http::error::ApiError;
use crate::http::server::State;

const LIMIT_MAX: u32 = 1000;
const LIMIT: u32 = 100;
/// Questions that are answered at a time, so that they leave the database's
/// connections to the requests.
static QUESTIONS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));
/// How long a question waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLSTATE of a statement that ran into its timeout, appendix A of the PostgreSQL
/// manual.
const QUERY_CANCELED: &str = "57014";

/// Answers a question.
pub(super) async fn list(
    request: HttpRequest,
    state: web::Data<State>,
    reader: AuditReader,
) -> Result<HttpResponse, ApiError> {
    let answering = async {
        let known: Vec<&'static str> = Filter::PARAMETERS
            .iter()
            .copied()
            .chain(["after", "before", "order", "as_of", "limit", "cursor", "group_by"])
            .collect();
        let parameters = Parameters::of(&request, &known)?;
        let question = Question::of(&parameters, &reader)?;
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&QUESTIONS).acquire_owned()).await;
        let turn = turn.map_err(|_| ApiError::overloaded())?.map_err(|_| ApiError::overloaded())?;
        if question.group_by.is_empty() {
            question.records(&state, &reader, turn).await
        } else {
            question.counts(&state, &reader, turn).await
        }
    };
    answering.await.map_err(|error: ApiError| error.about(&request))
}

/// The right to ask now.
type Turn = OwnedSemaphorePermit;

struct Question {
    filter: Filter,
    group_by: Vec<Field>,
    /// What the record of the read says of it.
    names: Vec<&'static str>,
}

impl Question {
    fn of(parameters: &Parameters, reader: &AuditReader) -> Result<Question, ApiError> {
        if let Some(cursor) = parameters.get("cursor") {
            return Question::of_cursor(parameters, cursor, reader);
        }
        let mut filter = Filter::of(reader.tenant().clone());
        for name in Filter::PARAMETERS {
            if let Some(value) = parameters.get(name) {
                filter.set(name, value).map_err(bad_value)?;
            }
        }
        filter.page = page(parameters)?;
        filter.as_of = seq(parameters, "as_of")?;
        filter.limit = limit(parameters)?;
        Ok(Question { filter, group_by: group_by(parameters)?, names: parameters.names() })
    }

    fn of_cursor(parameters: &Parameters, cursor: &str, reader: &AuditReader) -> Result<Question, ApiError> {
        if parameters.names().iter().any(|name| !matches!(*name, "cursor" | "limit")) {
            let message = "a cursor holds the whole question; give it alone or with limit";
            return Err(ApiError::parameter(Some("cursor"), message));
        }
        let wrong = || ApiError::parameter(Some("cursor"), "cursor takes what an earlier answer had as next");
        let (filter, names) = cursor::read(cursor, reader.tenant()).ok_or_else(wrong)?;
        let filter = Filter { limit: limit(parameters)?, ..filter };
        Ok(Question { filter, group_by: Vec::new(), names: [names, parameters.names()].concat() })
    }

    async fn records(
        self,
        state: &web::Data<State>,
        reader: &AuditReader,
        turn: Turn,
    ) -> Result<HttpResponse, ApiError> {
        let (pool, filter) = (state.store.pool.clone(), self.filter.clone());
        let answer = uncancelled(turn, async move { query::page(&pool, &filter).await }).await?;
        reader.tell_read(state, "records", self.names, answer.records.len()).await?;
        let next = answer.next.map(|next| cursor::write(&self.filter, answer.as_of, next));
        let records: Vec<String> = answer.records.iter().map(answer::record).collect();
        Ok(answer::json(format!(
            r#"{{"object":"list","tenant":"{}","as_of":{},"data":[{}],"has_more":{},"next":{}}}"#,
            reader.tenant().as_str(),
            answer.as_of,
            records.join(","),
            next.is_some(),
            json!(next),
        )))
    }

    async fn counts(
        self,
        state: &web::Data<State>,
        reader: &AuditReader,
        turn: Turn,
    ) -> Result<HttpResponse, ApiError> {
        let (pool, filter, by) = (state.store.pool.clone(), self.filter, self.group_by.clone());
        let groups = uncancelled(turn, async move { query::aggregate(&pool, &filter, &by).await }).await?;
        reader.tell_read(state, "counts", self.names, 0).await?;
        Ok(answer::json(groups.document(reader.tenant(), &self.group_by).to_string()))
    }
}

/// Runs `asking` to its end, also when the client goes away: a transaction that is
/// cut off leaves its connection in an unknown state (L52). The turn lasts as long,
/// or clients that go away would have any number of questions asked at a time.
async fn uncancelled<T: Send + 'static>(
    turn: Turn,
    asking: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
) -> Result<T, ApiError> {
    let asking = async move {
        let _turn = turn;
        asking.await
    };
    let asked = tokio::spawn(asking).await.map_err(|_| ApiError::audit_unavailable())?;
    asked.map_err(|error| {
        tracing::warn!(%error, "a question to the audit log is not answered");
        match error.as_database_error().and_then(|error| error.code()).as_deref() {
            Some(QUERY_CANCELED) => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "audit_query_timeout",
                "the question takes too long; ask for a shorter time",
            ),
            _ => ApiError::audit_unavailable(),
        }
    })
}

fn page(parameters: &Parameters) -> Result<Page, ApiError> {
    let (after, before) = (seq(parameters, "after")?, seq(parameters, "before")?);
    let wrong = |param, message: &str| Err(ApiError::parameter(Some(param), message));
    match (parameters.get("order").unwrap_or("asc"), after, before) {
        ("asc", after, None) => Ok(Page::After(after.unwrap_or(Seq::NONE))),
        ("desc", None, before) => Ok(before.map_or(Page::Latest, Page::Before)),
        ("asc", _, Some(_)) => wrong("before", "before goes with order=desc; with order=asc use after"),
        ("desc", Some(_), _) => wrong("after", "after goes with order=asc; with order=desc use before"),
        _ => wrong("order", "order takes asc (from the first record on, the default) or desc (from the last one back)"),
    }
}

fn seq(parameters: &Parameters, name: &'static str) -> Result<Option<Seq>, ApiError> {
    let Some(value) = parameters.get(name) else { return Ok(None) };
    let wrong = || ApiError::parameter(Some(name), format!("{name} takes a seq, a whole number from 0"));
    value.parse().ok().and_then(Seq::new).map(Some).ok_or_else(wrong)
}

fn limit(parameters: &Parameters) -> Result<u32, ApiError> {
    let Some(value) = parameters.get("limit") else { return Ok(LIMIT) };
    let wrong = || ApiError::parameter(Some("limit"), format!("limit takes a whole number from 1 to {LIMIT_MAX}"));
    value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(wrong)
}

fn group_by(parameters: &Parameters) -> Result<Vec<Field>, ApiError> {
    let Some(value) = parameters.get("group_by") else { return Ok(Vec::new()) };
    let wrong = |message: String| ApiError::parameter(Some("group_by"), message);
    if let Some(paged) = ["after", "before", "order", "limit"].into_iter().find(|name| parameters.get(name).is_some()) {
        return Err(wrong(format!("counts have no pages: leave out {paged}")));
    }
    let unknown = || wrong(format!("group_by takes one or two of {}", Field::group_names()));
    let mut by: Vec<Field> = Vec::new();
    for name in value.split(',') {
        let field = Field::parse_group(name).filter(|field| !by.contains(field)).ok_or_else(unknown)?;
        by.push(field);
    }
    if by.len() <= GROUPS_MAX { Ok(by) } else { Err(unknown()) }
}

fn bad_value(error: BadValue) -> ApiError {
    ApiError::parameter(Some(error.name).filter(|name| !name.is_empty()), error.message)
}
