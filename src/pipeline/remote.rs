//! The way of a request that leaves: sanitized, recorded, sent, restored.

use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;

use super::record::{Ending, Recorder, digest_json};
use super::reply::{Reply, ReplyBody};
use super::scan::{Findings, replacements};
use super::stream::relay;
use super::{Call, Pipeline, Refusal, local};
use crate::config::Target;
use crate::dialect::{Answer, AnswerStream, Origin, Request, Usage};
use crate::local::chat_api::Completion;
use crate::policy::Policy;
use crate::scrub::{Replacement, Sanitized, ScopeKey, TokenMap, TokenStyle, sanitize, sanitize_text};
use crate::telemetry::{self, Stage};
use crate::upstream::{UpstreamBody, UpstreamError, UpstreamResponse};

/// Told to the remote model when the policy says so. It shows no token of its
/// own: small models copy what they are shown.
const TOKEN_NOTE: &str = "Words in square brackets stand for names and other values that are hidden here. \
     Wherever you mention such a value, copy its brackets and what is in them exactly.";

/// Statuses of a provider that tell the caller about its own request.
const CALLERS_FAULT: [u16; 6] = [400, 404, 409, 413, 422, 429];

/// How a request is to be sent.
pub(super) struct Sending<'a> {
    pub(super) call: &'a Call,
    pub(super) policy: &'a Policy,
    pub(super) target: Target,
    /// Whether the local model's draft goes along.
    pub(super) draft: bool,
}

/// What restores the answer.
struct Restoring {
    map: TokenMap,
    structured_output: bool,
    stream: bool,
}

impl Pipeline {
    pub(super) async fn answer_remotely(
        &self,
        sending: Sending<'_>,
        mut request: Request,
        findings: Findings,
        recorder: &mut Recorder,
    ) -> Result<Reply, Refusal> {
        let Sending { call, policy, target, draft } = sending;
        request.set_model(&target.model);
        let started = Instant::now();
        let mut map = self.token_map(call, &request);
        let raw = draft.then(|| request.raw().clone());
        let (stream, structured_output) = (request.wants_stream(), request.wants_structured_output());
        let found: Vec<Vec<Replacement>> = findings.spans.iter().map(|spans| replacements(spans, policy)).collect();
        // The lists come from this request's own slots, so there are as many.
        let mut body = sanitize(request, &found, &mut map).map_err(|_| Refusal::DetectorUnavailable)?;
        if policy.explain_tokens && !map.is_empty() {
            let note = sanitize_text(TOKEN_NOTE, &[], &mut map);
            body = body.zip(note).map(call.dialect.add_instruction);
        }
        telemetry::stage(Stage::Scrub, started.elapsed());
        let digest = (!draft).then(|| digest_json(&self.digests, body.get()));
        let mut ending = recorder.accept(Some(&target), digest).await?;
        if let Some(raw) = raw {
            if let Some(draft) = self.draft(&raw, policy, &mut map, &mut ending).await {
                body = body.zip(draft).map(call.dialect.add_remark);
            }
            ending.sanitized(digest_json(&self.digests, body.get()));
        }
        let restoring = Restoring { map, structured_output, stream };
        let reply = if target.provider.is_embedded() {
            self.ask_embedded(call, body, restoring, ending).await
        } else {
            let sent = self.upstream.send(&target, body, stream).await;
            telemetry::stage(Stage::UpstreamFirstByte, started.elapsed());
            receive(call, sent, restoring, ending)
        };
        Ok(Reply { entities: findings.summary(), ..reply? })
    }

    /// The request's tokens, apart from whatever its texts hold already, and the
    /// hosts that its author named.
    pub(super) fn token_map(&self, call: &Call, request: &Request) -> TokenMap {
        let conversation = super::record::conversation_of(call, request);
        let scope = ScopeKey::derive(&self.master, &call.key.tenant, &conversation);
        let mut map = TokenMap::new(scope, TokenStyle::default());
        for slot in request.slots().iter().filter(|slot| slot.origin == Origin::Prompt) {
            map.allow_hosts_of(&slot.text);
        }
        map
    }

