//! The life of a request; the only place that knows all the steps.
//!
//! [`Pipeline::answer`] is the walk of `docs/life-of-a-request.md`, top to bottom.

mod answering;
mod chain;
mod draft;
mod ending;
mod local;
mod plan;
mod record;
mod refusal;
mod remote;
mod reply;
mod scan;
mod stored;
mod stream;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

pub use refusal::Refusal;
pub use reply::{Reply, ReplyBody};
pub use stored::StoredQuestion;

use crate::audit::{AuditLog, DigestKey, DigestKeys};
use crate::config::{Model, Settings};
use crate::detect::{Detector, Known};
use crate::dialect::{Dialect, Request};
use crate::local::LocalModel;
use crate::policy::{Policy, PolicySet};
use crate::scrub::{MasterKey, SealKey};
use crate::telemetry::{self, Stage};
use crate::tenant::TenantId;
use crate::tenant::keys::AuthenticatedKey;
use crate::upstream::{Betas, UpstreamClient};
use crate::vault::Vault;

use chain::Chain;
use plan::Way;
use record::Recorder;
use remote::Sending;

/// Everything that requests are answered with.
pub struct Pipeline {
    /// Text to spans.
    pub detector: Arc<Detector>,
    /// The tenants' policies.
    pub policies: Arc<PolicySet>,
    /// Models and providers.
    pub settings: Arc<Settings>,
    /// Talks to providers.
    pub upstream: UpstreamClient,
    /// The embedded model, when one is configured.
    pub local: Option<Arc<LocalModel>>,
    /// The record.
    pub audit: AuditLog,
    /// What is kept of answers that providers keep.
    pub vault: Vault,
    /// What the keys of tokens and digests are derived from.
    pub master: Arc<MasterKey>,
    /// What makes the digests of the record.
    pub digests: DigestKeys,
    /// Where a demonstration in this process sees the local model's drafts, real
    /// values and all. A server has nobody there.
    pub drafts: Option<UnboundedSender<String>>,
}

/// A request as it came, from somebody who is known.
pub struct Call {
    /// Names the request in its answer, the logs and the audit log.
    pub request_id: Uuid,
    /// Who asks.
    pub key: AuthenticatedKey,
    /// The API it is written in.
    pub dialect: &'static Dialect,
    /// The conversation, where the caller names it.
    pub session: Option<String>,
    /// Stricter actions than the policy's, where the caller asks for some.
    pub stricter: Option<String>,
    /// What the request is made for, where the caller says so.
    pub purpose: Option<String>,
    /// The address that the request came from.
    pub client: Option<IpAddr>,
    /// The previews that the caller asks for.
    pub betas: Betas,
    /// The body.
    pub body: Bytes,
    /// When it came.
    pub started: Instant,
}

/// A request that makes sense.
struct Understood {
    policy: Arc<Policy>,
    purpose: Option<Arc<str>>,
    request: Request,
    model: Arc<Model>,
}

impl Pipeline {
    /// Answers one request.
    ///
    /// # Errors
    /// Whatever keeps it from being answered; nothing has left the perimeter
    /// then, unless the refusal is the upstream's.
    pub async fn answer(&self, call: Call) -> Result<Reply, Refusal> {
        let not_recorded = |refusal: &Refusal| {
            telemetry::request(call.dialect.route, refusal.code());
            tracing::info!(request = %call.request_id, code = refusal.code(), "request refused");
        };
        let Understood { policy, purpose, request, model } = self.understand(&call).inspect_err(not_recorded)?;
        let digests = self.digest_key(&call.key.tenant).await.inspect_err(not_recorded)?;
        let mut recorder = Recorder::new(self, digests, &call, &policy, &request, &model);
        recorder.made_for(purpose);
        match self.carry_out(&call, &policy, request, &model, &mut recorder).await {
            Ok(reply) => Ok(reply),
            Err(refusal) => {
                recorder.refused(&refusal).await?;
                Err(refusal)
            }
        }
    }

    /// What decides over the request, what it asks, and of whom.
    fn understand(&self, call: &Call) -> Result<Understood, Refusal> {
        let policy = self.policy_for(&call.key.tenant, call.stricter.as_deref())?;
        let purpose = policy.purpose(call.purpose.as_deref())?;
        let started = Instant::now();
        let seals = self.seals(&call.key.tenant);
        let request = Request::parse(call.dialect, &call.body, seals.as_ref())?;
        telemetry::stage(Stage::Parse, started.elapsed());
        let model = self.model(&policy, request.model())?;
        Ok(Understood { policy, purpose, request, model })
    }

    async fn carry_out(
        &self,
        call: &Call,
        policy: &Policy,
        request: Request,
        model: &Model,
        recorder: &mut Recorder,
    ) -> Result<Reply, Refusal> {
        plan::refuse_unscannable(&request, policy)?;
        let chain = self.chain(call, &request, policy).await?;
        if let Some(before) = chain.as_ref().and_then(Chain::before) {
            recorder.goes_on(before);
        }
        let known: Vec<Known<'_>> = chain.iter().flat_map(Chain::known_values).collect();
        let findings = self.scan(&known, &request, policy).await?;
        recorder.found(&findings);
        plan::refuse_masked_vectors(&request, &findings, policy)?;
        match self.plan(&request, &findings, policy, model, chain.as_ref())? {
            Way::Local => self.answer_locally(call, request, findings, recorder).await,
            Way::Remote { target, draft } => {
                let sending = Sending { call, policy, target, draft, chain };
                self.answer_remotely(sending, request, findings, recorder).await
            }
        }
    }

    /// What seals and opens signed parts of the tenant's answers. Without it nothing
    /// is sealed, and every part of a request is text.
    fn seals(&self, tenant: &TenantId) -> Option<SealKey> {
        SealKey::derive(&self.master, tenant).ok()
    }

    /// What makes the digests of the tenant's records: without it nothing can be
    /// recorded.
    async fn digest_key(&self, tenant: &TenantId) -> Result<Arc<DigestKey>, Refusal> {
        self.digests.of(tenant).await.map_err(|error| {
            tracing::warn!(%error, "the request is refused");
            Refusal::AuditUnavailable
        })
    }

    fn policy(&self, tenant: &TenantId) -> Result<Arc<Policy>, Refusal> {
        self.policies.get(tenant).map_err(|error| {
            tracing::warn!(%error, "the request is refused");
            Refusal::NoPolicy
        })
    }

    /// The tenant's policy, with the stricter actions that a request asks for.
    fn policy_for(&self, tenant: &TenantId, stricter: Option<&str>) -> Result<Arc<Policy>, Refusal> {
        let policy = self.policy(tenant)?;
        Ok(match stricter {
            Some(stricter) => Arc::new(policy.tightened(stricter)?),
            None => policy,
        })
    }

    /// The names of the models that `tenant` may ask for.
    ///
    /// # Errors
    /// When it has no policy.
    pub fn models(&self, tenant: &TenantId) -> Result<Vec<String>, Refusal> {
        let policy = self.policy(tenant)?;
        let allowed = |model: &&Arc<Model>| policy.targets(model).next().is_some();
        Ok(self.settings.targets.models().filter(allowed).map(|model| model.name.clone()).collect())
    }

    /// What detection runs with, for status pages.
    pub fn detector_version(&self) -> &str {
        self.detector.version()
    }
}
