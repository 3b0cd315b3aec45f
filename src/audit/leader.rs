//! One of several processes does what must be done once for a database.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Error};

use super::chain::Hash;

/// A database that does not answer for so long may have given the office away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// An office that one process at a time holds: a session's advisory lock
/// (PostgreSQL manual, section 13.3.5) on a connection of its own. It ends with
/// the connection, so a process that dies leaves it to the others.
///
/// A process that stands still may find later that another holds its office by
/// now: what is done under it must do no harm when it is done twice.
pub struct Leader {
    connection: PgConnection,
    key: i64,
}

impl Leader {
    /// Takes the office called `name` in the database of `options`; `None` while
    /// another session holds it.
    ///
    /// # Errors
    /// When the database cannot be reached or does not answer.
    pub async fn acquire(options: &PgConnectOptions, name: &'static str) -> Result<Option<Leader>, Error> {
        answered(async {
            let mut connection = options.connect().await?;
            // A host that is gone is noticed in half a minute and not in two hours.
            sqlx::raw_sql(
                "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4;
                 SET statement_timeout = '10s';",
            )
            .execute(&mut connection)
            .await?;
            let key = lock_key(name);
            let held: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(key).fetch_one(&mut connection).await?;
            if !held {
                let _ = connection.close().await;
                return Ok(None);
            }
            Ok(Some(Leader { connection, key }))
        })
        .await
    }

    /// Whether the office is still held. Ask before each piece of work; after a
    /// false, drop this and acquire anew.
    pub async fn holds(&mut self) -> bool {
        let held = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
             AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = $1)",
        );
        answered(held.bind(self.key).fetch_one(&mut self.connection)).await.unwrap_or(false)
    }

    /// Leaves the office to another process.
    pub async fn release(self) {
        let _ = answered(self.connection.close()).await;
    }
}

async fn answered<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(ANSWER_TIMEOUT, asking).await.unwrap_or_else(|late| Err(Error::Io(late.into())))
}

/// Advisory locks are numbered; a hash keeps the numbers apart, also from those
/// of other programs in the database.
fn lock_key(name: &str) -> i64 {
    let hash = Hash::sha256(&[b"cordon leader\0", name.as_bytes()]);
    let mut key = [0; 8];
    key.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::fresh_store;

    #[tokio::test]
    async fn an_office_is_held_by_one_and_goes_on_when_that_is_gone() {
        let store = fresh_store().await;
        let options = store.connect_options();
        let mut first = Leader::acquire(options, "one").await.unwrap().unwrap();
        assert!(Leader::acquire(options, "one").await.unwrap().is_none());
        let other = Leader::acquire(options, "another").await.unwrap().unwrap();
        assert!(first.holds().await);
        first.release().await;
        let second = wait_for(options, "one").await;
        // A process that dies says nothing.
        drop(second);
        wait_for(options, "one").await.release().await;
        other.release().await;
    }

    #[tokio::test]
    async fn who_lost_the_connection_holds_nothing() {
        let store = fresh_store().await;
        let mut leader = Leader::acquire(store.connect_options(), "one").await.unwrap().unwrap();
        let ended: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_locks
             WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) t",
        )
        .fetch_one(&mut store.superuser().await)
        .await
        .unwrap();
        assert_eq!(ended, 1);
        assert!(!leader.holds().await);
        wait_for(store.connect_options(), "one").await.release().await;
    }

    /// The server notices a closed connection a moment later.
    async fn wait_for(options: &PgConnectOptions, name: &'static str) -> Leader {
        loop {
            if let Some(leader) = Leader::acquire(options, name).await.unwrap() {
                return leader;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
