//! Signed statements of how a chain stood: a Merkle root over its records, by a
//! key that is kept outside the database.
//!
//! A checkpoint is a C2SP `tlog-checkpoint` in a signed note
//! (<https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>), so any
//! reader of such logs can check one.

mod file;
mod keys;
mod make;
mod note;
mod refusal;
mod schedule;
mod signed;
mod sinks;
pub mod table;
mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(super) mod walk;

pub use file::{CheckpointFolder, FileProblem, KeptCheckpoint};
pub use keys::{KeyId, KeyProblem, PublicKey, SigningKey, TrustedKeys};
pub use make::{CheckpointMaker, Made, MakeError};
pub use note::{Checkpoint, InvalidOrigin, NoteProblem, Origin};
pub use refusal::{Place, Refusal};
pub use schedule::Schedule;
pub use signed::{SignatureProblem, SignedCheckpoint};
pub use sinks::{Bucket, BucketProblem, HttpSink, Sink};
pub use task::Checkpointer;
