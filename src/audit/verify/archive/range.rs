//! An archive of all records of a range.

use serde::Deserialize;
use uuid::Uuid;

use super::member::{End, Manifest};
use super::{ArchiveError, Records, line, member};
use crate::audit::chain::{Hash, Head, Seq};
use crate::audit::verify::anchor::{Anchor, Anchors, Place};
use crate::audit::verify::defect::Defect;
use crate::audit::verify::verdict::{Bad, Mode, Verdict};
use crate::audit::verify::walk::{Difference, Link, Walk};
use crate::tenant::TenantId;

pub(super) struct Range<'a> {
    tenant: TenantId,
    walk: Walk,
    anchors: Anchors<'a>,
    /// Of the next checkpoint; the largest number when there is none.
    next_size: u64,
    through: Head,
    reaches_head: bool,
    /// When the archive was made, in seconds since 1970.
    made_s: u64,
    broken: Option<Broken>,
}

/// What is wrong. The rest of the archive tells more of it.
enum Broken {
    At(Bad),
    /// The records do not follow from each other: the one that belongs to the place
    /// may come later. Its predecessor's hash, and how many lines came since.
    Link(Bad, Hash, i64),
    /// A checkpoint that is kept outside differs.
    Outside {
        size: u64,
    },
}

impl<'a> Range<'a> {
    pub(super) fn begin(
        tenant: &TenantId,
        manifest: &Manifest,
        mut anchors: Anchors<'a>,
    ) -> Result<Range<'a>, ArchiveError> {
        let base = manifest.base(tenant)?;
        anchors.skip_below(base.frontier.size())?;
        let mut range = Range {
            tenant: tenant.clone(),
            walk: Walk::begin(tenant, base),
            anchors,
            next_size: 0,
            through: manifest.through()?,
            reaches_head: manifest.reaches_head(),
            made_s: manifest.made_us / 1_000_000,
            broken: None,
        };
        range.next_size = range.anchors.next_size().unwrap_or(u64::MAX);
        // One that is kept outside may cover just what lies before the archive.
        range.meet_anchors()?;
        Ok(range)
    }

    fn follow(&mut self, link: &Link<'_>) -> Result<(), ArchiveError> {
        if let Err(defect) = self.walk.check(link) {
            self.broken = Some(self.broken_link(link, defect));
            return Ok(());
        }
        self.walk.advance(link);
        self.meet_anchors()
    }

    fn broken_link(&self, link: &Link<'_>, defect: Defect) -> Broken {
        let seq = if defect == Defect::Forked { link.seq } else { self.walk.at().seq.next() };
        let record = if defect == Defect::Missing { None } else { record_id(link.body) };
        let bad = Bad { seq, record, defect };
        match defect {
            Defect::LinkBroken | Defect::Missing => Broken::Link(bad, self.walk.at().hash, 0),
            _ => Broken::At(bad),
        }
    }

    fn meet_anchors(&mut self) -> Result<(), ArchiveError> {
        let size = self.walk.size();
        if size < self.next_size {
            return Ok(());
        }
        let anchors = self.anchors.take_at(size)?;
        self.next_size = self.anchors.next_size().unwrap_or(u64::MAX);
        let met = self.walk.anchors(&anchors);
        self.broken = met.err().map(|difference| self.differs(difference, size));
        Ok(())
    }

    fn differs(&self, difference: Difference, size: u64) -> Broken {
        let at = |defect| Broken::At(Bad { seq: self.walk.vouched().next(), record: None, defect });
        match difference {
            Difference::Forked => at(Defect::ForkedCheckpoints { size }),
            Difference::InLog => at(Defect::Rewritten { size }),
            Difference::OutsideOnly => Broken::Outside { size },
        }
    }

    /// The record that belongs where the chain is broken stands further back.
    fn look_further(&mut self, line: &[u8]) {
        let at = self.walk.at().seq;
        let Some(Broken::Link(bad, prev, lines)) = &mut self.broken else { return };
        *lines += 1;
        if let Some(link) = line::parse(line).filter(|link| link.prev == *prev) {
            let place = Seq::new(at.value() + 1 + *lines).unwrap_or(link.seq);
            let stands_at = if link.seq == bad.seq { place } else { link.seq };
            self.broken = Some(Broken::At(Bad { defect: Defect::Reordered { stands_at }, ..bad.clone() }));
        }
    }

    /// What the end of the archive shows, when nothing was wrong before.
    fn check_end(&mut self, end: &End) -> Result<Option<Bad>, ArchiveError> {
        let (at, through) = (self.walk.at(), self.through);
        let behind = |seq: Seq, defect| Some(Bad { seq, record: None, defect });
        if at.seq < through.seq {
            return Ok(behind(at.seq.next(), Defect::Truncated));
        }
        if at.seq > through.seq {
            return Ok(behind(through.seq.next(), Defect::PastHead));
        }
        if at.hash != through.hash || end.through.head() != Some(at) || end.records != self.walk.records() {
            return Ok(behind(at.seq, Defect::HeadMismatch));
        }
        Ok(self.beyond()?.and_then(|defect| behind(at.seq.next(), defect)))
    }

    /// What checkpoints say that cover more records than there are.
    fn beyond(&mut self) -> Result<Option<Defect>, ArchiveError> {
        let mut outside = None;
        while let Some(anchors) = self.next_anchors()? {
            let Some(Anchor { size, time_s, .. }) = anchors.first() else { continue };
            // A range that ends before the chain's end goes with the first checkpoint
            // behind it; its proof is what counts, and is missed as an anchor alone.
            if !self.reaches_head {
                continue;
            }
            if anchors.iter().any(|anchor| anchor.place == Place::Log) {
                return Ok(Some(Defect::TruncatedAgainst { size: *size }));
            }
            // Times are whole seconds: one of the same second may have come later.
            if *time_s < self.made_s {
                outside.get_or_insert(Defect::Restored { size: *size });
            }
        }
        Ok(outside)
    }

    /// The sense of a checkpoint outside that differs: whether the archive has a
    /// later one that is also outside.
    fn outside_differs(&mut self, size: u64) -> Result<Bad, ArchiveError> {
        let is_at = |anchors: &[Anchor], place| anchors.iter().any(|anchor| anchor.place == place);
        let mut defect = Defect::Restored { size };
        while let Some(anchors) = self.next_anchors()? {
            if is_at(&anchors, Place::Log) && is_at(&anchors, Place::Outside) {
                defect = Defect::Rewritten { size };
            }
        }
        Ok(Bad { seq: self.walk.vouched().next(), record: None, defect })
    }

    fn next_anchors(&mut self) -> Result<Option<Vec<Anchor>>, ArchiveError> {
        Ok(self.anchors.next_size().map(|size| self.anchors.take_at(size)).transpose()?)
    }
}

