//! Calls about an answer that a provider keeps: found in the vault, recorded,
//! passed on, restored.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::answering::Answering;
use super::chain::adopt;
use super::record::Recorder;
use super::reply::Reply;
use super::{Pipeline, Refusal};
use crate::config::Target;
use crate::dialect::translate::Interpreter;
use crate::dialect::{Dialect, StoredCall, Verb};
use crate::policy::Policy;
use crate::scrub::{ScopeKey, TokenMap, TokenStyle};
use crate::telemetry;
use crate::tenant::keys::AuthenticatedKey;
use crate::upstream::{StoredQuery, UpstreamError, UpstreamResponse};
use crate::vault::Stored;

/// What somebody who is known asks about an answer that a provider keeps.
pub struct StoredQuestion {
    /// Names the request in its answer, the logs and the audit log.
    pub request_id: Uuid,
    /// Who asks.
    pub key: AuthenticatedKey,
    /// The API that the answer was given in.
    pub dialect: &'static Dialect,
    /// What is to be done with it.
    pub call: &'static StoredCall,
    /// The provider's id of it.
    pub id: String,
    /// Stricter actions than the policy's, where the caller asks for some.
    pub stricter: Option<String>,
    /// What the question is asked for, where the caller says so.
    pub purpose: Option<String>,
    /// The address that it came from.
    pub client: Option<IpAddr>,
    /// What else the API lets a caller say.
    pub query: StoredQuery,
    /// When it came.
    pub started: Instant,
}

impl Pipeline {
    /// Answers a call about an answer that a provider keeps for this tenant.
    ///
    /// # Errors
    /// Whatever keeps it from being answered. Nothing has left the perimeter then,
    /// unless the refusal is the upstream's.
    pub async fn ask_about(&self, question: StoredQuestion) -> Result<Reply, Refusal> {
        let understood = self.policy_for(&question.key.tenant, question.stricter.as_deref()).and_then(|policy| {
            let purpose = policy.purpose(question.purpose.as_deref())?;
            Ok((policy, purpose))
        });
        let not_recorded = |refusal: &Refusal| telemetry::request(question.call.name, refusal.code());
        let (policy, purpose) = understood.inspect_err(not_recorded)?;
        let digests = self.digest_key(&question.key.tenant).await.inspect_err(not_recorded)?;
        let mut recorder = Recorder::about(self, digests, &question, &policy);
        recorder.made_for(purpose);
        match self.pass_on(&question, &policy, &mut recorder).await {
            Ok(reply) => Ok(reply),
            Err(refusal) => {
                recorder.refused(&refusal).await?;
                Err(refusal)
            }
        }
    }

    async fn pass_on(
        &self,
        question: &StoredQuestion,
        policy: &Policy,
        recorder: &mut Recorder,
    ) -> Result<Reply, Refusal> {
        let found = self.vault.find(&question.key.tenant, &question.id).await?;
        let found = found.ok_or(Refusal::UnknownAnswer { param: None })?;
        recorder.goes_on(&found);
        let Stored { mapping, kept, tokens } = found;
        let none = Refusal::NoAllowedTarget("the provider that keeps the answer is no longer among them");
        let provider = self.settings.targets.provider(&kept.provider).filter(|it| policy.allows(it)).ok_or(none)?;
        let target = Target { provider: Arc::clone(provider), model: kept.model.clone() };
        let scope = ScopeKey::derive(&self.master, &question.key.tenant, mapping.conversation());
        let mut map = TokenMap::new(scope, TokenStyle::default());
        adopt(tokens, &kept, policy, &mut map);
        let ending = recorder.accept(Some(&target), None).await?;
        let asked = Instant::now();
        let sent = self.fetch(question, &target).await;
        if question.call.verb == Verb::Delete && is_gone(&sent) {
            self.vault.forget(&question.key.tenant, &question.id).await?;
        }
        let answering = Answering {
            dialect: question.dialect,
            interpreter: Interpreter::default(),
            restorer: map.restorer(),
            seals: self.seals(&question.key.tenant),
            structured_output: kept.structured_output,
            stream: question.query.wants_stream(),
            asked,
            keeping: None,
            ending,
        };
        answering.receive(sent).await
    }

    async fn fetch(&self, question: &StoredQuestion, target: &Target) -> Result<UpstreamResponse, UpstreamError> {
        let endpoint = question.dialect.endpoint.split('/');
        let path: Vec<&str> = endpoint.chain([question.id.as_str()]).chain(question.call.below).collect();
        self.upstream.fetch(&target.provider, question.call.verb, &path, &question.query).await
    }
}

/// Whether the provider keeps the answer no longer.
fn is_gone(sent: &Result<UpstreamResponse, UpstreamError>) -> bool {
    matches!(sent, Ok(_) | Err(UpstreamError::Status { code: 404, .. }))
}
