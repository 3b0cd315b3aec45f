//! One record on its way to the database.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{AuditError, OpenRequest};
use crate::audit::canonical::NotCanonical;
use crate::audit::chain::Receipt;
use crate::audit::record::{self, Event};
use crate::tenant::TenantId;

pub(super) struct Entry {
    pub(super) tenant: TenantId,
    pub(super) record: Uuid,
    pub(super) request: Option<Uuid>,
    pub(super) time_us: i64,
    pub(super) kind: &'static str,
    pub(super) body: String,
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
    pub(super) fn new(tenant: &TenantId, event: &Event, reply: Reply) -> Result<Entry, NotCanonical> {
        // Version 7 ids grow with time, which keeps their index dense.
        let (record, time_us) = (Uuid::now_v7(), now_us());
        match record::body(tenant, record, time_us, event) {
            Ok(body) => {
                let (request, kind) = (event.request(), event.kind());
                Ok(Entry { tenant: tenant.clone(), record, request, time_us, kind, body, reply })
            }
            Err(error) => {
                reply.cancel();
                Err(error)
            }
        }
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

fn now_us() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
}
