//! The `[ner]` and `[local]` sections.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::assets::Asset;
use super::key_path::KeyPath;
use super::raw::{RawLocal, RawNer, RawNerModel, RawWeights};
use super::resolve::Resolver;
use super::{Home, did_you_mean};
use crate::detect::Label;
use crate::detect::ner::{Device, ModelSource, NerConfig, Weights};
use crate::local::LocalConfig;

/// What a model's own label maps to when its findings are to be dropped.
const IGNORE: &str = "ignore";

pub(super) fn ner(resolver: &mut Resolver<'_>, home: &Home, raw: RawNer) -> NerConfig {
    let at = KeyPath::new("ner");
    let (dir, model_pin) = own_or_pinned(resolver, raw.model, Asset::NerModel, Asset::NerWeights, home);
    let (runtime, runtime_pin) = own_or_pinned(resolver, raw.runtime, Asset::OnnxRuntime, Asset::OnnxRuntime, home);
    let first = ModelSource {
        sha256: sha256(resolver, &at, "model_sha256", raw.model_sha256).or(model_pin),
        labels: labels(resolver, &at.key("labels"), raw.labels),
        dir: dir.clone(),
    };
    let second = raw.second.map(|raw| second_model(resolver, &at.key("second"), raw));
    let usual = NerConfig::new(dir, runtime);
    let device = raw.device.map_or(Some(usual.device), |name| device_named(&name));
    let device = device.unwrap_or_else(|| {
        resolver.problem(&at.key("device"), "must be \"auto\", \"cpu\" or \"cuda:N\" with the device's number");
        usual.device
    });
    NerConfig {
        device,
        weights: raw.weights.map_or(usual.weights, |weights| match weights {
            RawWeights::Int8 => Weights::Int8,
            RawWeights::AsStored => Weights::AsStored,
        }),
        workers: resolver.number(&at, "workers", raw.workers, usual.workers as u64, 1..=256),
        queue_len_max: resolver.number(&at, "queue", raw.queue, usual.queue_len_max as u64, 1..=1_000_000),
        deadline: resolver.millis(&at, "deadline_ms", raw.deadline_ms, usual.deadline.as_millis() as u64),
        cache_segments_max: resolver.number(
            &at,
            "cache_segments",
            raw.cache_segments,
            usual.cache_segments_max as u64,
            0..=100_000_000,
        ),
        runtime_sha256: sha256(resolver, &at, "runtime_sha256", raw.runtime_sha256).or(runtime_pin),
        models: [first].into_iter().chain(second).collect(),
        ..usual
    }
}

fn second_model(resolver: &mut Resolver<'_>, at: &KeyPath, raw: RawNerModel) -> ModelSource {
    ModelSource {
        dir: resolver.beside(raw.model),
        sha256: sha256(resolver, at, "model_sha256", raw.model_sha256),
        labels: labels(resolver, &at.key("labels"), raw.labels),
    }
}

pub(super) fn local(resolver: &mut Resolver<'_>, home: &Home, raw: RawLocal) -> Option<LocalConfig> {
    if raw.model.as_deref() == Some(Path::new("off")) {
        return None;
    }
    let at = KeyPath::new("local");
    let (model, pin) = own_or_pinned(resolver, raw.model, Asset::LocalModel, Asset::LocalModel, home);
    let usual = LocalConfig::new(model);
    Some(LocalConfig {
        sha256: sha256(resolver, &at, "model_sha256", raw.model_sha256).or(pin),
        chat_template: raw.chat_template,
        threads: resolver.number(&at, "threads", raw.threads, usual.threads as u64, 1..=256),
        threads_batch: resolver.number(&at, "threads_batch", raw.threads_batch, usual.threads_batch as u64, 1..=256),
        slots: resolver.number(&at, "slots", raw.slots, usual.slots as u64, 1..=64),
        queue_len_max: resolver.number(&at, "queue", raw.queue, usual.queue_len_max as u64, 1..=1_000_000),
        context_tokens: tokens(resolver, &at, "context_tokens", raw.context_tokens, usual.context_tokens),
        max_tokens_default: tokens(
            resolver,
            &at,
            "max_tokens_default",
            raw.max_tokens_default,
            usual.max_tokens_default,
        ),
        deadline: resolver.millis(&at, "deadline_ms", raw.deadline_ms, usual.deadline.as_millis() as u64),
        ..usual
    })
}

/// A file of the user's own, checked only where they say against what; else the
/// one that setup fetched, checked against its pin.
fn own_or_pinned(
    resolver: &Resolver<'_>,
    own: Option<PathBuf>,
    asset: Asset,
    pinned: Asset,
    home: &Home,
) -> (PathBuf, Option<String>) {
    match own {
        Some(path) => (resolver.beside(path), None),
        None => (asset.path_in(home.path()), pinned.sha256().map(str::to_owned)),
    }
}

fn tokens(resolver: &mut Resolver<'_>, at: &KeyPath, key: &str, value: Option<u64>, usual: u32) -> u32 {
    u32::try_from(resolver.number(at, key, value, usual.into(), 16..=1_048_576)).unwrap_or(usual)
}

fn device_named(name: &str) -> Option<Device> {
    match name {
        "auto" => Some(Device::Auto),
        "cpu" => Some(Device::Cpu),
        _ => name.strip_prefix("cuda:")?.parse().ok().map(Device::Cuda),
    }
}

fn sha256(resolver: &mut Resolver<'_>, at: &KeyPath, key: &str, value: Option<String>) -> Option<String> {
    let is_sha256 = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if value.as_ref().is_some_and(|text| !is_sha256(text)) {
        resolver.problem(&at.key(key), "must be 64 hexadecimal digits");
    }
    value.map(|text| text.to_ascii_lowercase())
}

fn labels(resolver: &mut Resolver<'_>, at: &KeyPath, raw: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (model_label, name) in &raw {
        if name != IGNORE && Label::parse(name).is_err() {
            let hint = did_you_mean(name, Label::CATALOGUE.iter().map(|label| label.as_str()).chain([IGNORE]));
            resolver.problem(&at.key(model_label), format_args!("there is no label \"{name}\"{hint}"));
        }
    }
    raw
}
