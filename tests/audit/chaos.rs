//! `kill -9` at random moments. `CORDON_CHAOS_ROUNDS` sets how many,
//! `CORDON_CHAOS_SEED` repeats the choices of a run.

use std::time::Duration;

use cordon::audit::orphan::Orphans;
use cordon::audit::testing::tenant;
use cordon::audit::verify::verify;
use cordon::audit::{AuditConfig, AuditLog};

use crate::database::{Database, wait_until};
use crate::random::Random;
use crate::said::{self, Said};
use crate::worker::{Work, Worker, stop_file};

const PROCESSES: usize = 3;
const TENANTS: usize = 3;
const WORK: Work = Work::UntilStopped { tenants: TENANTS };

/// L44: an append is durable or it fails. A process and the database die in
/// turns, in the middle of what they do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_every_answer_has_its_record_and_every_chain_verifies() {
    let rounds = number("CORDON_CHAOS_ROUNDS").unwrap_or(50);
    let seed = number("CORDON_CHAOS_SEED").unwrap_or(u64::from(std::process::id()) * 7919);
    println!("{rounds} rounds, CORDON_CHAOS_SEED={seed}");
    let mut chaos = Chaos::start(seed).await;
    for round in 1..=rounds {
        let what = chaos.round().await;
        println!("round {round}: {what}, {} answers so far", chaos.told().len());
        if round.is_multiple_of(25) {
            chaos.verify().await;
        }
    }
    chaos.end().await;
}

struct Chaos {
    random: Random,
    database: Database,
    workers: Vec<Worker>,
    started: usize,
}

impl Chaos {
    async fn start(seed: u64) -> Chaos {
        let database = Database::start().await;
        let mut chaos = Chaos { random: Random(seed), database, workers: Vec::new(), started: 0 };
        for _ in 0..PROCESSES {
            let worker = chaos.start_worker();
            chaos.workers.push(worker);
        }
        chaos.wait_for_progress().await;
        chaos
    }

    /// Each has notes of its own, so that the last line of a killed one stands last.
    fn start_worker(&mut self) -> Worker {
        self.started += 1;
        Worker::start(&self.database.home, WORK, &self.started.to_string())
    }

    /// Kills one thing, now and then two, and waits until every process gets
    /// answers again.
    async fn round(&mut self) -> String {
        let mut killed = Vec::new();
        for _ in 0..=u64::from(self.random.below(4) == 0) {
            tokio::time::sleep(Duration::from_millis(self.random.below(300))).await;
            killed.push(self.kill().await);
        }
        self.wait_for_progress().await;
        killed.join(" and ")
    }

    async fn kill(&mut self) -> &'static str {
        match self.random.below(10) {
            0..5 => {
                let number = self.random.below(PROCESSES as u64) as usize;
                self.workers[number].child.kill().unwrap();
                self.workers[number].child.wait().unwrap();
                self.workers[number] = self.start_worker();
                "a process"
            }
            5..8 => {
                self.database.kill_server();
                "the database"
            }
            _ => {
                let Chaos { random, database, .. } = self;
                database.kill_connection(|pids| random.of(pids)).await;
                "a connection's server process"
            }
        }
    }

    async fn wait_for_progress(&mut self) {
        for worker in &mut self.workers {
            assert_eq!(worker.child.try_wait().unwrap(), None, "no process ends that was not killed");
        }
        let before: Vec<usize> = self.workers.iter().map(|worker| said::read(&worker.notes).len()).collect();
        let moved = |(worker, before): (&Worker, &usize)| said::read(&worker.notes).len() > *before;
        wait_until("every process gets answers", async || self.workers.iter().zip(&before).all(moved)).await;
        self.database.wait_until_ready().await;
    }

    /// Of all processes that ever were.
    fn told(&self) -> Vec<Said> {
        let notes = (1..=self.started).map(|name| self.database.home.join(format!("{name}.notes")));
        notes.flat_map(|notes| said::read(&notes)).collect()
    }

    /// What was said is read first: it has its record by then.
    async fn verify(&self) {
        let told = self.told();
        said::check(&self.database.store.pool, &told).await;
        for number in 0..TENANTS {
            let verdict =
                verify(&self.database.store.pool, &tenant(&format!("tenant-{number}")), |_, _| {}).await.unwrap();
            assert!(verdict.is_whole(), "{verdict}");
        }
    }

    /// Requests of killed processes are ended as unknown; then each has one end.
    async fn settle(&self) {
        let log = AuditLog::start(&self.database.store, AuditConfig::default());
        let settled = Orphans::new(&self.database.store, log.clone(), Duration::ZERO).settle_once().await.unwrap();
        assert!(log.flush_and_stop(Duration::from_secs(60)).await);
        println!("{settled} requests were left without an end");
        let not_one: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit_record a WHERE kind = 'accepted' AND 1 <> (SELECT count(*) FROM audit_record e
             WHERE e.tenant = a.tenant AND e.request_id = a.request_id AND e.kind = 'ended')",
        )
        .fetch_one(&self.database.store.pool)
        .await
        .unwrap();
        assert_eq!(not_one, 0, "every request has one end");
    }

    async fn end(mut self) {
        std::fs::write(stop_file(&self.database.home), "").unwrap();
        for worker in &mut self.workers {
            let status = worker.child.wait().unwrap();
            assert!(status.success(), "a process that was not killed writes all it took: {status}");
        }
        self.verify().await;
        self.settle().await;
        self.verify().await;
        self.database.stop().await;
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
