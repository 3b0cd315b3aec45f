//! Verifying in the background.

use std::time::Duration;

use super::attacks::Log;
use crate::audit::testing::tenant;
use crate::audit::verify::{Patrol, Rounds};
use crate::audit::{AuditConfig, AuditLog};

/// The verdicts that the chain of `acme` tells of.
async fn recorded(log: &Log) -> Vec<String> {
    let verdicts = sqlx::query_scalar(
        "SELECT body::jsonb ->> 'verdict' FROM audit_record WHERE tenant = 'acme' AND kind = 'audit_verified' ORDER BY seq",
    );
    verdicts.fetch_all(&log.store.pool).await.unwrap()
}

fn patrol(log: &Log, audit: &AuditLog) -> Patrol {
    let rounds = Rounds { interval: Duration::from_secs(1), full_interval: Duration::from_secs(3600), rest_factor: 0 };
    Patrol::new(log.verifier(Vec::new()), audit.clone(), log.store.connect_options().clone(), rounds)
}

#[tokio::test]
async fn one_process_goes_the_rounds_and_records_full_runs_and_new_defects() {
    let log = Log::written().await;
    let audit = AuditLog::start(&log.store, AuditConfig::default());
    let (mut first, mut second) = (patrol(&log, &audit), patrol(&log, &audit));
    first.round().await.unwrap();
    assert_eq!(recorded(&log).await, ["whole"]);
    assert_eq!(log.verified_size(), Some(10));
    // The next round reads on, which a full one would leave a record of. Another
    // process has nothing to do.
    log.append(1, true).await;
    first.round().await.unwrap();
    let verified = log.verified_size().unwrap();
    assert!(verified > 13, "{verified}");
    log.append(1, true).await;
    second.round().await.unwrap();
    assert_eq!(log.verified_size(), Some(verified));
    assert_eq!(recorded(&log).await, ["whole"]);

    log.tamper(&format!("DELETE FROM audit_record WHERE tenant = 'acme' AND seq = {}", verified + 1)).await;
    drop(first);
    // The database notices a moment later that the first one is gone. What it had
    // verified in full is not due again, and the defect is found all the same.
    while recorded(&log).await.len() < 2 {
        second.round().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A defect that is known is not recorded again and again.
    second.round().await.unwrap();
    assert_eq!(recorded(&log).await, ["whole", "missing"]);
    assert!(audit.append(&tenant("acme"), crate::audit::testing::key_created()).await.is_ok());
}

/// What lies beside one chain must not keep anybody from looking at the others.
#[tokio::test]
async fn a_chain_that_cannot_be_read_hides_no_other() {
    let log = Log::written().await;
    let audit = AuditLog::start(&log.store, AuditConfig::default());
    let checkpoints = log.folder().join("checkpoints");
    std::fs::create_dir_all(&checkpoints).unwrap();
    // Stands before the others, and knows of a chain that nobody else does.
    std::fs::write(checkpoints.join("aaa.jsonl"), "no checkpoint\n").unwrap();
    std::fs::write(checkpoints.join("aab.jsonl"), "").unwrap();
    let error = patrol(&log, &audit).round().await.unwrap_err().to_string();
    assert!(error.contains("aaa"), "{error}");
    assert_eq!(recorded(&log).await, ["whole"]);
}
