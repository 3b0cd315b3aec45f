//! What a policy says about finding: labels, thresholds, words of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Compiler, Layer, sha256};
use crate::config::{Document, KeyPath, did_you_mean};
use crate::detect::{Label, RulesSpec, TermList};
use crate::policy::Action;
use crate::policy::raw::{RawDetect, RawList};

/// More would make a matcher that no longer fits in a processor's cache.
const TERMS_MAX: usize = 100_000;

impl Compiler {
    fn label(&mut self, document: &Document, at: &KeyPath, name: &str) -> Option<Label> {
        Label::parse(name)
            .map_err(|_| {
                let hint = did_you_mean(name, Label::CATALOGUE.iter().map(|label| label.as_str()));
                let known = "labels are those of the catalogue (see `cordon policy schema`) or CUSTOM:<NAME>";
                self.problems.push(document.error(at, format_args!("there is no label \"{name}\"{hint} ({known})")));
            })
            .ok()
    }

    pub(super) fn add_actions(&mut self, layer: &Layer, actions: &mut BTreeMap<Label, Action>) {
        for (name, action) in &layer.raw.actions {
            let at = KeyPath::new("actions").key(name);
            if let Some(label) = self.label(&layer.document, &at, name) {
                actions.insert(label, *action);
            }
        }
    }

    pub(super) fn switch_labels(&mut self, layer: &Layer, enabled: &mut BTreeSet<Label>) {
        let RawDetect { on, off, .. } = &layer.raw.detect;
        for (index, name) in on.iter().enumerate() {
            let at = KeyPath::new("detect").key("on").index(index);
            if off.contains(name) {
                self.problems.push(layer.document.error(&at, format_args!("\"{name}\" is switched both on and off")));
            }
            enabled.extend(self.label(&layer.document, &at, name));
        }
        for (index, name) in off.iter().enumerate() {
            let at = KeyPath::new("detect").key("off").index(index);
            if let Some(label) = self.label(&layer.document, &at, name) {
                enabled.remove(&label);
            }
            if layer.raw.actions.contains_key(name) {
                let message = format_args!(
                    "\"{name}\" is switched off here but has an action under [actions]; remove one of the two"
                );
                self.problems.push(layer.document.error(&at, message));
            }
        }
    }

    pub(super) fn add_thresholds(
        &mut self,
        document: &Document,
        detect: &RawDetect,
        thresholds: &mut BTreeMap<Label, f32>,
    ) {
        for (name, threshold) in &detect.thresholds {
            let at = KeyPath::new("detect").key("thresholds").key(name);
            if !(0.0..=1.0).contains(threshold) {
                self.problems.push(document.error(&at, "must be from 0 to 1"));
            }
            if let Some(label) = self.label(document, &at, name) {
                thresholds.insert(label, *threshold);
            }
        }
    }

    pub(super) fn add_allowed(&mut self, layer: &Layer, spec: &mut RulesSpec) {
        let at = KeyPath::new("allow");
        for (index, term) in layer.raw.allow.terms.iter().enumerate() {
            if term.trim().is_empty() {
                self.problems.push(layer.document.error(&at.key("terms").index(index), "is empty"));
            }
            spec.allow.push(term.clone());
        }
        for (index, pattern) in layer.raw.allow.patterns.iter().enumerate() {
            if regex::Regex::new(pattern).is_err() {
                let message =
                    "is not a regular expression (syntax of Rust's regex crate: no look-around, no back-references)";
                self.problems.push(layer.document.error(&at.key("patterns").index(index), message));
            } else {
                spec.allow_patterns.push(pattern.clone());
            }
        }
    }

    pub(super) fn term_list(&mut self, document: &Document, at: &KeyPath, raw: &RawList) -> Option<TermList> {
        let label = self.label(document, &at.key("label"), &raw.label)?;
        let mut terms = raw.terms.clone();
        if let Some(name) = &raw.file {
            let file = document.file().parent().unwrap_or(Path::new("")).join(name);
            match std::fs::read_to_string(&file) {
                Ok(text) => {
                    self.digests.push(sha256(text.as_bytes()));
                    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                    terms.extend(lines.map(str::to_owned));
                }
                Err(error) => {
                    let message = format!("cannot read {}: {error}", file.display());
                    self.problems.push(document.error(&at.key("file"), message));
                    return None;
                }
            }
        }
        if terms.iter().any(|term| term.trim().is_empty()) {
            self.problems.push(document.error(&at.key("terms"), "holds an empty term"));
        }
        if terms.is_empty() || terms.len() > TERMS_MAX {
            let message = format_args!("holds {} terms; must be from 1 to {TERMS_MAX}", terms.len());
            self.problems.push(document.error(&at.key("terms"), message));
        }
        Some(TermList { label, terms })
    }
}
