//! What the audit log and the metrics get to know of a request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::ending::Ending;
use super::scan::Findings;
use super::{Call, Pipeline, Refusal, StoredQuestion};
use crate::audit::{
    Accepted, AuditLog, Configured, DigestKey, EntityCounts, Event, KeyedDigest, PolicyRef, Refused, Subject, TargetRef,
};
use crate::config::{Model, Target};
use crate::dialect::{Dialect, Request};
use crate::policy::Policy;
use crate::telemetry::{self, Stage};
use crate::tenant::TenantId;
use crate::tenant::keys::AuthenticatedKey;
use crate::vault::Stored;

/// Collects what a request's record says, until it is accepted or refused.
pub(super) struct Recorder {
    audit: AuditLog,
    digests: Arc<DigestKey>,
    tenant: TenantId,
    accepted: Accepted,
    /// Whose tokens are counted; none where they were counted before.
    model: Option<Arc<Model>>,
    started: Instant,
    is_accepted: bool,
}

impl Recorder {
    pub(super) fn new(
        pipeline: &Pipeline,
        digests: Arc<DigestKey>,
        call: &Call,
        policy: &Policy,
        request: &Request,
        model: &Arc<Model>,
    ) -> Recorder {
        let accepted = Accepted {
            request: call.request_id,
            conversation: conversation_of(&digests, call, request),
            route: call.dialect.route,
            model_asked: Some(Configured::name(model.name.as_str())),
            client: client_of(&digests, call.client),
            bytes_in: call.body.len() as u64,
            original_digest: digests.digest(Subject::OriginalBody, &call.body),
            ..blank(pipeline, &digests, &call.key, call.dialect, policy)
        };
        Recorder::of(pipeline, digests, &call.key, accepted, Some(Arc::clone(model)), call.started)
    }

    /// The record of a call about an answer that a provider keeps. What was asked
    /// with is the answer's id.
    pub(super) fn about(
        pipeline: &Pipeline,
        digests: Arc<DigestKey>,
        question: &StoredQuestion,
        policy: &Policy,
    ) -> Recorder {
        let accepted = Accepted {
            request: question.request_id,
            route: question.call.name,
            client: client_of(&digests, question.client),
            original_digest: digests.digest(Subject::OriginalBody, question.id.as_bytes()),
            ..blank(pipeline, &digests, &question.key, question.dialect, policy)
        };
        Recorder::of(pipeline, digests, &question.key, accepted, None, question.started)
    }

    fn of(
        pipeline: &Pipeline,
        digests: Arc<DigestKey>,
        key: &AuthenticatedKey,
        accepted: Accepted,
        model: Option<Arc<Model>>,
        started: Instant,
    ) -> Recorder {
        let (audit, tenant) = (pipeline.audit.clone(), key.tenant.clone());
        Recorder { audit, digests, tenant, accepted, model, started, is_accepted: false }
    }

    /// What the request is made for, in the policy's words.
    pub(super) fn made_for(&mut self, purpose: Option<Arc<str>>) {
        self.accepted.purpose = purpose.map(Configured::name);
    }

    /// The request goes on from an answer whose values were opened, in a
    /// conversation that has its name already.
    pub(super) fn goes_on(&mut self, before: &Stored) {
        if let Some(conversation) = KeyedDigest::reopen(before.mapping.conversation()) {
            self.accepted.conversation = conversation;
        }
        self.accepted.continues = before.kept.request;
        self.accepted.vault_values = before.tokens.len() as u64;
    }

    /// What tells the conversation from others.
    pub(super) fn conversation(&self) -> &KeyedDigest {
        &self.accepted.conversation
    }

    /// Of a body that leaves.
    pub(super) fn digest_json(&self, body: &serde_json::Value) -> KeyedDigest {
        self.digests.digest(Subject::SanitizedBody, body.to_string().as_bytes())
    }

