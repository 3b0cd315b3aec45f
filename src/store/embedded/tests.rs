use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::audit::testing::{accepted, completed, key_created, tenant};
use crate::audit::verify::verify;
use crate::audit::{AuditConfig, AuditError, AuditLog};
use crate::store::testing::fresh_home;
use crate::store::{self, DatabaseConfig};

fn config(home: &Path, when_in_use: WhenInUse) -> DatabaseConfig {
    DatabaseConfig { url: None, home: home.to_owned(), connections_max: 4, when_in_use }
}

async fn ask(store: &store::Store) -> i32 {
    sqlx::query_scalar("SELECT 42").fetch_one(&store.pool).await.unwrap()
}

#[tokio::test]
async fn a_second_server_is_refused_a_command_attaches_and_a_stopped_home_opens_again() {
    let home = fresh_home();
    let serve = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    assert_eq!(ask(&serve).await, 42);
    let refused = store::open(config(&home, WhenInUse::Refuse)).await.err().unwrap().to_string();
    assert!(refused.contains(&format!("another cordon (pid {})", std::process::id())), "{refused}");
    let command = store::open(config(&home, WhenInUse::Attach)).await.unwrap();
    assert_eq!(ask(&command).await, 42);
    command.close().await;
    assert_eq!(ask(&serve).await, 42);
    serve.close().await;
    let again = store::open(config(&home, WhenInUse::Attach)).await.unwrap();
    assert_eq!(ask(&again).await, 42);
    again.close().await;
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
async fn each_test_gets_a_database_of_its_own() {
    let (one, other) = (store::testing::fresh_store().await, store::testing::fresh_store().await);
    sqlx::query("INSERT INTO tenant (name) VALUES ('acme')").execute(&one.pool).await.unwrap();
    let count = |pool| sqlx::query_scalar::<_, i64>("SELECT count(*) FROM tenant").fetch_one(pool);
    assert_eq!((count(&one.pool).await.unwrap(), count(&other.pool).await.unwrap()), (1, 0));
}

/// The home of the process that [`kill_me`] runs in.
const KILL_ME_HOME: &str = "CORDON_TEST_KILL_ME_HOME";

/// Not a test of its own: another Cordon, which records and waits to be killed.
#[tokio::test]
async fn kill_me() {
    let Some(home) = std::env::var_os(KILL_ME_HOME) else { return };
    let store = store::open(config(Path::new(&home), WhenInUse::Refuse)).await.unwrap();
    let log = AuditLog::start(&store, AuditConfig::default());
    for _ in 0..20 {
        log.append(&tenant("acme"), key_created()).await.unwrap();
    }
    let _open = log.accept(&tenant("acme"), accepted(uuid::Uuid::now_v7())).await.unwrap();
    std::fs::write(Path::new(&home).join("recorded"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_cordon_leaves_a_whole_chain_and_its_server_is_cleared_away() {
    let home = fresh_home();
    let mut other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::embedded::tests::kill_me"])
        .env(KILL_ME_HOME, &home)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until(|| home.join("recorded").exists()).await;
    let refused = store::open(config(&home, WhenInUse::Refuse)).await.err().unwrap().to_string();
    assert!(refused.contains(&format!("another cordon (pid {})", other.id())), "{refused}");
    let beside = store::open(config(&home, WhenInUse::Attach)).await.unwrap();
    assert_eq!(ask(&beside).await, 42);
    beside.close().await;

    other.kill().unwrap();
    other.wait().unwrap();
    let orphan = postmaster(&home);
    assert!(rustix::process::test_kill_process(orphan).is_ok(), "the server outlives a killed Cordon");
    let next = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    assert_ne!(postmaster(&home), orphan);
    let verdict = verify(&next.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole() && verdict.records_whole == 21, "{verdict}");
    next.close().await;
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
async fn a_killed_server_comes_back_with_every_acknowledged_record() {
    let home = fresh_home();
    let store = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    let log = AuditLog::start(&store, AuditConfig::default());
    let mut acknowledged = 0;
    for round in 0..3 {
        for _ in 0..10 {
            acknowledged += u64::from(log.append(&tenant("acme"), key_created()).await.is_ok());
        }
        assert!(acknowledged > round * 10, "the log is not written again after the server came back");
        kill_process(postmaster(&home), Signal::KILL).unwrap();
        wait_until(|| !log.is_available() || !store.embedded.as_ref().unwrap().is_running()).await;
        while store.ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(log.flush_and_stop(Duration::from_secs(20)).await);
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole() && verdict.records_whole >= acknowledged, "{acknowledged} {verdict}");
    store.close().await;
    std::fs::remove_dir_all(&home).unwrap();
}

/// L44: while the database is gone every append fails, and says so; what was
/// accepted before is ended when it is back.
#[tokio::test]
async fn a_stopped_server_makes_the_log_unavailable_until_it_is_back() {
    let home = fresh_home();
    let store = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    let log = AuditLog::start(&store, AuditConfig::default());
    let request = uuid::Uuid::now_v7();
    let open = log.accept(&tenant("acme"), accepted(request)).await.unwrap();
    // Without its configuration the server cannot be started again.
    let settings = home.join("data/postgres/cluster/postgresql.conf");
    let away = settings.with_extension("away");
    std::fs::rename(&settings, &away).unwrap();
    kill_process(postmaster(&home), Signal::INT).unwrap();
    wait_until(|| !store.embedded.as_ref().unwrap().is_running()).await;
    assert!(store.ready().await.is_err());
    let ended = open.end(completed(request));
    wait_until(|| !log.is_available()).await;
    for _ in 0..3 {
        let refused = log.accept(&tenant("acme"), accepted(uuid::Uuid::now_v7())).await;
        assert!(matches!(refused, Err(AuditError::Unavailable)));
    }
    std::fs::rename(&away, &settings).unwrap();
    assert_eq!(ended.await.unwrap().seq.value(), 2);
    log.append(&tenant("acme"), key_created()).await.unwrap();
    assert!(log.flush_and_stop(Duration::from_secs(20)).await);
    let verdict = verify(&store.pool, &tenant("acme"), |_, _| {}).await.unwrap();
    assert!(verdict.is_whole() && verdict.records_whole == 3, "{verdict}");
    store.close().await;
    std::fs::remove_dir_all(&home).unwrap();
}

/// L41: a value in a failing statement reaches the client's error and not the
/// server's log.
#[tokio::test]
async fn the_servers_log_holds_no_value() {
    let home = fresh_home();
    let store = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    for sql in ["SELECT $1::int", "INSERT INTO tenant (name) VALUES ($1)", "SELECT 1 / length($1) - $1::int"] {
        assert!(sqlx::query(sql).bind("Maria Gonzalez").execute(&store.pool).await.is_err());
    }
    assert!(sqlx::query("SELECT 'Maria Gonzalez'::int").execute(&store.pool).await.is_err());
    store.close().await;
    let log = std::fs::read_to_string(home.join("data/postgres/server.log")).unwrap();
    assert!(log.contains("ready to accept connections") && !log.contains("Gonzalez"), "{log}");
    std::fs::remove_dir_all(&home).unwrap();
}

fn postmaster(home: &Path) -> Pid {
    let text = std::fs::read_to_string(home.join("data/postgres/cluster/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().trim().parse().unwrap()).unwrap()
}

async fn wait_until(done: impl Fn() -> bool) {
    for _ in 0..3000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not happen within a minute");
}
