//! What a process was told and wrote down before it went on: a line for each
//! acknowledgement, in a file that survives the process.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use cordon::audit::Receipt;
use sqlx::PgPool;

/// The file of one process.
pub struct Notes(Mutex<File>);

impl Notes {
    pub fn open(path: &Path) -> Notes {
        Notes(Mutex::new(OpenOptions::new().create(true).append(true).open(path).unwrap()))
    }

    pub fn appended(&self, tenant: &str, receipt: Receipt) {
        self.line(&format!("append {tenant} {} {}", receipt.seq, receipt.hash));
    }

    pub fn accepted(&self, tenant: &str, request: uuid::Uuid) {
        self.line(&format!("accept {tenant} {request} -"));
    }

    /// What must not happen.
    pub fn failed(&self, why: &str) {
        self.line(&format!("failed - - {}", why.replace(' ', "_")));
    }

    /// One write each, so that a line is there as a whole or not at all.
    fn line(&self, text: &str) {
        self.0.lock().unwrap().write_all(format!("{text}\n").as_bytes()).unwrap();
    }
}

/// An acknowledgement: what, whose, and two words.
pub type Said = [String; 4];

/// All lines of the file at `path`. A process that was killed may leave half a
/// line, which it was not told to the end.
pub fn read(path: &Path) -> Vec<Said> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            words.try_into().unwrap()
        })
        .collect()
}

/// Holds what was said against what is stored: every receipt names its record,
/// and every request that was let on has its acceptance.
pub async fn check(pool: &PgPool, said: &[Said]) {
    type Row = (String, i64, Vec<u8>, Option<uuid::Uuid>, String);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT tenant, seq, hash, request_id, kind FROM audit_record").fetch_all(pool).await.unwrap();
    let mut hashes = HashMap::new();
    let mut accepted = HashMap::new();
    for (tenant, seq, hash, request, kind) in rows {
        if kind == "accepted" {
            *accepted.entry((tenant.clone(), request.unwrap().to_string())).or_insert(0) += 1;
        }
        hashes.insert((tenant, seq.to_string()), data_encoding::HEXLOWER.encode(&hash));
    }
    for [what, tenant, first, second] in said {
        let key = (tenant.clone(), first.clone());
        match what.as_str() {
            "append" => assert_eq!(hashes.get(&key), Some(second), "record {first} of {tenant} was acknowledged"),
            "accept" => assert_eq!(accepted.get(&key), Some(&1), "request {first} of {tenant} was let on"),
            _ => panic!("a process failed: {second}"),
        }
    }
}
