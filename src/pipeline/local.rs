//! The way of a request that stays: the local model answers the real text.

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use serde_json::Value;

use super::answering::Answering;
use super::record::Recorder;
use super::reply::Reply;
use super::scan::Findings;
use super::{Call, Pipeline, Refusal};
use crate::config::EMBEDDED;
use crate::dialect::translate::{Interpreter, between};
use crate::dialect::{Dialect, Request, RequestError};
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
        let none = Refusal::NoAllowedTarget("the embedded model has no answer to what this API asks for");
        let steps = between(call.dialect, Dialect::of_embedded_model()).ok_or(none)?;
        let (body, interpreter) = Interpreter::raw_request(steps, request.raw_unsigned())?;
        let mut ending = recorder.accept(None, None).await?;
        ending.first_pass("answered", EMBEDDED);
        // The model saw the real text: nothing was minted, so nothing is restored.
        let answering = Answering {
            dialect: call.dialect,
            interpreter,
            restorer: Arc::default(),
            seals: None,
            structured_output: false,
            stream: request.wants_stream(),
            asked: Instant::now(),
            keeping: None,
            ending,
        };
        let reply = self.ask_embedded(&body, answering).await?;
        Ok(Reply { entities: findings.summary(), ..reply })
    }

    /// Lets the model in this process answer `body`, a chat.
    pub(super) async fn ask_embedded(&self, body: &Value, answering: Answering) -> Result<Reply, Refusal> {
        let Some(model) = &self.local else {
            return Err(answering.fail(Refusal::NoAllowedTarget("the embedded model is switched off")));
        };
        let completion = match Completion::start(model, body).await {
            Ok(completion) => completion,
            Err(error) => return Err(answering.fail(refusal(&error))),
        };
        if answering.stream {
            return Ok(answering.events(completion.events().map(Ok).boxed(), Vec::new()));
        }
        match completion.whole().await {
            Ok(answer) => answering.whole(answer.body, 200, Vec::new()).await,
            Err(error) => Err(answering.fail(refusal(&error))),
        }
    }
}

/// What the caller is told of the local model's failure.
fn refusal(error: &ChatError) -> Refusal {
    tracing::warn!(%error, "the local model does not answer");
    match error {
        ChatError::Unsupported(_)
        | ChatError::Model(LocalError::PromptTooLong { .. } | LocalError::UnknownRole { .. } | LocalError::Template) => {
            Refusal::Invalid(RequestError { message: error.to_string(), param: None })
        }
        ChatError::Model(LocalError::Busy { .. }) => Refusal::LocalBusy,
        ChatError::Model(LocalError::Deadline) => Refusal::UpstreamTimeout,
        ChatError::Model(_) => Refusal::Upstream("the local model failed"),
    }
}
