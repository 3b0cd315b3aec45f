//! Everything that Cordon writes, to be searched for what must not be there.

use std::collections::BTreeSet;
use std::path::Path;

use aho_corasick::AhoCorasick;
use serde_json::Value;
use sqlx::Row;

use super::{Caller, Cordon, Recorded};

/// What a request to an upstream holds: as it is, and with every string of it,
/// and every JSON document in those, unescaped.
pub fn upstream(request: &Recorded) -> String {
    let mut text = request.text();
    if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
        unescape(&body, &mut text);
    }
    text
}

fn unescape(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push('\n');
            out.push_str(text);
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text) {
                unescape(&inner, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| unescape(item, out)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            out.push('\n');
            out.push_str(key);
            unescape(value, out);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What Cordon keeps or shows to others than the caller, by name: its output at
/// the level debug, its metrics, every row of its database and every file that it
/// wrote.
pub async fn kept(cordon: &Cordon, caller: &Caller) -> Vec<(String, String)> {
    let metrics = caller.get("/metrics").await;
    assert!(metrics.text().contains("cordon_"), "{}", metrics.text());
    let rows = rows(cordon).await;
    assert!(rows.contains("accepted"), "the audit log has no records");
    let mut kept = vec![
        ("the log".to_owned(), cordon.output()),
        ("the metrics".to_owned(), metrics.text().to_owned()),
        ("the database".to_owned(), rows),
    ];
    kept.extend(files(&cordon.folder().join("data")));
    kept
}

/// Every file below `folder`, by its name; what a link leads to is not below it.
pub fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            // One that is gone by now is the business of who removed it.
            let bytes = std::fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found
}

/// Every row of every table that is not PostgreSQL's own, whoever made it.
async fn rows(cordon: &Cordon) -> String {
    let mut connection = cordon.database().await;
    let tables: Vec<String> = sqlx::query(
        "SELECT c.oid::regclass::text FROM pg_class c
         WHERE c.relkind IN ('r', 'p', 'm')
           AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect();
    assert!(tables.iter().any(|table| table == "audit_record"), "{tables:?}");
    let mut text = String::new();
    for table in tables {
        let all = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t")));
        for row in all.fetch_all(&mut connection).await.unwrap() {
            text.push_str(&row.get::<String, _>(0));
            text.push('\n');
        }
    }
    text
}

/// Which of `secrets` stand in `text`, in any case, as whole words: their
/// indexes. What follows an underscore is no word: tags of tokens do.
pub fn found(text: &str, secrets: &[String]) -> BTreeSet<usize> {
    let matcher = AhoCorasick::builder().ascii_case_insensitive(true).build(secrets).unwrap();
    let is_word = |found: &aho_corasick::Match| {
        let (before, after) = (text[..found.start()].chars().next_back(), text[found.end()..].chars().next());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && !after.is_some_and(char::is_alphanumeric)
    };
    matcher.find_overlapping_iter(text).filter(is_word).map(|found| found.pattern().as_usize()).collect()
}
