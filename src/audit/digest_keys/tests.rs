use futures_util::future::join_all;

use super::*;
use crate::audit::testing::{accepted, tenant};
use crate::audit::verify::verify;
use crate::audit::{AuditConfig, Subject};
use crate::store::Store;
use crate::store::testing::fresh_store;

const PATIENCE: Duration = Duration::from_secs(60);

/// Another process, whose memory of keys lasts for `lifetime`.
fn process(store: &Store, master: &MasterKey, lifetime: Duration) -> DigestKeys {
    DigestKeys::with_lifetime(store.pool.clone(), master, lifetime).unwrap()
}

fn digest(key: &DigestKey) -> String {
    key.digest(Subject::OriginalBody, b"Maria Gonzalez").as_str().to_owned()
}

#[tokio::test]
async fn processes_that_need_a_tenants_first_key_at_once_agree_on_one() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let processes = [(); 6].map(|()| process(&store, &master, PATIENCE));
    let keys = join_all(processes.iter().map(|keys| async { keys.of(&tenant("acme")).await.unwrap() })).await;
    assert!(keys.iter().all(|key| key.id() == keys[0].id() && digest(key) == digest(&keys[0])));
    let other = processes[0].of(&tenant("other")).await.unwrap();
    assert_ne!(digest(&other), digest(&keys[0]), "each tenant has a key of its own");
}

/// L46, L48: the digests tell nothing any more, and no record changes.
#[tokio::test]
async fn an_erased_key_leaves_digests_that_nothing_can_be_compared_with_and_a_whole_chain() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let keys = process(&store, &master, Duration::ZERO);
    let log = AuditLog::start(&store, AuditConfig::default());
    let name = tenant("acme");
    let old = keys.of(&name).await.unwrap();
    let mut request = accepted(Uuid::now_v7());
    request.digest_key = old.id();
    request.original_digest = old.digest(Subject::OriginalBody, b"Maria Gonzalez");
    drop(log.accept(&name, request).await.unwrap());

    let erased = current(&store.pool, &name).await.unwrap().unwrap();
    assert_eq!(erased, old.id());
    erase(&store.pool, &log, &name, erased).await.unwrap();
    assert_eq!(current(&store.pool, &name).await.unwrap(), None);
    assert!(log.flush_and_stop(PATIENCE).await);
    let verdict = verify(&store.pool, &name, |_, _| {}).await.unwrap();
    assert!(verdict.is_whole() && verdict.records_whole == 3, "{verdict}");
    let said: String = sqlx::query_scalar("SELECT body FROM audit_record WHERE kind = 'digest_key_erased'")
        .fetch_one(&store.pool)
        .await
        .unwrap();
    assert!(said.contains(&format!(r#""key":"{erased}""#)), "{said}");

    // Whoever has the master key, the database and the right guess learns nothing.
    let new = keys.of(&name).await.unwrap();
    assert_ne!(new.id(), old.id());
    let (found, guessed): (String, String) = (
        sqlx::query_scalar("SELECT body FROM audit_record WHERE kind = 'accepted'")
            .fetch_one(&store.pool)
            .await
            .unwrap(),
        digest(&new),
    );
    assert!(found.contains(&digest(&old)) && !found.contains(&guessed));
}

/// The log says of an erasure first: one that cannot be recorded does not happen.
#[tokio::test]
async fn a_key_whose_erasure_cannot_be_recorded_stays() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let key = process(&store, &master, PATIENCE).of(&tenant("acme")).await.unwrap();
    let log = AuditLog::start(&store, AuditConfig::default());
    assert!(log.flush_and_stop(PATIENCE).await);
    let error = erase(&store.pool, &log, &tenant("acme"), key.id()).await.unwrap_err();
    assert!(matches!(error, EraseError::Audit(_)), "{error}");
    assert_eq!(current(&store.pool, &tenant("acme")).await.unwrap(), Some(key.id()));
}

/// A request costs no query, and one whose key is no longer sure is refused.
#[tokio::test]
async fn a_key_is_served_from_memory_for_its_time_and_not_longer() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let (lasting, forgetful) = (process(&store, &master, PATIENCE), process(&store, &master, Duration::ZERO));
    for keys in [&lasting, &forgetful] {
        keys.of(&tenant("acme")).await.unwrap();
    }
    store.pool.close().await;
    assert!(lasting.of(&tenant("acme")).await.is_ok());
    assert!(matches!(forgetful.of(&tenant("acme")).await, Err(DigestKeyError::Key(_))));
}

#[tokio::test]
async fn a_key_under_another_master_key_is_refused_until_it_is_erased() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let old = process(&store, &master, PATIENCE).of(&tenant("acme")).await.unwrap();
    let keys = process(&store, &MasterKey::generate().unwrap(), PATIENCE);
    let said = keys.of(&tenant("acme")).await.err().unwrap().to_string();
    assert!(said.contains("digest key of acme") && said.contains("cordon audit erase"), "{said}");
    let log = AuditLog::start(&store, AuditConfig::default());
    erase(&store.pool, &log, &tenant("acme"), old.id()).await.unwrap();
    assert_ne!(keys.of(&tenant("acme")).await.unwrap().id(), old.id());
}

/// A stolen row is of no use in another tenant's place, nor without the master key.
#[tokio::test]
async fn a_stored_key_is_wrapped_for_its_tenant() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    process(&store, &master, PATIENCE).of(&tenant("acme")).await.unwrap();
    sqlx::query("UPDATE audit_digest_key SET tenant = 'other'").execute(&mut store.superuser().await).await.unwrap();
    let moved = process(&store, &master, PATIENCE).of(&tenant("other")).await;
    assert!(matches!(moved, Err(DigestKeyError::Locked(_))));
}
