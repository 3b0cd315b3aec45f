//! One entry of the catalogue: as written in TOML, and compiled.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::need::{Need, digits_min};
use super::patterns::{Patterns, VALUE_GROUP};
use super::validate::{self, Validator};
use crate::detect::Label;

/// A file of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    pub(super) entry: Vec<RawEntry>,
}

/// An entry as written.
///
/// Patterns are in the `regex` crate's syntax with ASCII classes (`\d`, `\b`,
/// `\s`; `(?u:...)` where Unicode is meant). A group called `v` is the value;
/// without one the whole match is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    /// Unique, shown in errors and tests.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) patterns: Vec<String>,
    #[serde(default)]
    pub(super) ignore_case: bool,
    /// Checks a value; see `validate`.
    pub(super) validator: Option<String>,
    /// Gate: the patterns are tried around these literals (any ASCII case; a
    /// `#` at the end stands for any digit).
    #[serde(default)]
    pub(super) literals: Vec<String>,
    /// Gate: the patterns are tried where at least so many digits stand close
    /// together; beside `literals`, where so many stand around the literal. With
    /// neither gate the patterns are tried around the context words.
    pub(super) digits: Option<usize>,
    /// The value must not be joined to letters or digits by a hyphen or slash.
    #[serde(default)]
    pub(super) apart: bool,
    /// The value must be a whole text that stands under no key, but for blanks
    /// around it: lone numbers under keys are orders and traces as often.
    #[serde(default)]
    pub(super) whole_text: bool,
    /// Whole ASCII words, in small letters, right behind which the value is
    /// something else: the version of a program reads like an address.
    #[serde(default)]
    pub(super) not_after: Vec<String>,
    /// How many bytes before and after the gate a match may reach.
    pub(super) reach: Option<[usize; 2]>,
    /// Whole words that speak for the entry when near, by language.
    #[serde(default)]
    pub(super) context: BTreeMap<String, Vec<String>>,
    /// Confidence of a valid value without context; absent: context is needed.
    pub(super) score: Option<f32>,
    /// Confidence of a valid value with context.
    pub(super) context_score: Option<f32>,
    /// Confidence of a value with context that the validator refuses; absent:
    /// such a value is dropped.
    pub(super) invalid_score: Option<f32>,
    /// Texts with the expected values between `⟦` and `⟧`.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that runs every entry's examples"))]
    pub(super) examples: Vec<String>,
    /// Texts in which this entry finds nothing.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that runs every entry's examples"))]
    pub(super) counter_examples: Vec<String>,
}

/// Where an entry's patterns are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Literals,
    Digits,
    Context,
}

/// An entry ready to match.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) label: Label,
    pub(super) label_bit: u128,
    pub(super) patterns: Patterns,
    pub(super) validator: Option<Validator>,
    pub(super) validator_name: Option<String>,
    pub(super) gate: Gate,
    /// Least number of digits in a stretch that is worth a search.
    pub(super) digits_min: usize,
    /// What a stretch must hold, too: one of these.
    pub(super) needs: Vec<Need>,
    pub(super) apart: bool,
    pub(super) whole_text: bool,
    pub(super) not_after: Vec<String>,
    /// How many bytes before and after the gate a match may reach.
    pub(super) reach: [usize; 2],
    pub(super) has_context: bool,
    /// How far behind a context word a value may end, and how far before one
    /// it may start, in bytes.
    pub(super) context_reach: [usize; 2],
    pub(super) score: Option<f32>,
    pub(super) context_score: f32,
    pub(super) invalid_score: Option<f32>,
}

/// Confidence of a value with context where an entry does not say.
const CONTEXT_SCORE: f32 = 0.85;
/// How far before and after digits a match reaches where an entry does not say:
/// best for all, for the shape of the text is then looked at once.
const AROUND_DIGITS: [usize; 2] = [24, 24];

impl RawEntry {
    /// The patterns with what `whole_text` asks for.
    fn whole_patterns(&self) -> Cow<'_, [String]> {
        match self.whole_text {
            true => self.patterns.iter().map(|pattern| format!(r"\A\s*(?P<{VALUE_GROUP}>{pattern})\s*\z")).collect(),
            false => Cow::Borrowed(&self.patterns),
        }
    }
}

impl Entry {
    pub(super) fn compile(raw: &RawEntry) -> Result<Entry, String> {
        let label = Label::parse(&raw.label).map_err(|error| error.to_string())?;
        let label_bit = label.catalogue_bit().ok_or("its label is not one of the catalogue's")?;
        let (patterns, parsed) = Patterns::parse(&raw.whole_patterns(), raw.ignore_case)?;
        let least_digits = parsed.iter().map(digits_min).min().unwrap_or(0);
        let (gate, digits_min) = match (raw.literals.is_empty(), raw.digits) {
            (false, digits) => (Gate::Literals, digits.unwrap_or(0)),
            (true, Some(digits)) => (Gate::Digits, digits.max(least_digits)),
            (true, None) if raw.context.is_empty() => {
                return Err("it has no gate: literals, digits or context".into());
            }
            // Digits are found sooner than words.
            (true, None) if least_digits > 0 => (Gate::Digits, least_digits),
            (true, None) => (Gate::Context, 0),
        };
        let is_found_by_context = raw.literals.is_empty() && raw.digits.is_none();
        if raw.score.is_none() && raw.context.is_empty() {
            return Err("it has neither a score nor context words, so it can find nothing".into());
        }
        let around_words = raw.reach.unwrap_or([40, 72]);
        let reach = match gate {
            Gate::Literals => raw.reach.unwrap_or([8, 128]),
            Gate::Digits if is_found_by_context => AROUND_DIGITS,
            Gate::Digits => raw.reach.unwrap_or(AROUND_DIGITS),
            Gate::Context => around_words,
        };
        let validator = raw.validator.as_deref().map(validate::by_name).transpose()?;
        Ok(Entry {
            name: raw.name.clone(),
            label,
            label_bit,
            patterns,
            validator,
            validator_name: raw.validator.clone(),
            gate,
            digits_min,
            needs: parsed.iter().flat_map(Need::of).collect(),
            apart: raw.apart,
            whole_text: raw.whole_text,
            not_after: raw.not_after.clone(),
            reach,
            has_context: !raw.context.is_empty(),
            context_reach: if is_found_by_context { [around_words[1], around_words[0]] } else { [usize::MAX; 2] },
            score: raw.score,
            context_score: raw.context_score.unwrap_or(raw.score.unwrap_or(0.0).max(CONTEXT_SCORE)),
            invalid_score: raw.invalid_score,
        })
    }
}
