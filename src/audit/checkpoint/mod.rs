//! Signed statements of how a chain stood: a Merkle root over its records, by a
//! key that is kept outside the database.
//!
//! A checkpoint is a C2SP `tlog-checkpoint` in a signed note
//! (<https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>), so any
//! reader of such logs can check one.

mod keys;
mod note;
mod signed;
#[cfg(test)]
mod tests;

pub use keys::{KeyId, KeyProblem, PublicKey, SigningKey, TrustedKeys};
pub use note::{Checkpoint, InvalidOrigin, NoteProblem, Origin};
pub use signed::{SignatureProblem, SignedCheckpoint};
