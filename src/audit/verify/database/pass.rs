//! One reading of a chain, from a base to its end.

use std::time::Instant;

use sqlx::PgPool;

use super::end::{self, End, Traces};
use super::{Pace, VerifyError, ending, page};
use crate::audit::base::Base;
use crate::audit::chain::Seq;
use crate::audit::query::StoredRecord;
use crate::audit::verify::anchor::Anchors;
use crate::audit::verify::defect::Defect;
use crate::audit::verify::now_s;
use crate::audit::verify::outside::OutsideError;
use crate::audit::verify::verdict::{Bad, Mode, Verdict};
use crate::audit::verify::walk::{Difference, Link, Walk};
use crate::tenant::TenantId;

pub(super) struct Pass<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) tenant: &'a TenantId,
    mode: Mode,
    pub(super) walk: Walk,
    pub(super) anchors: Anchors<'a>,
    /// The last checkpoint of the table that was read, and the last one that there
    /// was when the reading began.
    pub(super) checkpoints_read: i64,
    pub(super) checkpoints_end: i64,
    pub(super) end: End,
}

/// What stands in a page besides right records.
enum Found {
    Record(Bad),
    Difference(Difference),
}

impl<'a> Pass<'a> {
    pub(super) async fn begin(
        pool: &'a PgPool,
        tenant: &'a TenantId,
        mode: Mode,
        base: Base,
        mut anchors: Anchors<'a>,
        checkpoints_end: i64,
    ) -> Result<Pass<'a>, VerifyError> {
        let end = end::read_settled(pool, tenant).await?;
        let begins_after = base.seq().value();
        anchors.skip_below(begins_after.unsigned_abs())?;
        let mut walk = Walk::begin(tenant, base);
        if mode == Mode::Full {
            walk.seek_cut();
        }
        let checkpoints_read = (begins_after - 1).max(0);
        Ok(Pass { pool, tenant, mode, walk, anchors, checkpoints_read, checkpoints_end, end })
    }

    pub(super) async fn run(
        &mut self,
        pace: Pace,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Verdict, VerifyError> {
        let last = self.end.head.seq.max(self.end.last);
        let first_bad =
            if last == Seq::NONE { Some(self.empty().await?) } else { self.read(last, pace, progress).await? };
        Ok(self.verdict(first_bad))
    }

    async fn read(
        &mut self,
        last: Seq,
        pace: Pace,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Option<Bad>, VerifyError> {
        self.read_checkpoints(self.walk.at().seq).await?;
        if let Err(difference) = self.meet_anchors()? {
            return self.differs(difference).await.map(Some);
        }
        loop {
            let began = Instant::now();
            let at = self.walk.at().seq;
            let page = page::records(self.pool, self.tenant, at, last, pace.page_records()).await?;
            if let Some(end) = page.last() {
                self.read_checkpoints(end.seq).await?;
            }
            let found = self.check(&page)?;
            progress(self.walk.at().seq.value().unsigned_abs(), last.value().unsigned_abs());
            match found {
                Some(Found::Record(bad)) => return self.moved(bad, &page).await.map(Some),
                Some(Found::Difference(difference)) => return self.differs(difference).await.map(Some),
                None if self.walk.at().seq == at => return self.ends().await,
                None => {}
            }
            tokio::time::sleep(pace.rest(began.elapsed())).await;
        }
    }

    /// Reads the table's checkpoints up to the record `through`.
    async fn read_checkpoints(&mut self, through: Seq) -> Result<(), VerifyError> {
        let last = self.checkpoints_end.min(through.value());
        while self.checkpoints_read < last {
            let page = page::checkpoints(self.pool, self.tenant, self.checkpoints_read, last).await?;
            self.checkpoints_read = page.last().map_or(last, |found| i64::try_from(found.size).unwrap_or(i64::MAX));
            self.anchors.add(page);
        }
        Ok(())
    }

    /// Checks the records of a page, the first of which may be the last one of
    /// the page before it.
    fn check(&mut self, page: &[StoredRecord]) -> Result<Option<Found>, OutsideError> {
        let at = self.walk.at();
        let again = page.first().is_some_and(|first| first.seq == at.seq && first.hash == at.hash);
        for record in &page[usize::from(again)..] {
            let link =
                Link { seq: record.seq, prev: record.prev_hash, hash: record.hash, body: record.body.as_bytes() };
            let checked = self.walk.check(&link);
            let altered = || if page::columns_match(self.tenant, record) { Ok(()) } else { Err(Defect::Altered) };
            if let Err(defect) = checked.and_then(|()| altered()) {
                return Ok(Some(Found::Record(self.bad(record, defect))));
            }
            self.walk.advance(&link);
            if let Err(difference) = self.meet_anchors()? {
                return Ok(Some(Found::Difference(difference)));
            }
        }
        Ok(None)
    }

    fn meet_anchors(&mut self) -> Result<Result<(), Difference>, OutsideError> {
        let size = self.walk.size();
        if self.anchors.next_size() != Some(size) {
            return Ok(Ok(()));
        }
        let anchors = self.anchors.take_at(size)?;
        Ok(self.walk.anchors(&anchors))
    }

    fn bad(&self, record: &StoredRecord, defect: Defect) -> Bad {
        let seq = if defect == Defect::Forked { record.seq } else { self.walk.at().seq.next() };
        let present = defect != Defect::Missing;
        Bad { seq, record: present.then_some(record.record), defect }
    }

    fn verdict(&self, first_bad: Option<Bad>) -> Verdict {
        let mut anchoring = self.walk.anchoring(now_s());
        anchoring.unusable = self.anchors.unusable.map_or(0, |(_, n)| n);
        Verdict {
            tenant: self.tenant.clone(),
            mode: self.mode,
            after: self.walk.begins_after(),
            records_whole: self.walk.records(),
            head: self.end.head,
            first_bad: first_bad.or_else(|| self.anchors.unusable_one()),
            anchoring,
        }
    }

    /// There is no record and no head.
    async fn empty(&mut self) -> Result<Bad, VerifyError> {
        let bad = |defect| Bad { seq: Seq::NONE.next(), record: None, defect };
        match ending::beyond(self).await? {
            Some(defect @ Defect::TruncatedAgainst { .. }) => Ok(bad(defect)),
            Some(defect) if self.end.traces == Traces::None => Ok(bad(defect)),
            _ if self.end.traces == Traces::None => Err(VerifyError::NoSuchTenant(self.tenant.clone())),
            _ => Ok(bad(Defect::Emptied)),
        }
    }
}
