//! A target's answer on its way back: restored, recorded, handed over.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

use super::Refusal;
use super::chain::Keeping;
use super::ending::Ending;
use super::reply::{Reply, ReplyBody};
use super::stream::{Incoming, Relay};
use crate::dialect::translate::Interpreter;
use crate::dialect::{Answer, AnswerStream, Dialect, Usage};
use crate::scrub::{Restorer, SealKey};
use crate::telemetry::{self, Stage};
use crate::upstream::{UpstreamBody, UpstreamError, UpstreamResponse};

/// Statuses of a provider that tell the caller about its own request.
const CALLERS_FAULT: [u16; 6] = [400, 404, 409, 413, 422, 429];

/// An accepted request that waits for its answer.
pub(super) struct Answering {
    /// The caller's API.
    pub(super) dialect: &'static Dialect,
    /// Puts the answer into the caller's API.
    pub(super) interpreter: Interpreter,
    /// Knows what the request minted.
    pub(super) restorer: Arc<Restorer>,
    /// Seals what the target signed.
    pub(super) seals: Option<SealKey>,
    /// Whether the answer's text is a JSON document.
    pub(super) structured_output: bool,
    /// Whether the caller wants events.
    pub(super) stream: bool,
    /// When the target was asked.
    pub(super) asked: Instant,
    /// What a later request needs, where the target keeps the answer.
    pub(super) keeping: Option<Keeping>,
    pub(super) ending: Ending,
}

impl Answering {
    /// Takes what a provider sent.
    pub(super) async fn receive(self, sent: Result<UpstreamResponse, UpstreamError>) -> Result<Reply, Refusal> {
        let response = match sent {
            Ok(response) => response,
            Err(UpstreamError::Status { code, body, retry_after, .. }) if CALLERS_FAULT.contains(&code) => {
                return self.pass_error(code, &body.0, retry_after);
            }
            Err(error) => return Err(self.fail(Refusal::from(error))),
        };
        let headers = callers_headers(&response);
        match response.body {
            UpstreamBody::Stream(stream) => Ok(self.events(stream.into_stream().boxed(), headers)),
            UpstreamBody::Whole(body) => match serde_json::from_slice(&body) {
                Ok(answer) => self.whole(answer, response.status, headers).await,
                Err(_) => Err(self.fail(Refusal::Upstream("its answer is not JSON"))),
            },
        }
    }

    /// An answer in events.
    pub(super) fn events(self, incoming: Incoming, headers: Vec<(String, String)>) -> Reply {
        let answer = AnswerStream::new(self.dialect, self.restorer, self.structured_output);
        let answer = answer.with_seals(self.seals);
        let translator = self.interpreter.events();
        let relay = Relay {
            incoming,
            translator,
            dialect: self.dialect,
            answer,
            keeping: self.keeping,
            ending: Some(self.ending),
            asked: self.asked,
            first: true,
        };
        let body = ReplyBody::Events(relay.into_stream());
        Reply { status: 200, headers, entities: String::new(), body }
    }

    /// An answer in one piece.
    pub(super) async fn whole(
        mut self,
        answer: Value,
        status: u16,
        headers: Vec<(String, String)>,
    ) -> Result<Reply, Refusal> {
        let Some(answer) = self.interpreter.answer(answer) else {
            return Err(self.fail(Refusal::Upstream("its answer cannot be read")));
        };
        let id = self.dialect.stateful.and_then(|stateful| (stateful.answer_id)(&answer));
        if let (Some(keeping), Some(id)) = (self.keeping.take(), id)
            && let Err(refusal) = keeping.keep(id).await
        {
            return Err(self.fail(refusal));
        }
        Ok(self.restored(answer, status, headers))
    }

    /// An answer or an error of the caller's API, with the values back in.
    fn restored(mut self, mut answer: Value, status: u16, headers: Vec<(String, String)>) -> Reply {
        let started = Instant::now();
        let (dialect, structured_output, seals) = (self.dialect, self.structured_output, self.seals.as_ref());
        Answer { dialect, restorer: &self.restorer, structured_output, seals }.restore(&mut answer);
        telemetry::stage(Stage::Restore, started.elapsed());
        let bytes = Bytes::from(answer.to_string());
        self.ending.usage(Usage::of(&answer));
        self.ending.sent(bytes.len());
        if status < 400 {
            self.ending.completed()
        } else {
            self.ending.failed("upstream_error", status)
        }
        Reply { status, headers, entities: String::new(), body: ReplyBody::Whole(bytes) }
    }

    /// The request failed after it was accepted.
    pub(super) fn fail(self, refusal: Refusal) -> Refusal {
        self.ending.failed(refusal.code(), refusal.status());
        refusal
    }

    /// A provider's own words about the caller's request, with the values back in.
    fn pass_error(self, status: u16, body: &Bytes, retry_after: Option<String>) -> Result<Reply, Refusal> {
        let headers = retry_after.map(|after| ("retry-after".to_owned(), after)).into_iter().collect();
        match serde_json::from_slice(body) {
            Ok(error) => {
                let error = self.interpreter.error(error, status);
                Ok(self.restored(error, status, headers))
            }
            Err(_) => Err(self.fail(Refusal::Upstream("it refused the request without saying why"))),
        }
    }
}

/// Headers that tell about the request, not about its encoding.
fn callers_headers(response: &UpstreamResponse) -> Vec<(String, String)> {
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = value.to_str().ok()?;
        (name != CONTENT_TYPE).then(|| (name.to_string(), value.to_owned()))
    };
    response.headers.iter().filter_map(shown).collect()
}

impl From<UpstreamError> for Refusal {
    fn from(error: UpstreamError) -> Refusal {
        match error {
            UpstreamError::Timeout { .. } => Refusal::UpstreamTimeout,
            UpstreamError::Refused { .. } => Refusal::Upstream("it cannot be reached"),
            UpstreamError::BrokenOff { .. } => Refusal::Upstream("it broke off in the middle of its answer"),
            UpstreamError::TooLarge { .. } => Refusal::Upstream("its answer is too long"),
            UpstreamError::Unreadable { .. } => Refusal::Upstream("its answer cannot be read"),
            UpstreamError::Status { code: 401 | 403, .. } => {
                Refusal::Upstream("it does not take the key that is configured for it")
            }
            UpstreamError::Status { .. } => Refusal::Upstream("it answered with an error"),
            UpstreamError::NoPath { .. } => Refusal::Upstream("it has no such path"),
            UpstreamError::NotRemote { .. } => Refusal::NoAllowedTarget("its provider is not reached over HTTP"),
        }
    }
}
