//! `cordon audit`: reads and verifies the audit log.

mod checkpoint;
mod counts;
mod cut;
mod erase;
mod export;
mod filter;
mod hold;
mod prove;
mod query;
mod reader;
mod reindex;
mod report;
mod show;
mod verify;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgPool;

use super::{Common, Outcome};
use crate::audit::query::{tenants, time};
use crate::audit::verify::VerifyError;
use crate::startup;
use crate::store::{self, DatabaseConfig, Store, WhenInUse};
use crate::tenant::TenantId;

/// It is done.
const DONE: u8 = 0;
/// It is not done without `--yes`.
const ANSWERED_NO: u8 = 1;
/// Nothing is broken.
const WHOLE: u8 = 0;
/// A chain is broken.
const BROKEN: u8 = 1;
/// It could not be found out.
const NOT_DONE: u8 = 2;
/// How long the records of a command may take when it ends.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// Reads and verifies the audit log.
#[derive(Args, Debug)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    /// Show records, in the order of their places in the chain, or count requests
    Query(Box<query::QueryArgs>),
    /// Make the search index anew, that questions are answered from
    Reindex(reindex::ReindexArgs),
    /// Check every record against its hash, its neighbours, the chain's head and signed checkpoints;
    /// exit code 0: whole, 1: broken, 2: could not be checked
    Verify(verify::VerifyArgs),
    /// Make a signed checkpoint of each chain now and print it;
    /// exit code 0: made or nothing new, 1: a chain is not the one that was signed, 2: could not be made
    Checkpoint(checkpoint::ChainArgs),
    /// Print the public keys that checkpoints are checked with, for an auditor
    Key(checkpoint::ChainArgs),
    /// Prove that a record is under a checkpoint, or that a checkpoint goes on from an older one
    Prove(prove::ProveArgs),
    /// Take records out, with what proves them; exit code 0: complete, 1: complete and the log is broken,
    /// 2: not complete
    Export(Box<export::ExportArgs>),
    /// Verify the chain and write a page about a period; exit code 0: whole, 1: broken, 2: no page
    Report(report::ReportArgs),
    /// Remove the first records of a chain; exit code 0: done, 1: not done without --yes, 2: could not
    Cut(cut::CutArgs),
    /// Place a legal hold: while it stands, nothing of the tenant's log is cut
    Hold(hold::HoldArgs),
    /// Release a legal hold
    Release(hold::HoldArgs),
    /// Destroy the key of a tenant's digests: they tell nothing any more, and the chain stays whole
    Erase(erase::EraseArgs),
}

/// Runs the command; the exit codes are in its help.
pub async fn run(args: AuditArgs, common: &Common) -> Outcome {
    if let AuditCommand::Verify(args) = &args.command
        && let Some(archive) = &args.offline
    {
        return Ok(verify::run_offline(args, archive, &mut io::stdout().lock()));
    }
    let settings = common.settings()?;
    let database = startup::database(&settings, WhenInUse::Attach);
    let code = with_store(database, async |store| match args.command {
        AuditCommand::Query(args) => query::run(store, *args).await,
        AuditCommand::Reindex(args) => reindex::run(store, args).await,
        AuditCommand::Verify(args) => {
            let keys = startup::checkpoint_keys(&settings)?;
            let witnesses = verify::Witnesses { keys, folder: startup::audit_folder(&settings.home) };
            verify::run(store, args, witnesses, &mut io::stdout().lock()).await
        }
        AuditCommand::Checkpoint(args) => checkpoint::run(store, &settings, args).await,
        AuditCommand::Key(args) => checkpoint::show_keys(store, &settings, args).await,
        AuditCommand::Prove(args) => prove::run(store, &settings, args).await,
        AuditCommand::Export(args) => export::run(store, &settings, *args).await,
        AuditCommand::Report(args) => report::run(store, &settings, args).await,
        AuditCommand::Cut(args) => cut::run(store, &settings, args).await,
        AuditCommand::Hold(args) => hold::place(store, args).await,
        AuditCommand::Release(args) => hold::release(store, args).await,
        AuditCommand::Erase(args) => erase::run(store, args).await,
    });
    Ok(code.await.map_or_else(|error| fail(&*error), ExitCode::from))
}

/// Opens the database for `command` and closes it after, also after a Ctrl-C:
/// a server that was started for the command must not stay.
pub(super) async fn with_store<T>(
    database: DatabaseConfig,
    command: impl AsyncFnOnce(&Store) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let store = store::open(database).await?;
    let done = tokio::select! {
        done = command(&store) => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    store.close().await;
    done
}

/// Prints an error with its causes.
pub(super) fn fail(error: &dyn Error) -> ExitCode {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    let _ = writeln!(io::stderr(), "error: {text}");
    ExitCode::from(NOT_DONE)
}

/// Refuses a tenant that nothing is known of: a name that was mistyped must not
/// look as if it had been held, cut or erased.
async fn known(pool: &PgPool, tenant: &TenantId) -> Result<(), Box<dyn Error>> {
    let is_known = tenants(pool).await?.contains(tenant);
    if is_known { Ok(()) } else { Err(VerifyError::NoSuchTenant(tenant.clone()).into()) }
}

async fn chosen(pool: &PgPool, tenant: Option<TenantId>) -> Result<Vec<TenantId>, sqlx::Error> {
    match tenant {
        Some(tenant) => Ok(vec![tenant]),
        None => tenants(pool).await,
    }
}

fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {per_sec}, {eta} left");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::no_length().with_style(style))
}
