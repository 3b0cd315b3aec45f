//! The pattern catalogue: regular expressions with validators and context.
//!
//! The entries are data, in `catalogue/*.toml`. One pass over a text finds the
//! literals and groups of digits of all entries; an entry's patterns run only in
//! a window around what its gate asks for and where the text has the shape for
//! them, and validators and context look only at what the patterns propose.

mod catalogue;
mod columns;
mod context;
mod digits;
mod entry;
mod entry_set;
mod judge;
mod language;
mod need;
mod patterns;
mod scan;
mod strings;
mod unexplained;
mod validate;
mod windows;
mod words;

pub use catalogue::{Catalogue, CatalogueError};
pub(super) use context::{Context, Place};
pub(super) use judge::Doubt;
pub(super) use language::Languages;
pub use patterns::BrokenPattern;
pub(super) use scan::{Proposal, Scope};
pub use validate::names as validator_names;
pub(crate) use validate::number_checks_passed;
pub(super) use validate::{Validator, named as validator_named};
pub(super) use words::{continues, is_plural, is_whole_word};
