//! The `[[provider]]` and `[[model]]` sections.

use std::sync::Arc;

use super::key_path::KeyPath;
use super::provider::provider;
use super::raw::{RawModel, RawProvider, RawProviderKind};
use super::resolve::Resolver;
use super::{EMBEDDED, Model, Provider, Target, Targets, did_you_mean};
use crate::local::LocalConfig;

pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    raw_providers: Vec<RawProvider>,
    raw_models: Vec<RawModel>,
    local: Option<&LocalConfig>,
) -> Targets {
    let mut targets = Targets::default();
    for (index, raw) in raw_providers.into_iter().enumerate() {
        let at = KeyPath::new("provider").index(index);
        let name = raw.name.clone();
        if targets.providers.contains_key(&name) {
            resolver.problem(&at.key("name"), format_args!("the provider \"{name}\" is there twice"));
        }
        if raw.kind == RawProviderKind::Embedded && local.is_none() {
            resolver.problem(&at.key("kind"), "the embedded model is off; remove `model = \"off\"` from [local]");
        }
        if let Some(provider) = provider(resolver, &at, raw) {
            targets.providers.insert(name, Arc::new(provider));
        }
    }
    if let Some(local) = local {
        add_embedded(&mut targets, local);
    }
    add_models(resolver, &mut targets, raw_models);
    targets
}

/// The embedded model is there without a word of configuration, so that a first
/// call works offline; what the file says under the same names goes before.
fn add_embedded(targets: &mut Targets, local: &LocalConfig) {
    let implied = || Arc::new(Provider::embedded(EMBEDDED.to_owned(), None));
    let declared = targets.providers.values().find(|provider| provider.is_embedded()).cloned();
    let provider = declared.unwrap_or_else(implied);
    targets.providers.entry(provider.name.clone()).or_insert_with(|| provider.clone());
    let file_name = gguf_name(local);
    for name in [EMBEDDED, &file_name] {
        let target = Target { provider: provider.clone(), model: file_name.clone() };
        let model = Model { name: name.to_owned(), targets: vec![target] };
        targets.models.insert(name.to_owned(), Arc::new(model));
    }
}

/// `SmolLM2-135M-Instruct.Q4_1.gguf` is `smollm2-135m-instruct`.
fn gguf_name(local: &LocalConfig) -> String {
    let stem = local.model.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    match stem.rsplit_once('.') {
        Some((name, quantization)) if quantization.starts_with(['q', 'f', 'i', 'b']) => name.to_owned(),
        _ => stem,
    }
}

fn add_models(resolver: &mut Resolver<'_>, targets: &mut Targets, raw: Vec<RawModel>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = KeyPath::new("model").index(index);
        if raw.name.is_empty() || !seen.insert(raw.name.clone()) {
            resolver.problem(&at.key("name"), format_args!("the model \"{}\" is unnamed or there twice", raw.name));
        }
        if raw.targets.is_empty() {
            resolver.problem(
                &at.key("targets"),
                "must name at least one target: [{ provider = \"...\", model = \"...\" }]",
            );
        }
        let mut resolved = Vec::new();
        for (position, target) in raw.targets.into_iter().enumerate() {
            match targets.providers.get(&target.provider) {
                Some(provider) => resolved.push(Target { provider: provider.clone(), model: target.model }),
                None => {
                    let known = targets.providers.keys().map(String::as_str);
                    let hint = did_you_mean(&target.provider, known);
                    let path = at.key("targets").index(position).key("provider");
                    resolver.problem(&path, format_args!("there is no provider \"{}\"{hint}", target.provider));
                }
            }
        }
        targets.models.insert(raw.name.clone(), Arc::new(Model { name: raw.name, targets: resolved }));
    }
}
