//! Answers from the audit log.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use serde_json::value::RawValue;

use crate::audit::query::StoredRecord;

/// A JSON document that nobody on the way keeps.
pub(in crate::http) fn json(document: String) -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::json()).insert_header((CACHE_CONTROL, "no-store")).body(document)
}

/// A record with its links and the exact bytes of its body. A body that was
/// tampered with and is no JSON any more stands in `body_text`, as a string.
pub(in crate::http) fn record(record: &StoredRecord) -> String {
    let StoredRecord { seq, prev_hash, hash, body, .. } = record;
    let is_json = serde_json::from_str::<&RawValue>(body).is_ok_and(|value| value.get() == body);
    let body = if is_json {
        format!(r#""body":{body}"#)
    } else {
        format!(r#""body":null,"body_text":{}"#, serde_json::Value::from(body.as_str()))
    };
    format!(r#"{{"seq":{seq},"prev_hash":"{prev_hash}","hash":"{hash}",{body}}}"#)
}
