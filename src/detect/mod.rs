//! Text to spans: patterns, lists and the token classifier, joined by one rule
//! for overlaps.

mod address;
mod agree;
mod detector;
mod explain;
#[cfg(test)]
mod fixtures;
mod label;
mod lexicon;
mod list;
mod name_words;
pub mod ner;
mod normalize;
pub mod offsets;
mod own_patterns;
pub mod pattern;
mod propagate;
mod resolve;
mod rules;
mod self_test;
mod slot;
mod span;
#[cfg(test)]
mod testing;

pub use detector::{DetectError, Detector};
pub use explain::{Evidence, Explanation, Reason};
pub use label::{Label, UnknownLabel};
pub(crate) use list::check_term;
pub use list::{ListError, TermError};
pub(crate) use name_words::{fold, fold_umlauts};
pub use own_patterns::{PATTERNS_MAX, PatternError, PatternSpec};
pub(crate) use own_patterns::{check_pattern, check_regex};
pub(crate) use pattern::number_checks_passed;
pub use propagate::Known;
pub use rules::{AllowSpec, Rules, RulesError, RulesSpec, TermList};
pub use self_test::SelfTestError;
pub use slot::{Depth, Slot};
pub use span::{DetectorKind, Span};
