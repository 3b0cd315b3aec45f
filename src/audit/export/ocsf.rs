//! Events of the Open Cybersecurity Schema Framework for a SIEM, a record a
//! line. Classes, activities and severities: <https://schema.ocsf.io/1.6.0>.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::audit::query::StoredRecord;

const VERSION: &str = "1.6.0";

/// A class and an activity in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// 6003: create 1, read 2, update 3, delete 4.
    Api(u32),
    /// 3001: create 1, disable 5.
    Account(u32),
    /// 3002: log-on 1.
    Authentication(u32),
    /// 3004: create 1, update 3, delete 4.
    Entity(u32, &'static str),
    /// 6002: start 3, stop 4, other 99.
    Lifecycle(u32),
    /// 0: other 99. What this program does not know.
    Base,
}

impl Class {
    fn of(kind: &str, body: &Value) -> Class {
        match kind {
            "accepted" | "ended" | "refused" | "checkpoint_made" => Class::Api(1),
            "audit_read" | "audit_exported" | "audit_verified" | "vault_read" => Class::Api(2),
            "retention_cut" => Class::Api(4),
            "key_created" => Class::Account(1),
            "key_revoked" => Class::Account(5),
            "key_used_after_revocation" => Class::Authentication(1),
            "policy_changed" if body["before"].is_null() => Class::Entity(1, "policy"),
            "policy_changed" if body["after"].is_null() => Class::Entity(4, "policy"),
            "policy_changed" => Class::Entity(3, "policy"),
            "hold_placed" => Class::Entity(1, "legal hold"),
            "hold_released" => Class::Entity(4, "legal hold"),
            "digest_key_erased" => Class::Entity(4, "digest key"),
            "vault_erased" => Class::Entity(4, "vault"),
            "started" => Class::Lifecycle(3),
            "stopped" => Class::Lifecycle(4),
            "clock_stepped" => Class::Lifecycle(99),
            _ => Class::Base,
        }
    }

    /// The ids of class and activity.
    fn ids(self) -> (u32, u32) {
        match self {
            Class::Api(activity) => (6003, activity),
            Class::Account(activity) => (3001, activity),
            Class::Authentication(activity) => (3002, activity),
            Class::Entity(activity, _) => (3004, activity),
            Class::Lifecycle(activity) => (6002, activity),
            Class::Base => (0, 99),
        }
    }
}

/// A record as a line.
pub(super) fn write(out: &mut Vec<u8>, tenant: &str, record: &StoredRecord) -> io::Result<()> {
    writeln!(out, "{}", event(tenant, record))
}

fn event(tenant: &str, record: &StoredRecord) -> Value {
    // A body that was tampered with may be anything; `raw_data` has it as it is.
    let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
    let class = Class::of(&record.kind, &body);
    let (class_uid, activity_id) = class.ids();
    let (status_id, severity_id) = (status(&record.kind, &body), severity(&record.kind, &body));
    let mut event = json!({
        "activity_id": activity_id,
        "category_uid": class_uid / 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity_id,
        "severity_id": severity_id,
        "status_id": status_id,
        "time": record.time_us / 1000,
        "message": record.kind,
        "metadata": metadata(tenant, record, &body),
        "actor": actor(&body),
        "raw_data": record.body,
        "unmapped": unmapped(record, &body),
    });
    if let Some(event) = event.as_object_mut() {
        let details = [
            ("status_code", body["code"].clone()),
            ("status_detail", body["verdict"].clone()),
            ("duration", body["latency_ms_le"].clone()),
            ("policy", policy(&body)),
        ];
        event.extend(details.into_iter().filter(|(_, value)| !value.is_null()).map(|(n, v)| (n.to_owned(), v)));
        event.extend(of_class(class, record, &body));
    }
    event
}

