//! What `/metrics` shows.
//!
//! Every label value comes from a closed set: routes and outcomes from the
//! code, entity labels from the catalogue, models and providers from
//! `cordon.toml`. Nothing a caller sends becomes a label.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::config::Model;
use crate::detect::Label;
use crate::policy::Action;

const REQUESTS: &str = "cordon_requests_total";
const REQUESTS_ACTIVE: &str = "cordon_requests_active";
const ENTITIES: &str = "cordon_entities_total";
const STAGE_SECONDS: &str = "cordon_stage_seconds";
const TOKENS: &str = "cordon_tokens_total";
const TOKENS_PER_SECOND: &str = "cordon_tokens_per_second";
const AUDIT_QUEUE: &str = "cordon_audit_queue_records";
const AUDIT_RECORDS: &str = "cordon_audit_records_total";
const AUDIT_ORPHANS: &str = "cordon_audit_orphans_total";
const AUDIT_UNRECORDED: &str = "cordon_audit_events_unrecorded_total";
const AUDIT_VERIFIED: &str = "cordon_audit_verify_total";
const AUDIT_CHAINS: &str = "cordon_audit_chains";
const AUDIT_VERIFIED_AT: &str = "cordon_audit_verified_timestamp_seconds";
const AUDIT_VERIFY_RATE: &str = "cordon_audit_verify_records_per_second";
const POLICY_RELOADS: &str = "cordon_policy_reload_total";
const UPSTREAM_ERRORS: &str = "cordon_upstream_errors_total";

/// The content type of [`Telemetry::render`].
pub const PROMETHEUS_MIME: &str = "text/plain; version=0.0.4; charset=utf-8";

/// From 50 us, the cost of a scan, to 60 s, that of a long answer.
const SECONDS: [f64; 19] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];
const RATES: [f64; 10] = [1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0];

/// The process's metrics, rendered on demand.
#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

/// The metrics cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The exporter refuses its buckets.
    #[error("the metrics cannot be built: {0}")]
    Build(#[from] BuildError),
    /// Another recorder is there.
    #[error("metrics are set up twice")]
    Twice,
}

impl Telemetry {
    /// Sets up the process's metrics, once.
    pub fn install() -> Result<Telemetry, MetricsError> {
        let recorder = recorder()?;
        let telemetry = Telemetry(recorder.handle());
        metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Twice)?;
        describe();
        Ok(telemetry)
    }

    /// The metrics in Prometheus' text format, for `/metrics`.
    pub fn render(&self) -> String {
        // Moves recorded samples into their buckets, which would pile up otherwise.
        self.0.run_upkeep();
        self.0.render()
    }
}

fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("tokens_per_second".to_owned()), &RATES)?;
    Ok(builder.build_recorder())
}

fn describe() {
    describe_counter!(REQUESTS, "Requests by route and outcome");
    describe_gauge!(REQUESTS_ACTIVE, "Requests in work");
    describe_counter!(ENTITIES, "Entities found, by label and by what was done with them");
    describe_histogram!(STAGE_SECONDS, Unit::Seconds, "Time that each stage of a request took");
    describe_counter!(TOKENS, "Tokens by model and direction (prompt, completion)");
    describe_histogram!(TOKENS_PER_SECOND, "Tokens that a model wrote in a second, one sample an answer");
    describe_gauge!(AUDIT_QUEUE, "Audit records that wait to be written");
    describe_counter!(AUDIT_RECORDS, "Audit records written");
    describe_counter!(AUDIT_ORPHANS, "Requests whose end nobody recorded and that were ended as unknown");
    describe_counter!(AUDIT_UNRECORDED, "Events of the server itself that could not be recorded, by kind");
    describe_histogram!("cordon_audit_commit_seconds", Unit::Seconds, "Time that a commit of audit records took");
    describe_counter!(AUDIT_VERIFIED, "Verifications of audit chains in the background, by verdict");
    describe_gauge!(AUDIT_CHAINS, "Audit chains by whether they were whole when they were last verified here");
    describe_gauge!(AUDIT_VERIFIED_AT, Unit::Seconds, "When an audit chain was last found whole, since 1970");
    describe_gauge!(AUDIT_VERIFY_RATE, "Records a second of the last verification");
    describe_counter!("cordon_ner_windows_total", "Pieces of text that the token classifier looked at");
    describe_counter!("cordon_ner_cache_total", "Pieces of text by whether their result was remembered (hit, miss)");
    describe_histogram!(
        "cordon_ner_inference_seconds",
        Unit::Seconds,
        "Time that the token classifier took for a piece"
    );
    describe_counter!("cordon_local_tokens_total", "Tokens of the embedded model by kind (prompt, completion)");
    describe_histogram!("cordon_local_tokens_per_second", "Tokens that the embedded model wrote in a second");
    describe_counter!(POLICY_RELOADS, "Policy files taken in again, by result (ok, broken, removed)");
    describe_counter!(UPSTREAM_ERRORS, "Failed calls to providers, by provider and kind");
}

