//! `make bench`: direct calls against calls through Cordon, from one run on one
//! machine. A provider and the callers are in this process, Cordon is the
//! release binary with a database of its own. Figures are differences and
//! ratios; what they were taken under stands above them.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(missing_docs, reason = "a program, not a library")]

mod caller;
mod conditions;
mod provider;
mod report;
mod runs;
mod server;
mod timings;

use std::error::Error;
use std::time::Duration;

use report::Report;
use runs::Bench;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// After the start, and after load, before memory is looked at.
const SETTLE: Duration = Duration::from_secs(3);

fn main() -> Fallible<()> {
    // One thread for all callers: on a small machine more would measure each other.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Fallible<()> {
    let provider = provider::start()?;
    let server = server::Server::start(provider.address)?;
    let database = server.database().await?;
    conditions::print(&database, "callers, provider, cordon and database share the cores; the local model is off")
        .await?;
    tokio::time::sleep(SETTLE).await;
    let idle = server.memory()?;

    let bench = Bench { direct: provider.address, cordon: server.address, keys: server.keys()?, database };
    let mut report = Report::default();
    report.latency(bench.one_after_another().await?);
    report.new_prompts(bench.new_prompts().await?);
    report.throughput(bench.many_at_once().await?);
    report.streams(bench.streams().await?);
    tokio::time::sleep(SETTLE).await;
    report.memory(idle, server.memory()?);
    report.print();
    println!("load average at the end: {}", conditions::load_average());
    bench.database.close().await;
    server.stop()
}
