//! The requests of this process that are accepted and whose end is not stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::tenant::TenantId;

type Requests = HashMap<Uuid, (TenantId, Instant)>;

#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<Requests>>);

impl Running {
    /// Counts `request` in until the mark is dropped: with the record of its end,
    /// once that is stored.
    pub(super) fn begin(&self, tenant: &TenantId, request: Uuid) -> Mark {
        lock(&self.0).insert(request, (tenant.clone(), Instant::now()));
        Mark { all: self.clone(), request }
    }

    /// The requests that have been running for `age`.
    pub(super) fn for_at_least(&self, age: Duration) -> Vec<(TenantId, Uuid)> {
        let all = lock(&self.0);
        let old = all.iter().filter(|(_, (_, since))| since.elapsed() >= age);
        old.map(|(request, (tenant, _))| (tenant.clone(), *request)).collect()
    }
}

/// Says that a request is running.
pub(super) struct Mark {
    all: Running,
    request: Uuid,
}

impl Drop for Mark {
    fn drop(&mut self) {
        lock(&self.all.0).remove(&self.request);
    }
}

/// Nobody panics while holding it; and the map is whole in between.
fn lock(requests: &Mutex<Requests>) -> MutexGuard<'_, Requests> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}
