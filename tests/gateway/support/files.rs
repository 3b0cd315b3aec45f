//! The files that a Cordon under test starts with.

use std::path::Path;

use super::upstream::{Upstream, model_of};

/// Lanes of an upstream, each a provider with a model.
pub(super) const LANES: usize = 256;
/// Further lanes, whose providers speak Anthropic's API.
pub(super) const CLAUDE_LANES: usize = 32;
/// Tenants that use each policy.
pub(super) const TENANTS: usize = 128;

/// The provider's key that Cordon is configured with.
pub const UPSTREAM_KEY: &str = "sk-test-upstream-0123456789abcdef";
/// A model whose provider takes no connections.
pub const REFUSING_MODEL: &str = "refusing";

/// Policies of the tests, beside those that Cordon comes with.
const POLICIES: &[(&str, &str)] = &[
    ("local", "extends = \"default\"\n[actions]\nCREDIT_CARD = \"local_only\"\n"),
    ("blocking", "extends = \"default\"\n[actions]\nUS_SSN = \"block\"\n"),
    ("masking", "extends = \"default\"\n[actions]\nEMAIL_ADDRESS = \"mask\"\n"),
    ("draft", "extends = \"default\"\n[first_pass]\nmode = \"draft\"\nmax_tokens = 24\n"),
    ("inside", "extends = \"default\"\n[first_pass]\nmode = \"answer\"\n"),
    ("plain", "extends = \"default\"\n[notes]\nexplain_tokens = false\n"),
    ("terms", "extends = \"default\"\n[[list]]\nlabel = \"CUSTOM:PROJECT\"\nterms = ['Blue \"Harbour\" \\ Falcon']\n"),
    ("vectors", "extends = \"default\"\n[content]\nembeddings = \"mask\"\n"),
    ("forgetful", "extends = \"default\"\n[content]\nkept_answers = \"refuse\"\n"),
    ("pictures", "extends = \"default\"\n[content]\nimages = \"pass\"\n"),
    ("surrogates", "extends = \"default\"\n[tokens]\nstyle = \"surrogate\"\n"),
    ("purposeful", "extends = \"default\"\npurposes = [\"claims\", \"support\"]\n"),
    // One test changes its file.
    ("changing", "extends = \"default\"\n"),
    ("blind", "default_action = \"allow\"\n"),
];

/// Where the database is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Database {
    /// A fresh one on the test process's server, by `DATABASE_URL`.
    #[default]
    Shared,
    /// Cordon's own embedded server.
    Embedded,
}

/// How to start a Cordon.
#[derive(Clone, Default)]
pub struct Options {
    pub database: Database,
    /// More sections of `cordon.toml`.
    pub config: String,
    /// More keys of every `[[provider]]`.
    pub provider: String,
    /// More policies, by name.
    pub policies: Vec<(String, String)>,
    /// More environment variables.
    pub environment: Vec<(String, String)>,
}

/// Writes `cordon.toml` and `policies/` into `folder`.
pub(super) fn write(folder: &Path, options: &Options, upstream: &Upstream) {
    let policies = folder.join("policies");
    std::fs::create_dir(&policies).unwrap();
    let mut names: Vec<String> = vec!["default".into(), "strict".into(), "hipaa".into(), "pci".into(), "gdpr".into()];
    for name in &names {
        let ready = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(format!("{name}.toml"));
        std::fs::copy(ready, policies.join(format!("{name}.toml"))).unwrap();
    }
    let own = POLICIES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    for (name, text) in own.chain(options.policies.iter().cloned()) {
        std::fs::write(policies.join(format!("{name}.toml")), text).unwrap();
        names.push(name);
    }
    std::fs::write(folder.join("cordon.toml"), config(options, upstream, &names)).unwrap();
}

fn config(options: &Options, upstream: &Upstream, policies: &[String]) -> String {
    let mut out = format!("policies = \"policies\"\n{}\n", options.config);
    let mut model = |kind: &str, name: &str, base_url: &str| {
        out.push_str(&format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nbase_url = \"{base_url}\"\n\
             key_env = \"UPSTREAM_KEY\"\n{}\n[[model]]\nname = \"{name}\"\n\
             targets = [{{ provider = \"{name}\", model = \"inner-{name}\" }}]\n",
            options.provider
        ));
    };
    for lane in 0..LANES + CLAUDE_LANES {
        let kind = if lane < LANES { "openai" } else { "anthropic" };
        model(kind, &model_of(lane), &upstream.base_url(lane));
    }
    // Port 1 (tcpmux) is below what a test could be given, and nobody serves it.
    model("openai", REFUSING_MODEL, "http://127.0.0.1:1/v1");
    for policy in policies {
        for number in 0..TENANTS {
            let tenant = tenant_of(policy, number);
            out.push_str(&format!("[[tenant]]\nname = \"{tenant}\"\npolicy = \"{policy}\"\n"));
        }
    }
    out
}

/// The `number`-th tenant with `policy`.
pub(super) fn tenant_of(policy: &str, number: usize) -> String {
    format!("{policy}-{number}")
}
