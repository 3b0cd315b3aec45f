//! Models by their public names, and the providers behind them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

/// Every model that callers may name, and every provider.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    pub(super) providers: BTreeMap<String, Arc<Provider>>,
    pub(super) models: BTreeMap<String, Arc<Model>>,
}

impl Targets {
    /// The model that callers call `name`.
    pub fn model(&self, name: &str) -> Option<&Arc<Model>> {
        self.models.get(name)
    }

    /// All models, by name.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.values()
    }

    /// The provider called `name`.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.get(name)
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.values()
    }
}

/// A model name that callers use.
#[derive(Debug)]
pub struct Model {
    /// The public name.
    pub name: String,
    /// Where it may be answered, in order of preference; never empty.
    pub targets: Vec<Target>,
}

/// A model at a provider.
#[derive(Debug, Clone)]
pub struct Target {
    /// Who answers.
    pub provider: Arc<Provider>,
    /// What the provider calls the model.
    pub model: String,
}

/// Somebody who answers.
#[derive(Debug)]
pub struct Provider {
    /// The name in `cordon.toml`.
    pub name: String,
    /// The region it answers in, as the operator declares it; policies choose by it.
    pub region: Option<String>,
    /// How it is reached.
    pub kind: ProviderKind,
}

impl Provider {
    /// Whether requests to it stay in this process.
    pub fn is_embedded(&self) -> bool {
        matches!(self.kind, ProviderKind::Embedded)
    }
}

/// How a provider is reached.
#[derive(Debug)]
pub enum ProviderKind {
    /// Over HTTP, as OpenAI's API: OpenAI, Gemini's compatible endpoint, Ollama,
    /// vLLM, llama-server.
    OpenAi(Box<HttpProvider>),
    /// The GGUF model in this process.
    Embedded,
}

/// A provider over HTTP.
#[derive(Debug)]
pub struct HttpProvider {
    /// With a trailing slash, so that `join("chat/completions")` appends.
    pub base_url: Url,
    /// Sent as `Authorization: Bearer`; from the environment only.
    pub key: Option<SecretString>,
    /// Sent with every request besides Cordon's own.
    pub headers: HeaderMap,
    /// A proxy on the way; the environment's proxies are not used.
    pub proxy: Option<Url>,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time from the request to the response's headers.
    pub first_byte_timeout: Duration,
    /// Time between two pieces of the response's body.
    pub idle_timeout: Duration,
    /// How long an unused connection is kept.
    pub pool_idle_timeout: Duration,
    /// Largest response body, in bytes.
    pub response_size_max_bytes: usize,
}