/// The id that a body names, which may be anything.
fn record_id(body: &[u8]) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Body<'a> {
        record: &'a str,
    }
    serde_json::from_slice::<Body<'_>>(body).ok().and_then(|body| Uuid::try_parse(body.record).ok())
}

impl Records for Range<'_> {
    fn checkpoint(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        let found = super::found(line)?;
        // Behind a defect only checkpoints that may be outside as well are kept.
        if self.broken.is_none() || matches!(self.broken, Some(Broken::Outside { .. })) {
            if found.size >= self.walk.size() {
                self.anchors.add([found]);
            }
            self.next_size = self.anchors.next_size().unwrap_or(u64::MAX);
            if self.broken.is_none() && self.next_size == self.walk.size() {
                self.meet_anchors()?;
            }
        }
        Ok(())
    }

    fn record(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        if self.broken.is_some() {
            self.look_further(line);
            return Ok(());
        }
        match line::parse(line) {
            Some(link) => self.follow(&link),
            None => {
                let bad = Bad { seq: self.walk.at().seq.next(), record: None, defect: Defect::Altered };
                self.broken = Some(Broken::At(bad));
                Ok(())
            }
        }
    }

    /// Whoever has all records of two checkpoints needs no proof of them; one that
    /// begins at the last record shows that a later checkpoint covers it.
    fn proof(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        let proof = member::consistency(line)?;
        if self.broken.is_some() || proof.from != self.walk.size() || proof.to <= proof.from {
            return Ok(());
        }
        while let Some(size) = self.anchors.next_size().filter(|size| *size <= proof.to) {
            let anchors = self.anchors.take_at(size)?;
            if size == proof.to
                && let Err(difference) = self.walk.anchored_beyond(&anchors, &proof)
            {
                self.broken = Some(self.differs(difference, size));
            }
        }
        Ok(())
    }

    fn records(&self) -> u64 {
        self.walk.records()
    }

    fn end(mut self: Box<Self>, end: &End) -> Result<Verdict, ArchiveError> {
        let first_bad = match self.broken.take() {
            Some(Broken::At(bad) | Broken::Link(bad, ..)) => Some(bad),
            Some(Broken::Outside { size }) => Some(self.outside_differs(size)?),
            None => self.check_end(end)?,
        };
        let mut anchoring = self.walk.anchoring(self.made_s);
        anchoring.unusable = self.anchors.unusable.map_or(0, |(_, n)| n);
        let first_bad = first_bad.or_else(|| self.anchors.unusable_one());
        if first_bad.is_none() && anchoring.last.is_none() && self.walk.records() > 0 {
            return Err(ArchiveError::NothingSigned(self.walk.records()));
        }
        Ok(Verdict {
            tenant: self.tenant,
            mode: Mode::Range,
            after: self.walk.begins_after(),
            records_whole: self.walk.records(),
            head: self.through,
            first_bad,
            anchoring,
        })
    }
}
