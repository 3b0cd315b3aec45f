//! Records as they stand in the table.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Error, Row};
use uuid::Uuid;

use crate::audit::chain::{Hash, Seq};
use crate::tenant::TenantId;

/// A record as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRecord {
    /// Its place.
    pub seq: Seq,
    /// Its id.
    pub record: Uuid,
    /// The request it belongs to.
    pub request: Option<Uuid>,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// The event's name.
    pub kind: String,
    /// The canonical bytes that were hashed.
    pub body: String,
    /// The hash of the record before.
    pub prev_hash: Hash,
    /// Its hash.
    pub hash: Hash,
}

pub(in crate::audit) const SELECT: &str =
    "SELECT seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash FROM audit_record";

/// A row of [`SELECT`].
pub(in crate::audit) fn decode(row: &PgRow) -> Result<StoredRecord, Error> {
    let hash = |column: &str| {
        let bytes: &[u8] = row.try_get(column)?;
        Ok::<_, Error>(Hash::from_bytes(bytes).unwrap_or(Hash::MALFORMED))
    };
    Ok(StoredRecord {
        seq: Seq::new(row.try_get("seq")?).ok_or_else(|| Error::Decode("a seq is negative".into()))?,
        record: row.try_get("record_id")?,
        request: row.try_get("request_id")?,
        time_us: row.try_get("event_time_us")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        prev_hash: hash("prev_hash")?,
        hash: hash("hash")?,
    })
}

/// For each end of a request among `records`, the body of the request's `accepted`.
pub(in crate::audit) async fn accepted_bodies(
    connection: &mut PgConnection,
    tenant: &TenantId,
    records: &[StoredRecord],
) -> Result<HashMap<Uuid, String>, Error> {
    let of_kind = |kind: &'static str| records.iter().filter(move |record| record.kind == kind);
    let ended: HashSet<Uuid> = of_kind("ended").filter_map(|record| record.request).collect();
    let among = of_kind("accepted").filter_map(|record| Some((record.request?, record.body.clone())));
    let mut bodies: HashMap<Uuid, String> = among.filter(|(request, _)| ended.contains(request)).collect();
    let elsewhere: Vec<Uuid> = ended.into_iter().filter(|request| !bodies.contains_key(request)).collect();
    if !elsewhere.is_empty() {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT request_id, body FROM audit_record WHERE tenant = $1 AND request_id = ANY ($2) AND kind = 'accepted'",
        )
        .bind(tenant.as_str())
        .bind(&elsewhere)
        .fetch_all(connection)
        .await?;
        bodies.extend(rows);
    }
    Ok(bodies)
}
