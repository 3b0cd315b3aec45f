use std::fs::File;
use std::io::{Read, Seek};

use super::*;
use crate::audit::{AuditConfig, AuditLog, Event, KeyCreated};
use crate::store::testing::fresh_store;
use crate::tenant::Role;
use crate::tenant::keys::KeyStore;

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// What `cordon audit verify` ends with, and what it prints.
async fn verified(store: &Store, tenant: Option<TenantId>) -> (Result<u8, String>, String) {
    let mut out: File = tempfile::tempfile().unwrap();
    let code = verify_chains(&store.pool, tenant, &mut out).await.map_err(|error| error.to_string());
    let mut printed = String::new();
    out.rewind().unwrap();
    out.read_to_string(&mut printed).unwrap();
    (code, printed)
}

#[tokio::test]
async fn verify_tells_whole_from_broken_from_unknown() {
    let store = fresh_store().await;
    assert_eq!(verified(&store, None).await, (Ok(WHOLE), "no records yet\n".into()));

    let log = AuditLog::start(&store, AuditConfig::default());
    let (key_id, _) = KeyStore::new(store.pool.clone()).create(&tenant("acme"), Role::Client).await.unwrap();
    log.append(&tenant("acme"), Event::KeyCreated(KeyCreated { key_id, role: Role::Client })).await.unwrap();
    for chosen in [None, Some(tenant("acme"))] {
        let (code, printed) = verified(&store, chosen).await;
        assert!(code == Ok(WHOLE) && printed.starts_with("acme: whole, 1 records"), "{code:?} {printed}");
    }

    let (code, printed) = verified(&store, Some(tenant("amce"))).await;
    assert!(code.is_err_and(|error| error.contains("no such tenant: amce")) && printed.is_empty(), "{printed}");

    // A tenant with a key and without a chain, among whole ones.
    sqlx::raw_sql("INSERT INTO tenant (name, created_at) VALUES ('bare', now() - interval '1 hour')")
        .execute(&mut store.superuser().await)
        .await
        .unwrap();
    for chosen in [None, Some(tenant("bare"))] {
        let (code, printed) = verified(&store, chosen).await;
        assert!(code == Ok(BROKEN) && printed.contains("bare: BROKEN") && printed.contains("is empty"), "{printed}");
    }
}

/// What could not be checked is not reported as whole, nor as broken.
#[test]
fn what_could_not_be_done_has_an_exit_code_of_its_own() {
    let error = verify::VerifyError::NoSuchTenant(tenant("amce"));
    assert_eq!(format!("{:?}", fail(&error)), format!("{:?}", ExitCode::from(2)));
}
