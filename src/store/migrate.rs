//! Brings the tables up to date, as their owner, and finds out what a login may do.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::{MIGRATIONS, StoreError};

/// What a running Cordon is in the database.
const APP_ROLE: (&str, &str) = ("role", "cordon_app");
/// The migration that makes the roles; up to it the login owns the tables.
const ROLES_VERSION: i64 = 7;
/// SQLSTATE of a right that is missing, appendix A of the PostgreSQL manual.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// How to connect as what a running Cordon is, with the rights of the login that
/// `login` names taken away but for those.
pub(super) fn as_app(login: &PgConnectOptions) -> PgConnectOptions {
    login.clone().options([APP_ROLE])
}

/// Applies the migrations that are missing, if the login may; returns how many.
/// A login that may not needs them to have been applied.
pub(super) async fn bring_up_to_date(login: &PgConnectOptions) -> Result<usize, StoreError> {
    let mut connection = login.connect().await.map_err(StoreError::Connect)?;
    let before = applied(&mut connection).await?;
    let has_roles = before.iter().any(|(version, _)| *version == ROLES_VERSION);
    let done = match has_roles && !act_as_owner(&mut connection).await? {
        true => check_applied(&before).map(|()| 0),
        false => apply(&mut connection, before.len()).await,
    };
    if done.is_ok() {
        check_app(&mut connection).await?;
    }
    let _ = connection.close().await;
    done
}

async fn apply(connection: &mut PgConnection, before: usize) -> Result<usize, StoreError> {
    MIGRATIONS.run(&mut *connection).await.map_err(explained)?;
    Ok(MIGRATIONS.iter().count().saturating_sub(before))
}

/// A connection with the owner's rights, for what a running Cordon may not do.
pub(super) async fn connect_as_owner(login: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let mut connection = login.connect().await.map_err(StoreError::Connect)?;
    match act_as_owner(&mut connection).await? {
        true => Ok(connection),
        false => Err(StoreError::NotOwner { user: user(&mut connection).await? }),
    }
}

/// Whether the login is a member of the owner; then the session acts as it.
async fn act_as_owner(connection: &mut PgConnection) -> Result<bool, StoreError> {
    may(sqlx::query("SET ROLE cordon_owner").execute(connection).await)
}

/// Whether the login may be what a running Cordon is.
async fn check_app(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SET ROLE NONE").execute(&mut *connection).await.map_err(StoreError::Connect)?;
    match may(sqlx::query("SET ROLE cordon_app").execute(&mut *connection).await)? {
        true => Ok(()),
        false => Err(StoreError::NotApp { user: user(connection).await? }),
    }
}

fn may<T>(done: Result<T, sqlx::Error>) -> Result<bool, StoreError> {
    match done {
        Ok(_) => Ok(true),
        Err(error) if is_missing_right(&error) => Ok(false),
        Err(error) => Err(StoreError::Connect(error)),
    }
}

/// The migrations that the database has, by version; none in an empty database.
async fn applied(connection: &mut PgConnection) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let has_table: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::Connect)?;
    if !has_table {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version");
    match rows.fetch_all(&mut *connection).await {
        Ok(rows) => Ok(rows),
        Err(error) if is_missing_right(&error) => Err(StoreError::NotApp { user: user(connection).await? }),
        Err(error) => Err(StoreError::Connect(error)),
    }
}

/// The same checks that running the migrations makes.
fn check_applied(applied: &[(i64, Vec<u8>)]) -> Result<(), StoreError> {
    use sqlx::migrate::MigrateError;
    if let Some((newer, _)) = applied.iter().find(|(version, _)| !MIGRATIONS.version_exists(*version)) {
        return Err(MigrateError::VersionMissing(*newer).into());
    }
    for migration in MIGRATIONS.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => return Err(StoreError::Outdated { version: migration.version }),
            Some((_, checksum)) if **checksum != *migration.checksum => {
                return Err(MigrateError::VersionMismatch(migration.version).into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn user(connection: &mut PgConnection) -> Result<String, StoreError> {
    let name = sqlx::query_scalar("SELECT quote_ident(session_user)").fetch_one(connection).await;
    name.map_err(StoreError::Connect)
}

/// A right that is missing is told with what the database says of it.
fn explained(error: sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError;
    match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_missing_right(cause) => {
            let said = cause.as_database_error().map_or_else(String::new, |error| error.message().to_owned());
            StoreError::MayNotMigrate { said }
        }
        _ => StoreError::Migrate(error),
    }
}

fn is_missing_right(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some(INSUFFICIENT_PRIVILEGE)
}
