//! Each guard against what must not happen: it refuses, and without it the same
//! attempt succeeds, so that a test fails when its guard is gone.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::roles::login;
use super::*;
use crate::audit::testing::{key_created, tenant};
use crate::audit::{AuditConfig, AuditLog};
use crate::store::testing::fresh_store;

/// One guard.
struct Guard {
    /// Who tries.
    role: &'static str,
    /// What the superuser does before, with the guards switched off: among it,
    /// what else would refuse.
    given: &'static [&'static str],
    attempt: &'static str,
    says: &'static str,
    /// Takes the guard away.
    removed_by: &'static str,
}

const fn guard(
    role: &'static str,
    given: &'static [&'static str],
    attempt: &'static str,
    says: &'static str,
    removed_by: &'static str,
) -> Guard {
    Guard { role, given, attempt, says, removed_by }
}

const APP: &str = "cordon_app";
const OWNER: &str = "cordon_owner";
const AUDITOR: &str = "cordon_auditor";
const GROWS: &str = "the audit log only grows";
const DENIED: &str = "permission denied";
const NO_ROW_TRIGGER: &str =
    "DROP TRIGGER audit_record_is_not_changed ON audit_record; DROP TRIGGER audit_record_is_only_cut ON audit_record";
const NO_HEAD_CHECK: &str = "DROP TRIGGER audit_head_stands_at_a_record ON audit_head";
/// Lets a test put records into the table that the chain would not have.
const NO_BODY_CHECKS: &str = r#"ALTER TABLE audit_record DROP CONSTRAINT "a body names its kind",
    DROP CONSTRAINT "a body names its record", DROP CONSTRAINT "a body names the chain that it stands in""#;
/// Makes record 3 one of a cut through record 2.
const CUT_RECORD: &str = r#"UPDATE audit_record SET kind = 'retention_cut', body = json_build_object('through_seq', 2,
    'through_hash', (SELECT encode(hash, 'hex') FROM audit_record WHERE seq = 2))::text WHERE seq = 3"#;
/// Makes record 1 one of a hold: it is among those that the cut takes.
const HOLD_RECORD: &str = r#"UPDATE audit_record SET kind = 'hold_placed', body = '{"hold":"case-17"}' WHERE seq = 1"#;
const CUT: &str = "INSERT INTO audit_cut SELECT tenant, seq, hash, sha256('x'), 3, 1 FROM audit_record WHERE seq = 2";
const NO_CUT_TRIGGER: &str = "DROP TRIGGER audit_cut_is_recorded_and_free ON audit_cut";
const DELETE: &str = "DELETE FROM audit_record WHERE seq <= 2";

const NO_HEAD_TRIGGERS: &str =
    "DROP TRIGGER audit_head_is_not_moved_back ON audit_head; DROP TRIGGER audit_head_is_not_removed ON audit_head";

