//! `cordon audit erase`: destroys the key of a tenant's digests.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::{ANSWERED_NO, DONE};
use crate::audit::digest_keys::{self, ERASURE_DELAY_MAX};
use crate::audit::{AuditConfig, AuditLog};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::{STOP_MAX, parse_tenant};
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct EraseArgs {
    /// Whose
    #[arg(long, value_parser = parse_tenant)]
    tenant: TenantId,
    /// Do it; without this, only say what would be done
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(store: &Store, args: EraseArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let tenant = args.tenant;
    let mut out = io::stdout().lock();
    let Some(key) = digest_keys::current(&store.pool, &tenant).await? else {
        ignore_closed_pipe(writeln!(out, "{tenant} has no digest key"))?;
        return Ok(DONE);
    };
    if !args.yes {
        let told = writeln!(
            out,
            "would destroy digest key {key} of {tenant}: no digest in its records could be compared with anything any \
             more, and running conversations get new tokens; the chain stays whole. Add --yes"
        );
        ignore_closed_pipe(told)?;
        return Ok(ANSWERED_NO);
    }
    let log = AuditLog::start(store, AuditConfig::default());
    let erased = digest_keys::erase(&store.pool, &log, &tenant, key).await;
    log.flush_and_stop(STOP_MAX).await;
    erased?;
    let seconds = ERASURE_DELAY_MAX.as_secs();
    let told = writeln!(out, "digest key {key} of {tenant} is destroyed; running servers forget it within {seconds} s");
    ignore_closed_pipe(told)?;
    Ok(DONE)
}
