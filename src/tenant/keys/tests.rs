use std::cell::Cell;
use std::time::Duration;

use sqlx::Connection;

use super::*;
use crate::store::testing::fresh_store;
use crate::tenant::{Role, TenantId};

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// L54: another secret behind a known public part, also while the right key is
/// in the cache.
#[tokio::test]
async fn only_the_whole_key_opens() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (key_id, key) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    for _ in 0..2 {
        let known = keys.authenticate(key.expose()).await.unwrap();
        assert_eq!((known.tenant.as_str(), known.role, &known.key_id), ("acme", Role::Client, &key_id));
        let flipped = if key.expose().ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{flipped}", &key.expose()[..key.expose().len() - 1]);
        assert_eq!(keys.authenticate(&forged).await, Err(AuthError::Unknown));
    }
}

#[tokio::test]
async fn what_is_not_a_key_is_told_apart() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (_, never_stored) = ApiKey::generate().unwrap();
    let cases = [
        ("", AuthError::Missing),
        ("   ", AuthError::Malformed),
        ("sk-1234", AuthError::Malformed),
        ("cdn_", AuthError::Malformed),
        ("cdn_0123456789abcdef_", AuthError::Malformed),
        ("cdn_ÄÄÄÄÄÄÄÄ_ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ", AuthError::Malformed),
        (never_stored.expose(), AuthError::Unknown),
    ];
    for (presented, error) in cases {
        assert_eq!(keys.authenticate(presented).await, Err(error), "{presented:?}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_once_the_cache_forgets_it() {
    let store = fresh_store().await;
    let keys = KeyStore::with_cache_lifetime(store.pool.clone(), Duration::ZERO);
    let (key_id, key) = keys.create(&tenant("acme"), Role::Admin).await.unwrap();
    assert!(keys.authenticate(key.expose()).await.is_ok());
    assert_eq!(keys.revoke(&key_id).await.unwrap(), tenant("acme"));
    assert_eq!(keys.authenticate(key.expose()).await, Err(AuthError::Revoked));
    assert!(matches!(keys.revoke(&key_id).await, Err(KeyError::AlreadyRevoked(_))));
    let (unknown, _) = ApiKey::generate().unwrap();
    assert!(matches!(keys.revoke(&unknown).await, Err(KeyError::NotFound(_))));
}

/// L54: only who has the whole of a revoked key is counted, from the cache or
/// not; a guess behind its public part is not.
#[tokio::test]
async fn uses_of_a_revoked_key_are_counted_for_its_tenant() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (key_id, key) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    let (_, living) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    keys.revoke(&key_id).await.unwrap();
    let flipped = if key.expose().ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{flipped}", &key.expose()[..key.expose().len() - 1]);
    for _ in 0..3 {
        assert_eq!(keys.authenticate(&forged).await, Err(AuthError::Unknown));
        assert!(keys.authenticate(living.expose()).await.is_ok());
    }
    assert_eq!(keys.revoked_uses().take().next(), None);
    for _ in 0..3 {
        assert_eq!(keys.authenticate(key.expose()).await, Err(AuthError::Revoked));
    }
    keys.revoked_uses().counted().await;
    let mut taken = keys.revoked_uses().take();
    assert_eq!(taken.next(), Some(RevokedUse { tenant: tenant("acme"), key_id, uses: 3 }));
    assert_eq!((taken.next(), keys.revoked_uses().take().next()), (None, None), "it is told once");
    // What was taken and not recorded is told again, with what came since.
    assert_eq!(keys.authenticate(key.expose()).await, Err(AuthError::Revoked));
    drop(keys.revoked_uses().take());
    assert_eq!(keys.authenticate(key.expose()).await, Err(AuthError::Revoked));
    assert_eq!(keys.revoked_uses().take().next().unwrap().uses, 2);
}

#[tokio::test]
async fn a_verified_key_costs_no_query_and_a_new_one_needs_the_database() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (_, cached) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    let (_, other) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    keys.authenticate(cached.expose()).await.unwrap();
    store.pool.close().await;
    assert!(keys.authenticate(cached.expose()).await.is_ok());
    assert_eq!(keys.authenticate(other.expose()).await, Err(AuthError::Unavailable));
}

#[tokio::test]
async fn a_made_up_key_that_comes_again_costs_no_query() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (_, made_up) = ApiKey::generate().unwrap();
    assert_eq!(keys.authenticate(made_up.expose()).await, Err(AuthError::Unknown));
    store.pool.close().await;
    assert_eq!(keys.authenticate(made_up.expose()).await, Err(AuthError::Unknown));
}

#[tokio::test]
async fn a_known_key_does_not_wait_behind_a_flood_of_made_up_ones() {
    const FLOOD: usize = 1_000;
    let store = fresh_store().await;
    let keys = KeyStore::with_cache_lifetime(store.pool.clone(), Duration::ZERO);
    let (_, known) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    keys.authenticate(known.expose()).await.unwrap();
    let refused = Cell::new(0);
    let flood = futures_util::future::join_all((0..FLOOD).map(async |_| {
        let (_, made_up) = ApiKey::generate().unwrap();
        assert_eq!(keys.authenticate(made_up.expose()).await, Err(AuthError::Unknown));
        refused.set(refused.get() + 1);
    }));
    // Polled after the flood, which is then in its queue.
    let asked = async {
        keys.authenticate(known.expose()).await.unwrap();
        refused.get()
    };
    let (_, refused_before) = tokio::join!(flood, asked);
    assert!(refused_before < FLOOD / 2, "{refused_before} made-up keys came first");
}

#[tokio::test]
async fn the_database_holds_no_secret_and_a_list_shows_none() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (key_id, key) = keys.create(&tenant("acme"), Role::Auditor).await.unwrap();
    keys.create(&tenant("other"), Role::Client).await.unwrap();
    let secret = key.expose().rsplit('_').next().unwrap();
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT api_key::text FROM api_key").fetch_all(&store.pool).await.unwrap();
    assert!(rows.len() == 2 && !rows.concat().contains(secret));
    let listed = keys.list(Some(&tenant("acme"))).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].key_id, listed[0].role, listed[0].revoked_at_us), (&key_id, Role::Auditor, None));
    assert!(!format!("{key:?} {listed:?}").contains(secret));
}

/// A database that stands still answers nothing and closes nothing.
#[tokio::test]
async fn a_lookup_that_hangs_is_given_up_and_leaves_the_pool_usable() {
    let store = fresh_store().await;
    let keys = KeyStore::new(store.pool.clone());
    let (_, key) = keys.create(&tenant("acme"), Role::Client).await.unwrap();
    let mut other = store.superuser().await;
    let mut holding = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE").execute(&mut *holding).await.unwrap();
    let waiting = (0..8).map(|_| keys.authenticate(key.expose()));
    let told = tokio::time::timeout(Duration::from_secs(120), futures_util::future::join_all(waiting)).await.unwrap();
    assert!(told.iter().all(|answer| *answer == Err(AuthError::Unavailable)), "{told:?}");
    holding.rollback().await.unwrap();
    assert!(keys.authenticate(key.expose()).await.is_ok());
}
