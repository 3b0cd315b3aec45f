//! A policy file as it is written. The doc comments here become the
//! descriptions of `cordon policy schema`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Action, Embeddings, FirstPass, KeptAnswers, Unscannable};
use crate::detect::Label;
use crate::detect::pattern::validator_names;
use crate::scrub::Style;

/// A tenant's policy: what counts as personal data, and what happens with it.
#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPolicy {
    /// A policy of the same folder to start from, by its name without `.toml`.
    /// Only one step: that policy must not extend another.
    pub(super) extends: Option<String>,
    /// What this policy is for, in a sentence; shown, never interpreted.
    pub(super) description: Option<String>,
    /// What happens with an entity whose label has no entry under [actions]; default "redact".
    pub(super) default_action: Option<Action>,
    /// What requests are made for, e.g. ["claims", "support"]: names of a-z, 0-9, - and _ that a request chooses from by
    /// the header x-cordon-purpose and that its record holds. The first one holds for requests that choose none.
    pub(super) purposes: Option<Vec<String>>,
    /// Languages that requests are written in, as two-letter ISO 639-1 codes; none means every language.
    pub(super) languages: Option<Vec<String>>,
    /// What happens per label.
    #[schemars(schema_with = "actions_schema")]
    pub(super) actions: BTreeMap<String, Action>,
    /// What is looked for.
    pub(super) detect: RawDetect,
    /// What is never an entity, whatever a detector says.
    pub(super) allow: RawAllow,
    /// Words of the tenant's own.
    pub(super) list: Vec<RawList>,
    /// Patterns of the tenant's own, beside the catalogue's.
    pub(super) pattern: Vec<RawPattern>,
    /// What the local model does before the remote one is asked.
    pub(super) first_pass: RawFirstPass,
    /// Where requests may go.
    pub(super) routing: RawRouting,
    /// Parts of a request that cannot be scanned.
    pub(super) content: RawContent,
    /// What stands for a value upstream.
    pub(super) tokens: RawTokens,
    /// What the remote model is told.
    pub(super) notes: RawNotes,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDetect {
    /// Labels to look for besides the usual ones.
    #[schemars(schema_with = "labels_schema")]
    pub(super) on: Vec<String>,
    /// Labels not to look for.
    #[schemars(schema_with = "labels_schema")]
    pub(super) off: Vec<String>,
    /// The least confidence per label, 0 to 1; the detector's own where there is none.
    #[schemars(schema_with = "thresholds_schema")]
    pub(super) thresholds: BTreeMap<String, f32>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAllow {
    /// Words as they stand, such as the company's own name.
    pub(super) terms: Vec<String>,
    /// A file with one word a line, as under [[list]].
    pub(super) file: Option<PathBuf>,
    /// Regular expressions (syntax of Rust's regex crate) that match a whole entity.
    pub(super) patterns: Vec<String>,
    /// The same for entities of one label only, by label.
    #[schemars(schema_with = "allowed_by_label_schema")]
    pub(super) labels: BTreeMap<String, RawAllowed>,
}

/// What is never an entity of a label.
#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAllowed {
    /// Words as they stand.
    pub(super) terms: Vec<String>,
    /// A file with one word a line, as under [[list]].
    pub(super) file: Option<PathBuf>,
    /// Regular expressions (syntax of Rust's regex crate) that match a whole entity.
    pub(super) patterns: Vec<String>,
}

#[derive(Deserialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct RawList {
    /// The label that the words get: one of the catalogue or CUSTOM:<NAME>.
    #[schemars(schema_with = "label_schema")]
    pub(super) label: String,
    /// The words.
    #[serde(default)]
    pub(super) terms: Vec<String>,
    /// A file with one word a line (empty lines and those starting with # are skipped), relative to the policy.
    pub(super) file: Option<PathBuf>,
}

