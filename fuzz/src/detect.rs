//! What the others use of Cordon's `src/detect/`.

#[path = "../../src/detect/label.rs"]
mod label;
#[path = "../../src/detect/name_words.rs"]
mod name_words;
#[path = "../../src/detect/slot.rs"]
mod slot;

#[path = "../../src/detect/pattern/validate/mod.rs"]
mod validate;

pub use label::{Label, UnknownLabel};
pub(crate) use name_words::{fold, fold_umlauts};
pub use slot::{Depth, Slot};
pub(crate) use validate::number_checks_passed;
