//! `cordon.toml` as it is written; [`super::resolve`] turns it into settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) listen: Option<String>,
    pub(super) policies: Option<PathBuf>,
    pub(super) server: RawServer,
    pub(super) database: RawDatabase,
    pub(super) vault: RawVault,
    pub(super) audit: RawAudit,
    pub(super) ner: RawNer,
    pub(super) local: RawLocal,
    pub(super) provider: Vec<RawProvider>,
    pub(super) model: Vec<RawModel>,
    pub(super) tenant: Vec<RawTenant>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServer {
    pub(super) workers: Option<u64>,
    pub(super) concurrency: Option<u64>,
    pub(super) body_size_max_bytes: Option<u64>,
    pub(super) decoded_body_size_max_bytes: Option<u64>,
    pub(super) header_timeout_ms: Option<u64>,
    pub(super) body_timeout_ms: Option<u64>,
    pub(super) shutdown_timeout_s: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDatabase {
    pub(super) url_env: Option<String>,
    pub(super) pool_size: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawVault {
    pub(super) expiry_days: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAudit {
    pub(super) origin: Option<String>,
    pub(super) replica: Option<String>,
    pub(super) checkpoint_interval_s: Option<u64>,
    pub(super) checkpoint_records: Option<u64>,
    pub(super) trusted_keys: Vec<String>,
    pub(super) orphan_after_s: Option<u64>,
    pub(super) verify_interval_s: Option<u64>,
    pub(super) full_verify_interval_h: Option<u64>,
    pub(super) http: Option<RawAuditHttp>,
    pub(super) s3: Option<RawAuditS3>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAuditHttp {
    pub(super) url: String,
    pub(super) token_env: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAuditS3 {
    pub(super) endpoint: String,
    pub(super) bucket: String,
    pub(super) region: String,
    pub(super) prefix: Option<String>,
    pub(super) access_key_env: String,
    pub(super) secret_key_env: String,
    pub(super) retain_days: u64,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawNer {
    pub(super) model: Option<PathBuf>,
    pub(super) model_sha256: Option<String>,
    pub(super) runtime: Option<PathBuf>,
    pub(super) runtime_sha256: Option<String>,
    pub(super) device: Option<String>,
    pub(super) workers: Option<u64>,
    pub(super) queue: Option<u64>,
    pub(super) deadline_ms: Option<u64>,
    pub(super) cache_segments: Option<u64>,
    pub(super) weights: Option<RawWeights>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) second: Option<RawNerModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNerModel {
    pub(super) model: PathBuf,
    pub(super) model_sha256: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLocal {
    pub(super) model: Option<PathBuf>,
    pub(super) model_sha256: Option<String>,
    pub(super) chat_template: Option<String>,
    pub(super) threads: Option<u64>,
    pub(super) threads_batch: Option<u64>,
    pub(super) slots: Option<u64>,
    pub(super) queue: Option<u64>,
    pub(super) context_tokens: Option<u64>,
    pub(super) max_tokens_default: Option<u64>,
    pub(super) deadline_ms: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawWeights {
    Int8,
    AsStored,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProvider {
    pub(super) name: String,
    pub(super) kind: RawProviderKind,
    pub(super) base_url: Option<String>,
    pub(super) key_env: Option<String>,
    pub(super) region: Option<String>,
    pub(super) apis: Option<Vec<RawApi>>,
    pub(super) api_version: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) connect_timeout_ms: Option<u64>,
    pub(super) first_byte_timeout_ms: Option<u64>,
    pub(super) idle_timeout_ms: Option<u64>,
    pub(super) pool_idle_timeout_ms: Option<u64>,
    pub(super) response_size_max_bytes: Option<u64>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawProviderKind {
    OpenAi,
    Anthropic,
    Azure,
    Embedded,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawApi {
    Chat,
    Completions,
    Responses,
    Embeddings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModel {
    pub(super) name: String,
    pub(super) targets: Vec<RawTarget>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub(super) provider: String,
    pub(super) model: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTenant {
    pub(super) name: String,
    pub(super) policy: String,
}
