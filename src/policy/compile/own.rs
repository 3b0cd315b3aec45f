//! What a policy finds and lets pass by itself: lists of terms, patterns, allowed words.

use std::path::{Path, PathBuf};

use super::{Compiler, Layer, sha256};
use crate::config::{Document, KeyPath, did_you_mean};
use crate::detect::pattern::validator_names;
use crate::detect::{
    AllowSpec, PATTERNS_MAX, PatternError, PatternSpec, RulesSpec, TermList, check_pattern, check_regex, check_term,
};
use crate::policy::raw::{RawAllowed, RawList, RawPattern};

/// Some 40 bytes each while the policy is in force.
const TERMS_MAX: usize = 2_000_000;

impl Compiler {
    pub(super) fn add_allowed(&mut self, layer: &Layer, spec: &mut RulesSpec) {
        let at = KeyPath::new("allow");
        let raw = layer.raw.allow.clone();
        let always = RawAllowed { terms: raw.terms, file: raw.file, patterns: raw.patterns };
        self.add_allowed_here(&layer.document, &at, &always, &mut spec.allow);
        for (name, allowed) in &raw.labels {
            let at = at.key("labels").key(name);
            if let Some(label) = self.label(&layer.document, &at, name) {
                self.add_allowed_here(&layer.document, &at, allowed, spec.allow_by_label.entry(label).or_default());
            }
        }
    }

    fn add_allowed_here(&mut self, document: &Document, at: &KeyPath, raw: &RawAllowed, allowed: &mut AllowSpec) {
        allowed.terms.extend(self.terms(document, at, &raw.terms, raw.file.as_ref()));
        for (index, pattern) in raw.patterns.iter().enumerate() {
            match check_regex(pattern) {
                Ok(()) => allowed.patterns.push(pattern.clone()),
                Err(error) => self.problems.push(document.error(&at.key("patterns").index(index), error)),
            }
        }
        if allowed.patterns.len() > PATTERNS_MAX {
            let message = format_args!("makes more than {PATTERNS_MAX} patterns");
            self.problems.push(document.error(&at.key("patterns"), message));
        }
    }

    pub(super) fn add_lists(&mut self, layer: &Layer, spec: &mut RulesSpec) {
        for (index, RawList { label, terms, file }) in layer.raw.list.iter().enumerate() {
            let at = KeyPath::new("list").index(index);
            let Some(label) = self.label(&layer.document, &at.key("label"), label) else { continue };
            let problems = self.problems.len();
            let terms = self.terms(&layer.document, &at, terms, file.as_ref());
            if terms.is_empty() && self.problems.len() == problems {
                self.problems.push(layer.document.error(&at.key("terms"), "holds no terms"));
            }
            spec.enabled.insert(label);
            spec.lists.push(TermList { label, terms });
        }
    }

    /// The terms that stand under `at` and those of its file.
    fn terms(&mut self, document: &Document, at: &KeyPath, here: &[String], file: Option<&PathBuf>) -> Vec<String> {
        for (index, term) in here.iter().enumerate() {
            if let Err(error) = check_term(term) {
                self.problems.push(document.error(&at.key("terms").index(index), error));
            }
        }
        let mut terms = here.to_vec();
        if let Some(name) = file {
            let file = document.file().parent().unwrap_or(Path::new("")).join(name);
            match std::fs::read_to_string(&file) {
                Ok(text) => self.add_lines(document, &at.key("file"), &file, &text, &mut terms),
                Err(error) => {
                    let message = format!("cannot read {}: {error}", file.display());
                    self.problems.push(document.error(&at.key("file"), message));
                }
            }
        }
        if terms.len() > TERMS_MAX {
            let message = format_args!("holds {} terms; must be {TERMS_MAX} at most", terms.len());
            self.problems.push(document.error(&at.key("terms"), message));
        }
        terms
    }

    fn add_lines(&mut self, document: &Document, at: &KeyPath, file: &Path, text: &str, terms: &mut Vec<String>) {
        self.digests.push(sha256(text.as_bytes()));
        // Editors of one system put a byte order mark in front.
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        for (line, term) in lines.enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            match check_term(term) {
                Ok(()) => terms.push(term.to_owned()),
                Err(error) => {
                    let message = format!("{}:{}: {error}", file.display(), line + 1);
                    self.problems.push(document.error(at, message));
                }
            }
        }
    }

    /// Call it once thresholds are known.
    pub(super) fn add_patterns(&mut self, layer: &Layer, spec: &mut RulesSpec) {
        for (index, raw) in layer.raw.pattern.iter().enumerate() {
            let at = KeyPath::new("pattern").index(index);
            let Some(label) = self.label(&layer.document, &at.key("label"), &raw.label) else { continue };
            let RawPattern { regex, ignore_case, validator, context, score, context_score, .. } = raw.clone();
            let pattern = PatternSpec { label, regex, ignore_case, validator, context, score, context_score };
            spec.enabled.insert(label);
            match check_pattern(&pattern) {
                Ok(best) if best < spec.threshold(label) => {
                    let message = format_args!("never reaches the threshold of {label}, {}", spec.threshold(label));
                    self.problems.push(layer.document.error(&at.key("score"), message));
                }
                Ok(_) => spec.patterns.push(pattern),
                Err(error) => self.pattern_problem(&layer.document, &at, &pattern, &error),
            }
        }
        if spec.patterns.len() > PATTERNS_MAX {
            let message = format_args!("there are more than {PATTERNS_MAX} patterns, those of \"extends\" included");
            self.problems.push(layer.document.error(&KeyPath::new("pattern"), message));
        }
    }

    fn pattern_problem(&mut self, document: &Document, at: &KeyPath, pattern: &PatternSpec, error: &PatternError) {
        let hint = match (error, &pattern.validator) {
            (PatternError::UnknownValidator, Some(name)) => did_you_mean(name, validator_names()),
            _ => String::new(),
        };
        self.problems.push(document.error(&at.key(error.key()), format_args!("{error}{hint}")));
    }
}
