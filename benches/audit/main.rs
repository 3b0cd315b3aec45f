//! `make bench`: the audit log on the embedded PostgreSQL with
//! `synchronous_commit = on`, each figure beside a plain `INSERT` of the same
//! bytes in the same run. Appenders, writer and database share the cores.
//!
//! `CORDON_BENCH_SECONDS` (default 15) is how long each run lasts,
//! `CORDON_BENCH_CHAIN` (default 200,000) how many records are exported,
//! `CORDON_BENCH_RECORDS` (default 5,000,000) over how many records questions are
//! asked; so many take some ten minutes to make, and 8 GB.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(missing_docs, reason = "a program, not a library")]

mod append;
#[path = "../gateway/conditions.rs"]
mod conditions;
mod fill;
mod long;
mod plain;
mod query;
mod report;
mod verify;

use std::error::Error;
use std::time::Duration;

use cordon::audit::testing::tenant;
use cordon::store::testing::fresh_store;

use report::{Bar, Report};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Appends a second of the design's bar for their latency.
const PACE: u32 = 500;

fn main() -> Fallible<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Fallible<()> {
    let store = fresh_store().await;
    conditions::print(&store, "appenders, writer and database share the cores").await?;
    let report = Report;
    let length = Duration::from_secs(number("CORDON_BENCH_SECONDS", 15)?);
    // `cargo bench --bench audit -- pace` runs one part.
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    if wanted("plain") {
        let bodies = fill::templates(&store, &tenant("template")).await?.map(|template| template.body);
        report.plain(&plain::measure(&store, &bodies, length / 3).await?);
    }
    if wanted("append") {
        for (tenants, appenders) in [(1, 256), (1, 1024), (64, 256), (64, 1024)] {
            let rate = append::sustained(tenants, appenders, length).await?;
            report.sustained(tenants, appenders, rate);
        }
    }
    if wanted("pace") {
        report.paced(PACE, append::paced(PACE, length).await?);
    }
    if wanted("export") {
        long_chain(&report, number("CORDON_BENCH_CHAIN", 200_000)?).await?;
    }
    if wanted("query") {
        let slowest = query::measure(number("CORDON_BENCH_RECORDS", 5_000_000)?).await?;
        report.row("a page of the slowest kind of question, p95, ms", slowest, &report::Bar::AtMost(200.0));
    }
    if wanted("verify") {
        verify::measure(&report).await?;
    }
    println!("\nload average at the end: {}", conditions::load_average());
    store.close().await;
    Ok(())
}

async fn long_chain(report: &Report, records: u64) -> Fallible<()> {
    println!("\na chain of {records} records (CORDON_BENCH_CHAIN), a checkpoint every 1,000");
    let filled = fill::fill(records).await?;
    report.bytes(&filled.bytes().await?);
    let (exported, verified, bytes) = filled.export().await?;
    report.row("an export is written, records/s", exported, &Bar::None);
    report.row("an export, bytes a record", bytes, &Bar::None);
    report.row("that export is verified, records/s", verified, &Bar::AtLeast(500_000.0));
    filled.store.close().await;
    Ok(())
}

fn number(variable: &str, default: u64) -> Fallible<u64> {
    std::env::var(variable).map_or(Ok(default), |text| Ok(text.parse()?))
}
