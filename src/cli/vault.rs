//! `cordon vault`: shows and erases what is kept for stateful APIs.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::audit::{fail, with_store};
use super::input::ignore_closed_pipe;
use super::keys::{format_time, parse_tenant, record, record_all};
use super::{Common, Outcome};
use crate::audit::{Actor, Event, VaultErased, VaultRead};
use crate::startup;
use crate::store::{Store, WhenInUse};
use crate::tenant::{InvalidTenantId, TenantId};
use crate::vault::{Erased, TenantStatus, Vault};

/// Shows and erases what is kept for stateful APIs.
#[derive(Args, Debug)]
pub(super) struct VaultArgs {
    #[command(subcommand)]
    command: VaultCommand,
}

#[derive(Subcommand, Debug)]
enum VaultCommand {
    /// Show how much is kept of which tenant
    Status,
    /// Destroy a tenant's data key: what is kept of it can never be read again
    Erase {
        /// Whose
        #[arg(long, value_parser = parse_tenant)]
        tenant: TenantId,
        /// Do it; without this, only say what would be done
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command. Exit code 0: done, 1: not done without `--yes`, 2: could not.
pub(super) async fn run(args: VaultArgs, common: &Common) -> Outcome {
    let settings = common.settings()?;
    let master = startup::master_key(&settings.home)?;
    let database = startup::database(&settings, WhenInUse::Attach);
    let done = with_store(database, async |store| {
        let vault = Vault::new(store.pool.clone(), &master, settings.vault_lifetime)?;
        match args.command {
            VaultCommand::Status => show(store, &vault).await,
            VaultCommand::Erase { tenant, yes } => erase(store, &vault, &tenant, yes).await,
        }
    });
    Ok(done.await.unwrap_or_else(|error| fail(&*error)))
}

async fn show(store: &Store, vault: &Vault) -> Result<ExitCode, Box<dyn Error>> {
    let status = vault.status().await?;
    record_read(store, &status).await?;
    ignore_closed_pipe(write_list(&mut io::stdout().lock(), &status))?;
    Ok(ExitCode::SUCCESS)
}

/// Records, before anything is shown, that somebody looks at what is kept of
/// these tenants. No value is opened for it.
async fn record_read(store: &Store, status: &[TenantStatus]) -> Result<(), Box<dyn Error>> {
    let read = || Event::VaultRead(VaultRead { by: Actor::Command, what: "status", values: 0 });
    let tenants = status.iter().map(|kept| Ok((TenantId::parse(&kept.tenant)?, read())));
    record_all(store, tenants.collect::<Result<_, InvalidTenantId>>()?).await
}

async fn erase(store: &Store, vault: &Vault, tenant: &TenantId, yes: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    if !yes {
        let status = vault.status().await?;
        let kept: Vec<_> = status.into_iter().filter(|kept| kept.tenant == tenant.as_str()).collect();
        record_read(store, &kept).await?;
        let (objects, tokens) = kept.first().map_or((0, 0), |kept| (kept.objects, kept.tokens));
        let told = writeln!(out, "would make {objects} answers and {tokens} tokens of {tenant} unreadable; add --yes");
        ignore_closed_pipe(told)?;
        return Ok(ExitCode::from(1));
    }
    let counts = |erased: Erased| (erased.objects.unsigned_abs(), erased.tokens.unsigned_abs());
    let erasing = vault.erase(tenant, async |erased| {
        let (objects, tokens) = counts(erased);
        record(store, tenant, Event::VaultErased(VaultErased { by: Actor::Command, objects, tokens })).await
    });
    let Some((objects, tokens)) = erasing.await?.map(counts) else {
        ignore_closed_pipe(writeln!(out, "nothing is kept of {tenant}"))?;
        return Ok(ExitCode::SUCCESS);
    };
    // The rows are dead already; the server's sweep would remove them too.
    vault.sweep().await?;
    ignore_closed_pipe(writeln!(out, "{objects} answers and {tokens} tokens of {tenant} are unreadable for ever"))?;
    Ok(ExitCode::SUCCESS)
}

fn write_list(out: &mut impl Write, kept: &[TenantStatus]) -> io::Result<()> {
    writeln!(out, "{:<20}  {:>10}  {:>10}  {:<20}  LAST EXPIRY", "TENANT", "ANSWERS", "TOKENS", "KEY MADE")?;
    for TenantStatus { tenant, key_created_at_us, objects, tokens, last_expiry_s } in kept {
        let made = format_time(*key_created_at_us);
        let expiry = last_expiry_s.map_or_else(|| "-".to_owned(), |at| format_time(at.saturating_mul(1_000_000)));
        writeln!(out, "{tenant:<20}  {objects:>10}  {tokens:>10}  {made:<20}  {expiry}")?;
    }
    Ok(())
}
