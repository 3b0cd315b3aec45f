//! The first member of an archive: what it holds, and where it begins.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::audit::Hash;
use crate::audit::base::Base;
use crate::audit::chain::{Head, Seq};
use crate::audit::merkle::Frontier;

const FORMAT: &str = "cordon-audit-export";
const VERSION: u32 = 1;

/// Whether an archive holds all records of a range or chosen ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Every record from one place to another.
    Range,
    /// Some records, each with a proof that it is in the log.
    Selection,
}

/// `manifest.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    version: u32,
    /// What the archive holds.
    pub kind: Kind,
    /// Whose chain.
    pub tenant: String,
    /// Where it begins: the record before the first one, with the tree over all
    /// before.
    pub base: Origin,
    /// Where it ends.
    pub through: Place,
    /// The chain's end when the export began.
    pub head: Place,
    /// The largest checkpoint in the archive.
    pub checkpoint: Option<u64>,
    /// When the export began, in microseconds since 1970.
    pub made_us: i64,
    /// How many records.
    pub records: u64,
    /// The time that was asked for.
    pub period: Option<Period>,
    /// By what the records of a selection were chosen, e.g. `label=PERSON`.
    pub selection: Vec<String>,
}

/// A record's place and hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Its place; 0 before the first record.
    pub seq: i64,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// A place with the tree over the records up to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// Of the last record before the archive's first.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// The perfect subtrees over the records 1 to `seq`, largest first.
    pub frontier: Vec<String>,
}

/// A time, and which records of a range have it. Records are in the order of
/// their places and clocks step: not every record between the two need have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Period {
    /// Not before, in microseconds since 1970.
    pub since_us: Option<i64>,
    /// Before.
    pub until_us: Option<i64>,
    /// The first place with an event time in it.
    pub first_seq: Option<i64>,
    /// The last one.
    pub last_seq: Option<i64>,
}

impl From<Head> for Place {
    fn from(head: Head) -> Place {
        Place { seq: head.seq.value(), hash: head.hash.to_string() }
    }
}

impl Place {
    /// The place; `None` when the text is none.
    pub fn head(&self) -> Option<Head> {
        Some(Head { seq: Seq::new(self.seq)?, hash: hash(&self.hash)? })
    }
}

impl Origin {
    /// Of `base`.
    fn of(base: &Base) -> Origin {
        let frontier = base.frontier.nodes().iter().map(Hash::to_string).collect();
        Origin { seq: base.head.seq.value(), hash: base.head.hash.to_string(), frontier }
    }

    /// Where a walk along the archive begins; `None` when the text says no such
    /// place.
    pub fn base(&self) -> Option<Base> {
        let nodes = self.frontier.iter().map(|node| hash(node)).collect::<Option<Vec<_>>>()?;
        let head = Head { seq: Seq::new(self.seq)?, hash: hash(&self.hash)? };
        Base::new(head, Frontier::from_parts(self.seq.unsigned_abs(), nodes)?)
    }
}

/// A hash out of its hexadecimal digits.
pub(super) fn hash(digits: &str) -> Option<Hash> {
    Hash::from_bytes(&data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?)
}

impl Manifest {
    pub(super) fn of(plan: &Plan) -> Manifest {
        Manifest {
            format: FORMAT.into(),
            version: VERSION,
            kind: plan.kind,
            tenant: plan.tenant.as_str().into(),
            base: Origin::of(&plan.base),
            through: plan.through.into(),
            head: plan.head.into(),
            checkpoint: plan.checkpoint,
            made_us: plan.made_us,
            records: plan.records,
            period: plan.period,
            selection: plan.selection.clone(),
        }
    }

    /// Whether this program can read it.
    pub fn is_known(&self) -> bool {
        self.format == FORMAT && self.version == VERSION
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        // Strings, integers and lists of them: nothing that serde could refuse.
        let mut json = serde_json::to_vec(self).unwrap_or_default();
        json.push(b'\n');
        json
    }
}
