//! `cordon audit`: reads and verifies the audit log.

mod checkpoint;
mod cut;
mod erase;
mod export;
mod hold;
mod prove;
mod report;
mod show;
#[cfg(test)]
mod tests;
mod time;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgPool;
use uuid::Uuid;

use super::input::ignore_closed_pipe;
use super::keys::parse_chain;
use super::{Common, Outcome};
use crate::audit::query::{self, Filter, Page};
use crate::audit::{Seq, verify};
use crate::detect::Label;
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
/// A progress bar is shown for chains longer than this.
const PROGRESS_RECORDS_MIN: u64 = 20_000;

/// Reads and verifies the audit log.
#[derive(Args, Debug)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    /// Show records, in the order of their places in the chain
    Query(QueryArgs),
    /// Check every record against its hash, its neighbours and the chain's head;
    /// exit code 0: whole, 1: broken, 2: could not be checked
    Verify {
        /// Only this tenant's chain
        #[arg(long, value_parser = parse_chain)]
        tenant: Option<TenantId>,
    },
    /// Make a signed checkpoint of each chain now and print it;
    /// exit code 0: made or nothing new, 1: a chain is not the one that was signed, 2: could not be made
    Checkpoint(checkpoint::ChainArgs),
    /// Print the public keys that checkpoints are checked with, for an auditor
    Key(checkpoint::ChainArgs),
    /// Prove that a record is under a checkpoint, or that a checkpoint goes on from an older one
    Prove(prove::ProveArgs),
    /// Take records out, with what proves them; exit code 0: complete, 1: complete and the log is broken,
    /// 2: not complete
    Export(export::ExportArgs),
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

#[derive(Args, Debug)]
struct QueryArgs {
    /// Only this tenant's records
    #[arg(long, value_parser = parse_chain)]
    tenant: Option<TenantId>,
    /// Not before this time: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_parser = time::parse)]
    since: Option<i64>,
    /// Before this time
    #[arg(long, value_parser = time::parse)]
    until: Option<i64>,
    /// Only records of this request (the response's x-cordon-request-id)
    #[arg(long)]
    request: Option<Uuid>,
    /// Only requests with an entity of this label, e.g. PERSON
    #[arg(long, value_parser = Label::parse)]
    label: Option<Label>,
    /// Only this outcome (completed, failed, aborted) or kind (accepted, refused, ...)
    #[arg(long)]
    outcome: Option<String>,
    /// Begin after this place in the chain (0: at its beginning) instead of showing the latest records
    #[arg(long)]
    after: Option<i64>,
    /// At most so many records of a tenant, up to 10000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(query::LIMIT_MAX)))]
    limit: u32,
    /// One line a record, or the records' exact JSON with their links
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the command; the exit codes are in its help.
pub async fn run(args: AuditArgs, common: &Common) -> Outcome {
    let settings = common.settings()?;
    let database = startup::database(&settings, WhenInUse::Attach);
    let code = with_store(database, async |store| match args.command {
        AuditCommand::Query(args) => match show_records(&store.pool, args).await {
            // A reader that has gone (`| head`) is no failure.
            Err(error) if is_closed_pipe(&*error) => Ok(WHOLE),
            done => done.map(|()| WHOLE),
        },
        AuditCommand::Verify { tenant } => verify_chains(&store.pool, tenant, &mut io::stdout().lock()).await,
        AuditCommand::Checkpoint(args) => checkpoint::run(store, &settings, args).await,
        AuditCommand::Key(args) => checkpoint::show_keys(store, &settings, args).await,
        AuditCommand::Prove(args) => prove::run(store, &settings, args).await,
        AuditCommand::Export(args) => export::run(store, &settings, args).await,
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

fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
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

async fn show_records(pool: &PgPool, args: QueryArgs) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let colour = show::Colour::for_stream(&out);
    for tenant in chosen(pool, args.tenant).await? {
        let filter = Filter {
            since_us: args.since,
            until_us: args.until,
            request: args.request,
            label: args.label,
            outcome: args.outcome.clone(),
            page: args.after.and_then(Seq::new).map_or(Page::Latest, Page::After),
            limit: args.limit,
            ..Filter::of(tenant)
        };
        for record in query::records(pool, &filter).await? {
            match args.format {
                Format::Text => show::line(&mut out, &filter.tenant, &record, colour)?,
                Format::Json => show::json(&mut out, &record)?,
            }
        }
    }
    Ok(())
}

async fn verify_chains(
    pool: &PgPool,
    tenant: Option<TenantId>,
    out: &mut (impl Write + IsTerminal),
) -> Result<u8, Box<dyn Error>> {
    let colour = show::Colour::for_stream(out);
    let tenants = chosen(pool, tenant).await?;
    if tenants.is_empty() {
        ignore_closed_pipe(writeln!(out, "no records yet"))?;
    }
    let mut code = WHOLE;
    for tenant in tenants {
        let bar = progress_bar();
        let verdict = verify::verify(pool, &tenant, |checked, all| {
            if all >= PROGRESS_RECORDS_MIN {
                bar.set_length(all);
                bar.set_position(checked);
            }
        })
        .await?;
        bar.finish_and_clear();
        // The exit code counts also for who reads one line only.
        ignore_closed_pipe(show::verdict(out, &verdict, colour))?;
        if !verdict.is_whole() {
            code = BROKEN;
        }
    }
    Ok(code)
}

async fn chosen(pool: &PgPool, tenant: Option<TenantId>) -> Result<Vec<TenantId>, sqlx::Error> {
    match tenant {
        Some(tenant) => Ok(vec![tenant]),
        None => query::tenants(pool).await,
    }
}

fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {per_sec}, {eta} left");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::no_length().with_style(style))
}
