//! Who may start Cordon on which database.

use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use super::*;
use crate::audit::testing::{key_created, tenant};
use crate::audit::verify::verify;
use crate::audit::{AuditConfig, AuditLog};
use crate::store::migrate::bring_up_to_date;
use crate::store::testing::fresh_store;

/// A login of the cluster that is nothing but what `rights` says.
pub(super) async fn login(store: &Store, rights: &str) -> PgConnectOptions {
    let name = format!("login_{}", Uuid::new_v4().simple());
    let sql = format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'; {}", rights.replace("LOGIN_NAME", &name));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut store.superuser().await).await.unwrap();
    store.login.clone().username(&name).password(PASSWORD)
}

/// A database without tables, that `owner` owns.
async fn empty_database(store: &Store, owner: &PgConnectOptions) -> PgConnectOptions {
    let name = format!("empty_{}", Uuid::new_v4().simple());
    let sql = format!("CREATE DATABASE {name} OWNER {}", owner.get_username());
    store.superuser().await.execute(AssertSqlSafe(sql)).await.unwrap();
    owner.clone().database(&name)
}

async fn superuser_in(store: &Store, database: &PgConnectOptions, sql: String) {
    let options = store.login.clone().database(database.get_database().unwrap());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut options.connect().await.unwrap()).await.unwrap();
}

/// The roles are there already, made by another login of the cluster.
#[tokio::test]
async fn an_owner_without_superuser_rights_is_told_what_a_dba_runs_and_then_starts() {
    let store = fresh_store().await;
    let owner = login(&store, "").await;
    let database = empty_database(&store, &owner).await;
    let said = bring_up_to_date(&database).await.unwrap_err().to_string();
    let name = owner.get_username();
    let grant = format!("GRANT cordon_owner, cordon_app TO {name};");
    assert!(said.contains(&grant) && said.contains("CREATE ROLE cordon_owner NOLOGIN;"), "{said}");

    superuser_in(&store, &database, grant).await;
    // The tables of before the roles were made already.
    assert_eq!(bring_up_to_date(&database).await.unwrap(), MIGRATIONS.iter().count() - 6);
    assert_eq!(bring_up_to_date(&database).await.unwrap(), 0);
    let store = Store::new(database, 2, None);
    append_and_verify(&store, 1).await;
    let owned: bool = sqlx::query_scalar(
        "SELECT bool_and(tableowner = 'cordon_owner') FROM pg_tables WHERE schemaname = current_schema()",
    )
    .fetch_one(&store.pool)
    .await
    .unwrap();
    assert!(owned, "each table belongs to cordon_owner");
}

#[tokio::test]
async fn a_login_that_only_runs_cordon_needs_applied_migrations_and_owns_nothing() {
    let store = fresh_store().await;
    let app = login(&store, "GRANT cordon_app TO LOGIN_NAME").await;
    let database = app.clone().database(store.login.get_database().unwrap());
    assert_eq!(bring_up_to_date(&database).await.unwrap(), 0);
    let running = Store::new(database.clone(), 2, None);
    append_and_verify(&running, 1).await;
    let said = running.as_owner().await.err().unwrap().to_string();
    assert!(said.contains(app.get_username()) && said.contains("member of cordon_owner"), "{said}");

    let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap();
    superuser_in(&store, &database, format!("DELETE FROM _sqlx_migrations WHERE version = {newest}")).await;
    let said = bring_up_to_date(&database).await.unwrap_err().to_string();
    assert!(said.contains(&format!("migration {newest} is missing")) && said.contains("cordon migrate"), "{said}");
}

#[tokio::test]
async fn a_login_without_a_role_may_not_run_cordon() {
    let store = fresh_store().await;
    for rights in ["", "GRANT cordon_auditor TO LOGIN_NAME"] {
        let stranger = login(&store, rights).await;
        let said = bring_up_to_date(&stranger.clone().database(store.login.get_database().unwrap())).await;
        let said = said.unwrap_err().to_string();
        assert!(said.contains(&format!("GRANT cordon_app TO {};", stranger.get_username())), "{said}");
    }
}

/// A database of before the roles, with records in it, of an owner who is none
/// of the superusers.
#[tokio::test]
async fn an_old_database_is_brought_up_to_date_and_its_chain_goes_on() {
    let store = fresh_store().await;
    let owner = login(&store, "GRANT cordon_owner, cordon_app TO LOGIN_NAME").await;
    let database = empty_database(&store, &owner).await;
    let mut connection = database.connect().await.unwrap();
    MIGRATIONS.run_to(6, &mut connection).await.unwrap();
    let mut head = crate::audit::chain::Head::genesis(&tenant("acme"));
    for _ in 0..3 {
        let (record, before) = (Uuid::now_v7(), head);
        let body = format!(r#"{{"kind":"key_created","record":"{record}","tenant":"acme","time_us":1,"v":1}}"#);
        head = head.append(body.as_bytes());
        sqlx::query("INSERT INTO audit_record VALUES ('acme', $1, $2, NULL, 1, 'key_created', $3, $4, $5)")
            .bind(head.seq.value())
            .bind(record)
            .bind(body)
            .bind(before.hash.as_bytes().to_vec())
            .bind(head.hash.as_bytes().to_vec())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    sqlx::query("INSERT INTO audit_head VALUES ('acme', $1, $2)")
        .bind(head.seq.value())
        .bind(head.hash.as_bytes().to_vec())
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(bring_up_to_date(&database).await.unwrap(), MIGRATIONS.iter().count() - 6);
    append_and_verify(&Store::new(database, 2, None), 4).await;
}

/// What is set for a login or a database is in force as what the server is set to.
#[tokio::test]
async fn a_login_or_a_database_that_commits_to_memory_is_refused() {
    let store = fresh_store().await;
    let app = login(&store, "GRANT cordon_app TO LOGIN_NAME").await.database(store.login.get_database().unwrap());
    let check = async || connect::check(&mut app.connect().await.unwrap()).await;
    check().await.unwrap();
    let (name, database) = (app.get_username(), app.get_database().unwrap());
    for what in [format!("ROLE {name}"), format!("DATABASE {database}")] {
        superuser_in(&store, &app, format!("ALTER {what} SET synchronous_commit = off")).await;
        let said = check().await.unwrap_err().to_string();
        assert!(said.contains("synchronous_commit = off"), "{said}");
        superuser_in(&store, &app, format!("ALTER {what} RESET synchronous_commit")).await;
    }
}

async fn append_and_verify(store: &Store, records: u64) {
    let log = AuditLog::start(store, AuditConfig::default());
    log.append(&tenant("acme"), key_created()).await.unwrap();
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole() && verdict.records_whole == records, "{verdict}");
}
