//! Who asks the audit log what, over HTTP and on the command line, and what that
//! leaves behind.

mod exports;
mod questions;
mod readers;

use serde_json::Value;

use crate::support::{Caller, Cordon, Reply};

const RECORDS: &str = "/cordon/v1/audit/records";

/// A caller with a key of `role` of the same tenant.
async fn with_role(cordon: &Cordon, client: &Caller, role: &str) -> Caller {
    let made = cordon.cli(&["keys", "create", "--tenant", &client.tenant, "--role", role]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    cordon.caller_with(&client.tenant, String::from_utf8(made.stdout).unwrap().trim())
}

/// The records of an answer.
#[track_caller]
fn data(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["data"].as_array().unwrap().clone()
}

/// The places of the records of an answer.
#[track_caller]
fn places(reply: &Reply) -> Vec<i64> {
    data(reply).iter().map(|record| record["seq"].as_i64().unwrap()).collect()
}
