//! A long chain, made fast: the bytes of real records with other ids, times and
//! names in them, rightly linked, brought in by `COPY`.

use cordon::audit::chain::{Hash, Head};
use cordon::audit::checkpoint::{Checkpoint, Origin, SigningKey, TrustedKeys};
use cordon::audit::merkle::Frontier;
use cordon::audit::testing::tenant;
use cordon::audit::{AuditConfig, AuditLog};
use cordon::store::Store;
use cordon::store::testing::fresh_store;
use cordon::tenant::TenantId;
use data_encoding::HEXLOWER;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Fallible;
use crate::append::{Events, PATIENCE};

/// As the server's default.
const CHECKPOINT_RECORDS: u64 = 1000;
const CHUNK_BYTES: usize = 1 << 20;
/// A record a millisecond from here on: 2026-01-01.
const BEGIN_US: i64 = 1_767_225_600_000_000;
const SEED: [u8; 32] = [9; 32];

/// A chain with checkpoints.
pub(crate) struct Filled {
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) keys: TrustedKeys,
}

/// A record as it is stored.
#[derive(Clone)]
pub(crate) struct Template {
    record: Uuid,
    request: Uuid,
    time_us: i64,
    stored_us: i64,
    kind: String,
    pub(crate) body: String,
}

/// An `accepted` and its `ended`, as the writer stores them.
pub(crate) async fn templates(store: &Store, tenant: &TenantId) -> Fallible<[Template; 2]> {
    let log = AuditLog::start(store, AuditConfig::default());
    let (events, request) = (Events::new(), Uuid::now_v7());
    for number in [0, 1] {
        log.append(tenant, events.event(number, request)).await?;
    }
    log.flush_and_stop(PATIENCE).await;
    let rows: Vec<(Uuid, Uuid, i64, i64, String, String)> = sqlx::query_as(
        "SELECT record_id, request_id, event_time_us, (body::jsonb ->> 'stored_us')::bigint, kind, body
         FROM audit_record WHERE tenant = $1 ORDER BY seq",
    )
    .bind(tenant.as_str())
    .fetch_all(&store.pool)
    .await?;
    let templates = rows.into_iter().map(|(record, request, time_us, stored_us, kind, body)| Template {
        record,
        request,
        time_us,
        stored_us,
        kind,
        body,
    });
    templates.collect::<Vec<_>>().try_into().map_err(|_| "two records were written".into())
}

/// A chain of `records` records with a checkpoint every thousand.
pub(crate) async fn fill(records: u64) -> Fallible<Filled> {
    let (store, tenant) = (fresh_store().await, tenant("acme"));
    let templates = templates(&fresh_store().await, &tenant).await?;
    let key = SigningKey::from_seed(&SEED).ok_or("a seed has 32 bytes")?;
    let origin = Origin::parse("cordon")?;
    let keys = TrustedKeys::new([key.public_key(&origin, &tenant)]);
    let mut connection = store.superuser().await;
    let mut chain = Chain { head: Head::genesis(&tenant), frontier: Frontier::empty(), tenant: tenant.clone() };
    let mut notes = Vec::new();
    let mut copy = connection
        .copy_in_raw(
            "COPY audit_record (tenant, seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash) FROM STDIN",
        )
        .await?;
    let mut lines = String::with_capacity(2 * CHUNK_BYTES);
    for number in 0..records {
        chain.push(&made(&templates[(number % 2) as usize], number), &mut lines);
        if lines.len() >= CHUNK_BYTES {
            copy.send(lines.as_bytes()).await?;
            lines.clear();
        }
        if chain.frontier.size().is_multiple_of(CHECKPOINT_RECORDS) {
            let (size, root) = (chain.frontier.size(), chain.frontier.root());
            let checkpoint = Checkpoint { origin: origin.clone(), tenant: tenant.clone(), size, root, time_s: 0 };
            notes.push((size as i64, key.sign(checkpoint).text().to_owned(), chain.frontier.to_bytes()));
        }
    }
    copy.send(lines.as_bytes()).await?;
    copy.finish().await?;
    finish(&mut connection, &chain, notes).await?;
    Ok(Filled { store, tenant, keys })
}

struct Chain {
    tenant: TenantId,
    head: Head,
    frontier: Frontier,
}

impl Chain {
    /// Links the record and writes its line for `COPY`.
    fn push(&mut self, record: &Template, lines: &mut String) {
        let prev = self.head.hash;
        self.head = self.head.append(record.body.as_bytes());
        self.frontier.push(self.head.hash);
        let Template { record: id, request, time_us, kind, body, .. } = record;
        let (tenant, seq) = (self.tenant.as_str(), self.head.seq);
        let hex = |hash: Hash| HEXLOWER.encode(hash.as_bytes());
        let (prev, hash) = (hex(prev), hex(self.head.hash));
        *lines += &format!("{tenant}\t{seq}\t{id}\t{request}\t{time_us}\t{kind}\t{body}\t\\\\x{prev}\t\\\\x{hash}\n");
    }
}

/// The record at `number`: a request has two, one after the other. One in three
/// goes to another provider, one in a thousand has another label.
fn made(template: &Template, number: u64) -> Template {
    let request_number = number / 2;
    let time_us = BEGIN_US + i64::try_from(number).unwrap_or_default() * 1000;
    let id = |kind: u128, number: u64| {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 | kind << 60 | u128::from(number))
    };
    let (record, request) = (id(1, number), id(2, request_number));
    let provider = ["openai", "anthropic", "mistral"][(request_number % 3) as usize];
    let label = if request_number.is_multiple_of(1000) { "IBAN_CODE" } else { "PERSON" };
    let body = template
        .body
        .replace(&template.record.to_string(), &record.to_string())
        .replace(&template.request.to_string(), &request.to_string())
        .replace(&template.time_us.to_string(), &time_us.to_string())
        .replace(&template.stored_us.to_string(), &time_us.to_string())
        .replace("\"provider\":\"openai\"", &format!("\"provider\":\"{provider}\""))
        .replace("\"PERSON\"", &format!("\"{label}\""));
    Template { record, request, time_us, stored_us: time_us, kind: template.kind.clone(), body }
}

async fn finish(connection: &mut PgConnection, chain: &Chain, notes: Vec<(i64, String, Vec<u8>)>) -> Fallible<()> {
    // A chain begins empty; its head moves forward from there.
    for (sql, head) in [
        ("INSERT INTO audit_head (tenant, seq, hash) VALUES ($1, $2, $3)", Head::genesis(&chain.tenant)),
        ("UPDATE audit_head SET seq = $2, hash = $3 WHERE tenant = $1", chain.head),
    ] {
        let query = sqlx::query(sql).bind(chain.tenant.as_str()).bind(head.seq.value());
        query.bind(head.hash.as_bytes()).execute(&mut *connection).await?;
    }
    for (size, note, frontier) in notes {
        sqlx::query("INSERT INTO audit_checkpoint (tenant, size, note, frontier, made_us) VALUES ($1, $2, $3, $4, 0)")
            .bind(chain.tenant.as_str())
            .bind(size)
            .bind(note)
            .bind(frontier)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("VACUUM (ANALYZE) audit_record").execute(&mut *connection).await?;
    Ok(())
}