/// The stages of a request whose time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the first byte in to the last byte out.
    Total,
    /// Key to tenant and policy.
    Authenticate,
    /// Parsing, and collecting the text.
    Parse,
    /// Finding entities.
    Detect,
    /// Putting tokens in their place.
    Scrub,
    /// Waiting until the audit record is durable.
    Audit,
    /// The local model.
    FirstPass,
    /// The provider, to its first byte.
    UpstreamFirstByte,
    /// The provider, to its last byte.
    Upstream,
    /// Putting values back.
    Restore,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Stage::Total => "total",
            Stage::Authenticate => "authenticate",
            Stage::Parse => "parse",
            Stage::Detect => "detect",
            Stage::Scrub => "scrub",
            Stage::Audit => "audit",
            Stage::FirstPass => "first_pass",
            Stage::UpstreamFirstByte => "upstream_first_byte",
            Stage::Upstream => "upstream",
            Stage::Restore => "restore",
        }
    }
}

/// Counts a finished request: `route` is the pattern of the route, never the
/// path that was asked for; `outcome` is `ok`, `aborted` or an error's code.
pub fn request(route: &'static str, outcome: &'static str) {
    counter!(REQUESTS, "route" => route, "outcome" => outcome).increment(1);
}

/// Counts a verification of an audit chain; `verdict` is `whole` or a defect's name.
pub fn audit_verified(verdict: &'static str, is_whole: bool, records: u64, took: Duration) {
    counter!(AUDIT_VERIFIED, "verdict" => verdict).increment(1);
    gauge!(AUDIT_VERIFY_RATE).set(records as f64 / took.as_secs_f64().max(1e-6));
    if is_whole {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        gauge!(AUDIT_VERIFIED_AT).set(since_1970.as_secs_f64());
    }
}

/// Shows how many audit chains were whole and how many broken, when each was last
/// verified by this process.
pub fn audit_chains(whole: usize, broken: usize) {
    gauge!(AUDIT_CHAINS, "state" => "whole").set(whole as f64);
    gauge!(AUDIT_CHAINS, "state" => "broken").set(broken as f64);
}

/// Counts a request as being in work until the value is dropped.
pub fn active_request() -> ActiveRequest {
    gauge!(REQUESTS_ACTIVE).increment(1.0);
    ActiveRequest(())
}

/// See [`active_request`].
#[must_use]
pub struct ActiveRequest(());

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        gauge!(REQUESTS_ACTIVE).decrement(1.0);
    }
}

/// Counts entities. A policy's own labels are one, since their names may tell
/// something and their number has no limit.
pub fn entities(label: Label, action: Action, count: u64) {
    let name = if label.as_str().starts_with("CUSTOM:") { "CUSTOM" } else { label.as_str() };
    counter!(ENTITIES, "label" => name, "action" => action.as_str()).increment(count);
}

/// Records how long a stage took.
pub fn stage(stage: Stage, took: Duration) {
    histogram!(STAGE_SECONDS, "stage" => stage.as_str()).record(took);
}

/// Counts an answer's tokens, and its speed when `took` is known.
pub fn tokens(model: &Model, prompt: u64, completion: u64, took: Option<Duration>) {
    let name = model.name.clone();
    counter!(TOKENS, "model" => name.clone(), "direction" => "prompt").increment(prompt);
    counter!(TOKENS, "model" => name.clone(), "direction" => "completion").increment(completion);
    if let Some(seconds) = took.map(|took| took.as_secs_f64()).filter(|seconds| *seconds > 0.0) {
        histogram!(TOKENS_PER_SECOND, "model" => name).record(completion as f64 / seconds);
    }
}

/// Shows how many audit records wait.
pub fn audit_queue(records: usize) {
    gauge!(AUDIT_QUEUE).set(records as f64);
}

/// Counts requests whose end was recorded as unknown.
pub fn audit_orphans(count: u64) {
    counter!(AUDIT_ORPHANS).increment(count);
}

/// Counts written audit records.
pub fn audit_records(count: u64) {
    counter!(AUDIT_RECORDS).increment(count);
}

/// Counts an event of this kind that nobody is refused for and that could not be
/// recorded.
pub fn audit_event_unrecorded(kind: &'static str) {
    counter!(AUDIT_UNRECORDED, "kind" => kind).increment(1);
}

/// Counts a policy file taken in again: `ok`, `broken` or `removed`.
pub fn policy_reloaded(result: &'static str) {
    counter!(POLICY_RELOADS, "result" => result).increment(1);
}

/// Counts a failed call to the provider called `provider` in `cordon.toml`.
pub fn upstream_error(provider: &str, kind: &'static str) {
    counter!(UPSTREAM_ERRORS, "provider" => provider.to_owned(), "kind" => kind).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_shows_help_buckets_and_bounded_labels() {
        let recorder = recorder().unwrap();
        let shown = Telemetry(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            describe();
            request("/v1/chat/completions", "ok");
            entities(Label::PERSON, Action::Redact, 2);
            entities(Label::parse("CUSTOM:SECRET_PROJECT").unwrap(), Action::Block, 1);
            stage(Stage::Detect, Duration::from_micros(70));
            audit_queue(5);
            drop(active_request());
        });
        let text = shown.render();
        for line in [
            "# HELP cordon_requests_total Requests by route and outcome",
            r#"cordon_requests_total{route="/v1/chat/completions",outcome="ok"} 1"#,
            r#"cordon_entities_total{label="PERSON",action="redact"} 2"#,
            r#"cordon_entities_total{label="CUSTOM",action="block"} 1"#,
            r#"cordon_stage_seconds_bucket{stage="detect",le="0.00005"} 0"#,
            r#"cordon_stage_seconds_bucket{stage="detect",le="0.0001"} 1"#,
            "cordon_audit_queue_records 5",
            "cordon_requests_active 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("SECRET_PROJECT"));
    }
}
