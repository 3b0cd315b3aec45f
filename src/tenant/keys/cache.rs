//! Keys that were verified a moment ago, so that a request costs no query.
//!
//! An entry is found by the hash of the whole presented key: a lookup by the
//! public part alone would accept any secret.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::api_key::KeyHash;
use super::store::AuthenticatedKey;

/// Far more keys than are in use within [`Verified::lifetime`].
const ENTRIES_MAX: usize = 4096;

pub(super) struct Verified {
    entries: Cache<KeyHash, (AuthenticatedKey, Instant)>,
    lifetime: Duration,
}

impl Verified {
    pub(super) fn new(lifetime: Duration) -> Verified {
        Verified { entries: Cache::new(ENTRIES_MAX), lifetime }
    }

    pub(super) fn find(&self, hash: &KeyHash) -> Option<AuthenticatedKey> {
        let (key, asked_at) = self.entries.get(hash)?;
        (asked_at.elapsed() < self.lifetime).then_some(key)
    }

    /// Remembers `key`. `asked_at` is when the database was asked: what it said
    /// may have changed since then.
    pub(super) fn remember(&self, hash: KeyHash, key: AuthenticatedKey, asked_at: Instant) {
        self.entries.insert(hash, (key, asked_at));
    }
}