#[derive(Deserialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPattern {
    /// The label that the values get: one of the catalogue or CUSTOM:<NAME>.
    #[schemars(schema_with = "label_schema")]
    pub(super) label: String,
    /// A regular expression (syntax of Rust's regex crate). A group `(?<v>...)` is the value; without one the whole
    /// match is.
    pub(super) regex: String,
    /// Whether letters match in any case; default false.
    #[serde(default)]
    pub(super) ignore_case: bool,
    /// A check that values must pass.
    #[schemars(schema_with = "validator_schema")]
    pub(super) validator: Option<String>,
    /// Whole words, in any case, that speak for a value when near, or in the JSON key that it stands under.
    #[serde(default)]
    pub(super) context: Vec<String>,
    /// The confidence in a value by itself, 0 to 1; default 0.85, with context words none: they are needed.
    #[schemars(schema_with = "score_schema")]
    pub(super) score: Option<f32>,
    /// The confidence in a value with a context word near, 0 to 1; default 0.85 or more.
    #[schemars(schema_with = "score_schema")]
    pub(super) context_score: Option<f32>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawFirstPass {
    /// "off", "answer" (the local model answers and nothing leaves) or "draft"
    /// (its sanitized answer goes along for the remote model to improve).
    pub(super) mode: Option<FirstPass>,
    /// The model that does it, by its public name; default "embedded".
    pub(super) model: Option<String>,
    /// Length of its answer, in tokens; default 256.
    pub(super) max_tokens: Option<u32>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRouting {
    /// Providers of cordon.toml that requests may go to; without this key, every one. The
    /// embedded model stays in the process and is always allowed.
    pub(super) providers: Option<Vec<String>>,
    /// Regions that requests may go to, as providers of cordon.toml declare them; without this key, every one.
    pub(super) regions: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawContent {
    /// Pictures; default "refuse".
    pub(super) images: Option<Unscannable>,
    /// Sound; default "refuse".
    pub(super) audio: Option<Unscannable>,
    /// Attached files; default "refuse".
    pub(super) files: Option<Unscannable>,
    /// Embeddings of text that holds personal data; default "refuse", "mask" computes them over
    /// the text with tokens in it.
    pub(super) embeddings: Option<Embeddings>,
    /// Answers that a provider keeps for later requests to go on from (`store` and
    /// `previous_response_id` of the responses API); default "keep", "refuse" tells providers to
    /// keep nothing.
    pub(super) kept_answers: Option<KeptAnswers>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTokens {
    /// "token" (`[PERSON_7KQ2]`, the default) or "surrogate" (a realistic value that is nobody's).
    /// Secrets, masked values and identifiers have tokens in either style.
    pub(super) style: Option<Style>,
}

#[derive(Deserialize, JsonSchema, Default, Clone)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawNotes {
    /// Whether a short system note tells the remote model to copy tokens, or surrogates, as they are; default true.
    pub(super) explain_tokens: Option<bool>,
}

const CUSTOM_PATTERN: &str = "^CUSTOM:[A-Z][A-Z0-9_]{0,31}$";

fn label_schema(_: &mut SchemaGenerator) -> Schema {
    let catalogue: Vec<&str> = Label::CATALOGUE.iter().map(|label| label.as_str()).collect();
    json_schema!({ "type": "string", "anyOf": [{ "enum": catalogue }, { "pattern": CUSTOM_PATTERN }] })
}

fn labels_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": label_schema(generator) })
}

fn actions_schema(generator: &mut SchemaGenerator) -> Schema {
    let action = generator.subschema_for::<Action>();
    json_schema!({ "type": "object", "propertyNames": label_schema(generator), "additionalProperties": action })
}

fn thresholds_schema(generator: &mut SchemaGenerator) -> Schema {
    let score = score_schema(generator);
    json_schema!({ "type": "object", "propertyNames": label_schema(generator), "additionalProperties": score })
}

fn score_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
}

fn validator_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": validator_names().collect::<Vec<_>>() })
}

fn allowed_by_label_schema(generator: &mut SchemaGenerator) -> Schema {
    let allowed = generator.subschema_for::<RawAllowed>();
    json_schema!({ "type": "object", "propertyNames": label_schema(generator), "additionalProperties": allowed })
}
