//! The way of a request that stays: the local model answers the real text.

use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;

use super::ending::Ending;
use super::record::Recorder;
use super::reply::{Reply, ReplyBody};
use super::scan::Findings;
use super::stream::relay;
use super::{Call, Pipeline, Refusal};
use crate::config::EMBEDDED;
use crate::dialect::{AnswerStream, Request, Usage};
use crate::local::LocalError;
use crate::local::chat_api::{ChatError, Completion};

impl Pipeline {
    pub(super) async fn answer_locally(
        &self,
        call: &Call,
        request: Request,
        findings: Findings,
        recorder: &mut Recorder,
    ) -> Result<Reply, Refusal> {
        let model = self.local.as_ref().ok_or(Refusal::NoAllowedTarget("no local model is configured"))?;
        let mut ending = recorder.accept(None, None).await?;
        ending.first_pass("answered", EMBEDDED);
        let asked = Instant::now();
        let completion = match Completion::start(model, request.raw()).await {
            Ok(completion) => completion,
            Err(error) => return Err(failed(ending, &error)),
        };
        let body = if request.wants_stream() {
            // Nothing was minted, so nothing is restored: the events pass as they are.
            let restorer = self.token_map(call, &request).restorer();
            let answer = AnswerStream::new(call.dialect, restorer, false);
            ReplyBody::Events(relay(completion.events().map(Ok).boxed(), answer, ending, asked))
        } else {
            match completion.whole().await {
                Ok(answer) => ReplyBody::Whole(ended(ending, &answer.body)),
                Err(error) => return Err(failed(ending, &error)),
            }
        };
        Ok(Reply { status: 200, headers: Vec::new(), entities: findings.summary(), body })
    }
}

fn ended(mut ending: Ending, answer: &Value) -> Bytes {
    let bytes = Bytes::from(answer.to_string());
    ending.usage(Usage::of(answer));
    ending.sent(bytes.len());
    ending.completed();
    bytes
}

fn failed(ending: Ending, error: &ChatError) -> Refusal {
    let refusal = refusal(error);
    ending.failed(refusal.code(), refusal.status());
    refusal
}

/// What the caller is told of the local model's failure.
pub(super) fn refusal(error: &ChatError) -> Refusal {
    tracing::warn!(%error, "the local model does not answer");
    match error {
        ChatError::Unsupported(_)
        | ChatError::Model(LocalError::PromptTooLong { .. } | LocalError::UnknownRole { .. } | LocalError::Template) => {
            Refusal::Invalid(crate::dialect::RequestError { message: error.to_string(), param: None })
        }
        ChatError::Model(LocalError::Busy { .. }) => Refusal::LocalBusy,
        ChatError::Model(LocalError::Deadline) => Refusal::UpstreamTimeout,
        ChatError::Model(_) => Refusal::Upstream("the local model failed"),
    }
}
