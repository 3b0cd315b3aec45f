//! What the end of a chain, a broken link or a checkpoint that differs means,
//! in the light of what else is stored.

use std::cmp::Ordering;

use super::VerifyError;
use super::page::{self, follower_elsewhere};
use super::pass::Pass;
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;
use crate::audit::verify::anchor::{Anchor, Place};
use crate::audit::verify::defect::Defect;
use crate::audit::verify::verdict::Bad;
use crate::audit::verify::walk::Difference;

impl Pass<'_> {
    /// Tells a broken link from a record that was moved, and from two records
    /// that follow the same one.
    pub(super) async fn moved(&self, bad: Bad, page: &[StoredRecord]) -> Result<Bad, VerifyError> {
        if !matches!(bad.defect, Defect::LinkBroken | Defect::Missing) {
            return Ok(bad);
        }
        let at = self.walk.at();
        if bad.defect == Defect::LinkBroken
            && let Some(record) = page.iter().find(|record| Some(record.record) == bad.record)
            && self.has_twin(record).await?
        {
            return Ok(Bad { defect: Defect::Forked, ..bad });
        }
        let stands_at = follower_elsewhere(self.pool, self.tenant, at.hash.as_bytes(), bad.seq).await?;
        Ok(match stands_at {
            Some(stands_at) => Bad { defect: Defect::Reordered { stands_at }, ..bad },
            None => bad,
        })
    }

    /// Whether another record has the same predecessor, which the chain has.
    async fn has_twin(&self, record: &StoredRecord) -> Result<bool, VerifyError> {
        let prev = record.prev_hash.as_bytes();
        Ok(follower_elsewhere(self.pool, self.tenant, prev, record.seq).await?.is_some_and(|twin| twin < record.seq))
    }

    /// All records that were there follow from each other.
    pub(super) async fn ends(&mut self) -> Result<Option<Bad>, VerifyError> {
        let (at, head) = (self.walk.at(), self.end.head);
        let behind = |seq: Seq, defect| Some(Bad { seq, record: None, defect });
        let end = head.seq.max(self.end.last);
        if at.seq < head.seq {
            return Ok(behind(at.seq.next(), Defect::Truncated));
        }
        if let Some(defect) = beyond(self).await? {
            return Ok(behind(end.min(at.seq).next(), defect));
        }
        Ok(match at.seq.cmp(&head.seq) {
            Ordering::Greater => behind(head.seq.next(), Defect::PastHead),
            Ordering::Equal if at.hash != head.hash => behind(at.seq, Defect::HeadMismatch),
            _ if self.walk.misses_cut() => behind(Seq::NONE.next(), Defect::CutUnrecorded),
            _ => None,
        })
    }

    /// The records are not those that checkpoints of this size were signed over.
    pub(super) async fn differs(&mut self, difference: Difference) -> Result<Bad, VerifyError> {
        let size = self.walk.size();
        let defect = match difference {
            Difference::Forked => Defect::ForkedCheckpoints { size },
            Difference::InLog => Defect::Rewritten { size },
            Difference::OutsideOnly if meets_outside_again(self).await? => Defect::Rewritten { size },
            Difference::OutsideOnly => Defect::Restored { size },
        };
        Ok(Bad { seq: self.walk.vouched().next(), record: None, defect })
    }
}

/// What checkpoints say that cover more records than there are.
pub(super) async fn beyond(pass: &mut Pass<'_>) -> Result<Option<Defect>, VerifyError> {
    let end = pass.walk.size().min(pass.end.head.seq.max(pass.end.last).value().unsigned_abs());
    let mut outside = None;
    while let Some(anchors) = next_anchors(pass).await? {
        let Some(anchor) = anchors.first().filter(|anchor| anchor.size > end) else { continue };
        if anchors.iter().any(|anchor| anchor.place == Place::Log) {
            return Ok(Some(Defect::TruncatedAgainst { size: anchor.size }));
        }
        outside.get_or_insert(Defect::Restored { size: anchor.size });
    }
    Ok(outside)
}

/// Whether the database has a later checkpoint that is also kept outside: then
/// it is not an old one, and only this checkpoint was taken out of it.
async fn meets_outside_again(pass: &mut Pass<'_>) -> Result<bool, VerifyError> {
    let is_at = |anchors: &[Anchor], place| anchors.iter().any(|anchor| anchor.place == place);
    while let Some(anchors) = next_anchors(pass).await? {
        if is_at(&anchors, Place::Log) && is_at(&anchors, Place::Outside) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next checkpoints of one size; `None` when there are no more.
async fn next_anchors(pass: &mut Pass<'_>) -> Result<Option<Vec<Anchor>>, VerifyError> {
    // The table is read a page ahead of what is outside.
    if pass.checkpoints_read < pass.checkpoints_end && !pass.anchors.has_in_log() {
        let page = page::checkpoints(pass.pool, pass.tenant, pass.checkpoints_read, pass.checkpoints_end).await?;
        let last = page.last().map_or(pass.checkpoints_end, |found| i64::try_from(found.size).unwrap_or(i64::MAX));
        pass.checkpoints_read = last;
        pass.anchors.add(page);
    }
    match pass.anchors.next_size() {
        Some(size) => Ok(Some(pass.anchors.take_at(size)?)),
        None => Ok(None),
    }
}
