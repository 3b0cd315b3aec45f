//! A fresh database for each test, on one embedded server for the process.
//!
//! The server ends with the process: a shell holds the other end of a pipe and
//! stops it when the pipe closes, in whatever way the tests ended.
#![expect(clippy::unwrap_used, reason = "only tests call this; a failed set-up should stop them where it happened")]

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::embedded::testing::{Prepared, ServerCommand, prepare};
use super::{Store, migrate};

struct Server {
    options: PgConnectOptions,
    /// Holding their stdin open keeps the server running.
    _watch: [Child; 2],
}

/// The home with the assets: `CORDON_HOME`, else `.cordon` of the project.
pub fn home() -> PathBuf {
    let of_project = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".cordon");
    std::env::var_os("CORDON_HOME").map_or_else(of_project, PathBuf::from)
}

/// A home of its own in a temporary folder, with a link to the assets.
pub fn fresh_home() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cordon-test-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(home().join("assets").canonicalize().unwrap(), folder.join("assets")).unwrap();
    folder
}

/// A migrated database that no other test uses.
pub async fn fresh_store() -> Store {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut connection = server.options.connect().await.unwrap();
    run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE migrated")).await;
    connection.close().await.unwrap();
    Store::new(server.options.clone().database(&name), 8, None)
}

impl Store {
    /// The same database for a login that is nothing but a member of `cordon_app`.
    pub async fn as_login_that_only_runs_cordon(&self) -> Store {
        let name = format!("login_{}", uuid::Uuid::new_v4().simple());
        let sql = format!("CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE cordon_app");
        run(&mut self.superuser().await, sql).await;
        Store::new(self.login.clone().username(&name).password("x"), 2, None)
    }

    /// A connection as the superuser of the cluster, for what no role of Cordon
    /// may do.
    pub async fn superuser(&self) -> PgConnection {
        self.login.connect().await.unwrap()
    }

    /// A connection as a superuser who has switched off what guards the log: the
    /// triggers, and the rules that tie a record's body to its columns.
    pub async fn tamperer(&self) -> PgConnection {
        let mut connection = self.superuser().await;
        sqlx::raw_sql(
            r#"SET session_replication_role = replica;
               ALTER TABLE audit_record DROP CONSTRAINT IF EXISTS "a record is of a kind that Cordon records",
                   DROP CONSTRAINT IF EXISTS "a body names the chain that it stands in",
                   DROP CONSTRAINT IF EXISTS "a body names its record", DROP CONSTRAINT IF EXISTS "a body names its kind""#,
        )
        .execute(&mut connection)
        .await
        .unwrap();
        connection
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    // Runtimes do not nest, and that of the first test ends with it.
    SERVER.get_or_init(|| std::thread::spawn(start).join().unwrap())
}

fn start() -> Server {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let home = fresh_home();
        let Prepared { server, options } = prepare(&home, 200).await;
        let watch = watched(server, &home);
        let mut connection = connect(&options).await;
        run(&mut connection, "CREATE DATABASE migrated".into()).await;
        connection.close().await.unwrap();
        migrate::bring_up_to_date(&options.clone().database("migrated")).await.unwrap();
        Server { options, _watch: watch }
    })
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    for _ in 0..500 {
        if let Ok(connection) = options.connect().await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    options.connect().await.unwrap()
}

/// Runs `server` below a shell that stops it when this process is gone; a
/// second shell, of this process's own account, then removes `home`.
fn watched(server: ServerCommand, home: &Path) -> [Child; 2] {
    const STOP: &str = r#""$@" </dev/null & server=$!; read _; kill -INT $server; wait"#;
    const REMOVE: &str =
        r#"read _; while [ -e "$1/data/postgres/cluster/postmaster.pid" ]; do sleep 0.1; done; rm -rf "$1""#;
    let stop = server.through(STOP);
    let mut remove = std::process::Command::new("/bin/sh");
    remove.args(["-c", REMOVE, "sh"]).arg(home);
    [stop, remove].map(|mut shell| {
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    })
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}
