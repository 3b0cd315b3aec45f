//! Comma-separated values for a spreadsheet: RFC 4180, a record a row.

use std::borrow::Cow;
use std::io;

use csv::{Terminator, Writer, WriterBuilder};
use jiff::Timestamp;
use serde_json::Value;

use crate::audit::query::StoredRecord;

/// A column, and where in the body its value stands.
const FROM_BODY: [(&str, &str); 36] = [
    ("record", "/record"),
    ("kind", "/kind"),
    ("request", "/request"),
    ("parent", "/parent"),
    ("conversation", "/conversation"),
    ("key_id", "/key_id"),
    ("role", "/role"),
    ("client", "/client"),
    ("purpose", "/purpose"),
    ("route", "/route"),
    ("dialect", "/dialect"),
    ("model_asked", "/model_asked"),
    ("model", "/target/model"),
    ("provider", "/target/provider"),
    ("region", "/target/region"),
    ("policy_id", "/policy/id"),
    ("policy_sha256", "/policy/sha256"),
    ("detector", "/detector"),
    ("entities", "/entities"),
    ("first_pass", "/first_pass"),
    ("first_pass_outcome", "/first_pass/outcome"),
    ("outcome", "/outcome"),
    ("code", "/code"),
    ("http_status", "/http_status"),
    ("bytes_in", "/bytes_in"),
    ("bytes_out", "/bytes_out"),
    ("tokens_prompt", "/tokens/prompt"),
    ("tokens_completion", "/tokens/completion"),
    ("latency_ms_le", "/latency_ms_le"),
    ("original_digest", "/original_digest"),
    ("sanitized_digest", "/sanitized_digest"),
    ("by", "/by/actor"),
    ("by_key_id", "/by/key_id"),
    ("by_role", "/by/role"),
    ("replica", "/replica"),
    ("build", "/build"),
];

/// The first row: the columns' names.
pub(super) fn write_header(out: &mut Vec<u8>) -> io::Result<()> {
    let from_body = FROM_BODY.iter().map(|(column, _)| *column);
    let columns = ["seq", "time", "stored"].into_iter().chain(from_body).chain(["details", "prev_hash", "hash"]);
    let mut row = row(out);
    row.write_record(columns)?;
    row.flush()
}

/// A record as a row.
pub(super) fn write(out: &mut Vec<u8>, record: &StoredRecord) -> io::Result<()> {
    // A body that was tampered with may be anything; its row shows what is left.
    let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
    let mut row = row(out);
    row.write_field(record.seq.to_string())?;
    row.write_field(instant(Some(record.time_us)))?;
    row.write_field(instant(body["stored_us"].as_i64()))?;
    for (_, pointer) in FROM_BODY {
        row.write_field(cell(body.pointer(pointer).unwrap_or(&Value::Null)).as_ref())?;
    }
    row.write_field(defused(&details(&body)).as_ref())?;
    row.write_field(record.prev_hash.to_string())?;
    row.write_field(record.hash.to_string())?;
    row.write_record(None::<&[u8]>)?;
    row.flush()
}

/// Writes one row to the end of `out`.
fn row(out: &mut Vec<u8>) -> Writer<&mut Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out)
}

fn instant(us: Option<i64>) -> String {
    us.and_then(|us| Timestamp::from_microsecond(us).ok()).map(|at| at.to_string()).unwrap_or_default()
}

fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => defused(text),
        Value::Bool(_) | Value::Number(_) => Cow::Owned(value.to_string()),
        Value::Object(labels) => Cow::Owned(counts(labels).unwrap_or_default()),
        Value::Array(_) => Cow::Owned(value.to_string()),
    }
}

/// `PERSON:redact=2;URL:allow=1`; `None` for objects of another shape.
fn counts(labels: &serde_json::Map<String, Value>) -> Option<String> {
    let mut parts = Vec::new();
    for (label, actions) in labels {
        parts.extend(actions.as_object()?.iter().map(|(action, n)| format!("{label}:{action}={n}")));
    }
    Some(defused(&parts.join(";")).into_owned())
}

/// What no column shows, as JSON.
fn details(body: &Value) -> String {
    const TAKEN: [&str; 6] = ["v", "tenant", "time_us", "stored_us", "target", "by"];
    let has_column = |name: &str| FROM_BODY.iter().any(|(_, pointer)| pointer.split('/').nth(1) == Some(name));
    let is_shown = |name: &str, value: &Value| {
        value.is_null() || TAKEN.contains(&name) || (has_column(name) && (name != "policy" || value.is_object()))
    };
    let rest = body.as_object().into_iter().flatten().filter(|(name, value)| !is_shown(name, value));
    let rest: serde_json::Map<String, Value> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
    if rest.is_empty() { String::new() } else { Value::Object(rest).to_string() }
}

/// A spreadsheet computes a cell that begins like a formula; an apostrophe makes
/// it text (OWASP, CSV Injection).
fn defused(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}