/// What those refuse who own the tables or run the program.
const GUARDS: &[Guard] = &[
    guard(OWNER, &[], "UPDATE audit_record SET event_time_us = 0", GROWS, NO_ROW_TRIGGER),
    guard(OWNER, &[], "DELETE FROM audit_record WHERE seq = 2", GROWS, NO_ROW_TRIGGER),
    // L50: TRUNCATE does not fire row triggers.
    guard(OWNER, &[], "TRUNCATE audit_record", GROWS, "DROP TRIGGER audit_record_is_not_emptied ON audit_record"),
    guard(OWNER, &[], "TRUNCATE audit_head", GROWS, "DROP TRIGGER audit_head_is_not_emptied ON audit_head"),
    guard(OWNER, &[], "DELETE FROM audit_head", GROWS, NO_HEAD_TRIGGERS),
    guard(APP, &[NO_HEAD_CHECK], "UPDATE audit_head SET seq = 1", GROWS, NO_HEAD_TRIGGERS),
    guard(OWNER, &[NO_HEAD_CHECK], "UPDATE audit_head SET tenant = 'other', seq = seq + 1", GROWS, NO_HEAD_TRIGGERS),
    guard(
        APP,
        &[],
        "INSERT INTO audit_head VALUES ('other', 7, sha256('x'))",
        GROWS,
        "DROP TRIGGER audit_head_begins_at_zero ON audit_head",
    ),
    guard(
        APP,
        &[NO_ROW_TRIGGER],
        "UPDATE audit_record SET event_time_us = 0",
        DENIED,
        "GRANT UPDATE ON audit_record TO cordon_app",
    ),
    guard(APP, &[NO_ROW_TRIGGER], "DELETE FROM audit_record", DENIED, "GRANT DELETE ON audit_record TO cordon_app"),
    guard(
        APP,
        &["DROP TRIGGER audit_record_is_not_emptied ON audit_record"],
        "TRUNCATE audit_record",
        DENIED,
        "GRANT TRUNCATE ON audit_record TO cordon_app",
    ),
    guard(APP, &[NO_HEAD_TRIGGERS], "DELETE FROM audit_head", DENIED, "GRANT DELETE ON audit_head TO cordon_app"),
    guard(
        APP,
        &[NO_HEAD_TRIGGERS, NO_HEAD_CHECK],
        "UPDATE audit_head SET tenant = 'other'",
        DENIED,
        "GRANT UPDATE ON audit_head TO cordon_app",
    ),
    guard(
        APP,
        &[],
        "DROP TRIGGER audit_record_is_not_changed ON audit_record",
        "must be owner",
        "ALTER TABLE audit_record OWNER TO cordon_app",
    ),
    guard(APP, &[], "DELETE FROM api_key", DENIED, "GRANT DELETE ON api_key TO cordon_app"),
    guard(APP, &[], "UPDATE api_key SET role = 'admin'", DENIED, "GRANT UPDATE ON api_key TO cordon_app"),
    guard(APP, &[], "DELETE FROM _sqlx_migrations", DENIED, "GRANT DELETE ON _sqlx_migrations TO cordon_app"),
    guard(
        APP,
        &[],
        "INSERT INTO audit_reader VALUES ('x', 'acme')",
        DENIED,
        "GRANT INSERT ON audit_reader TO cordon_app;
         CREATE POLICY x ON audit_reader TO cordon_app WITH CHECK (true)",
    ),
    guard(AUDITOR, &[], "SELECT FROM api_key", DENIED, "GRANT SELECT ON api_key TO cordon_auditor"),
    guard(AUDITOR, &[], "SELECT FROM tenant", DENIED, "GRANT SELECT ON tenant TO cordon_auditor"),
    guard(AUDITOR, &[], "SELECT FROM vault_key", DENIED, "GRANT SELECT ON vault_key TO cordon_auditor"),
    guard(AUDITOR, &[], "SELECT FROM audit_digest_key", DENIED, "GRANT SELECT ON audit_digest_key TO cordon_auditor"),
    guard(
        APP,
        &[],
        "UPDATE audit_digest_key SET tenant = 'x'",
        DENIED,
        "GRANT UPDATE ON audit_digest_key TO cordon_app",
    ),
    guard(AUDITOR, &[], "SELECT FROM vault_token", DENIED, "GRANT SELECT ON vault_token TO cordon_auditor"),
    guard(AUDITOR, &[], "SELECT FROM vault_object", DENIED, "GRANT SELECT ON vault_object TO cordon_auditor"),
    guard(
        AUDITOR,
        &[NO_BODY_CHECKS, "CREATE POLICY x ON audit_record TO cordon_auditor WITH CHECK (true)"],
        "INSERT INTO audit_record VALUES ('acme', 9, gen_random_uuid(), NULL, 1, 'ended', '{}', sha256('a'), sha256('b'))",
        DENIED,
        "GRANT INSERT ON audit_record TO cordon_auditor",
    ),
    guard(
        AUDITOR,
        &["CREATE POLICY x ON audit_reader TO cordon_auditor WITH CHECK (true)"],
        "INSERT INTO audit_reader VALUES (session_user, 'other')",
        DENIED,
        "GRANT INSERT ON audit_reader TO cordon_auditor",
    ),
    // Retention: no record goes but by a cut that the chain records and no hold stands against.
    guard(OWNER, &[], DELETE, "no recorded cut covers it", NO_ROW_TRIGGER),
    guard(OWNER, &[NO_BODY_CHECKS, CUT_RECORD, CUT], "DELETE FROM audit_record", "record 3 of acme", NO_ROW_TRIGGER),
    guard(OWNER, &[NO_BODY_CHECKS, CUT_RECORD, HOLD_RECORD, CUT], DELETE, "legal hold", NO_ROW_TRIGGER),
    guard(OWNER, &[], CUT, "no record of a cut", NO_CUT_TRIGGER),
    guard(OWNER, &[NO_BODY_CHECKS, CUT_RECORD, HOLD_RECORD], CUT, "legal hold", NO_CUT_TRIGGER),
    guard(
        OWNER,
        &[NO_BODY_CHECKS, CUT_RECORD],
        "INSERT INTO audit_cut SELECT tenant, seq, sha256('x'), sha256('x'), 3, 1 FROM audit_record WHERE seq = 2",
        "no record of a cut",
        NO_CUT_TRIGGER,
    ),
    guard(APP, &[NO_BODY_CHECKS, CUT_RECORD], CUT, DENIED, "GRANT INSERT ON audit_cut TO cordon_app"),
    guard(APP, &[NO_BODY_CHECKS, CUT_RECORD, CUT], DELETE, DENIED, "GRANT DELETE ON audit_record TO cordon_app"),
    guard(OWNER, &[CUT], "DELETE FROM audit_cut", GROWS, "DROP TRIGGER audit_cut_is_not_changed ON audit_cut"),
    guard(OWNER, &[CUT], "UPDATE audit_cut SET seq = 1", GROWS, "DROP TRIGGER audit_cut_is_not_changed ON audit_cut"),
    guard(OWNER, &[], "TRUNCATE audit_cut", GROWS, "DROP TRIGGER audit_cut_is_not_emptied ON audit_cut"),
    guard(
        OWNER,
        &[],
        "TRUNCATE audit_checkpoint",
        GROWS,
        "DROP TRIGGER audit_checkpoint_is_not_emptied ON audit_checkpoint",
    ),
    guard(
        OWNER,
        &["INSERT INTO audit_checkpoint VALUES ('acme', 1, 'note', sha256('x'), 1)"],
        "DELETE FROM audit_checkpoint",
        GROWS,
        "DROP TRIGGER audit_checkpoint_is_not_changed ON audit_checkpoint",
    ),
    guard(APP, &[], "UPDATE audit_head SET seq = seq + 1", "stands at its last record", NO_HEAD_CHECK),
];

