//! Why a chain gets no checkpoint any more.

use std::fmt;

use super::file::FileProblem;
use super::note::Checkpoint;
use super::signed::SignatureProblem;
use super::walk::WalkProblem;
use crate::audit::chain::Seq;

/// Where an earlier checkpoint was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The file in the home folder.
    File,
    /// The table in the database.
    Table,
    /// The bucket.
    Bucket,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::File => "the file of checkpoints",
            Place::Table => "the table of checkpoints",
            Place::Bucket => "the bucket of checkpoints",
        })
    }
}

/// What was found that a checkpoint must not be signed over. It stays so until
/// the chain in the database is again the one that was signed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Records that a checkpoint covers are gone.
    #[error(
        "the chain ends at record {found}, and {place} holds a signed checkpoint over {} records made at {}: the end was \
         cut off, or the database was restored from an older backup. Keep both, and see \"A chain that is refused\" in \
         docs/operations.md", checkpoint.size, made(checkpoint)
    )]
    Shorter {
        /// The last record.
        found: Seq,
        /// What was signed.
        checkpoint: Checkpoint,
        /// Where that is kept.
        place: Place,
    },
    /// Records that a checkpoint covers are others.
    #[error(
        "the first {} records are not those over which the signed checkpoint in {place} was made at {}: the log was \
         rewritten. Keep both, run `cordon audit verify`, and see \"A chain that is refused\" in docs/operations.md",
         checkpoint.size, made(checkpoint)
    )]
    Rewritten {
        /// What was signed.
        checkpoint: Checkpoint,
        /// Where that is kept.
        place: Place,
    },
    /// More is said to be cut off than a cut takes.
    #[error(
        "the records up to {through} are said to be cut off, and the last signed checkpoint, in {place}, covers {} only: \
         Cordon cuts nothing off that no checkpoint covers, so somebody else wrote in the table of cuts. See \"A chain that \
         is refused\" in docs/operations.md", checkpoint.size
    )]
    CutTooFar {
        /// Where the chain is said to begin.
        through: Seq,
        /// What was signed last.
        checkpoint: Checkpoint,
        /// Where that is kept.
        place: Place,
    },
    /// The records do not follow each other.
    #[error("{0}; run `cordon audit verify`")]
    Broken(WalkProblem),
    /// The newest earlier checkpoint does not count.
    #[error(
        "the last checkpoint in {place} does not count: {problem}. If the key that signs was changed, add the public key \
         of before to trusted_keys in [audit]"
    )]
    NotTrusted {
        /// Where it is kept.
        place: Place,
        /// Why.
        problem: SignatureProblem,
    },
    /// What stands there is no checkpoint, or one of another chain.
    #[error(
        "the last checkpoint in {0} is none of this chain: somebody else wrote there, or the origin in [audit] \
         was changed. See \"A chain that is refused\" in docs/operations.md"
    )]
    Foreign(Place),
    /// The file was changed.
    #[error("{0}. See \"A chain that is refused\" in docs/operations.md")]
    Damaged(FileProblem),
}

impl Refusal {
    /// In a word, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Refusal::Shorter { .. } => "truncated",
            Refusal::Rewritten { .. } => "rewritten",
            Refusal::CutTooFar { .. } => "cut",
            Refusal::Broken(_) => "broken",
            Refusal::NotTrusted { .. } => "not_trusted",
            Refusal::Foreign(_) => "foreign",
            Refusal::Damaged(_) => "damaged",
        }
    }
}

fn made(checkpoint: &Checkpoint) -> String {
    let time = i64::try_from(checkpoint.time_s).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
}
