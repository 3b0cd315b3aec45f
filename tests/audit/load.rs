//! Several processes on one database.

use cordon::audit::testing::tenant;
use cordon::audit::verify::verify;

use crate::database::Database;
use crate::said;
use crate::worker::{Work, Worker};

const PROCESSES: usize = 3;
const TASKS: usize = 64;
const APPENDS: usize = 200;
const TENANTS: usize = 8;

/// L43, L44: concurrent writers fork the chain, or one of them loses its record.
#[tokio::test]
async fn three_processes_fork_no_chain_leave_no_gap_and_lose_no_record() {
    let database = Database::start().await;
    let work = Work::Count { tasks: TASKS, appends: APPENDS, tenants: TENANTS };
    let workers: Vec<Worker> =
        (0..PROCESSES).map(|number| Worker::start(&database.home, work, &number.to_string())).collect();
    let mut told = Vec::new();
    for Worker { child, notes } in workers {
        let status = tokio::task::spawn_blocking(move || { child }.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
        told.extend(said::read(&notes));
    }
    assert_eq!(told.len(), PROCESSES * TASKS * APPENDS);
    said::check(&database.store.pool, &told).await;

    let mut records = 0;
    for number in 0..TENANTS {
        let verdict = verify(&database.store.pool, &tenant(&format!("tenant-{number}")), |_, _| {}).await.unwrap();
        assert!(verdict.is_whole(), "{verdict}");
        records += verdict.records_whole;
    }
    assert_eq!(records, (PROCESSES * TASKS * APPENDS) as u64);
    // Each receipt names a place of its own.
    told.sort();
    told.dedup();
    assert_eq!(told.len(), PROCESSES * TASKS * APPENDS);
    database.stop().await;
}
