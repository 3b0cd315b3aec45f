//! Writing events.

use serde_json::Value;

use super::super::sse::Frame;

/// Writes `event` with the other fields (`event:`, `id:`, comments) of `frame`.
pub(super) fn write_event(frame: &Frame, event: &Value, out: &mut Vec<u8>) {
    let raw = String::from_utf8_lossy(&frame.raw);
    for line in raw.split(['\n', '\r']).filter(|line| !line.is_empty() && !line.starts_with("data")) {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    put_event(None, event, out);
}

/// Writes an event of its own.
pub fn put_event(name: Option<&str>, event: &Value, out: &mut Vec<u8>) {
    if let Some(name) = name {
        out.extend_from_slice(format!("event: {name}\n").as_bytes());
    }
    out.extend_from_slice(format!("data: {event}\n\n").as_bytes());
}
