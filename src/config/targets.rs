//! Models by their public names, and the providers behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

use crate::dialect::Dialect;

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
    /// The names of the dialects it takes.
    pub(super) apis: BTreeSet<&'static str>,
}

impl Provider {
    /// The model in this process, which takes chat completions only.
    pub(super) fn embedded(name: String, region: Option<String>) -> Provider {
        Provider {
            name,
            region,
            kind: ProviderKind::Embedded,
            apis: BTreeSet::from([Dialect::of_embedded_model().name]),
        }
    }

    /// Whether requests to it stay in this process.
    pub fn is_embedded(&self) -> bool {
        self.http().is_none()
    }

    /// How it is reached over HTTP; `None` for the model in this process.
    pub fn http(&self) -> Option<&HttpProvider> {
        match &self.kind {
            ProviderKind::OpenAi(http) | ProviderKind::Anthropic(http) | ProviderKind::AzureOpenAi { http, .. } => {
                Some(http)
            }
            ProviderKind::Embedded => None,
        }
    }

    /// Whether it takes requests of `dialect` as they are.
    pub fn speaks(&self, dialect: &Dialect) -> bool {
        self.apis.contains(dialect.name)
    }
}

/// How a provider is reached.
#[derive(Debug)]
pub enum ProviderKind {
    /// Over HTTP, as OpenAI's API: OpenAI, Gemini's compatible endpoint, Ollama,
    /// vLLM, llama-server.
    OpenAi(Box<HttpProvider>),
    /// Over HTTP, as Anthropic's API.
    Anthropic(Box<HttpProvider>),
    /// Over HTTP, as OpenAI's API on Azure: a target's model is a deployment.
    AzureOpenAi {
        /// The resource.
        http: Box<HttpProvider>,
        /// The version of the API whose paths name the deployment; `None` for
        /// the paths below `openai/v1`, which have no version.
        api_version: Option<String>,
    },
    /// The GGUF model in this process.
    Embedded,
}

/// The header that holds a provider's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header of this name, in lower case, which holds nothing else.
    Named(&'static str),
}

/// A provider over HTTP.
#[derive(Debug)]
pub struct HttpProvider {
    /// With a trailing slash, so that `join("chat/completions")` appends.
    pub base_url: Url,
    /// From the environment only.
    pub key: Option<SecretString>,
    /// Where the key is sent.
    pub key_header: KeyHeader,
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
