//! The walk along a chain: it takes the records one by one, whatever they are
//! read from, and holds the tree over them against signed checkpoints.

use memchr::memmem::Finder;
use serde::Deserialize;

use super::anchor::{Anchor, Place};
use super::defect::Defect;
use super::verdict::{Anchoring, CheckpointRef};
use crate::audit::base::Base;
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::merkle::ConsistencyProof;
use crate::tenant::TenantId;

/// One record as it is stored, unchecked.
pub(super) struct Link<'a> {
    pub(super) seq: Seq,
    pub(super) prev: Hash,
    pub(super) hash: Hash,
    pub(super) body: &'a [u8],
}

/// How far a chain was found to be right.
pub(super) struct Walk {
    names_tenant: Finder<'static>,
    begins_after: Seq,
    at: Base,
    /// What the record at that place follows.
    before: Hash,
    /// The last place at which a checkpoint agreed.
    agreed: Option<Agreed>,
    anchors_agreed: u64,
    /// The retention cut whose record was not seen yet.
    sought_cut: Option<Head>,
    names_cut: Finder<'static>,
}

/// A place that a signed checkpoint vouches for.
#[derive(Clone)]
pub(super) struct Agreed {
    pub(super) base: Base,
    pub(super) anchor: Anchor,
}

impl Walk {
    /// Begins behind `base`.
    pub(super) fn begin(tenant: &TenantId, base: Base) -> Walk {
        Walk {
            names_tenant: names_tenant(tenant),
            begins_after: base.seq(),
            // Nothing follows a hash of zeros.
            before: Hash::MALFORMED,
            at: base,
            agreed: None,
            anchors_agreed: 0,
            sought_cut: None,
            names_cut: Finder::new(br#""kind":"retention_cut""#),
        }
    }

    /// Asks for the record of the retention cut at the base.
    pub(super) fn seek_cut(&mut self) {
        self.sought_cut = Some(self.at.head).filter(|_| self.begins_after != Seq::NONE);
    }

    /// Whether that record is still to be seen.
    pub(super) fn misses_cut(&self) -> bool {
        self.sought_cut.is_some()
    }

    pub(super) fn at(&self) -> Head {
        self.at.head
    }

    pub(super) fn begins_after(&self) -> Seq {
        self.begins_after
    }

    /// How many records were right.
    pub(super) fn records(&self) -> u64 {
        (self.at.seq().value() - self.begins_after.value()).unsigned_abs()
    }

    /// The size of the tree, which a checkpoint would have here.
    pub(super) fn size(&self) -> u64 {
        self.at.frontier.size()
    }

    /// The place before the first record that no checkpoint vouches for.
    pub(super) fn vouched(&self) -> Seq {
        self.agreed.as_ref().map_or(self.begins_after, |agreed| agreed.base.seq())
    }

    pub(super) fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Whether `link` is the next record of the chain, or what is wrong with it.
    ///
    /// The body of a right one names the chain's tenant in the bytes
    /// `"tenant":"NAME"`: canonical JSON has no other way to write that.
    pub(super) fn check(&self, link: &Link<'_>) -> Result<(), Defect> {
        if link.seq != self.at.seq().next() {
            let is_double = link.seq == self.at.seq() && link.seq > self.begins_after;
            return Err(if is_double { Defect::Forked } else { Defect::Missing });
        }
        names_its_tenant(&self.names_tenant, link.body)?;
        if link.prev != self.at.head.hash {
            return Err(if link.prev == self.before { Defect::Forked } else { Defect::LinkBroken });
        }
        hashes_right(link)
    }

    /// The same for a record without those before it.
    pub(super) fn check_alone(tenant: &TenantId, link: &Link<'_>) -> Result<(), Defect> {
        names_its_tenant(&names_tenant(tenant), link.body)?;
        hashes_right(link)
    }

    /// Goes one record on, which was checked.
    pub(super) fn advance(&mut self, link: &Link<'_>) {
        self.look_for_cut(link.body);
        self.before = self.at.head.hash;
        self.at.follow(link.hash);
    }

    fn look_for_cut(&mut self, body: &[u8]) {
        let is_it = |through| self.names_cut.find(body).is_some() && names_cut(body, through);
        if self.sought_cut.is_some_and(is_it) {
            self.sought_cut = None;
        }
    }

    /// Holds the tree against the checkpoints of its size, all of which are
    /// validly signed. On a difference: the defect, as far as these alone tell.
    pub(super) fn anchors(&mut self, anchors: &[Anchor]) -> Result<(), Difference> {
        let Some(first) = anchors.first() else { return Ok(()) };
        if anchors.iter().any(|anchor| anchor.root != first.root) {
            return Err(Difference::Forked);
        }
        if first.root != self.at.frontier.root() {
            let in_log = anchors.iter().any(|anchor| anchor.place == Place::Log);
            return Err(if in_log { Difference::InLog } else { Difference::OutsideOnly });
        }
        self.vouched_by(first);
        Ok(())
    }

    /// Holds the tree against a larger one, which `proof` says begins with it.
    pub(super) fn anchored_beyond(&mut self, anchors: &[Anchor], proof: &ConsistencyProof) -> Result<(), Difference> {
        let Some(first) = anchors.first() else { return Ok(()) };
        if anchors.iter().any(|anchor| anchor.root != first.root) {
            return Err(Difference::Forked);
        }
        if !proof.verify(self.at.frontier.root(), first.root) {
            return Err(Difference::InLog);
        }
        self.vouched_by(first);
        Ok(())
    }

    fn vouched_by(&mut self, anchor: &Anchor) {
        self.anchors_agreed += 1;
        self.agreed = Some(Agreed { base: self.at.clone(), anchor: anchor.clone() });
    }

    /// What checkpoints say, for a verdict at `now_s` (seconds since 1970).
    pub(super) fn anchoring(&self, now_s: u64) -> Anchoring {
        let last = self
            .agreed
            .as_ref()
            .map(|Agreed { anchor, .. }| CheckpointRef { size: anchor.size, time_s: anchor.time_s });
        let unanchored = (self.at.seq().value() - self.vouched().value()).unsigned_abs();
        let is_old = |last: CheckpointRef| last.time_s.saturating_add(STALE_AFTER_S) < now_s;
        Anchoring {
            agreed: self.anchors_agreed,
            last,
            unanchored,
            is_stale: unanchored > 0 && last.is_some_and(is_old),
            unusable: 0,
        }
    }
}

/// Where the tree over the records has another root than the checkpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Difference {
    /// They differ among each other too.
    Forked,
    /// One of them is kept with the records.
    InLog,
    /// They are kept outside only.
    OutsideOnly,
}

