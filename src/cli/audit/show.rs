//! How records and verdicts look.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use serde_json::Value;

use crate::audit::query::StoredRecord;
use crate::audit::verify::Verdict;
use crate::tenant::TenantId;

/// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Colour(bool);

impl Colour {
    pub(super) fn for_stream(stream: &impl IsTerminal) -> Colour {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Colour(stream.is_terminal() && !refused)
    }

    fn style(self, colour: AnsiColor) -> Style {
        if self.0 { colour.on_default() } else { Style::new() }
    }
}

/// One line: place, time, kind, and what matters most of the body.
pub(super) fn line(out: &mut impl Write, tenant: &TenantId, record: &StoredRecord, colour: Colour) -> io::Result<()> {
    let time = Timestamp::from_microsecond(record.time_us).map(|t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    let time = time.unwrap_or_else(|_| record.time_us.to_string());
    // A body that was tampered with may be anything.
    let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
    let outcome = body["outcome"].as_str();
    let style = match (record.kind.as_str(), outcome) {
        ("refused", _) | (_, Some("failed")) => colour.style(AnsiColor::Red),
        (_, Some("aborted")) => colour.style(AnsiColor::Yellow),
        (_, Some("completed")) => colour.style(AnsiColor::Green),
        _ => Style::new(),
    };
    let word = outcome.unwrap_or(&record.kind);
    write!(out, "{tenant} {:>6}  {time}  {style}{word:<11}{style:#}", record.seq.to_string())?;
    if let Some(request) = record.request {
        write!(out, "  request={request}")?;
    }
    for name in ["code", "http_status", "key_id", "role", "model_asked", "first_pass", "latency_ms_le"] {
        write_member(out, name, &body[name])?;
    }
    write_member(out, "provider", &body["target"]["provider"])?;
    write_member(out, "policy", &body["policy"]["id"])?;
    write_entities(out, &body["entities"])?;
    writeln!(out)
}

fn write_member(out: &mut impl Write, name: &str, value: &Value) -> io::Result<()> {
    match value {
        Value::String(text) => write!(out, "  {name}={text}"),
        Value::Number(number) => write!(out, "  {name}={number}"),
        Value::Object(members) => members.get("outcome").map_or(Ok(()), |outcome| write_member(out, name, outcome)),
        _ => Ok(()),
    }
}

fn write_entities(out: &mut impl Write, entities: &Value) -> io::Result<()> {
    let Some(by_label) = entities.as_object().filter(|labels| !labels.is_empty()) else { return Ok(()) };
    let counts = by_label.iter().flat_map(|(label, actions)| {
        actions.as_object().into_iter().flatten().map(move |(action, n)| format!("{label}:{action}={n}"))
    });
    write!(out, "  entities={}", counts.collect::<Vec<_>>().join(","))
}

/// One JSON document a line, with the body's exact bytes.
pub(super) fn json(out: &mut impl Write, record: &StoredRecord) -> io::Result<()> {
    let StoredRecord { seq, prev_hash, hash, body, .. } = record;
    writeln!(out, r#"{{"seq":{seq},"prev_hash":"{prev_hash}","hash":"{hash}","body":{body}}}"#)
}

/// The verdict in one line, green or red.
pub(super) fn verdict(out: &mut impl Write, verdict: &Verdict, colour: Colour) -> io::Result<()> {
    let style = colour.style(if verdict.is_whole() { AnsiColor::Green } else { AnsiColor::Red });
    writeln!(out, "{style}{verdict}{style:#}")
}
