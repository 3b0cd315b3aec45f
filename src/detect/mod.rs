//! Text to spans: patterns, lists and the token classifier, joined by one rule
//! for overlaps.

mod label;
mod span;

pub use label::{Label, UnknownLabel};
pub use span::{DetectorKind, Span};
