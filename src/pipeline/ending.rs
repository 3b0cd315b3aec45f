//! The one end of an accepted request.

use std::sync::Arc;
use std::time::Instant;

use crate::audit::{Accepted, Configured, Ended, FirstPass, KeyedDigest, LatencyStep, OpenRequest, Outcome, Tokens};
use crate::config::Model;
use crate::dialect::Usage;
use crate::telemetry::{self, Stage};

/// An accepted request's one end. Dropping it records that it was aborted.
pub(super) struct Ending {
    open: Option<OpenRequest>,
    ended: Ended,
    /// Whose tokens are counted; none where they were counted before.
    model: Option<Arc<Model>>,
    route: &'static str,
    started: Instant,
    answered: Instant,
}

impl Ending {
    pub(super) fn new(open: OpenRequest, accepted: &Accepted, model: Option<Arc<Model>>, started: Instant) -> Ending {
        let ended = Ended {
            request: accepted.request,
            parent: None,
            outcome: Outcome::Completed,
            code: None,
            http_status: None,
            target: accepted.target.clone(),
            first_pass: None,
            bytes_out: 0,
            tokens: None,
            sanitized_digest: None,
            latency: LatencyStep::from(started.elapsed()),
        };
        Ending { open: Some(open), ended, model, route: accepted.route, started, answered: Instant::now() }
    }

    /// The digest of what left, where it was not known at the acceptance.
    pub(super) fn sanitized(&mut self, digest: KeyedDigest) {
        self.ended.sanitized_digest = Some(digest);
    }

    /// What the local model did first.
    pub(super) fn first_pass(&mut self, outcome: &'static str, model: &str) {
        self.ended.first_pass = Some(FirstPass { outcome, model: Configured::name(model) });
    }

    /// Bytes that went to the caller.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.ended.bytes_out += bytes as u64;
    }

    /// What the model counted.
    pub(super) fn usage(&mut self, usage: Option<Usage>) {
        let (Some(usage), Some(model)) = (usage, &self.model) else { return };
        self.ended.tokens = Some(Tokens { prompt: usage.prompt_tokens, completion: usage.completion_tokens });
        let took = Some(self.answered.elapsed());
        telemetry::tokens(model, usage.prompt_tokens, usage.completion_tokens, took);
    }

    /// The caller has the whole answer.
    pub(super) fn completed(mut self) {
        self.end(Outcome::Completed, None, Some(200));
    }

    /// The request failed after it was accepted.
    pub(super) fn failed(mut self, code: &'static str, status: u16) {
        self.end(Outcome::Failed, Some(code), Some(status));
    }

    fn end(&mut self, outcome: Outcome, code: Option<&'static str>, status: Option<u16>) {
        let unnamed = if outcome == Outcome::Aborted { "aborted" } else { "ok" };
        telemetry::request(self.route, code.unwrap_or(unnamed));
        tracing::debug!(request = %self.ended.request, ?outcome, code, status, "request ended");
        telemetry::stage(Stage::Upstream, self.answered.elapsed());
        telemetry::stage(Stage::Total, self.started.elapsed());
        let latency = LatencyStep::from(self.started.elapsed());
        let ended = Ended { outcome, code, http_status: status, latency, ..self.ended.clone() };
        if let Some(open) = self.open.take() {
            // Queued at once in a place that was kept for it; nobody need wait.
            drop(open.end(ended));
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.open.is_some() {
            // Before the first bytes no status was sent either.
            let status = (self.ended.bytes_out > 0).then_some(200);
            self.end(Outcome::Aborted, None, status);
        }
    }
}
