//! Connection settings and the checks of a database that was just reached.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};

use super::StoreError;

/// A request that waits longer than this for a connection is better refused; as
/// long as one waits for its audit record, so that a busy machine serves both or
/// neither.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const VERSION_MIN: i32 = 15;

pub(super) fn options_from_url(url: &SecretString) -> Result<PgConnectOptions, StoreError> {
    // The parser's error may quote the URL, and with it the password.
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(|_| StoreError::Url)?;
    Ok(options.application_name("cordon").disable_statement_logging())
}

pub(super) fn pool(options: PgConnectOptions, connections_max: u32) -> PgPool {
    PgPoolOptions::new().max_connections(connections_max).acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options)
}

/// Refuses a server that is too old or that may lose what it acknowledged.
pub(super) async fn check(pool: &PgPool) -> Result<(), StoreError> {
    let (version, fsync, full_page_writes, synchronous_commit): (i32, String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('fsync'),
                current_setting('full_page_writes'), current_setting('synchronous_commit')",
    )
    .fetch_one(pool)
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
