//! Finding personal data in a request's texts.

use std::collections::BTreeMap;
use std::time::Instant;

use super::{Pipeline, Refusal};
use crate::detect::ner::NerError;
use crate::detect::{DetectError, Known, Label, Slot, Span};
use crate::dialect::Request;
use crate::policy::{Action, Policy};
use crate::scrub::Replacement;
use crate::telemetry::{self, Stage};

/// What was found in a request: for each of its texts the spans.
pub(super) struct Findings {
    pub(super) spans: Vec<Vec<Span>>,
    /// How many of which label, and what the policy does with them.
    pub(super) counts: BTreeMap<(Label, Action), u32>,
}

impl Findings {
    fn new(spans: Vec<Vec<Span>>, policy: &Policy) -> Findings {
        let mut counts = BTreeMap::new();
        for span in spans.iter().flatten() {
            *counts.entry((span.label, policy.action(span.label))).or_insert(0) += 1;
        }
        Findings { spans, counts }
    }

    /// The labels that the policy treats with `action`.
    pub(super) fn labels(&self, action: Action) -> Vec<Label> {
        self.counts.keys().filter(|(_, taken)| *taken == action).map(|(label, _)| *label).collect()
    }

    /// `PERSON=2,EMAIL_ADDRESS=1`: the value of the `x-cordon-entities` header.
    pub(super) fn summary(&self) -> String {
        let mut by_label: BTreeMap<Label, u32> = BTreeMap::new();
        for ((label, _), count) in &self.counts {
            *by_label.entry(*label).or_insert(0) += count;
        }
        by_label.iter().map(|(label, count)| format!("{label}={count}")).collect::<Vec<_>>().join(",")
    }
}

impl Pipeline {
    /// Looks at every text of `request`, and for what repeats `known` values.
    ///
    /// # Errors
    /// When a detector cannot look: then nothing may pass.
    pub(super) async fn scan(
        &self,
        known: &[Known<'_>],
        request: &Request,
        policy: &Policy,
    ) -> Result<Findings, Refusal> {
        let slots: Vec<Slot<'_>> = request.slots().iter().map(|slot| slot.as_slot()).collect();
        let spans = self.detect(known, &slots, policy).await?;
        Ok(Findings::new(spans, policy))
    }

    /// Looks at `slots`, and for what repeats `known` values.
    pub(super) async fn detect(
        &self,
        known: &[Known<'_>],
        slots: &[Slot<'_>],
        policy: &Policy,
    ) -> Result<Vec<Vec<Span>>, Refusal> {
        let started = Instant::now();
        let found = self.detector.detect_knowing(known, slots, policy.rules()).await;
        telemetry::stage(Stage::Detect, started.elapsed());
        found.map_err(|error| {
            tracing::warn!(%error, "detection failed, the request is refused");
            match error {
                DetectError::Ner(NerError::Deadline) => Refusal::DetectorTooSlow,
                _ => Refusal::DetectorUnavailable,
            }
        })
    }
}

/// What the policy does with `spans`, for the scrubber.
pub(super) fn replacements(spans: &[Span], policy: &Policy) -> Vec<Replacement> {
    spans
        .iter()
        .filter_map(|span| {
            let restorable = match policy.action(span.label) {
                Action::Allow => return None,
                Action::Mask => false,
                // Blocked and local-only values do not come this far; if one
                // did, it would still leave as a token.
                Action::Redact | Action::Block | Action::LocalOnly => true,
            };
            Some(Replacement { start: span.start, end: span.end, label: span.label, restorable })
        })
        .collect()
}
