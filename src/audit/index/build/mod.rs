//! The index, filled: behind the writer, in the order of places.

mod store;

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Error, PgPool};
use uuid::Uuid;

use self::store::store;
use super::fact::facts;
use super::postings::{Postings, block_of, offset_in};
use super::{TAIL_RECORDS_MAX, VERSION};
use crate::audit::leader::Leader;
use crate::audit::query::{StoredRecord, accepted_bodies, stored};
use crate::tenant::TenantId;

/// Most records that are indexed in one transaction.
const BATCH_RECORDS_MAX: i64 = 8192;
/// How often chains are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a process waits that does not fill the index, or cannot.
const PAUSE_OF_OTHERS: Duration = Duration::from_secs(10);
const LEADER: &str = "audit index";

/// Fills the index. One at a time does; two would wait for each other and do no
/// harm.
#[derive(Clone)]
pub struct Indexer {
    pool: PgPool,
}

impl Indexer {
    /// Fills the index in the database behind `pool`.
    pub fn new(pool: PgPool) -> Indexer {
        Indexer { pool }
    }

    /// Keeps the index up with all chains, until dropped; in one process of those
    /// that share the database of `options`.
    pub async fn keep_up(&self, options: &PgConnectOptions) {
        loop {
            if let Ok(Some(leader)) = Leader::acquire(options, LEADER).await {
                self.keep_up_as(leader).await;
            }
            tokio::time::sleep(PAUSE_OF_OTHERS).await;
        }
    }

    async fn keep_up_as(&self, mut leader: Leader) {
        while leader.holds().await {
            match self.advance().await {
                Ok(0) => tokio::time::sleep(PAUSE).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the search index of the audit log stands still; questions take longer");
                    tokio::time::sleep(PAUSE_OF_OTHERS).await;
                }
            }
        }
    }

    /// Indexes a batch of each chain that is far ahead of its index, and rests as
    /// long as that took: the writer and the requests come first. How many records
    /// that were.
    async fn advance(&self) -> Result<u64, Error> {
        let mut all = 0;
        for tenant in self.waiting().await? {
            let started = tokio::time::Instant::now();
            all += self.step(&tenant).await?;
            tokio::time::sleep(started.elapsed()).await;
        }
        Ok(all)
    }

    /// The chains that are far ahead of their index.
    async fn waiting(&self) -> Result<Vec<TenantId>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT h.tenant FROM audit_head h LEFT JOIN audit_index_head i ON i.tenant = h.tenant AND i.version = $1
             WHERE h.seq - coalesce(i.seq, 0) >= $2 ORDER BY h.tenant",
        )
        .bind(VERSION)
        .bind(TAIL_RECORDS_MAX)
        .fetch_all(&self.pool)
        .await?;
        Ok(names.iter().filter_map(|name| TenantId::parse_chain(name).ok()).collect())
    }

    /// Makes the index of a chain anew. `progress` is told the last place that is
    /// indexed.
    pub async fn rebuild(&self, tenant: &TenantId, mut progress: impl FnMut(u64)) -> Result<u64, Error> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, tenant).await?;
        empty(&mut transaction, tenant).await?;
        transaction.commit().await?;
        let mut all = 0;
        loop {
            let indexed = self.step(tenant).await?;
            if indexed == 0 {
                return Ok(all);
            }
            all += indexed;
            progress(all);
        }
    }

    /// Indexes the next records of a chain, of one block. How many that were.
    pub(super) async fn step(&self, tenant: &TenantId) -> Result<u64, Error> {
        let mut transaction = self.pool.begin().await?;
        // The index can be made again, so nobody waits for the disk.
        sqlx::raw_sql("SET LOCAL synchronous_commit = off").execute(&mut *transaction).await?;
        let indexed = lock(&mut transaction, tenant).await?;
        let rows = next_rows(&mut transaction, tenant, indexed).await?;
        let accepted = accepted_bodies(&mut transaction, tenant, &rows).await?;
        let (count, Some(last)) = (rows.len() as u64, rows.last().map(|row| row.seq.value())) else {
            transaction.commit().await?;
            return Ok(0);
        };
        let made = tokio::task::spawn_blocking(move || postings(&rows, &accepted)).await;
        let postings = made.map_err(|error| Error::Decode(error.into()))?;
        store(&mut transaction, tenant, block_of(last), postings).await?;
        sqlx::query("UPDATE audit_index_head SET seq = $2 WHERE tenant = $1")
            .bind(tenant.as_str())
            .bind(last)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(count)
    }
}

/// Locks the chain's index, and empties it where another version made it. The last
/// place that is indexed.
async fn lock(connection: &mut PgConnection, tenant: &TenantId) -> Result<i64, Error> {
    sqlx::query("INSERT INTO audit_index_head (tenant, seq, version) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING")
        .bind(tenant.as_str())
        .bind(VERSION)
        .execute(&mut *connection)
        .await?;
    let (indexed, version): (i64, i32) =
        sqlx::query_as("SELECT seq, version FROM audit_index_head WHERE tenant = $1 FOR UPDATE")
            .bind(tenant.as_str())
            .fetch_one(&mut *connection)
            .await?;
    if version == VERSION {
        return Ok(indexed);
    }
    empty(connection, tenant).await?;
    Ok(0)
}

async fn empty(connection: &mut PgConnection, tenant: &TenantId) -> Result<(), Error> {
    for statement in [
        "DELETE FROM audit_index WHERE tenant = $1",
        "DELETE FROM audit_index_block WHERE tenant = $1",
        "UPDATE audit_index_head SET seq = 0 WHERE tenant = $1",
    ] {
        sqlx::query(statement).bind(tenant.as_str()).execute(&mut *connection).await?;
    }
    let version = sqlx::query("UPDATE audit_index_head SET version = $2 WHERE tenant = $1");
    version.bind(tenant.as_str()).bind(VERSION).execute(connection).await.map(drop)
}

/// The next records after place `indexed`, as far as they are of one block.
async fn next_rows(connection: &mut PgConnection, tenant: &TenantId, indexed: i64) -> Result<Vec<StoredRecord>, Error> {
    let query = format!("{} WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3", stored::SELECT);
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(tenant.as_str()).bind(indexed).bind(BATCH_RECORDS_MAX);
    let rows = query.fetch_all(connection).await?;
    let mut rows = rows.iter().map(stored::decode).collect::<Result<Vec<_>, _>>()?;
    let block = rows.first().map(|row| block_of(row.seq.value()));
    rows.retain(|row| Some(block_of(row.seq.value())) == block);
    Ok(rows)
}

fn postings(rows: &[StoredRecord], accepted: &HashMap<Uuid, String>) -> Postings {
    let mut postings = Postings::default();
    for row in rows {
        let begun = row.request.filter(|_| row.kind == "ended").and_then(|request| accepted.get(&request));
        postings.add(offset_in(row.seq.value()), row.time_us, &facts(row, begun.map(String::as_str)));
    }
    postings
}
