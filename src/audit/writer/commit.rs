//! The two ways into the table. Both lock the heads of the batch's tenants in
//! sorted order before they link, so that processes neither fork a chain nor
//! wait for each other in a circle.
//!
//! - One statement that appends if the heads still are where this process left
//!   them: one round trip, one commit. With one process that is always so.
//! - A transaction that locks the heads, reads them, looks for records that an
//!   earlier attempt of unknown outcome did store, links, and appends.

use std::collections::{BTreeMap, HashMap};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Error};
use uuid::Uuid;

use super::entry::Entry;
use super::linked::Linked;
use crate::audit::chain::{Hash, Head, Receipt, Seq};
use crate::tenant::TenantId;

/// Why a batch is not stored.
pub(super) enum Failure {
    /// The database refuses it, now and always.
    Refused(Error),
    /// Another attempt may succeed; this one may have, unseen.
    Unavailable(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        // 22 data exception, 23 integrity constraint violation, 42 access rule
        // violation (the guards' triggers): SQLSTATE classes, appendix A of the
        // PostgreSQL manual.
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref().and_then(|code| code.get(..2)) {
            Some("22" | "23" | "42") => Failure::Refused(error),
            _ => Failure::Unavailable(error),
        }
    }
}

/// A connection whose transactions cannot hold the heads for long, whatever
/// becomes of this process. The one append statement is planned once: planning
/// it costs more than running it. A commit is on the disk when it is answered,
/// whatever the login or the database is set to; what waits for standbys is left.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Failure> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(
        "SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
         SET plan_cache_mode = force_generic_plan;
         SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s';
         SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;",
    )
    .execute(&mut connection)
    .await?;
    Ok(connection)
}

/// Stores `batch` in one commit. `heads` are this process's guesses, and hold
/// the heads after it on return. `in_doubt`: some of the batch may be stored.
pub(super) async fn store(
    connection: &mut PgConnection,
    batch: &[Entry],
    heads: &mut HashMap<TenantId, Head>,
    in_doubt: bool,
) -> Result<Vec<Receipt>, Failure> {
    let conditional = batch.iter().any(|entry| entry.unless_ended);
    if !in_doubt && !conditional && batch.iter().all(|entry| heads.contains_key(&entry.tenant)) {
        let before = batch.iter().map(|entry| (entry.tenant.clone(), heads[&entry.tenant])).collect();
        let linked = Linked::new(batch, before, &HashMap::new());
        if linked.append(&mut *connection).await? {
            heads.extend(linked.after);
            return Ok(linked.receipts);
        }
    }
    let mut transaction = connection.begin().await?;
    let before = lock_heads(&mut transaction, batch).await?;
    let mut stored = if conditional { find_ended(&mut transaction, batch).await? } else { HashMap::new() };
    if in_doubt {
        stored.extend(find_stored(&mut transaction, batch).await?);
    }
    let linked = Linked::new(batch, before, &stored);
    if !linked.append(&mut transaction).await? {
        return Err(Failure::Unavailable(Error::Protocol("the locked heads moved".into())));
    }
    transaction.commit().await?;
    heads.extend(linked.after);
    Ok(linked.receipts)
}

/// Locks and reads the heads of the batch's tenants, and makes those that are
/// not there yet.
async fn lock_heads(connection: &mut PgConnection, batch: &[Entry]) -> Result<BTreeMap<TenantId, Head>, Error> {
    let tenants: BTreeMap<TenantId, Head> =
        batch.iter().map(|entry| (entry.tenant.clone(), Head::genesis(&entry.tenant))).collect();
    let names: Vec<&str> = tenants.keys().map(TenantId::as_str).collect();
    let genesis: Vec<&[u8]> = tenants.values().map(|head| head.hash.as_bytes()).collect();
    sqlx::query(
        "INSERT INTO audit_head (tenant, seq, hash)
         SELECT n.tenant, 0, n.hash FROM unnest($1::text[], $2::bytea[]) AS n (tenant, hash)
         WHERE NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.tenant = n.tenant)
         ORDER BY n.tenant ON CONFLICT DO NOTHING",
    )
    .bind(&names)
    .bind(&genesis)
    .execute(&mut *connection)
    .await?;
    let rows: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT tenant, seq, hash FROM audit_head WHERE tenant = ANY ($1) ORDER BY tenant FOR UPDATE")
            .bind(&names)
            .fetch_all(&mut *connection)
            .await?;
    rows.into_iter()
        .map(|(tenant, seq, hash)| {
            let tenant = TenantId::parse_chain(&tenant).map_err(|error| Error::Decode(error.into()))?;
            Ok((tenant, Head { seq: decode_seq(seq)?, hash: decode_hash(&hash)? }))
        })
        .collect()
}

/// The records of `batch` that are stored already. Only asked under the heads'
/// locks: then no earlier attempt can still commit.
async fn find_stored(connection: &mut PgConnection, batch: &[Entry]) -> Result<HashMap<Uuid, Receipt>, Error> {
    let tenants: Vec<&str> = batch.iter().map(|entry| entry.tenant.as_str()).collect();
    let records: Vec<Uuid> = batch.iter().map(|entry| entry.record).collect();
    let rows = sqlx::query_as(
        "SELECT r.record_id, r.seq, r.hash
         FROM unnest($1::text[], $2::uuid[]) AS b (tenant, record_id) JOIN audit_record r USING (tenant, record_id)",
    )
    .bind(&tenants)
    .bind(&records)
    .fetch_all(connection)
    .await?;
    decode_receipts(rows)
}

/// For the records of `batch` that are to be stored only where there is no end
/// of their request: the ends that there are. Asked under the heads' locks: then
/// no other process can store one.
async fn find_ended(connection: &mut PgConnection, batch: &[Entry]) -> Result<HashMap<Uuid, Receipt>, Error> {
    let asked = || batch.iter().filter(|entry| entry.unless_ended);
    let rows = sqlx::query_as(
        "SELECT b.record_id, e.seq, e.hash
         FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS b (tenant, record_id, request_id) CROSS JOIN LATERAL (
             SELECT r.seq, r.hash FROM audit_record r
             WHERE r.tenant = b.tenant AND r.request_id = b.request_id AND r.kind = 'ended' ORDER BY r.seq LIMIT 1
         ) e",
    )
    .bind(asked().map(|entry| entry.tenant.as_str()).collect::<Vec<_>>())
    .bind(asked().map(|entry| entry.record).collect::<Vec<_>>())
    .bind(asked().map(|entry| entry.request).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    decode_receipts(rows)
}

fn decode_receipts(rows: Vec<(Uuid, i64, Vec<u8>)>) -> Result<HashMap<Uuid, Receipt>, Error> {
    rows.into_iter()
        .map(|(record, seq, hash)| Ok((record, Receipt { seq: decode_seq(seq)?, hash: decode_hash(&hash)? })))
        .collect()
}

fn decode_seq(seq: i64) -> Result<Seq, Error> {
    Seq::new(seq).ok_or_else(|| Error::Decode("a seq is negative".into()))
}

fn decode_hash(hash: &[u8]) -> Result<Hash, Error> {
    Hash::from_bytes(hash).ok_or_else(|| Error::Decode("a hash has not 32 bytes".into()))
}