/// An hour: a checkpoint is made each minute while records come.
const STALE_AFTER_S: u64 = 3600;

fn names_tenant(tenant: &TenantId) -> Finder<'static> {
    Finder::new(format!(r#""tenant":"{tenant}""#).as_bytes()).into_owned()
}

fn names_its_tenant(names_tenant: &Finder<'_>, body: &[u8]) -> Result<(), Defect> {
    match names_tenant.find(body) {
        Some(_) => Ok(()),
        None if names_a_tenant(body) => Err(Defect::Swapped),
        None => Err(Defect::Altered),
    }
}

fn hashes_right(link: &Link<'_>) -> Result<(), Defect> {
    if Hash::link(link.seq, link.prev, link.body) == link.hash { Ok(()) } else { Err(Defect::Altered) }
}

fn names_a_tenant(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(rename = "tenant", borrow)]
        _tenant: &'a str,
    }
    serde_json::from_slice::<Named<'_>>(body).is_ok()
}

fn names_cut(body: &[u8], through: Head) -> bool {
    #[derive(Deserialize)]
    struct Body<'a> {
        kind: &'a str,
        through_seq: i64,
        through_hash: &'a str,
    }
    serde_json::from_slice::<Body<'_>>(body).is_ok_and(|cut| {
        cut.kind == "retention_cut"
            && cut.through_seq == through.seq.value()
            && cut.through_hash == through.hash.to_string()
    })
}
