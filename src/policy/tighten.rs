//! What a caller may change: nothing but to ask for more care.
//!
//! The key decides the tenant and the tenant the policy. A request may name
//! stricter actions; a looser one is refused, not ignored, so that a caller
//! never believes in a setting that does not hold (L57).

use super::{Action, Policy};
use crate::detect::Label;

/// A request asked for something that its policy does not let it change. The
/// messages repeat nothing of the request but names that the policy has.
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
    /// The policy does not look for a label of that name.
    #[error("the policy does not look for every label that is named, so a request cannot ask for an action on it")]
    NotDetected,
}

impl Policy {
    /// This policy with the stricter actions that a request asks for, written
    /// `PERSON=block, EMAIL_ADDRESS=mask`.
    ///
    /// # Errors
    /// When one of them is not stricter, or not an action on a label that this
    /// policy looks for.
    pub fn tightened(&self, wish: &str) -> Result<Policy, Looser> {
        let mut policy = self.clone();
        for pair in wish.split(',') {
            let (name, action) = pair.split_once('=').ok_or(Looser::Malformed)?;
            let action = Action::parse(action.trim()).ok_or(Looser::Malformed)?;
            // Looked up rather than parsed: a caller must not make new labels.
            let label = self.enabled().iter().find(|label| label.as_str() == name.trim()).ok_or(Looser::NotDetected)?;
            // Against what was asked for before, too: of two wishes for a label the
            // weaker one must not undo the other.
            if action < policy.action(*label) {
                return Err(Looser::Action { label: *label, policy: policy.action(*label) });
            }
            policy.actions.insert(*label, action);
        }
        Ok(policy)
    }
}