/// What the class asks for beyond what every event has.
fn of_class(class: Class, record: &StoredRecord, body: &Value) -> Map<String, Value> {
    let user = json!({"uid": body["key_id"], "type_id": 99, "type": body["role"]});
    let cordon = json!({"name": "cordon", "vendor_name": "Cordon"});
    let fields = match class {
        Class::Api(_) => return api(record, body),
        Class::Account(_) => json!({"user": user}),
        Class::Authentication(_) => json!({"user": user, "service": cordon, "count": body["uses"]}),
        Class::Entity(_, kind) => {
            let named = body["policy"].as_str().or(body["hold"].as_str()).or(body["key"].as_str()).unwrap_or(kind);
            let version = |hash: &Value| json!({"name": named, "type": kind, "version": hash});
            json!({"entity": version(&body["before"]), "entity_result": version(&body["after"])})
        }
        Class::Lifecycle(_) => json!({"app": cordon}),
        Class::Base => json!({}),
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn api(record: &StoredRecord, body: &Value) -> Map<String, Value> {
    let operation = body["route"].as_str().map_or_else(|| record.kind.clone(), |route| format!("POST {route}"));
    let mut fields = Map::new();
    let request = record.request.map(|request| json!({"uid": request.to_string()}));
    let service = json!({"name": body["dialect"].as_str().unwrap_or("cordon.audit")});
    fields.insert("api".into(), json!({"operation": operation, "service": service, "request": request}));
    let source = match (body["client"].as_str(), body["by"]["actor"].as_str()) {
        (Some(client), _) => json!({"uid": client}),
        (None, Some("command")) => json!({"name": "command line"}),
        (None, Some("server")) => json!({"name": "server"}),
        (None, _) => json!({"name": "not recorded"}),
    };
    fields.insert("src_endpoint".into(), source);
    if let Some(target) = body["target"].as_object() {
        let value = |name: &str| target.get(name).cloned().unwrap_or_default();
        let location = json!({"region": value("region")});
        fields.insert("dst_endpoint".into(), json!({"svc_name": value("provider"), "location": location}));
        fields.insert("resources".into(), json!([{"name": value("model"), "type": "model"}]));
    }
    if body["http_status"].is_number() {
        fields.insert("http_response".into(), json!({"code": body["http_status"]}));
    }
    fields
}

fn metadata(tenant: &str, record: &StoredRecord, body: &Value) -> Value {
    json!({
        "version": VERSION,
        "product": {"name": "cordon", "vendor_name": "Cordon", "version": body["build"]},
        "uid": record.record.to_string(),
        "event_code": record.kind,
        "sequence": record.seq.value(),
        "tenant_uid": tenant,
        "log_name": "audit",
        "logged_time": body["stored_us"].as_i64().map(|us| us / 1000),
        "correlation_uid": record.request.map(|request| request.to_string()),
    })
}

/// Who did it: the key, whoever ran a command, or the server.
fn actor(body: &Value) -> Value {
    let by = if body["by"].is_object() { &body["by"] } else { body };
    match by["key_id"].as_str() {
        Some(key) => json!({"user": {"uid": key, "type_id": 99, "type": by["role"]}}),
        None => json!({"app_name": format!("cordon {}", by["actor"].as_str().unwrap_or("server"))}),
    }
}

/// Success 1, failure 2, neither known yet 0.
fn status(kind: &str, body: &Value) -> u32 {
    match (kind, body["outcome"].as_str()) {
        ("refused" | "key_used_after_revocation", _) | ("ended", Some("failed" | "aborted")) => 2,
        ("audit_verified", _) if is_bad(body) => 2,
        ("accepted", _) | ("ended", Some("unknown") | None) => 0,
        _ => 1,
    }
}

/// Informational 1, low 2, medium 3, high 4, critical 5.
fn severity(kind: &str, body: &Value) -> u32 {
    match kind {
        "audit_verified" if is_bad(body) => 5,
        "key_used_after_revocation" => 3,
        "refused" | "clock_stepped" | "retention_cut" | "digest_key_erased" | "vault_erased" | "hold_released" => 2,
        "ended" if body["outcome"] != "completed" => 2,
        _ => 1,
    }
}

fn is_bad(body: &Value) -> bool {
    !body["first_bad_seq"].is_null() || body["verdict"].as_str() != Some("whole")
}

fn policy(body: &Value) -> Value {
    match body["policy"].as_object() {
        Some(policy) => json!({"name": policy.get("id"), "version": policy.get("sha256")}),
        None => Value::Null,
    }
}

/// The links, and the parts of a body that the schema has no place for.
fn unmapped(record: &StoredRecord, body: &Value) -> Value {
    const NAMES: [&str; 12] = [
        "conversation",
        "detector",
        "entities",
        "first_pass",
        "bytes_in",
        "bytes_out",
        "tokens",
        "original_digest",
        "sanitized_digest",
        "purpose",
        "replica",
        "parent",
    ];
    let mut fields = Map::new();
    fields.insert("seq".into(), record.seq.value().into());
    fields.insert("prev_hash".into(), record.prev_hash.to_string().into());
    fields.insert("hash".into(), record.hash.to_string().into());
    let present = NAMES.iter().filter(|name| !body[**name].is_null());
    fields.extend(present.map(|name| ((*name).to_owned(), body[*name].clone())));
    Value::Object(fields)
}
