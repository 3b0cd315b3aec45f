//! A batch with its places in the chains, and the statement that appends it.

use std::collections::{BTreeMap, HashMap};

use sqlx::Error;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::entry::Entry;
use crate::audit::chain::{Hash, Head, Receipt};
use crate::tenant::TenantId;

/// A batch with its places in the chains.
pub(super) struct Linked<'a> {
    before: BTreeMap<TenantId, Head>,
    pub(super) after: BTreeMap<TenantId, Head>,
    pub(super) receipts: Vec<Receipt>,
    /// The entries that are to be inserted, each with what it follows.
    rows: Vec<(&'a Entry, Hash, Receipt)>,
}

impl<'a> Linked<'a> {
    pub(super) fn new(
        batch: &'a [Entry],
        before: BTreeMap<TenantId, Head>,
        stored: &HashMap<Uuid, Receipt>,
    ) -> Linked<'a> {
        let mut linked = Linked { after: before.clone(), before, receipts: Vec::new(), rows: Vec::new() };
        // The ends in this batch, by request, where somebody asks for them.
        let mut ended = HashMap::new();
        let asked = batch.iter().any(|entry| entry.unless_ended);
        for entry in batch {
            let end = entry.request.filter(|_| entry.unless_ended).and_then(|request| ended.get(&request));
            if let Some(receipt) = stored.get(&entry.record).or(end) {
                linked.receipts.push(*receipt);
                continue;
            }
            let Some(head) = linked.after.get_mut(&entry.tenant) else { continue };
            let prev = head.hash;
            *head = head.append(entry.body().as_bytes());
            let receipt = Receipt { seq: head.seq, hash: head.hash };
            if let Some(request) = entry.request.filter(|_| asked && entry.kind == "ended") {
                ended.insert(request, receipt);
            }
            linked.receipts.push(receipt);
            linked.rows.push((entry, prev, receipt));
        }
        linked.after.retain(|tenant, head| linked.before.get(tenant) != Some(head));
        linked.before.retain(|tenant, _| linked.after.contains_key(tenant));
        linked
    }

    /// Appends if every head still is at `before`, else changes nothing and
    /// returns false.
    pub(super) async fn append(&self, connection: &mut PgConnection) -> Result<bool, Error> {
        if self.rows.is_empty() {
            return Ok(true);
        }
        let column = |head: &Head| head.hash.as_bytes().to_vec();
        let moved: i64 = sqlx::query_scalar(APPEND)
            .bind(self.before.keys().map(TenantId::as_str).collect::<Vec<_>>())
            .bind(self.before.values().map(|head| head.seq.value()).collect::<Vec<_>>())
            .bind(self.before.values().map(column).collect::<Vec<_>>())
            .bind(self.after.values().map(|head| head.seq.value()).collect::<Vec<_>>())
            .bind(self.after.values().map(column).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.tenant.as_str()).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(_, _, receipt)| receipt.seq.value()).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.record).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.request).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.time_us).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.kind).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(entry, ..)| entry.body()).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(_, prev, _)| prev.as_bytes()).collect::<Vec<_>>())
            .bind(self.rows.iter().map(|(_, _, receipt)| receipt.hash.as_bytes().to_vec()).collect::<Vec<_>>())
            .fetch_one(connection)
            .await?;
        Ok(moved == self.before.len() as i64)
    }
}

/// `FOR UPDATE` waits for a writer that holds a head and then looks at the row
/// again, so a head that moved is not among `locked`; then nothing is written.
const APPEND: &str = "
WITH locked AS MATERIALIZED (
    SELECT h.tenant
    FROM audit_head h JOIN unnest($1::text[], $2::bigint[], $3::bytea[]) AS b (tenant, seq, hash)
        ON h.tenant = b.tenant AND h.seq = b.seq AND h.hash = b.hash
    ORDER BY h.tenant
    FOR UPDATE OF h
), whole AS MATERIALIZED (
    SELECT count(*) = cardinality($1::text[]) AS yes FROM locked
), moved AS (
    UPDATE audit_head h SET seq = a.seq, hash = a.hash
    FROM unnest($1::text[], $4::bigint[], $5::bytea[]) AS a (tenant, seq, hash)
    WHERE h.tenant = a.tenant AND (SELECT yes FROM whole)
    RETURNING 1
), inserted AS (
    INSERT INTO audit_record (tenant, seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash)
    SELECT * FROM unnest($6::text[], $7::bigint[], $8::uuid[], $9::uuid[], $10::bigint[], $11::text[], $12::text[],
                         $13::bytea[], $14::bytea[])
    WHERE (SELECT yes FROM whole)
)
SELECT count(*) FROM moved";