    /// Notes what was found.
    pub(super) fn found(&mut self, findings: &Findings) {
        for ((label, action), count) in &findings.counts {
            self.accepted.entities.add(*label, action.as_str(), u64::from(*count));
            telemetry::entities(*label, *action, u64::from(*count));
        }
    }

    /// Makes the record of the request durable; until this returns, nothing may
    /// leave.
    ///
    /// # Errors
    /// When the record is not known to be durable.
    pub(super) async fn accept(
        &mut self,
        target: Option<&Target>,
        sanitized: Option<KeyedDigest>,
    ) -> Result<Ending, Refusal> {
        self.accepted.target = target.map(target_ref);
        self.accepted.sanitized_digest = sanitized;
        let asked = Instant::now();
        let open = self.audit.accept(&self.tenant, self.accepted.clone()).await.map_err(|error| {
            tracing::warn!(%error, "the request is refused");
            Refusal::AuditUnavailable
        })?;
        telemetry::stage(Stage::Audit, asked.elapsed());
        self.is_accepted = true;
        Ok(Ending::new(open, &self.accepted, self.model.clone(), self.started))
    }

    /// Records that the request was not let on. One that was accepted has its
    /// own end.
    pub(super) async fn refused(&self, refusal: &Refusal) -> Result<(), Refusal> {
        tracing::info!(request = %self.accepted.request, code = refusal.code(), "request refused");
        if self.is_accepted {
            return Ok(());
        }
        telemetry::request(self.accepted.route, refusal.code());
        // A second record would wait as long as the first, and tell no more: the
        // first is aborted if it is written after all.
        if matches!(refusal, Refusal::AuditUnavailable) {
            return Ok(());
        }
        let request = self.accepted.clone();
        let refused = Refused { request, code: refusal.code(), http_status: refusal.status() };
        let recorded = self.audit.append(&self.tenant, Event::Refused(Box::new(refused))).await;
        recorded.map(drop).map_err(|_| Refusal::AuditUnavailable)
    }
}

/// What is the same for every request of a key under a policy.
fn blank(
    pipeline: &Pipeline,
    digests: &DigestKey,
    key: &AuthenticatedKey,
    dialect: &Dialect,
    policy: &Policy,
) -> Accepted {
    Accepted {
        request: Uuid::nil(),
        digest_key: digests.id(),
        conversation: digests.digest(Subject::Conversation, b""),
        continues: None,
        key_id: key.key_id.clone(),
        role: key.role,
        client: None,
        purpose: None,
        route: dialect.route,
        dialect: dialect.name,
        model_asked: None,
        target: None,
        policy: PolicyRef { id: Configured::name(policy.id.as_str()), sha256: Configured::name(policy.hash.as_str()) },
        detector: Configured::name(pipeline.detector.version()),
        entities: EntityCounts::default(),
        first_pass: policy.first_pass().as_str(),
        vault_values: 0,
        bytes_in: 0,
        original_digest: digests.digest(Subject::OriginalBody, b""),
        sanitized_digest: None,
    }
}

/// What tells the caller's conversation from others: the header, or what the
/// dialect goes by. Either may hold personal data; their digest holds none and
/// may be kept.
fn conversation_of(digests: &DigestKey, call: &Call, request: &Request) -> KeyedDigest {
    let own = || request.conversation().map(|first| format!("first message\0{first}"));
    let named = call.session.as_ref().map(|session| format!("session\0{session}")).or_else(own).unwrap_or_default();
    digests.digest(Subject::Conversation, named.as_bytes())
}

/// Tells two addresses apart, and to nobody without the key which they are.
fn client_of(digests: &DigestKey, client: Option<IpAddr>) -> Option<KeyedDigest> {
    client.map(|address| digests.digest(Subject::ClientAddress, address.to_string().as_bytes()))
}

fn target_ref(target: &Target) -> TargetRef {
    TargetRef {
        model: Configured::name(target.model.as_str()),
        provider: Configured::name(target.provider.name.as_str()),
        region: target.provider.region.as_deref().map(Configured::name),
    }
}
