//! One record on its way to the database.

use tokio::sync::oneshot;
use uuid::Uuid;

use super::running::Mark;
use super::{AuditError, OpenRequest};
use crate::audit::canonical::NotCanonical;
use crate::audit::chain::Receipt;
use crate::audit::clock::now_us;
use crate::audit::record::{self, Draft, Event, Source};
use crate::tenant::TenantId;

pub(super) struct Entry {
    pub(super) tenant: TenantId,
    pub(super) record: Uuid,
    pub(super) request: Option<Uuid>,
    pub(super) time_us: i64,
    pub(super) kind: &'static str,
    /// Store it only if its request has no end yet.
    pub(super) unless_ended: bool,
    /// Of the request that it ends.
    pub(super) running: Option<Mark>,
    draft: Draft,
    reply: Reply,
}

/// Who waits for the record.
pub(super) enum Reply {
    Receipt(oneshot::Sender<Result<Receipt, AuditError>>),
    /// The caller gets the open request only when its acceptance is durable. If
    /// it is gone by then, the open request is dropped and so records its end.
    Open(Option<OpenRequest>, oneshot::Sender<Result<OpenRequest, AuditError>>),
    Nobody,
}

impl Entry {
    pub(super) fn new(tenant: &TenantId, source: &Source, event: &Event, reply: Reply) -> Result<Entry, NotCanonical> {
        Entry::with_id(new_id(), tenant, source, event, reply)
    }

    /// The record of `event` under an id of [`new_id`].
    pub(super) fn with_id(
        record: Uuid,
        tenant: &TenantId,
        source: &Source,
        event: &Event,
        reply: Reply,
    ) -> Result<Entry, NotCanonical> {
        let time_us = now_us();
        match record::draft(tenant, source, record, time_us, event) {
            Ok(draft) => {
                let (request, kind) = (event.request(), event.kind());
                let (tenant, unless_ended, running) = (tenant.clone(), false, None);
                Ok(Entry { tenant, record, request, time_us, kind, unless_ended, running, draft, reply })
            }
            Err(error) => {
                reply.cancel();
                Err(error)
            }
        }
    }

    /// The canonical bytes.
    pub(super) fn body(&self) -> &str {
        self.draft.body()
    }

    /// Notes when the record is stored (microseconds since 1970), before it is
    /// linked for the first time. Later attempts keep the bytes, or one that went
    /// through unseen would not be found again.
    pub(super) fn stamp(&mut self, stored_us: i64) {
        self.draft.stamp(stored_us);
    }

    /// The record is durable.
    pub(super) fn stored(self, receipt: Receipt) {
        match self.reply {
            Reply::Receipt(waiting) => drop(waiting.send(Ok(receipt))),
            Reply::Open(Some(open), waiting) => drop(waiting.send(Ok(open))),
            Reply::Open(None, _) | Reply::Nobody => {}
        }
    }

    /// The record will never be stored.
    pub(super) fn rejected(self, error: AuditError) {
        match self.reply {
            Reply::Receipt(waiting) => drop(waiting.send(Err(error))),
            Reply::Open(open, waiting) => {
                open.into_iter().for_each(OpenRequest::forget);
                drop(waiting.send(Err(error)));
            }
            Reply::Nobody => {}
        }
    }

    /// The record never came as far as the queue.
    pub(super) fn cancel(self) {
        self.reply.cancel();
    }
}

impl Reply {
    fn cancel(self) {
        if let Reply::Open(Some(open), _) = self {
            open.forget();
        }
    }
}

/// Version 7 ids grow with time, which keeps their index dense.
pub(super) fn new_id() -> Uuid {
    Uuid::now_v7()
}
