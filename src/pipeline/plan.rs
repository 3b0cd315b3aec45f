//! What becomes of a request, given what was found in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chain::Chain;
use super::scan::Findings;
use super::{Pipeline, Refusal};
use crate::config::{Model, Target};
use crate::detect::Label;
use crate::dialect::{Media, Produces, Request};
use crate::policy::{Action, Embeddings, FirstPass, Policy, Unscannable};

/// Who answers.
pub(super) enum Way {
    /// The local model, on the real text.
    Local,
    /// A target, on the sanitized text; with a draft of the local model if so
    /// configured.
    Remote { target: Target, draft: bool },
}

/// Refuses content that no detector can read, unless the policy lets it pass.
pub(super) fn refuse_unscannable(request: &Request, policy: &Policy) -> Result<(), Refusal> {
    match request.unscannable().iter().find(|media| !passes(policy, **media)) {
        Some(media) => Err(Refusal::Unscannable { media: *media, input: request.dialect().input }),
        None => Ok(()),
    }
}

fn passes(policy: &Policy, media: Media) -> bool {
    let chosen = match media {
        Media::Image => policy.content.images,
        Media::Audio => policy.content.audio,
        Media::File => policy.content.files,
        // Text that its sender can send as text.
        Media::TokenIds => Unscannable::Refuse,
    };
    chosen == Unscannable::Pass
}

/// Refuses what would be computed over tokens in the place of values, unless the
/// policy wants that (L18).
pub(super) fn refuse_masked_vectors(request: &Request, findings: &Findings, policy: &Policy) -> Result<(), Refusal> {
    if request.dialect().produces != Produces::Vectors || policy.content.embeddings == Embeddings::Mask {
        return Ok(());
    }
    // What stands beside the text, such as who asks, is not in the vectors.
    let input = Some(request.dialect().input);
    let slots = request.slots().iter().zip(&findings.spans).filter(|(slot, _)| slot.key.as_deref() == input);
    let masked = |label: &Label| matches!(policy.action(*label), Action::Redact | Action::Mask);
    let labels: BTreeSet<Label> = slots.flat_map(|(_, spans)| spans).map(|span| span.label).filter(masked).collect();
    let labels: Vec<Label> = labels.into_iter().collect();
    if labels.is_empty() { Ok(()) } else { Err(Refusal::MaskedVectors(labels)) }
}

impl Pipeline {
    /// The model that callers call `name`, when the policy lets them use it.
    pub(super) fn model(&self, policy: &Policy, name: &str) -> Result<Arc<Model>, Refusal> {
        let model = self.settings.targets.model(name).ok_or(Refusal::UnknownModel)?;
        policy.targets(model).next().map(|_| Arc::clone(model)).ok_or(Refusal::UnknownModel)
    }

    /// Blocking goes before everything; what must stay inside goes before what
    /// the policy's first pass would do.
    pub(super) fn plan(
        &self,
        request: &Request,
        findings: &Findings,
        policy: &Policy,
        model: &Model,
        chain: Option<&Chain>,
    ) -> Result<Way, Refusal> {
        let blocked = findings.labels(Action::Block);
        if !blocked.is_empty() {
            return Err(Refusal::Blocked(blocked));
        }
        let dialect = request.dialect();
        let stays = !findings.labels(Action::LocalOnly).is_empty();
        if stays || policy.first_pass() == FirstPass::Answer {
            return match self.local {
                Some(_) if dialect.produces == Produces::Text => Ok(Way::Local),
                Some(_) => Err(Refusal::NoAllowedTarget("it must stay inside, and the local model only writes text")),
                None => Err(Refusal::NoAllowedTarget("it must be answered by the local model, and none is configured")),
            };
        }
        let none = Refusal::NoAllowedTarget("the policy allows none of the model's targets");
        let mut targets = policy.targets(model);
        let target = match chain {
            Some(chain) => chain.target(targets)?,
            None => targets.next(),
        };
        let target = target.cloned().ok_or(none)?;
        // A draft's own tokens come after those of a kept answer are written down.
        let is_kept = chain.is_some_and(Chain::keeps);
        let draft = dialect.add_remark.is_some() && !is_kept && policy.first_pass() == FirstPass::Draft;
        Ok(Way::Remote { target, draft })
    }
}
