use std::fs::File;
use std::io::{Read, Seek};

use clap::Parser;

use super::*;
use crate::audit::verify::VerifyError;
use crate::audit::{AuditConfig, AuditLog, Event, KeyCreated};
use crate::store::testing::fresh_store;
use crate::tenant::Role;
use crate::tenant::keys::KeyStore;

#[derive(clap::Parser)]
struct Parsed {
    #[command(flatten)]
    args: VerifyArgs,
}

fn args(words: &[&str]) -> VerifyArgs {
    Parsed::try_parse_from([&["verify"], words].concat()).unwrap().args
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// What `cordon audit verify` ends with, and what it prints.
async fn verified(store: &Store, tenant: Option<TenantId>) -> (Result<u8, String>, String) {
    let mut out: File = tempfile::tempfile().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let witnesses = Witnesses { keys: Vec::new(), folder: folder.path().to_owned() };
    let args = VerifyArgs { tenant, ..args(&[]) };
    let code = run(store, args, witnesses, &mut out).await.map_err(|error| error.to_string());
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
    // A verification is recorded, so the next one has a record more.
    for (chosen, records) in [(None, 1), (Some(tenant("acme")), 2)] {
        let (code, printed) = verified(&store, chosen).await;
        let whole = format!("acme: whole, {records} records");
        assert!(code == Ok(WHOLE) && printed.starts_with(&whole), "{code:?} {printed}");
    }

    let (code, printed) = verified(&store, Some(tenant("amce"))).await;
    assert!(code == Ok(NOT_DONE) && printed.is_empty(), "{code:?} {printed}");

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

fn offline(words: &[&str], archive: &str) -> (u8, String) {
    let mut out: File = tempfile::tempfile().unwrap();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audit").join(archive);
    let code = super::offline(&args(words), &archive, &mut out).unwrap_or(NOT_DONE);
    let mut printed = String::new();
    out.rewind().unwrap();
    out.read_to_string(&mut printed).unwrap();
    (code, printed)
}

#[test]
fn an_archive_is_verified_with_a_public_key_and_nothing_else() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audit/key.txt");
    let text = std::fs::read_to_string(file).unwrap();
    for key in [file, text.trim()] {
        let (code, printed) = offline(&["--key", key], "whole.tar");
        assert!(code == WHOLE && printed.starts_with("acme: whole, 9 records"), "{code} {printed}");
    }
    let (code, printed) = offline(&["--key", file, "--format", "json"], "altered.tar");
    let verdict: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &verdict["verdict"], &verdict["first_bad"]["seq"]), (BROKEN, &"altered".into(), &5.into()));
    let (code, printed) = offline(&["--key", file], "selection.tar");
    assert!(code == WHOLE && printed.contains("not that they are all"), "{printed}");
}

#[test]
fn an_archive_that_cannot_be_checked_is_neither_whole_nor_broken() {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audit/key.txt");
    for (words, archive) in [
        (&[][..], "whole.tar"),
        (&["--key", key], "cut_off.tar"),
        (&["--key", key], "nothing_signed.tar"),
        (&["--key", key], "no_such.tar"),
        (&["--key", "cordon/acme+00000000+AAAA"], "whole.tar"),
        (&["--key", "no_such_file"], "whole.tar"),
    ] {
        assert_eq!(offline(words, archive), (NOT_DONE, String::new()), "{words:?} {archive}");
    }
}

/// What could not be checked is not reported as whole, nor as broken.
#[test]
fn what_could_not_be_done_has_an_exit_code_of_its_own() {
    let error = VerifyError::NoSuchTenant(tenant("amce"));
    assert_eq!(format!("{:?}", crate::cli::audit::fail(&error)), format!("{:?}", ExitCode::from(2)));
}
