//! What can be wrong with a chain.

use std::fmt;

use crate::audit::chain::Seq;

/// What is wrong with a record. Its text says what that means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Its body, hash or another column was changed.
    Altered,
    /// There is none at this place, and there are records after it.
    Missing,
    /// The records before this place are gone, and the chain has no record of a
    /// retention cut there.
    CutUnrecorded,
    /// The record that belongs to this place stands at another one.
    Reordered {
        /// Where it stands.
        stands_at: Seq,
    },
    /// It does not follow the record before it.
    LinkBroken,
    /// The chain has two records with the same predecessor.
    Forked,
    /// Two checkpoints of this size are validly signed and differ.
    ForkedCheckpoints {
        /// The checkpoints' size.
        size: u64,
    },
    /// Its body names another tenant.
    Swapped,
    /// The head says that there were records from this place on.
    Truncated,
    /// A checkpoint that the database has says that there were records from this
    /// place on.
    TruncatedAgainst {
        /// The checkpoint's size.
        size: u64,
    },
    /// The records are consistent, and not those that a checkpoint was signed over.
    Rewritten {
        /// The first checkpoint that differs.
        size: u64,
    },
    /// Records and checkpoints of the database end, or go on in another way,
    /// before what was kept outside of it.
    Restored {
        /// The first checkpoint outside that the database does not know.
        size: u64,
    },
    /// There is none at all, though each tenant begins with the record of a key.
    Emptied,
    /// It is the last one, and the head has another hash.
    HeadMismatch,
    /// The head says that the chain ends before this place.
    PastHead,
    /// An archive of single records has no proof for it that holds.
    Unproven,
    /// A checkpoint is not what its key signed.
    BadSignature {
        /// The checkpoint's size.
        size: u64,
    },
    /// A checkpoint is signed by a key that is not trusted here.
    UnknownKey {
        /// The checkpoint's size.
        size: u64,
    },
    /// A checkpoint is of another tenant's chain.
    SwappedCheckpoint {
        /// The size that it was filed under.
        size: u64,
    },
}

impl Defect {
    /// The defect's name in the audit log, in metrics and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Defect::Altered => "altered",
            Defect::Missing | Defect::CutUnrecorded => "missing",
            Defect::Reordered { .. } => "reordered",
            Defect::LinkBroken => "link_broken",
            Defect::Forked | Defect::ForkedCheckpoints { .. } => "forked",
            Defect::Swapped | Defect::SwappedCheckpoint { .. } => "swapped",
            Defect::Truncated => "truncated",
            Defect::TruncatedAgainst { .. } => "truncated_against_checkpoint",
            Defect::Rewritten { .. } => "rewritten_against_checkpoint",
            Defect::Restored { .. } => "restored_from_backup",
            Defect::Emptied => "emptied",
            Defect::HeadMismatch => "head_mismatch",
            Defect::PastHead => "past_head",
            Defect::Unproven => "unproven",
            Defect::BadSignature { .. } => "bad_signature",
            Defect::UnknownKey { .. } => "unknown_key",
        }
    }

    /// The size of the checkpoint that shows it.
    pub fn checkpoint(self) -> Option<u64> {
        match self {
            Defect::ForkedCheckpoints { size }
            | Defect::TruncatedAgainst { size }
            | Defect::Rewritten { size }
            | Defect::Restored { size }
            | Defect::BadSignature { size }
            | Defect::UnknownKey { size }
            | Defect::SwappedCheckpoint { size } => Some(size),
            _ => None,
        }
    }

    /// Whether a checkpoint is bad, and the records may be right.
    pub fn is_of_checkpoint(self) -> bool {
        matches!(self, Defect::BadSignature { .. } | Defect::UnknownKey { .. } | Defect::SwappedCheckpoint { .. })
    }

    /// Whether one more record in this chain would hide the defect.
    pub fn is_hidden_by_an_append(self) -> bool {
        matches!(self, Defect::Emptied | Defect::HeadMismatch | Defect::PastHead)
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Defect::Altered => f.write_str("altered, its content is not what was hashed when it was written"),
            Defect::Missing => f.write_str("missing, there are records after this place and none at it"),
            Defect::CutUnrecorded => {
                f.write_str("missing, the records before are gone and the log has no record of a retention cut there")
            }
            Defect::Reordered { stands_at } => {
                write!(f, "reordered, the record of this place stands at {stands_at}")
            }
            Defect::LinkBroken => f.write_str(
                "link broken, it does not follow the record before it: one of the two was exchanged or inserted",
            ),
            Defect::Forked => f.write_str("forked, two records follow the same one"),
            Defect::ForkedCheckpoints { size } => {
                write!(f, "forked, two different checkpoints of {size} records are validly signed")
            }
            Defect::Swapped => f.write_str("swapped between tenants, its body names another tenant"),
            Defect::Truncated => {
                f.write_str("truncated, missing: the chain's end was cut off, its head names a later record")
            }
            Defect::TruncatedAgainst { size } => {
                write!(f, "truncated, missing: a signed checkpoint covers {size} records and the chain ends before")
            }
            Defect::Rewritten { size } => write!(
                f,
                "rewritten from here on or later: the records are not those that the signed checkpoint at {size} covers"
            ),
            Defect::Restored { size } => write!(
                f,
                "restored from an old backup: records and checkpoints of the database do not reach the checkpoint at \
                 {size} that was kept outside; from this record on the log is lost or another one"
            ),
            Defect::Emptied => f.write_str("missing, the chain is empty, though the tenant has keys"),
            Defect::HeadMismatch => f.write_str("is not the record that the head names"),
            Defect::PastHead => f.write_str("stands behind the end that the head names"),
            Defect::Unproven => f.write_str("unproven, the archive has no inclusion proof for it that holds"),
            Defect::BadSignature { size } => {
                write!(f, "bad signature: the checkpoint at {size} is not what its key signed, and was not used")
            }
            Defect::UnknownKey { size } => write!(
                f,
                "unknown key: the checkpoint at {size} is signed by a key that is not trusted here, and was not used"
            ),
            Defect::SwappedCheckpoint { size } => {
                write!(f, "swapped between tenants: the checkpoint at {size} is of another chain, and was not used")
            }
        }
    }
}