    /// The embedded model in a provider's place: it gets what a provider would.
    async fn ask_embedded(
        &self,
        call: &Call,
        body: Sanitized<Value>,
        restoring: Restoring,
        ending: Ending,
    ) -> Result<Reply, Refusal> {
        let Some(model) = &self.local else {
            ending.failed("no_allowed_target", 503);
            return Err(Refusal::NoAllowedTarget("the embedded model is switched off"));
        };
        let started = Completion::start(model, body.get()).await;
        let completion = match started {
            Ok(completion) => completion,
            Err(error) => return Err(fail(ending, local::refusal(&error))),
        };
        if restoring.stream {
            let incoming = completion.events().map(Ok::<Bytes, UpstreamError>).boxed();
            return Ok(events(call, incoming, restoring, ending, Vec::new()));
        }
        match completion.whole().await {
            Ok(answer) => Ok(whole(call, answer.body, 200, Vec::new(), &restoring, ending)),
            Err(error) => Err(fail(ending, local::refusal(&error))),
        }
    }
}

fn receive(
    call: &Call,
    sent: Result<UpstreamResponse, UpstreamError>,
    restoring: Restoring,
    ending: Ending,
) -> Result<Reply, Refusal> {
    let response = match sent {
        Ok(response) => response,
        Err(UpstreamError::Status { code, body, retry_after, .. }) if CALLERS_FAULT.contains(&code) => {
            return pass_error(call, code, &body.0, retry_after, &restoring, ending);
        }
        Err(error) => return Err(fail(ending, Refusal::from(error))),
    };
    let headers = callers_headers(&response);
    match response.body {
        UpstreamBody::Stream(stream) => Ok(events(call, stream.into_stream().boxed(), restoring, ending, headers)),
        UpstreamBody::Whole(body) => match serde_json::from_slice(&body) {
            Ok(answer) => Ok(whole(call, answer, response.status, headers, &restoring, ending)),
            Err(_) => Err(fail(ending, Refusal::Upstream("its answer is not JSON"))),
        },
    }
}

/// Headers that tell about the request, not about its encoding.
fn callers_headers(response: &UpstreamResponse) -> Vec<(String, String)> {
    let shown = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        let value = value.to_str().ok()?;
        (name != reqwest::header::CONTENT_TYPE).then(|| (name.to_string(), value.to_owned()))
    };
    response.headers.iter().filter_map(shown).collect()
}

fn events(
    call: &Call,
    incoming: super::stream::Incoming,
    restoring: Restoring,
    ending: Ending,
    headers: Vec<(String, String)>,
) -> Reply {
    let answer = AnswerStream::new(call.dialect, restoring.map.restorer(), restoring.structured_output);
    Reply { status: 200, headers, entities: String::new(), body: ReplyBody::Events(relay(incoming, answer, ending)) }
}

fn whole(
    call: &Call,
    mut answer: Value,
    status: u16,
    headers: Vec<(String, String)>,
    restoring: &Restoring,
    mut ending: Ending,
) -> Reply {
    let started = Instant::now();
    let restorer = restoring.map.restorer();
    let structured_output = restoring.structured_output;
    Answer { dialect: call.dialect, restorer: &restorer, structured_output }.restore(&mut answer);
    telemetry::stage(Stage::Restore, started.elapsed());
    let bytes = Bytes::from(answer.to_string());
    ending.usage(Usage::of(&answer));
    ending.sent(bytes.len());
    if status < 400 {
        ending.completed()
    } else {
        ending.failed("upstream_error", status)
    }
    Reply { status, headers, entities: String::new(), body: ReplyBody::Whole(bytes) }
}

/// A provider's own words about the caller's request, with the values back in.
fn pass_error(
    call: &Call,
    status: u16,
    body: &Bytes,
    retry_after: Option<String>,
    restoring: &Restoring,
    ending: Ending,
) -> Result<Reply, Refusal> {
    let headers = retry_after.map(|after| ("retry-after".to_owned(), after)).into_iter().collect();
    match serde_json::from_slice(body) {
        Ok(error) => Ok(whole(call, error, status, headers, restoring, ending)),
        Err(_) => Err(fail(ending, Refusal::Upstream("it refused the request without saying why"))),
    }
}

fn fail(ending: Ending, refusal: Refusal) -> Refusal {
    ending.failed(refusal.code(), refusal.status());
    refusal
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
            UpstreamError::NotRemote { .. } => Refusal::NoAllowedTarget("its provider is not reached over HTTP"),
        }
    }
}
