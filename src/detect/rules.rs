//! What a policy wants found: as written, and compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::list::{AllowList, DenyLists, ListError};
use super::own_patterns::OwnPattern;
use super::pattern::{Languages, Scope};
use super::{Label, PatternError, PatternSpec, Span};

/// What a policy wants found.
#[derive(Clone, PartialEq, Debug)]
pub struct RulesSpec {
    /// The labels to look for; a policy's own are looked for by their lists.
    pub enabled: BTreeSet<Label>,
    /// Least confidence by label, 0 to 1; 0.4 for a label not named.
    pub thresholds: BTreeMap<Label, f32>,
    /// What is never an entity.
    pub allow: AllowSpec,
    /// What is never an entity of a label.
    pub allow_by_label: BTreeMap<Label, AllowSpec>,
    /// Terms that are always an entity.
    pub lists: Vec<TermList>,
    /// Patterns beside the catalogue's.
    pub patterns: Vec<PatternSpec>,
    /// ISO 639-1 codes: count context words of these languages and English
    /// only. Empty: of all.
    pub languages: Vec<String>,
}

/// What lets a finding pass that it covers entirely.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowSpec {
    /// Texts, as whole words in any case.
    pub terms: Vec<String>,
    /// Regular expressions of the `regex` crate.
    pub patterns: Vec<String>,
}

/// Terms that stand for a label wherever they occur as whole words, in any
/// case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermList {
    /// What the terms are.
    pub label: Label,
    /// The terms.
    pub terms: Vec<String>,
}

/// Rules that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A list or allow pattern cannot be compiled.
    #[error(transparent)]
    List(#[from] ListError),
    /// A pattern cannot be compiled.
    #[error("the pattern {number} of {label}, {key}: {error}", key = error.key())]
    Pattern {
        /// Which of the patterns, from 1.
        number: usize,
        /// Its label.
        label: Label,
        /// What is wrong with it.
        error: PatternError,
    },
    /// A threshold that no score can be compared with.
    #[error("the threshold of {label} is {threshold}; write a number from 0 to 1")]
    Threshold {
        /// Whose threshold.
        label: Label,
        /// What was written.
        threshold: f32,
    },
}

/// Least confidence where the rules do not say, the same for all detectors.
const THRESHOLD_DEFAULT: f32 = 0.4;

/// Labels that patterns alone do not find well enough: they need the token classifier.
const NER_ONLY: &[Label] = &[Label::PERSON, Label::STREET_ADDRESS, Label::LOCATION, Label::ORGANIZATION, Label::NRP];

/// Labels that the default rules leave out: common in any text, and not
/// personal without more beside them.
const OFF_BY_DEFAULT: &[Label] = &[Label::DATE_TIME, Label::AGE, Label::ORGANIZATION, Label::NRP, Label::LOCATION];

/// Compiled rules, shared between requests.
#[derive(Clone)]
pub struct Rules {
    enabled: BTreeSet<Label>,
    thresholds: BTreeMap<Label, f32>,
    scope: Scope,
    pub(super) allow: AllowList,
    pub(super) deny: DenyLists,
    patterns: Arc<[OwnPattern]>,
}

impl Default for RulesSpec {
    /// Everything of the catalogue but DATE_TIME, AGE, ORGANIZATION, NRP and
    /// LOCATION.
    fn default() -> RulesSpec {
        let enabled = Label::CATALOGUE.iter().copied().filter(|label| !OFF_BY_DEFAULT.contains(label)).collect();
        RulesSpec {
            enabled,
            thresholds: BTreeMap::new(),
            allow: AllowSpec::default(),
            allow_by_label: BTreeMap::new(),
            lists: Vec::new(),
            patterns: Vec::new(),
            languages: Vec::new(),
        }
    }
}

impl Default for Rules {
    /// The rules of [`RulesSpec::default`].
    fn default() -> Rules {
        Rules::with_own(RulesSpec::default(), AllowList::default(), DenyLists::default(), Arc::new([]))
    }
}

impl RulesSpec {
    /// The least confidence in an entity of `label`.
    pub fn threshold(&self, label: Label) -> f32 {
        self.thresholds.get(&label).copied().unwrap_or(THRESHOLD_DEFAULT)
    }
}

impl Rules {
    /// Compiles `spec`; a second or less per million terms.
    ///
    /// # Errors
    /// A pattern that is no regular expression or beyond a limit, an empty term, a
    /// threshold outside 0 to 1.
    pub fn compile(spec: RulesSpec) -> Result<Rules, RulesError> {
        for (&label, &threshold) in &spec.thresholds {
            if !(0.0..=1.0).contains(&threshold) {
                return Err(RulesError::Threshold { label, threshold });
            }
        }
        let allow = AllowList::compile(&spec.allow, &spec.allow_by_label)?;
        let deny = DenyLists::compile(&spec.lists)?;
        let patterns = spec.patterns.iter().zip(1..).map(|(pattern, number)| {
            OwnPattern::compile(pattern).map_err(|error| RulesError::Pattern { number, label: pattern.label, error })
        });
        let patterns = patterns.collect::<Result<_, _>>()?;
        Ok(Rules::with_own(spec, allow, deny, patterns))
    }

    fn with_own(spec: RulesSpec, allow: AllowList, deny: DenyLists, patterns: Arc<[OwnPattern]>) -> Rules {
        let label_bits = spec.enabled.iter().filter_map(|label| label.catalogue_bit()).fold(0, |bits, bit| bits | bit);
        let scope = Scope { label_bits, languages: Languages::of_rules(&spec.languages) };
        Rules { enabled: spec.enabled, thresholds: spec.thresholds, scope, allow, deny, patterns }
    }

    /// The same rules for texts in other languages (see
    /// [`RulesSpec::languages`]).
    pub fn in_languages(&self, languages: &[String]) -> Rules {
        let scope = Scope { languages: Languages::of_rules(languages), ..self.scope };
        Rules { scope, ..self.clone() }
    }

    /// The labels that are looked for.
    pub fn enabled(&self) -> &BTreeSet<Label> {
        &self.enabled
    }

    /// Whether a label is enabled that needs the token classifier.
    pub fn needs_ner(&self) -> bool {
        NER_ONLY.iter().any(|label| self.enabled.contains(label))
    }

    pub(super) fn is_ner_only(label: Label) -> bool {
        NER_ONLY.contains(&label)
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// Adds what the policy's own patterns find in `text`, which stands under `key`.
    pub(super) fn own_values(&self, text: &str, key: Option<&str>, values: &mut Vec<Span>) {
        for pattern in self.patterns.iter() {
            pattern.find(text, key, values);
        }
    }

    /// Whether `span` is of an enabled label and certain enough. Terms of the
    /// policy's lists always are.
    pub(super) fn admits(&self, span: &Span) -> bool {
        self.enabled.contains(&span.label) && span.score >= self.threshold(span.label)
    }

    /// The least confidence in a span of `label`.
    pub fn threshold(&self, label: Label) -> f32 {
        self.thresholds.get(&label).copied().unwrap_or(THRESHOLD_DEFAULT)
    }
}
