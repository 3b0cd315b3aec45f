//! Requests that go on from an answer which a provider keeps, and answers that it
//! will keep: their tokens are in the vault, since no later request brings them.

use super::{Call, Pipeline, Refusal};
use crate::audit::KeyedDigest;
use crate::config::Target;
use crate::detect::Known;
use crate::dialect::{Request, RequestError, Stateful};
use crate::policy::{Action, KeptAnswers, Policy};
use crate::scrub::{StoredToken, TokenMap};
use crate::vault::{Kept, Mapping, Stored, Vault, VaultError};

/// How a request stands to what providers keep.
pub(super) struct Chain {
    stateful: &'static Stateful,
    /// The answer that it goes on from.
    before: Option<Stored>,
    /// Whether the provider is to keep the answer.
    keeps: bool,
}

/// An answer that its provider will keep: what of it is to be found again.
pub(super) struct Keeping {
    vault: Vault,
    mapping: Mapping,
    kept: Kept,
}

impl Pipeline {
    /// How `request` stands to what providers keep; `None` where its API keeps nothing.
    ///
    /// # Errors
    /// When it goes on from nothing that this tenant has, when the policy lets no
    /// provider keep answers, or when the vault cannot be used.
    pub(super) async fn chain(
        &self,
        call: &Call,
        request: &Request,
        policy: &Policy,
    ) -> Result<Option<Chain>, Refusal> {
        let Some(stateful) = call.dialect.stateful else { return Ok(None) };
        let refused = policy.content.kept_answers == KeptAnswers::Refuse;
        if refused && (request.continues().is_some() || (stateful.asks_to_keep)(request.raw())) {
            return Err(Refusal::KeepsNothing);
        }
        let before = match request.continues() {
            None => None,
            Some(id) => {
                let unknown = || Refusal::UnknownAnswer { param: stateful.continues };
                Some(self.vault.find(&call.key.tenant, id).await?.ok_or_else(unknown)?)
            }
        };
        Ok(Some(Chain { stateful, before, keeps: !refused && (stateful.keeps)(request.raw()) }))
    }

    /// Makes durable what `map` has minted, before anything leaves; `None` where
    /// no later request can name the answer.
    pub(super) async fn keep_tokens(
        &self,
        call: &Call,
        chain: Option<Chain>,
        map: &TokenMap,
        conversation: &KeyedDigest,
        mut kept: Kept,
    ) -> Result<Option<Keeping>, Refusal> {
        let Some(chain) = chain.filter(|chain| chain.keeps) else { return Ok(None) };
        let goes_on = chain.before.is_some();
        let mapping = match chain.before {
            Some(before) => before.mapping,
            None => self.vault.begin(&call.key.tenant, conversation.as_str()).await?,
        };
        let minted: Vec<StoredToken> = map.minted().collect();
        // Those that are there already must live on, too.
        if goes_on || !minted.is_empty() {
            self.vault.keep_tokens(&mapping, &minted).await?;
        }
        kept.request = Some(call.request_id);
        kept.hosts = map.hosts().map(str::to_owned).collect();
        kept.tokens = map.len();
        Ok(Some(Keeping { vault: self.vault.clone(), mapping, kept }))
    }
}

impl Chain {
    /// The answer that the request goes on from; `None` where a conversation begins.
    pub(super) fn before(&self) -> Option<&Stored> {
        self.before.as_ref()
    }

    /// The first of `targets` that can go on.
    ///
    /// # Errors
    /// When none of them keeps the answer that the request goes on from.
    pub(super) fn target<'a>(
        &self,
        mut targets: impl Iterator<Item = &'a Target>,
    ) -> Result<Option<&'a Target>, Refusal> {
        let Some(before) = &self.before else { return Ok(targets.next()) };
        let elsewhere = || {
            let message = "another provider keeps that response than the one that this model is asked of; name a model of \
                           the same provider, or send the whole conversation";
            Refusal::Invalid(RequestError { message: message.into(), param: self.stateful.continues })
        };
        targets.find(|target| target.provider.name == before.kept.provider).map(Some).ok_or_else(elsewhere)
    }

    /// The values that earlier requests of the conversation named.
    pub(super) fn known_values(&self) -> impl Iterator<Item = Known<'_>> {
        let tokens = self.before.iter().flat_map(|before| &before.tokens);
        tokens.map(|stored| Known { label: stored.label, value: stored.value.as_str() })
    }

    /// Gives `map`, once, what earlier requests of the conversation have minted. What the
    /// policy masks by now is no longer shown.
    pub(super) fn hand_over(&mut self, policy: &Policy, map: &mut TokenMap) {
        let Some(before) = &mut self.before else { return };
        adopt(std::mem::take(&mut before.tokens), &before.kept, policy, map);
    }

    /// Whether the provider is to keep the answer.
    pub(super) fn keeps(&self) -> bool {
        self.keeps
    }

    /// What a provider that must not keep the answer has to be told.
    pub(super) fn withhold(&self) -> Option<fn(serde_json::Value) -> serde_json::Value> {
        (!self.keeps).then_some(self.stateful.keep_nothing)
    }
}

/// Gives `map` the tokens of an answer that is kept, under the policy of today.
pub(super) fn adopt(mut tokens: Vec<StoredToken>, kept: &Kept, policy: &Policy, map: &mut TokenMap) {
    for stored in &mut tokens {
        stored.restorable &= policy.action(stored.label) != Action::Mask;
    }
    map.adopt(tokens);
    kept.hosts.iter().for_each(|host| map.allow_host(host.clone()));
}

impl Keeping {
    /// Makes the answer `id` one that can be found again.
    pub(super) async fn keep(self, id: &str) -> Result<(), Refusal> {
        Ok(self.vault.keep(&self.mapping, id, self.kept).await?)
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Refusal {
        tracing::warn!(%error, "the vault failed, the request is refused");
        match error {
            VaultError::Taken => Refusal::Upstream("it gave its answer an id that it gave before"),
            VaultError::Raced => Refusal::Raced,
            VaultError::Unavailable(_)
            | VaultError::Locked
            | VaultError::Altered
            | VaultError::Erased
            | VaultError::Cipher(_) => Refusal::VaultUnavailable,
        }
    }
}
