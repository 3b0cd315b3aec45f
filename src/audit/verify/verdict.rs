//! What a verification found, and how it reads.

use std::fmt;

use uuid::Uuid;

use crate::audit::chain::{Head, Seq};
use crate::tenant::TenantId;

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whose chain.
    pub tenant: TenantId,
    /// Records that are right, from the first one on.
    pub records_whole: u64,
    /// The end of the chain when the verification began.
    pub head: Head,
    /// The first record that is not right.
    pub first_bad: Option<Bad>,
}

/// The first record that is not right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bad {
    /// Its place.
    pub seq: Seq,
    /// Its id, when there is a record at that place.
    pub record: Option<Uuid>,
    /// What is wrong with it.
    pub defect: Defect,
}

/// What is wrong with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Its body, hash or another column was changed.
    Altered,
    /// There is none at this place, and there are records after it.
    Missing,
    /// The record that belongs to this place stands at another one.
    Reordered {
        /// Where it stands.
        stands_at: Seq,
    },
    /// It does not follow the record before it.
    LinkBroken,
    /// The head says that there were records from this place on.
    Truncated,
    /// There is none at all, though each tenant begins with the record of a key.
    Emptied,
    /// It is the last one, and the head has another hash.
    HeadMismatch,
    /// The head says that the chain ends before this place.
    PastHead,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.first_bad.is_none()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { tenant, records_whole, head, first_bad } = self;
        match first_bad {
            None => write!(f, "{tenant}: whole, {records_whole} records, head {}", head.hash),
            Some(bad) => write!(f, "{tenant}: BROKEN at {bad}; {records_whole} records before it are whole"),
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.seq)?;
        if let Some(record) = self.record {
            write!(f, " ({record})")?;
        }
        match self.defect {
            Defect::Altered => f.write_str(": altered"),
            Defect::Missing => f.write_str(": missing"),
            Defect::Reordered { stands_at } => {
                write!(f, ": reordered, the record of this place stands at {stands_at}")
            }
            Defect::LinkBroken => f.write_str(": link broken, it does not follow the record before it"),
            Defect::Truncated => f.write_str(": missing, the chain's end was cut off"),
            Defect::Emptied => f.write_str(": missing, the chain is empty, though the tenant has keys"),
            Defect::HeadMismatch => f.write_str(": is not the record that the head names"),
            Defect::PastHead => f.write_str(": stands behind the end that the head names"),
        }
    }
}
