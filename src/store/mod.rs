//! The Postgres pool, the migrations and the embedded server.

mod connect;
mod embedded;
mod migrate;
pub mod tenant_keys;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, PgPool};

pub use embedded::{EmbeddedError, WhenInUse};

/// The migrations of `migrations/`, applied in order at every start by a login
/// that may. sqlx takes an advisory lock, so several processes may start on one
/// database at once.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a PostgreSQL of the operator's own is.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    /// The environment variable that says so; errors name it.
    pub variable: String,
    /// The URL with its password.
    pub url: SecretString,
}

/// Where the database is.
pub struct DatabaseConfig {
    /// A PostgreSQL 15 or newer; `None` starts the embedded one.
    pub url: Option<DatabaseUrl>,
    /// Cordon's home: the embedded server's files are in `assets/postgres`, its
    /// data in `data/postgres`.
    pub home: PathBuf,
    /// Most connections of the pool. The audit writer has one of its own.
    pub connections_max: u32,
    /// What to do when another Cordon runs the embedded database.
    pub when_in_use: WhenInUse,
}

/// The open database. Close it with [`Store::close`]; what is dropped without
/// it leaves the embedded server to the next start, which stops it.
pub struct Store {
    /// For reads and for writes outside the audit log, as `cordon_app`.
    pub pool: PgPool,
    /// As the login itself.
    login: PgConnectOptions,
    /// The login as `cordon_app`.
    options: PgConnectOptions,
    /// Migrations that opening it applied.
    applied: usize,
    embedded: Option<embedded::Embedded>,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is not one of Postgres.
    #[error(
        "{variable} is not a PostgreSQL URL; write postgres://USER:PASSWORD@HOST/DATABASE, with % and two hex digits \
         for each special character of the password"
    )]
    Url {
        /// The environment variable that holds it.
        variable: String,
    },
    /// No connection to the server that the URL names.
    #[error("cannot connect to the database at {place} (from {variable}): {cause}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// The environment variable that names it.
        variable: String,
        /// What happened and what to do.
        cause: String,
    },
    /// The embedded server does not start.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// It was reached and then failed.
    #[error("the database failed at the start: {0}")]
    Connect(sqlx::Error),
    /// Too old.
    #[error("the database is PostgreSQL {found}; Cordon needs 15 or newer")]
    TooOld {
        /// The server's major version.
        found: i32,
    },
    /// A crash would lose records that were acknowledged.
    #[error("the database runs with {setting} = off, so a crash can lose audit records; switch it on")]
    NotDurable {
        /// The setting that is off.
        setting: &'static str,
    },
    /// A migration failed or the database is newer than this program.
    #[error("cannot bring the database's tables up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The login may not make or change the tables.
    #[error(
        "the database user may not set up Cordon's tables: {said}\n(see docs/operations.md, \"Roles\"; `cordon migrate` \
         with the owner's DATABASE_URL sets them up for a user that only runs Cordon)"
    )]
    MayNotMigrate {
        /// What the database says.
        said: String,
    },
    /// The login only runs Cordon, and a migration is missing.
    #[error(
        "the database's tables are older than this program (migration {version} is missing) and this database user may \
         not change them: run `cordon migrate` with the DATABASE_URL of a member of cordon_owner, then start again"
    )]
    Outdated {
        /// The first migration that is missing.
        version: i64,
    },
    /// The login is no member of `cordon_app`.
    #[error("the database user {user} may not run Cordon; as a database administrator: GRANT cordon_app TO {user};")]
    NotApp {
        /// The login.
        user: String,
    },
    /// The login is no member of `cordon_owner`.
    #[error(
        "the database user {user} runs Cordon and does not own its tables: do this with the DATABASE_URL of a member \
         of cordon_owner"
    )]
    NotOwner {
        /// The login.
        user: String,
    },
    /// It was open and does not answer now.
    #[error("the database does not answer")]
    NotReady,
}

/// Opens the database: starts or attaches to the embedded server where there
/// is no URL, checks version and durability, and applies the migrations, or, as
/// a login that does not own the tables, checks that they are applied.
pub async fn open(config: DatabaseConfig) -> Result<Store, StoreError> {
    let (login, embedded) = match &config.url {
        Some(url) => (connect::reach(url).await?, None),
        None => {
            let embedded = embedded::open(&config.home, config.connections_max, config.when_in_use).await?;
            (embedded.connect_options().clone(), Some(embedded))
        }
    };
    let mut store = Store::new(login, config.connections_max, embedded);
    match store.prepare().await {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Brings the tables up to date as their owner, and does nothing else; returns how
/// many migrations that took.
pub async fn migrate(config: DatabaseConfig) -> Result<usize, StoreError> {
    let store = open(config).await?;
    let owner = store.as_owner().await;
    let applied = store.applied;
    store.close().await;
    owner.map(|_| applied)
}

impl Store {
    fn new(login: PgConnectOptions, connections_max: u32, embedded: Option<embedded::Embedded>) -> Store {
        let options = migrate::as_app(&login);
        Store { pool: connect::pool(options.clone(), connections_max), login, options, applied: 0, embedded }
    }

    async fn prepare(&mut self) -> Result<(), StoreError> {
        let mut connection = self.login.connect().await.map_err(StoreError::Connect)?;
        connect::check(&mut connection).await?;
        let _ = connection.close().await;
        self.applied = migrate::bring_up_to_date(&self.login).await?;
        if self.applied > 0 {
            tracing::info!(applied = self.applied, "the database's tables were brought up to date");
        }
        Ok(())
    }

    /// A connection that may do what a running Cordon may not: it acts as the
    /// tables' owner.
    ///
    /// # Errors
    /// `NotOwner` when the login is no member of `cordon_owner`.
    pub async fn as_owner(&self) -> Result<PgConnection, StoreError> {
        migrate::connect_as_owner(&self.login).await
    }

    /// How to open one more connection to this database, as `cordon_app`.
    pub fn connect_options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Whether the database answers a query within a second.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let running = self.embedded.as_ref().is_none_or(embedded::Embedded::is_running);
        let answer = tokio::time::timeout(Duration::from_secs(1), sqlx::query("SELECT 1").execute(&self.pool));
        if running && matches!(answer.await, Ok(Ok(_))) { Ok(()) } else { Err(StoreError::NotReady) }
    }

    /// Closes the pool, then stops the embedded server when this process
    /// started it. Stop the audit log first.
    pub async fn close(&self) {
        // A connection that somebody still holds must not keep the stop from
        // going on; the server ends it.
        if tokio::time::timeout(CLOSE_TIMEOUT, self.pool.close()).await.is_err() {
            tracing::warn!("a database connection was still in use at the stop");
        }
        if let Some(embedded) = &self.embedded {
            embedded.stop().await;
        }
    }
}
