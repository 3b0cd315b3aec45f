//! What a caller may change: nothing but to ask for more care.
//!
//! The key decides the tenant and the tenant the policy. A request may name
//! stricter actions; a looser one is refused, not ignored, so that a caller
//! never believes in a setting that does not hold.

use std::collections::BTreeMap;

use super::{Action, FirstPass, Policy};
use crate::detect::Label;

/// What one request asks for beyond its policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tightening {
    /// Stricter actions, by label.
    pub actions: BTreeMap<Label, Action>,
    /// The local model must answer.
    pub answer_locally: bool,
}

/// A request asked for something that its policy does not let it change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Looser {
    /// Not `LABEL=ACTION, ...`.
    #[error("ask for stricter actions as LABEL=ACTION, separated by commas, such as PERSON=block,EMAIL_ADDRESS=mask")]
    Malformed,
    /// The policy is stricter already.
    #[error("the policy's action for {label} is {policy}; a request can only ask for a stricter one", policy = .policy.as_str())]
    Action {
        /// The label asked about.
        label: Label,
        /// What the policy does.
        policy: Action,
    },
    /// The policy does not look for the label.
    #[error("the policy does not look for {0}, so a request cannot ask for an action on it")]
    NotDetected(Label),
}

impl Tightening {
    /// Reads `PERSON=block, EMAIL_ADDRESS=mask`.
    pub fn parse_actions(text: &str) -> Result<BTreeMap<Label, Action>, Looser> {
        let pair = |pair: &str| {
            let (label, action) = pair.split_once('=')?;
            Some((Label::parse(label.trim()).ok()?, Action::parse(action.trim())?))
        };
        text.split(',').map(|part| pair(part).ok_or(Looser::Malformed)).collect()
    }
}

impl Policy {
    /// This policy with what a request asks for on top.
    pub fn tightened(&self, wish: &Tightening) -> Result<Policy, Looser> {
        let mut policy = self.clone();
        for (label, action) in &wish.actions {
            if !self.enabled().contains(label) {
                return Err(Looser::NotDetected(*label));
            }
            if *action < self.action(*label) {
                return Err(Looser::Action { label: *label, policy: self.action(*label) });
            }
            policy.actions.insert(*label, *action);
        }
        if wish.answer_locally {
            policy.first_pass.mode = FirstPass::Answer;
        }
        Ok(policy)
    }
}
