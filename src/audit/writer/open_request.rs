//! A request that was accepted and is not over.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::AuditError;
use super::entry::{Entry, Reply};
use super::running::Mark;
use crate::audit::chain::Receipt;
use crate::audit::record::{Ended, Event, LatencyStep, Outcome, Source};
use crate::tenant::TenantId;

/// Holds the place in the queue for the request's end, so recording the end
/// neither waits nor fails. Dropping it records that the request was aborted.
#[must_use = "dropping it records that the request was aborted"]
pub struct OpenRequest {
    tenant: TenantId,
    source: Source,
    request: Uuid,
    /// The record of the acceptance.
    accepted: Uuid,
    accepted_at: Instant,
    place: Option<mpsc::OwnedPermit<Entry>>,
    /// Goes with the record of the end.
    running: Option<Mark>,
}

impl OpenRequest {
    pub(super) fn new(
        tenant: TenantId,
        source: Source,
        request: Uuid,
        accepted: Uuid,
        place: mpsc::OwnedPermit<Entry>,
        running: Mark,
    ) -> OpenRequest {
        OpenRequest {
            tenant,
            source,
            request,
            accepted,
            accepted_at: Instant::now(),
            place: Some(place),
            running: Some(running),
        }
    }

    /// Queues the request's end at once; the future only waits until that is
    /// durable and may be dropped. `ended.request` must be the accepted one.
    pub fn end(mut self, ended: Ended) -> impl Future<Output = Result<Receipt, AuditError>> + use<> {
        let (reply, receipt) = oneshot::channel();
        let queued = self.send(ended, Reply::Receipt(reply));
        async move {
            queued?;
            receipt.await.unwrap_or(Err(AuditError::Unavailable))
        }
    }

    /// Nothing was accepted after all: records no end.
    pub(in crate::audit) fn forget(mut self) {
        self.place = None;
    }

    fn send(&mut self, ended: Ended, reply: Reply) -> Result<(), AuditError> {
        let Some(place) = self.place.take() else { return Ok(()) };
        let ended = Ended { request: self.request, parent: Some(self.accepted), ..ended };
        let mut entry = Entry::new(&self.tenant, &self.source, &Event::Ended(ended), reply)?;
        entry.running = self.running.take();
        place.send(entry);
        Ok(())
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.place.is_none() {
            return;
        }
        let aborted = Ended {
            request: self.request,
            parent: Some(self.accepted),
            outcome: Outcome::Aborted,
            code: None,
            http_status: None,
            target: None,
            first_pass: None,
            bytes_out: 0,
            tokens: None,
            sanitized_digest: None,
            latency: LatencyStep::from(self.accepted_at.elapsed()),
        };
        // Such an event always has a canonical form.
        let _ = self.send(aborted, Reply::Nobody);
    }
}