/// A chain of three records.
async fn filled() -> Store {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    for _ in 0..3 {
        log.append(&tenant("acme"), key_created()).await.unwrap();
    }
    assert!(log.flush_and_stop(Duration::from_secs(20)).await);
    store
}

async fn superuser(store: &Store, sql: &'static str) {
    let mut connection = store.superuser().await;
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut connection).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

/// Does it and takes it back; what the database said.
async fn attempt(store: &Store, role: &str, sql: &'static str) -> Result<(), String> {
    let mut connection = store.superuser().await;
    let set = format!("SET ROLE {role}");
    sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut connection).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let done = sqlx::raw_sql(sql).execute(&mut *transaction).await;
    transaction.rollback().await.unwrap();
    done.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn each_guard_refuses_and_without_it_the_same_attempt_succeeds() {
    for Guard { role, given, attempt: sql, says, removed_by } in GUARDS {
        let store = filled().await;
        for sql in *given {
            superuser(&store, sql).await;
        }
        let said = attempt(&store, role, sql).await.expect_err(sql);
        assert!(said.contains(says), "{role}: {sql}: {said}");
        superuser(&store, removed_by).await;
        let done = attempt(&store, role, sql).await;
        assert!(done.is_ok(), "{role}: {sql} is refused by something else: {done:?}");
    }
}

