//! The parts that records are made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::detect::Label;

/// A name out of the operator's configuration (a model, a provider, a policy)
/// or of the program. Never text of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Configured(Arc<str>);

impl Configured {
    /// `name` must come from the configuration.
    pub fn name(name: impl Into<Arc<str>>) -> Configured {
        Configured(name.into())
    }
}

/// The process that records.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Source {
    /// Its name among those that share a database.
    pub replica: Configured,
    /// The version of the program.
    pub build: Configured,
}

impl Source {
    /// This program, running as `replica`.
    pub fn of(replica: Configured) -> Source {
        Source { replica, build: Configured::name(env!("CARGO_PKG_VERSION")) }
    }
}

/// A process that was given no name: a random one tells it from others.
impl Default for Source {
    fn default() -> Source {
        let id = Uuid::new_v4().simple().to_string();
        Source::of(Configured::name(&id[..12]))
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TargetRef {
    /// The model that is asked.
    pub model: Configured,
    /// Who runs it.
    pub provider: Configured,
    /// Where it stands.
    pub region: Option<Configured>,
}

/// A policy as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PolicyRef {
    /// Its name.
    pub id: Configured,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: Configured,
}

/// What the local model did before the remote one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FirstPass {
    /// E.g. `answered`, `drafted`, `failed`.
    pub outcome: &'static str,
    /// The local model.
    pub model: Configured,
}

/// Tokens of the model, as counted by whoever ran it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Tokens {
    /// In the prompt.
    pub prompt: u64,
    /// In the answer.
    pub completion: u64,
}

/// Entities by label and by action.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct EntityCounts(BTreeMap<&'static str, BTreeMap<&'static str, u64>>);

impl EntityCounts {
    /// Counts `n` more entities with `label` that met `action`, e.g. `redact`.
    pub fn add(&mut self, label: Label, action: &'static str, n: u64) {
        *self.0.entry(label.as_str()).or_default().entry(action).or_default() += n;
    }
}

/// A latency rounded up to 1, 2 or 5 times a power of ten milliseconds: fine
/// enough for operations, too coarse to recognise a request by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LatencyStep(u64);

impl From<Duration> for LatencyStep {
    fn from(latency: Duration) -> LatencyStep {
        let decades = std::iter::successors(Some(1_u64), |decade| decade.checked_mul(10)).take(9);
        let mut steps = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
        LatencyStep(steps.find(|step| latency <= Duration::from_millis(*step)).unwrap_or(1_000_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_rounded_up_to_a_step() {
        let step = |ms| LatencyStep::from(Duration::from_millis(ms)).0;
        assert_eq!([0, 1, 2, 3, 21, 999, 1001].map(step), [1, 1, 2, 5, 50, 1000, 2000]);
        assert_eq!(step(u64::MAX / 2), 1_000_000_000);
    }
}
