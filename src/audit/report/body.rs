//! The parts of a record's body that a report counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

/// A string that is not copied where it has no escapes.
#[derive(Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Entities by label and action.
pub(super) type Entities<'a> = BTreeMap<Text<'a>, BTreeMap<Text<'a>, u64>>;

/// A body of any kind of record; what a kind has not is `None`.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Body<'a> {
    pub(super) time_us: i64,
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) key_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) role: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) purpose: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) target: Option<Target<'a>>,
    #[serde(borrow)]
    pub(super) policy: Option<Policy<'a>>,
    #[serde(borrow)]
    pub(super) entities: Option<Entities<'a>>,
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) before: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) after: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) by: Option<By<'a>>,
    #[serde(borrow)]
    pub(super) what: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) format: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) verdict: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) hold: Option<Text<'a>>,
    pub(super) latency_ms_le: Option<u64>,
    pub(super) bytes_in: Option<u64>,
    pub(super) bytes_out: Option<u64>,
    pub(super) records: Option<u64>,
    pub(super) through_seq: Option<i64>,
    pub(super) uses: Option<u64>,
    pub(super) by_ms: Option<i64>,
}

/// Where a request goes.
#[derive(Deserialize, Debug)]
pub(super) struct Target<'a> {
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    #[serde(borrow)]
    pub(super) provider: Text<'a>,
    #[serde(borrow)]
    pub(super) region: Option<Text<'a>>,
}

/// A policy with its hash, or the name alone.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub(super) enum Policy<'a> {
    Version {
        #[serde(borrow)]
        id: Text<'a>,
        #[serde(borrow)]
        sha256: Text<'a>,
    },
    Name(#[serde(borrow)] Text<'a>),
}

/// Who did something.
#[derive(Deserialize, Debug)]
pub(super) struct By<'a> {
    #[serde(borrow)]
    actor: Text<'a>,
    #[serde(borrow)]
    key_id: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
}

impl By<'_> {
    /// As a report names it.
    pub(super) fn name(&self) -> String {
        match (&self.key_id, &self.role) {
            (Some(key), Some(role)) => format!("key {} ({})", key.as_str(), role.as_str()),
            _ if self.actor.as_str() == "command" => "command line".into(),
            _ => self.actor.as_str().to_owned(),
        }
    }
}
