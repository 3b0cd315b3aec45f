//! `cordon audit cut`: removes the beginning of a chain.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::{ANSWERED_NO, DONE, time};
use crate::audit::retention::{self, Limit, Plan};
use crate::audit::{AuditConfig, AuditLog, Seq};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::{STOP_MAX, parse_chain};
use crate::config::Settings;
use crate::startup;
use crate::store::Store;
use crate::tenant::TenantId;

/// How often a long cut says how far it has come.
const PROGRESS_RECORDS: u64 = 100_000;

#[derive(Args, Debug)]
pub(super) struct CutArgs {
    /// Whose log
    #[arg(long, value_parser = parse_chain)]
    tenant: TenantId,
    /// Everything before the first record that is not older than this: 2026-01-31,
    /// 2026-01-31T12:00:00Z, or how long ago: 90d
    #[arg(long, value_parser = time::parse, conflicts_with = "through")]
    before: Option<i64>,
    /// Everything up to and with this place
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(i64).range(1..))]
    through: Option<i64>,
    /// Do it; without this, only say what would be done
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(store: &Store, settings: &Settings, args: CutArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let limit = match (args.before, args.through.and_then(Seq::new)) {
        (Some(time_us), _) => Limit::Before(time_us),
        (None, Some(seq)) => Limit::Through(seq),
        (None, None) => return Err("say up to where: --before TIME or --through SEQ".into()),
    };
    let log = AuditLog::start(store, AuditConfig::default());
    let done = cut(store, settings, &log, &args, limit).await;
    log.flush_and_stop(STOP_MAX).await;
    done
}

async fn cut(
    store: &Store,
    settings: &Settings,
    log: &AuditLog,
    args: &CutArgs,
    limit: Limit,
) -> Result<u8, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    if args.yes
        && let Some(done) = retention::finish(store, &args.tenant, progress).await?
    {
        let told = writeln!(out, "finished an earlier cut through record {}: {} records", done.through, done.removed);
        ignore_closed_pipe(told)?;
    }
    let keys = startup::checkpoint_maker(settings, store, log)?.trusted(&args.tenant);
    let Some(plan) = retention::plan(&store.pool, &args.tenant, limit, &keys).await? else {
        ignore_closed_pipe(writeln!(out, "nothing is to be cut"))?;
        return Ok(DONE);
    };
    if !args.yes {
        ignore_closed_pipe(writeln!(out, "would remove {}; add --yes", describe(&plan)))?;
        return Ok(ANSWERED_NO);
    }
    retention::make(store, log, &plan, progress).await?;
    ignore_closed_pipe(writeln!(out, "removed {}", describe(&plan)))?;
    Ok(DONE)
}

fn describe(plan: &Plan) -> String {
    let (head, records) = (plan.base.head, plan.records);
    let shortened = if plan.shortened { " (no checkpoint covers more of what was asked for)" } else { "" };
    format!(
        "{records} records of {} through record {}{shortened}; the chain goes on from {} to the checkpoint over {} records",
        plan.tenant, head.seq, head.hash, plan.anchor_size
    )
}

fn progress(removed: u64) {
    if removed.is_multiple_of(PROGRESS_RECORDS) {
        let _ = writeln!(io::stderr(), "{removed} records are gone");
    }
}
