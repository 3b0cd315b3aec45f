//! A tenant's policy file, compiled.

mod action;
mod compile;
mod purpose;
mod raw;
mod set;
mod targets;
mod tighten;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{Model, Provider, Target};
use crate::detect::{Label, Rules};
use crate::scrub::TokenStyle;

pub use action::{Action, Embeddings, FirstPass, KeptAnswers, Unscannable};
pub use compile::{check_file, json_schema};
pub use purpose::UnknownPurpose;
pub use set::{InForce, PolicySet, PolicyState, PolicyUnavailable, policy_files};
pub use targets::check_targets;
pub use tighten::Looser;
pub use watch::PolicyWatcher;

/// A policy, ready to be applied.
#[derive(Clone)]
pub struct Policy {
    /// The file's name without `.toml`.
    pub id: String,
    /// SHA-256 in hex, of the file's bytes; where the policy draws on other
    /// files (`extends`, term files), of the SHA-256s of all of them in order.
    pub hash: String,
    /// What it is for, in its author's words.
    pub description: Option<String>,
    /// What the local model does first.
    pub first_pass: FirstPassSpec,
    /// What requests are made for; the first one where they do not say.
    pub purposes: Vec<Arc<str>>,
    /// Where requests may go.
    pub routing: Routing,
    /// What happens with parts that cannot be scanned.
    pub content: Content,
    /// How what stands for a value is written.
    pub tokens: TokenStyle,
    /// Whether a system note tells the remote model to copy tokens as they are.
    pub explain_tokens: bool,
    rules: Arc<Rules>,
    actions: BTreeMap<Label, Action>,
    default_action: Action,
}

impl Policy {
    /// What happens with an entity of this label.
    pub fn action(&self, label: Label) -> Action {
        self.actions.get(&label).copied().unwrap_or(self.default_action)
    }

    /// What is looked for, as the detector takes it.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What the local model does first.
    pub fn first_pass(&self) -> FirstPass {
        self.first_pass.mode
    }

    /// The labels that are looked for.
    pub fn enabled(&self) -> &BTreeSet<Label> {
        self.rules.enabled()
    }

    /// Those of `model`'s targets that a request may go to.
    pub fn targets<'a>(&self, model: &'a Model) -> impl Iterator<Item = &'a Target> {
        model.targets.iter().filter(|target| self.allows(&target.provider))
    }

    /// Whether a request may go to `provider`. The embedded model is always
    /// allowed, because nothing leaves; a provider that declares no region is
    /// outside every region.
    pub fn allows(&self, provider: &Provider) -> bool {
        let named = self.routing.providers.as_ref().is_none_or(|names| names.contains(&provider.name));
        let inside = self
            .routing
            .regions
            .as_ref()
            .is_none_or(|regions| provider.region.as_ref().is_some_and(|region| regions.contains(region)));
        provider.is_embedded() || (named && inside)
    }
}

/// What the local model does first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPassSpec {
    /// Whether and how; never a mode that is not available.
    pub mode: FirstPass,
    /// The model's public name.
    pub model: String,
    /// Length of its answer, in tokens.
    pub max_tokens: u32,
}

/// Where requests may go; `None` sets no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// Names of providers.
    pub providers: Option<BTreeSet<String>>,
    /// Regions that providers declare.
    pub regions: Option<BTreeSet<String>>,
}

/// What happens with parts that cannot be scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// Pictures.
    pub images: Unscannable,
    /// Sound.
    pub audio: Unscannable,
    /// Attached files.
    pub files: Unscannable,
    /// Vectors of text that holds personal data.
    pub embeddings: Embeddings,
    /// Answers that providers keep.
    pub kept_answers: KeptAnswers,
}

#[cfg(test)]
mod tests;
