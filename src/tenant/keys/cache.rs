//! What the database said of presented keys a moment ago, so that a request
//! costs no query.
//!
//! An entry is found by the hash of the whole presented key: a lookup by the
//! public part alone would accept any secret. Keys that were refused have a
//! cache of their own, or a flood of them would push out those that are in use.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::api_key::KeyHash;
use super::store::{AuthError, AuthenticatedKey};
use crate::tenant::TenantId;

/// Far more keys than are in use within [`Recent::lifetime`].
const VERIFIED_MAX: usize = 4096;
const REFUSED_MAX: usize = 4096;

/// Why a key is not let in.
#[derive(Clone)]
pub(super) enum Refused {
    /// It was revoked; the secret was its own.
    Revoked(TenantId),
    /// Any other reason.
    Otherwise(AuthError),
}

pub(super) struct Recent {
    verified: Cache<KeyHash, (AuthenticatedKey, Instant)>,
    refused: Cache<KeyHash, (Refused, Instant)>,
    lifetime: Duration,
}

impl Recent {
    pub(super) fn new(lifetime: Duration) -> Recent {
        Recent { verified: Cache::new(VERIFIED_MAX), refused: Cache::new(REFUSED_MAX), lifetime }
    }

    pub(super) fn find(&self, hash: &KeyHash) -> Option<Result<AuthenticatedKey, Refused>> {
        let holds = |asked_at: Instant| asked_at.elapsed() < self.lifetime;
        if let Some((key, _)) = self.verified.get(hash).filter(|(_, asked_at)| holds(*asked_at)) {
            return Some(Ok(key));
        }
        self.refused.get(hash).filter(|(_, asked_at)| holds(*asked_at)).map(|(error, _)| Err(error))
    }

    /// Whether the key was right when the database was asked last, however long
    /// ago that was.
    pub(super) fn was_verified(&self, hash: &KeyHash) -> bool {
        self.verified.peek(hash).is_some()
    }

    /// Remembers what the database said. `asked_at` is when it was asked: the
    /// answer may have changed since then.
    pub(super) fn remember(&self, hash: KeyHash, answer: &Result<AuthenticatedKey, Refused>, asked_at: Instant) {
        match answer {
            Ok(key) => self.verified.insert(hash, (key.clone(), asked_at)),
            Err(Refused::Otherwise(AuthError::Unavailable)) => {}
            Err(refused) => {
                self.verified.remove(&hash);
                self.refused.insert(hash, (refused.clone(), asked_at));
            }
        }
    }
}