/// A row that must not exist: a table, what is changed in a row that may, and the
/// constraint that refuses it.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "audit_record",
        "kind = 'made_up', body = replace(body, 'key_created', 'made_up')",
        "a record is of a kind that Cordon records",
    ),
    ("audit_record", "body = replace(body, 'acme', 'other')", "a body names the chain that it stands in"),
    ("audit_record", "record_id = gen_random_uuid()", "a body names its record"),
    ("audit_record", "kind = 'ended'", "a body names its kind"),
    ("audit_record", "seq = 0", "records are numbered from 1"),
    ("audit_record", "event_time_us = -1", "an event time is in microseconds since 1970 and not before it"),
    ("audit_record", "prev_hash = ''", "a link is a SHA-256 of 32 bytes"),
    ("audit_record", "hash = 'x'", "a record's hash is a SHA-256 of 32 bytes"),
    ("audit_record", "body = body || repeat(' ', 65536)", "a body is at most 64 KiB"),
    (
        "audit_record",
        "prev_hash = (SELECT prev_hash FROM audit_record WHERE seq = 1)",
        "audit_record_tenant_prev_hash_key",
    ),
    ("audit_head", "seq = -1", "a chain's head stands at record 0 (no record yet) or later"),
    ("audit_head", "hash = 'x'", "a head's hash is a SHA-256 of 32 bytes"),
    ("audit_cut", "seq = 0, frontier = ''", "a cut takes at least one record"),
    ("audit_cut", "hash = 'x'", "a cut's hash is a SHA-256 of 32 bytes"),
    ("audit_cut", "seq = 3, record_seq = 4", "a tree has a subtree of 32 bytes for each bit of its size"),
    ("audit_cut", "record_seq = 2", "a cut is recorded behind what it takes"),
    ("audit_cut", "cut_us = -1", "a cut's time is in microseconds since 1970 and not before it"),
    ("audit_checkpoint", "size = 0", "a checkpoint covers at least one record"),
    ("audit_checkpoint", "note = ''", "a note is at most 16 KiB"),
    ("audit_checkpoint", "frontier = 'x'", "a frontier is 1 to 63 hashes of 32 bytes"),
    ("audit_checkpoint", "made_us = -1", "a checkpoint's time is in microseconds since 1970 and not before it"),
    ("audit_digest_key", "wrapped = 'x'", "a wrapped key is a nonce of 12 bytes, a key of 32, a tag of 16"),
    ("audit_reader", "tenant = 'Maria Gonzalez'", "a chain is named by 1 to 63 of a-z, 0-9, - and _"),
];

/// The constraints hold for everybody, the superuser with the triggers off among them.
#[tokio::test]
async fn a_row_that_must_not_exist_is_refused_by_a_sentence() {
    let store = filled().await;
    superuser(&store, CUT).await;
    for row in [
        "INSERT INTO audit_reader VALUES ('x', 'acme')",
        "INSERT INTO audit_checkpoint VALUES ('acme', 1, 'note', sha256('x'), 1)",
        "INSERT INTO audit_digest_key VALUES ('acme', gen_random_uuid(), sha256('x') || substr(sha256('x'), 1, 28))",
    ] {
        superuser(&store, row).await;
    }
    let mut connection = store.superuser().await;
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut connection).await.unwrap();
    for (table, change, sentence) in ROWS {
        let mut transaction = connection.begin().await.unwrap();
        let row = if *table == "audit_record" { "WHERE seq = 3" } else { "" };
        let sql = format!("UPDATE {table} SET {change} {row}");
        let said = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *transaction).await.expect_err(change);
        // PostgreSQL cuts a name off at 63 bytes.
        assert!(said.to_string().contains(&sentence[..sentence.len().min(63)]), "{change}: {said}");
        transaction.rollback().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let drop = format!("ALTER TABLE {table} DROP CONSTRAINT \"{sentence}\"");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await;
        assert!(done.is_ok(), "{change} is refused by something else: {done:?}");
        transaction.rollback().await.unwrap();
    }
}

/// Each kind of event can be stored: the list is the database's own.
#[tokio::test]
async fn the_database_knows_every_kind_of_event() {
    let store = fresh_store().await;
    let list: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'a record is of a kind that Cordon records'",
    )
    .fetch_one(&store.pool)
    .await
    .unwrap();
    let source = include_str!("../../audit/record/mod.rs");
    let kinds: Vec<&str> =
        source.lines().filter_map(|line| line.trim().strip_prefix("Event::")?.split('"').nth(1)).collect();
    assert!(kinds.len() >= 20, "{kinds:?}");
    for kind in kinds {
        assert!(list.contains(&format!("'{kind}'")), "{kind} is not in: {list}");
    }
}

