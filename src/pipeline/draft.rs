//! The local model's draft, sanitized by the same scrubber as the request.

use std::time::Instant;

use serde_json::Value;

use super::Pipeline;
use super::ending::Ending;
use super::scan::replacements;
use crate::config::EMBEDDED;
use crate::detect::{Known, Slot};
use crate::dialect::Dialect;
use crate::dialect::translate::{Interpreter, between};
use crate::local::chat_api::{ChatError, Completion};
use crate::policy::{Action, Policy};
use crate::scrub::{Sanitized, TokenMap, sanitize_text};
use crate::telemetry::{self, Stage};

/// What the remote model is told about the draft.
const INTRODUCTION: &str = "A smaller model drafted the following answer to the last message. \
     Correct and improve it, then answer the user directly without mentioning the draft.\n\n";

impl Pipeline {
    /// What the remote model gets along with `body` of `dialect`; nothing when the local
    /// model fails or writes what the policy does not let out: the request then
    /// goes on without a draft, and its record says so.
    pub(super) async fn draft(
        &self,
        dialect: &Dialect,
        body: Value,
        policy: &Policy,
        map: &mut TokenMap,
        ending: &mut Ending,
    ) -> Option<Sanitized<String>> {
        let started = Instant::now();
        let drafted = self.written_draft(dialect, body, policy).await;
        telemetry::stage(Stage::FirstPass, started.elapsed());
        let text = match drafted {
            Ok(text) => {
                if let Some(drafts) = &self.drafts {
                    // Whoever looked may have gone.
                    let _ = drafts.send(text.clone());
                }
                format!("{INTRODUCTION}{text}")
            }
            Err(error) => {
                tracing::warn!(%error, "no draft, the request goes on without one");
                ending.first_pass("failed", EMBEDDED);
                return None;
            }
        };
        let sanitized = self.sanitized_draft(&text, policy, map).await;
        ending.first_pass(if sanitized.is_some() { "drafted" } else { "withheld" }, EMBEDDED);
        sanitized
    }

    async fn written_draft(&self, dialect: &Dialect, body: Value, policy: &Policy) -> Result<String, ChatError> {
        let model = self.local.as_ref().ok_or(ChatError::Unsupported("drafts: it is switched off"))?;
        let chat =
            between(dialect, Dialect::of_embedded_model()).and_then(|steps| Interpreter::raw_request(steps, body).ok());
        let (mut body, _) = chat.ok_or(ChatError::Unsupported("drafts for requests that are no chats"))?;
        if let Value::Object(fields) = &mut body {
            // One draft in words, whatever the caller asks of the remote model.
            fields.retain(|field, _| field == "messages" || field == "model" || field == "seed");
            fields.insert("max_tokens".into(), Value::from(policy.first_pass.max_tokens));
        }
        Ok(Completion::start(model, &body).await?.whole().await?.text)
    }

    async fn sanitized_draft(&self, text: &str, policy: &Policy, map: &mut TokenMap) -> Option<Sanitized<String>> {
        // What a detector may miss in its new surroundings, and the one word of a
        // person's name by which answers greet.
        let known: Vec<Known<'_>> = map.tokens().map(|(_, label, value)| Known { label, value }).collect();
        let spans = self.detect(&known, &[Slot::text(text)], policy).await.ok()?.pop()?;
        if spans.iter().any(|span| matches!(policy.action(span.label), Action::Block | Action::LocalOnly)) {
            return None;
        }
        Some(sanitize_text(text, &replacements(&spans, policy), map))
    }
}
