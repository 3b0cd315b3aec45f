//! The choices a policy makes, as single words.

use schemars::JsonSchema;
use serde::Deserialize;

/// What happens with an entity. The order is that of strictness: a later action
/// shows the remote side no more than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The value goes out as it is.
    Allow,
    /// A token goes out; the answer gets the value back.
    Redact,
    /// A token goes out; the answer keeps the token.
    Mask,
    /// The request does not leave; the local model answers.
    LocalOnly,
    /// The request is refused.
    Block,
}

impl Action {
    /// The word in policies, metrics and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Allow => "allow",
            Action::Redact => "redact",
            Action::Mask => "mask",
            Action::LocalOnly => "local_only",
            Action::Block => "block",
        }
    }

    /// The action that `word` names.
    pub fn parse(word: &str) -> Option<Action> {
        [Action::Allow, Action::Redact, Action::Mask, Action::LocalOnly, Action::Block]
            .into_iter()
            .find(|action| action.as_str() == word)
    }
}

/// What the local model does before the remote one is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstPass {
    /// Nothing.
    Off,
    /// It answers, and nothing leaves.
    Answer,
    /// Its sanitized answer goes along for the remote model to improve.
    Draft,
    /// Not available yet; policies that ask for it are refused.
    #[schemars(skip)]
    Screen,
    /// Not available yet; policies that ask for it are refused.
    #[schemars(skip)]
    Fallback,
}

impl FirstPass {
    /// The word in policies and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            FirstPass::Off => "off",
            FirstPass::Answer => "answer",
            FirstPass::Draft => "draft",
            FirstPass::Screen => "screen",
            FirstPass::Fallback => "fallback",
        }
    }
}

/// What happens with a request for vectors of text that holds personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Embeddings {
    /// The request is refused.
    #[default]
    Refuse,
    /// The vectors are computed over the text with tokens in it.
    Mask,
}

/// Whether providers may keep answers that later requests go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptAnswers {
    /// They may, where the API says so; their tokens are sealed in the database.
    #[default]
    Keep,
    /// They are told to keep nothing, and what asks for it is refused.
    Refuse,
}

/// What happens with a part of a request that cannot be scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unscannable {
    /// The request is refused.
    #[default]
    Refuse,
    /// The part goes out as it is.
    Pass,
}
