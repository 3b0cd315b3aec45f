//! A policy's file to a [`Policy`].

mod detection;
mod own;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::raw::{RawFirstPass, RawPolicy};
use super::{Action, Content, FirstPass, FirstPassSpec, Policy, Routing};
use crate::config::{Document, EMBEDDED, FileError, KeyPath, Problems};
use crate::detect::{Rules, RulesSpec};
use crate::scrub::TokenStyle;

/// Compiles the policy in `file`; the problems are everything that is wrong
/// with it or with the files it draws on.
pub fn check_file(file: &Path) -> Result<Policy, Problems> {
    let document = Document::read(file)?;
    let own: RawPolicy = document.parse()?;
    let mut compiler =
        Compiler { digests: vec![sha256(document.text().as_bytes())], layers: Vec::new(), problems: Vec::new() };
    if let Some(name) = own.extends.clone() {
        compiler.add_base(&document, &name);
    }
    compiler.layers.push(Layer { document, raw: own });
    let policy = compiler.policy(file.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    match policy {
        Some(policy) if compiler.problems.is_empty() => Ok(policy),
        _ => Err(Problems(compiler.problems)),
    }
}

/// The JSON Schema of a policy file, for editors.
pub fn json_schema() -> schemars::Schema {
    schemars::schema_for!(RawPolicy)
}

/// A file and what it says. What the second layer says replaces the first's, key by key; lists of labels, terms,
/// patterns and allowed words add up.
struct Layer {
    document: Document,
    raw: RawPolicy,
}

struct Compiler {
    layers: Vec<Layer>,
    digests: Vec<String>,
    problems: Vec<FileError>,
}

impl Compiler {
    fn add_base(&mut self, document: &Document, name: &str) {
        let at = KeyPath::new("extends");
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain {
            self.problems.push(document.error(&at, "must be a policy's name without folder and without .toml"));
            return;
        }
        let file = document.file().with_file_name(format!("{name}.toml"));
        let base = Document::read(&file).and_then(|base| base.parse::<RawPolicy>().map(|raw| (base, raw)));
        match base {
            Ok((_, raw)) if raw.extends.is_some() => {
                self.problems.push(
                    document.error(&at, format_args!("\"{name}\" itself extends a policy; only one step is allowed")),
                );
            }
            Ok((base, raw)) => {
                self.digests.push(sha256(base.text().as_bytes()));
                self.layers.push(Layer { document: base, raw });
            }
            Err(error) => self.problems.push(document.error(&at, format_args!("cannot use \"{name}\": {error}"))),
        }
    }

    fn policy(&mut self, id: String) -> Option<Policy> {
        let layers = std::mem::take(&mut self.layers);
        let mut spec = RulesSpec::default();
        let mut actions = BTreeMap::new();
        for layer in &layers {
            self.add_actions(layer, &mut actions);
            self.switch_labels(layer, &mut spec.enabled);
            self.add_thresholds(&layer.document, &layer.raw.detect, &mut spec.thresholds);
            self.add_allowed(layer, &mut spec);
            self.add_lists(layer, &mut spec);
        }
        for layer in &layers {
            self.add_patterns(layer, &mut spec);
        }
        spec.languages = self.languages(&layers);
        let purposes = self.purposes(&layers);
        let first_pass = self.first_pass(&layers);
        let own = layers.last()?;
        let rules = Rules::compile(spec)
            .map_err(|error| self.problems.push(own.document.error(&KeyPath::new("detect"), error)))
            .ok()?;
        let last = |key: fn(&RawPolicy) -> Option<super::Unscannable>| {
            layers.iter().rev().find_map(|layer| key(&layer.raw)).unwrap_or_default()
        };
        Some(Policy {
            id,
            hash: self.hash(),
            description: own.raw.description.clone(),
            rules: Arc::new(rules),
            first_pass,
            purposes,
            routing: routing(&layers),
            content: Content {
                images: last(|raw| raw.content.images),
                audio: last(|raw| raw.content.audio),
                files: last(|raw| raw.content.files),
                embeddings: layers.iter().rev().find_map(|layer| layer.raw.content.embeddings).unwrap_or_default(),
                kept_answers: layers.iter().rev().find_map(|layer| layer.raw.content.kept_answers).unwrap_or_default(),
            },
            tokens: TokenStyle::default()
                .in_style(layers.iter().rev().find_map(|layer| layer.raw.tokens.style).unwrap_or_default()),
            explain_tokens: layers.iter().rev().find_map(|layer| layer.raw.notes.explain_tokens).unwrap_or(true),
            actions,
            default_action: layers.iter().rev().find_map(|layer| layer.raw.default_action).unwrap_or(Action::Redact),
        })
    }

    fn hash(&self) -> String {
        match self.digests.as_slice() {
            [only] => only.clone(),
            all => sha256(all.concat().as_bytes()),
        }
    }

    /// The names are shown to callers and stand in records, so they are kept short
    /// and plain.
    fn purposes(&mut self, layers: &[Layer]) -> Vec<Arc<str>> {
        let named = layers.iter().rev().find_map(|layer| Some((layer, layer.raw.purposes.as_ref()?)));
        let Some((Layer { document, .. }, names)) = named else { return Vec::new() };
        let at = KeyPath::new("purposes");
        for (i, name) in names.iter().enumerate() {
            if !is_plain_name(name) {
                let message = "must be 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit";
                self.problems.push(document.error(&at.index(i), message));
            } else if names[..i].contains(name) {
                self.problems.push(document.error(&at.index(i), format_args!("\"{name}\" is named twice")));
            }
        }
        names.iter().map(|name| name.as_str().into()).collect()
    }

    fn first_pass(&mut self, layers: &[Layer]) -> FirstPassSpec {
        let mut first_pass = FirstPassSpec { mode: FirstPass::Off, model: EMBEDDED.to_owned(), max_tokens: 256 };
        for Layer { document, raw } in layers {
            let RawFirstPass { mode, model, max_tokens } = raw.first_pass.clone();
            let at = KeyPath::new("first_pass");
            if let Some(mode @ (FirstPass::Screen | FirstPass::Fallback)) = mode {
                let message =
                    format_args!("\"{}\" is not available yet; use \"off\", \"answer\" or \"draft\"", mode.as_str());
                self.problems.push(document.error(&at.key("mode"), message));
            }
            if max_tokens.is_some_and(|tokens| !(1..=8192).contains(&tokens)) {
                self.problems.push(document.error(&at.key("max_tokens"), "must be from 1 to 8192"));
            }
            first_pass.mode = mode.unwrap_or(first_pass.mode);
            first_pass.model = model.unwrap_or(first_pass.model);
            first_pass.max_tokens = max_tokens.unwrap_or(first_pass.max_tokens);
        }
        first_pass
    }
}

fn is_plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let (len, first) = (name.len(), name.bytes().next());
    (1..=63).contains(&len) && first.is_some_and(plain) && name.bytes().all(|b| plain(b) || b == b'-' || b == b'_')
}

fn routing(layers: &[Layer]) -> Routing {
    let last = |key: fn(&RawPolicy) -> Option<&Vec<String>>| {
        layers.iter().rev().find_map(|layer| key(&layer.raw)).map(|names| names.iter().cloned().collect())
    };
    Routing { providers: last(|raw| raw.routing.providers.as_ref()), regions: last(|raw| raw.routing.regions.as_ref()) }
}

fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}
