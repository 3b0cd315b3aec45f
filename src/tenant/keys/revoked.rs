//! Uses of revoked keys, counted until somebody records them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::api_key::KeyId;
use crate::tenant::TenantId;

/// How often a revoked key was presented, whole, since it was asked last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevokedUse {
    /// The key's owner.
    pub tenant: TenantId,
    /// The key's public part.
    pub key_id: KeyId,
    /// How often.
    pub uses: u64,
}

/// The counts. Counting is a moment's work in memory, whatever becomes of the
/// records: nobody who presents a key waits for one. There are never more
/// entries than revoked keys, since only those that are whole are counted.
#[derive(Clone, Default)]
pub struct RevokedUses(Arc<Counts>);

#[derive(Default)]
struct Counts {
    uses: Mutex<HashMap<KeyId, RevokedUse>>,
    counted: Notify,
}

impl RevokedUses {
    pub(super) fn count(&self, tenant: &TenantId, key_id: &KeyId) {
        self.add(RevokedUse { tenant: tenant.clone(), key_id: key_id.clone(), uses: 1 });
    }

    /// Counts `used` on top of what was counted since.
    pub fn add(&self, used: RevokedUse) {
        let RevokedUse { tenant, key_id, uses } = used;
        let none = || RevokedUse { tenant, key_id: key_id.clone(), uses: 0 };
        let mut counts = self.lock();
        let count = counts.entry(key_id.clone()).or_insert_with(none);
        count.uses = count.uses.saturating_add(uses);
        drop(counts);
        self.0.counted.notify_one();
    }

    /// Resolves when a revoked key was used since the last [`RevokedUses::take`].
    pub async fn counted(&self) {
        while self.lock().is_empty() {
            self.0.counted.notified().await;
        }
    }

    /// The counts, which begin anew.
    pub fn take(&self) -> Taken {
        Taken { left: self.lock().drain().map(|(_, used)| used).collect(), counts: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, RevokedUse>> {
        self.0.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts that were taken, one by one. Those that nobody asked for when this is
/// dropped are counted on: a task that is stopped loses none.
pub struct Taken {
    left: Vec<RevokedUse>,
    counts: RevokedUses,
}

impl Iterator for Taken {
    type Item = RevokedUse;

    fn next(&mut self) -> Option<RevokedUse> {
        self.left.pop()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.left.drain(..).for_each(|used| self.counts.add(used));
    }
}