async fn tenants_seen(connection: &mut PgConnection, table: &str) -> Vec<String> {
    let sql = format!("SELECT DISTINCT tenant FROM {table} ORDER BY tenant");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

/// An auditor sees the tenants that it is named for and no other, in the tables
/// and through the views, whatever role it plays; without the policy all of them.
#[tokio::test]
async fn an_auditor_reads_only_its_own_tenants() {
    let store = filled().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    for name in ["other", "third"] {
        log.append(&tenant(name), key_created()).await.unwrap();
        let request = uuid::Uuid::now_v7();
        let open = log.accept(&tenant(name), crate::audit::testing::accepted(request)).await.unwrap();
        open.end(crate::audit::testing::completed(request)).await.unwrap();
    }
    let [auditor, nobody] = [
        login(&store, "GRANT cordon_auditor TO LOGIN_NAME").await,
        login(&store, "GRANT cordon_auditor TO LOGIN_NAME").await,
    ];
    let name = auditor.get_username().to_owned();
    let sql = format!("INSERT INTO audit_reader VALUES ('{name}', 'acme'), ('{name}', 'third'), ('x', 'other')");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut store.superuser().await).await.unwrap();

    let database = store.login.get_database().unwrap();
    let mut connection = auditor.database(database).connect().await.unwrap();
    for role in ["NONE", AUDITOR] {
        sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {role}"))).execute(&mut connection).await.unwrap();
        for table in ["audit_record", "audit_head", "audit_event", "audit_reader"] {
            assert_eq!(tenants_seen(&mut connection, table).await, ["acme", "third"], "{table} as {role}");
        }
        assert_eq!(tenants_seen(&mut connection, "audit_request").await, ["third"], "{role}");
    }
    let mut nobody = nobody.database(database).connect().await.unwrap();
    assert_eq!(tenants_seen(&mut nobody, "audit_record").await, [""; 0]);

    superuser(&store, "ALTER TABLE audit_record DISABLE ROW LEVEL SECURITY").await;
    for table in ["audit_record", "audit_event"] {
        assert_eq!(tenants_seen(&mut connection, table).await, ["acme", "other", "third"], "{table}");
    }
}

#[tokio::test]
async fn a_request_is_one_row_of_the_view_with_its_end() {
    let store = fresh_store().await;
    let log = AuditLog::start(&store, AuditConfig::default());
    let (ended, open) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let first = log.accept(&tenant("acme"), crate::audit::testing::accepted(ended)).await.unwrap();
    let _second = log.accept(&tenant("acme"), crate::audit::testing::accepted(open)).await.unwrap();
    first.end(crate::audit::testing::completed(ended)).await.unwrap();
    type Row = (uuid::Uuid, i64, Option<i64>, String, String, Option<i32>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT request_id, seq, end_seq, outcome, provider, http_status FROM audit_request ORDER BY seq",
    )
    .fetch_all(&store.pool)
    .await
    .unwrap();
    let expected = [
        (ended, 1, Some(3), "completed".into(), "openai".into(), Some(200)),
        (open, 2, None, "open".into(), "openai".into(), None),
    ];
    assert_eq!(rows, expected);
}

/// No table of the log lets the program or an auditor change what is there, also
/// those that later migrations add.
#[tokio::test]
async fn nobody_but_the_owner_has_more_rights_than_the_log_needs() {
    let store = fresh_store().await;
    let rights: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT grantee::text, table_name::text, privilege_type::text FROM information_schema.table_privileges
         WHERE table_schema = current_schema() AND grantee <> 'cordon_owner' ORDER BY 1, 2, 3",
    )
    .fetch_all(&mut store.superuser().await)
    .await
    .unwrap();
    assert!(rights.len() > 20, "{rights:?}");
    for (grantee, table, right) in &rights {
        let is_log = table.starts_with("audit_") && !MUTABLE.contains(&table.as_str());
        let allowed: &[&str] = match grantee.as_str() {
            "cordon_app" if is_log => &["SELECT", "INSERT"],
            "cordon_app" => &["SELECT", "INSERT", "UPDATE", "DELETE"],
            "cordon_auditor" => &["SELECT"],
            _ => &[],
        };
        assert!(allowed.contains(&right.as_str()), "{grantee} may {right} on {table}");
        assert!(grantee != "cordon_auditor" || table.starts_with("audit_"), "an auditor reads {table}");
    }
}

/// Tables beside the log: an index and whose process lives can be made anew, and
/// a key is erased.
const MUTABLE: &[&str] = &[
    "audit_digest_key",
    "audit_index",
    "audit_index_block",
    "audit_index_head",
    "audit_orphan_scan",
    "audit_running",
    "audit_unsettled",
];

/// A table that an auditor reads is cut to its tenants.
#[tokio::test]
async fn what_an_auditor_reads_has_row_level_security() {
    let store = fresh_store().await;
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         AND has_table_privilege('cordon_auditor', oid, 'SELECT')
         AND CASE relkind WHEN 'v' THEN NOT coalesce('security_invoker=true' = ANY (reloptions), false)
                          ELSE relkind IN ('r', 'p') AND NOT relrowsecurity END",
    )
    .fetch_all(&mut store.superuser().await)
    .await
    .unwrap();
    assert_eq!(open, [""; 0]);
}
