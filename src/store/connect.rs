//! Connection settings and the checks of a database that was just reached.

use std::io::ErrorKind;
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};

use super::{DatabaseUrl, StoreError};

/// A request that waits longer than this for a connection is better refused; as
/// long as one waits for its audit record, so that a busy machine serves both or
/// neither.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that stay open when nobody asks for anything, so that the first
/// request after a quiet hour does not wait for one.
const CONNECTIONS_MIN: u32 = 2;
/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const VERSION_MIN: i32 = 15;

/// How to connect to the server that `url` names, once that has worked. A pool
/// would try again for a while and then say only that it had no time left.
pub(super) async fn reach(url: &DatabaseUrl) -> Result<PgConnectOptions, StoreError> {
    let options = options(url).ok_or_else(|| StoreError::Url { variable: url.variable.clone() })?;
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
    let cause = match connected {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            return Ok(options);
        }
        Ok(Err(error)) => cause(&error),
        Err(_) => format!("no answer in {} s; is there a firewall?", CONNECT_TIMEOUT.as_secs()),
    };
    let socket = options.get_socket().map(|folder| folder.display().to_string());
    let host = socket.unwrap_or_else(|| options.get_host().to_owned());
    let place = format!("{host}, port {}", options.get_port());
    Err(StoreError::Unreachable { place, variable: url.variable.clone(), cause })
}

/// `None` when the URL is none of Postgres. The parser's error may quote it, and
/// with it the password. A `/` in a password makes its first part the port,
/// which errors show; such a URL has an `@` behind what it takes for the host.
fn options(url: &DatabaseUrl) -> Option<PgConnectOptions> {
    let text = url.url.expose_secret();
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
    let (_, behind_host) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let options = PgConnectOptions::from_str(text).ok().filter(|_| !behind_host.contains('@'))?;
    Some(options.application_name("cordon").disable_statement_logging())
}

/// In words of what to do, without the name of the database driver's parts.
/// PostgreSQL's own messages name user and database, never a password.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "connection refused; is PostgreSQL running there?".into()
        }
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => {
            // SQLSTATE, appendix A of the PostgreSQL manual.
            let advice = match error.code().as_deref() {
                Some("28P01" | "28000") => "authentication failed; check user and password: ",
                Some("3D000") => "no such database; create it: ",
                _ => "",
            };
            format!("{advice}{}", error.message())
        }
        error => error.to_string(),
    }
}

pub(super) fn pool(options: PgConnectOptions, connections_max: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .min_connections(CONNECTIONS_MIN.min(connections_max))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options)
}

/// Refuses a server that is too old or that may lose what it acknowledged. What
/// is set for the login or the database counts like what the server is set to.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (version, fsync, full_page_writes, synchronous_commit): (i32, String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'),
                current_setting('full_page_writes'), current_setting('synchronous_commit')",
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::Connect)?;
    if version < VERSION_MIN {
        return Err(StoreError::TooOld { found: version });
    }
    for (setting, value) in
        [("fsync", fsync), ("full_page_writes", full_page_writes), ("synchronous_commit", synchronous_commit)]
    {
        if value == "off" {
            return Err(StoreError::NotDurable { setting });
        }
    }
    Ok(())
}
