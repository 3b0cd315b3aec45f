//! `cordon audit hold` and `cordon audit release`: legal holds.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::DONE;
use crate::audit::retention::{self, HoldName};
use crate::audit::{AuditConfig, AuditLog};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::{STOP_MAX, parse_chain};
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct HoldArgs {
    /// Whose log
    #[arg(long, value_parser = parse_chain)]
    tenant: TenantId,
    /// The hold: a case's number, say; no person's name, since it stays in the log
    #[arg(value_parser = HoldName::parse)]
    name: HoldName,
}

pub(super) async fn place(store: &Store, args: HoldArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let HoldArgs { tenant, name } = args;
    let log = AuditLog::start(store, AuditConfig::default());
    let placed = retention::place(&store.pool, &log, &tenant, name.clone()).await;
    log.flush_and_stop(STOP_MAX).await;
    placed?;
    ignore_closed_pipe(writeln!(
        io::stdout(),
        "hold {name} stands: no record of {tenant} is cut until it is released"
    ))?;
    Ok(DONE)
}

pub(super) async fn release(store: &Store, args: HoldArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let HoldArgs { tenant, name } = args;
    let log = AuditLog::start(store, AuditConfig::default());
    let released = retention::release(&store.pool, &log, &tenant, name.clone()).await;
    log.flush_and_stop(STOP_MAX).await;
    released?;
    let left = retention::standing(&store.pool, &tenant).await?;
    let others =
        if left.is_empty() { "none stands now".into() } else { format!("still standing: {}", left.join(", ")) };
    ignore_closed_pipe(writeln!(io::stdout(), "hold {name} on {tenant} is released; {others}"))?;
    Ok(DONE)
}
