//! What a verification found, and how it reads.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use super::defect::Defect;
use crate::audit::chain::{Head, Seq};
use crate::audit::{Actor, AuditVerified, Event};
use crate::tenant::TenantId;

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whose chain.
    pub tenant: TenantId,
    /// How it was looked at.
    pub mode: Mode,
    /// The records up to here were not looked at: they were verified before, were
    /// cut, or stand before an archive's first one.
    pub after: Seq,
    /// Records that are right, from the first one that was looked at.
    pub records_whole: u64,
    /// The end of the chain when the verification began.
    pub head: Head,
    /// The first record that is not right.
    pub first_bad: Option<Bad>,
    /// What signed checkpoints say.
    pub anchoring: Anchoring,
}

/// How a chain is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// From its beginning, or from where retention cut it.
    Full,
    /// From the last checkpoint that was verified.
    Incremental,
    /// A run of records in an archive.
    Range,
    /// Single records in an archive, each by its inclusion proof.
    Selection,
}

impl Mode {
    /// The mode's name in the audit log and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Full => "full",
            Mode::Incremental => "incremental",
            Mode::Range => "range",
            Mode::Selection => "selection",
        }
    }
}

/// What signed checkpoints say of a chain.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Anchoring {
    /// Checkpoints that agree.
    pub agreed: u64,
    /// The last one of them.
    pub last: Option<CheckpointRef>,
    /// Records after it, which no checkpoint covers yet. No tampering.
    pub unanchored: u64,
    /// There are such records, and the checkpoint is old. No tampering either:
    /// whoever signs has not done so for a while.
    pub is_stale: bool,
    /// Checkpoints that are not what the signing key signed.
    pub unusable: u64,
}

/// A checkpoint by its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckpointRef {
    /// How many records it covers.
    pub size: u64,
    /// When it was signed, in seconds since 1970.
    pub time_s: u64,
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

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.first_bad.is_none()
    }

    /// How far the verification came: all records up to here are right.
    pub fn through(&self) -> Seq {
        let records = i64::try_from(self.records_whole).unwrap_or(i64::MAX);
        Seq::new(self.after.value().saturating_add(records)).unwrap_or(self.after)
    }

    /// The record of this verification, by whoever asked for it.
    pub fn event(&self, by: Actor) -> Event {
        Event::AuditVerified(AuditVerified {
            by,
            verdict: self.word(),
            first_bad_seq: self.first_bad.as_ref().map(|bad| bad.seq),
            through_seq: self.through(),
            mode: self.mode.as_str(),
        })
    }

    /// Whether that record may stand in the chain itself: in some that are broken
    /// it would hide what was found.
    pub fn may_be_recorded(&self) -> bool {
        !self.first_bad.as_ref().is_some_and(|bad| bad.defect.is_hidden_by_an_append())
    }

    /// The verdict in one word: `whole`, or the defect's.
    pub fn word(&self) -> &'static str {
        self.first_bad.as_ref().map_or("whole", |bad| bad.defect.word())
    }

    /// The verdict for programs; docs/audit.md says what its members mean.
    pub fn to_json(&self) -> Value {
        let bad = self.first_bad.as_ref().map(|bad| {
            json!({"seq": bad.seq.value(), "record": bad.record.map(|record| record.to_string()), "checkpoint": bad.defect.checkpoint(),
                   "meaning": bad.defect.to_string()})
        });
        let checkpoint = self.anchoring.last.map(|last| json!({"size": last.size, "time_s": last.time_s}));
        json!({
            "tenant": self.tenant.as_str(),
            "verdict": self.word(),
            "whole": self.is_whole(),
            "mode": self.mode.as_str(),
            "after": self.after.value(),
            "records_whole": self.records_whole,
            "head": {"seq": self.head.seq.value(), "hash": self.head.hash.to_string()},
            "first_bad": bad,
            "checkpoints": {"agreed": self.anchoring.agreed, "last": checkpoint, "unusable": self.anchoring.unusable,
                            "stale": self.anchoring.is_stale},
            "unanchored": self.anchoring.unanchored,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { tenant, records_whole, head, first_bad, .. } = self;
        match first_bad {
            Some(bad) if bad.defect.is_of_checkpoint() => {
                write!(f, "{tenant}: NOT PROVEN, {}; {records_whole} records follow from each other", bad.defect)
            }
            Some(bad) => {
                write!(f, "{tenant}: BROKEN at {bad}; {records_whole} records were read that follow from each other")
            }
            None if self.mode == Mode::Selection => {
                write!(f, "{tenant}: {records_whole} records are proven to be in the log; not that they are all")
            }
            None => write!(f, "{tenant}: whole, {records_whole} records, head {}", head.hash),
        }?;
        if self.after != Seq::NONE && self.mode != Mode::Selection {
            write!(f, ", after record {}", self.after)?;
        }
        write!(f, "{}", self.anchoring)
    }
}

impl fmt::Display for Anchoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            None if self.unanchored > 0 => write!(f, "; no signed checkpoint covers them"),
            None => Ok(()),
            Some(CheckpointRef { size, .. }) => {
                write!(f, "; {} signed checkpoints agree, the last one at record {size}", self.agreed)?;
                match self.unanchored {
                    0 => Ok(()),
                    n => write!(f, "; {n} records after it are not anchored yet: no signature covers them"),
                }
            }
        }?;
        if self.is_stale {
            f.write_str("; the last checkpoint is stale: is the process that signs them running?")?;
        }
        Ok(())
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.seq)?;
        if let Some(record) = self.record {
            write!(f, " ({record})")?;
        }
        write!(f, ": {}", self.defect)
    }
}
