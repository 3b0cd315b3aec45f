//! Chains of records as they come.

use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::tenant::TenantId;

/// Before the end of a block, so that a few hundred records are of two.
pub(in crate::audit) const START: i64 = 65_536 * 3 - 400;
pub(super) const MINUTE_US: i64 = 60_000_000;
pub(super) const EPOCH_US: i64 = 1_790_000_000_000_000;

pub(in crate::audit) fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// A generator that needs no seed from outside (xorshift).
pub(in crate::audit) struct Random(pub(in crate::audit) u64);

impl Random {
    pub(in crate::audit) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn one_of<'a>(&mut self, values: &[&'a str]) -> &'a str {
        values[self.below(values.len() as u64) as usize]
    }
}

const LABELS: [&str; 4] = ["PERSON", "US_SSN", "EMAIL_ADDRESS", "CUSTOM:PROJECT"];
const ACTIONS: [&str; 3] = ["redact", "mask", "block"];
const KEYS: [&str; 2] = ["3e7ok36g0dc4qkip", "0123456789abcdef"];

/// The bodies of a chain: requests that begin, end in any order, are refused, and
/// other events between them.
pub(in crate::audit) fn bodies(random: &mut Random, len: usize) -> Vec<Value> {
    let mut open: Vec<(Uuid, Uuid)> = Vec::new();
    let mut bodies = Vec::new();
    while bodies.len() < len {
        let record = Uuid::now_v7();
        let mut body = match random.below(10) {
            0..4 => begun(random, "accepted"),
            4 => begun(random, "refused"),
            5..9 if !open.is_empty() => {
                let (request, parent) = open.swap_remove(random.below(open.len() as u64) as usize);
                let target = if random.below(3) == 0 { target(random) } else { Value::Null };
                json!({"kind": "ended", "request": request.to_string(), "parent": parent.to_string(), "target": target, "bytes_out": 10,
                       "outcome": random.one_of(&["completed", "failed", "aborted"]), "http_status": 200})
            }
            _ => {
                json!({"kind": "audit_read", "by": {"actor": "key", "key_id": random.one_of(&KEYS), "role": "auditor"},
                        "what": "records", "filters": ["label"], "records": 3})
            }
        };
        if body["kind"] == "accepted" {
            open.push((body["request"].as_str().unwrap().parse().unwrap(), record));
        }
        // Clocks step: now and then one is far off.
        let off = if random.below(50) == 0 { random.below(5000) as i64 - 2500 } else { 0 };
        body["time_us"] = (EPOCH_US + (bodies.len() as i64 * 2 + off) * MINUTE_US).into();
        body["record"] = record.to_string().into();
        body["tenant"] = "acme".into();
        bodies.push(body);
    }
    bodies
}

pub(in crate::audit) fn begun(random: &mut Random, kind: &str) -> Value {
    let mut entities = json!({});
    for _ in 0..random.below(4) {
        entities[random.one_of(&LABELS)][random.one_of(&ACTIONS)] = (1 + random.below(9)).into();
    }
    let mut body = json!({
        "kind": kind, "request": Uuid::now_v7().to_string(), "key_id": random.one_of(&KEYS), "entities": entities,
        "conversation": format!("{:064x}", random.below(40)), "target": target(random), "purpose": Value::Null,
        "route": "/v1/chat/completions", "model_asked": random.one_of(&["gpt-5", "claude"]),
        "policy": {"id": random.one_of(&["default", "hipaa"]), "sha256": random.one_of(&["00", "ab", "cd"]).repeat(32)},
    });
    if kind == "refused" {
        body["code"] = random.one_of(&["policy_blocked", "no_allowed_target"]).into();
    }
    body
}

pub(in crate::audit) fn target(random: &mut Random) -> Value {
    match random.below(3) {
        0 => Value::Null,
        1 => json!({"model": "inner", "provider": random.one_of(&["openai", "azure"]), "region": "eu"}),
        _ => json!({"model": "inner", "provider": "anthropic", "region": Value::Null}),
    }
}

/// Puts records into the table after place `after`. Their hashes are no chain:
/// questions do not look at them.
pub(in crate::audit) async fn insert(pool: &PgPool, after: i64, bodies: &[Value]) {
    for (body, seq) in bodies.iter().zip(after + 1..) {
        let hash = |seq: i64| [&[7; 24][..], &seq.to_be_bytes()].concat();
        let request = body["request"].as_str().map(|id| id.parse::<Uuid>().unwrap());
        sqlx::query(
            "INSERT INTO audit_record (tenant, seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash)
             VALUES ('acme', $1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(seq)
        .bind(body["record"].as_str().unwrap().parse::<Uuid>().unwrap())
        .bind(request)
        .bind(body["time_us"].as_i64().unwrap())
        .bind(body["kind"].as_str().unwrap())
        .bind(body.to_string())
        .bind(hash(seq))
        .bind(hash(seq + 1))
        .execute(pool)
        .await
        .unwrap();
    }
}
