//! `cordon audit report`: what a period's records say, and whether they may be
//! believed.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::{BROKEN, WHOLE, progress_bar, show};
use crate::audit::query::time;
use crate::audit::report::{Report, Verification};
use crate::audit::verify::Verifier;
use crate::audit::{Actor, AuditConfig, AuditLog, AuditRead, Event};
use crate::config::Settings;
use crate::startup;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// Whose chain
    #[arg(long, value_parser = TenantId::parse_chain)]
    tenant: TenantId,
    /// Not before this time: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: i64,
    /// Before this time [default: now]
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<i64>,
    /// The HTML file to write; - for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command. Exit code 1: the report is made, and the log is broken.
pub(super) async fn run(store: &Store, settings: &Settings, args: ReportArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let log = AuditLog::start(store, AuditConfig::default());
    let done = report(store, settings, &log, &args).await;
    log.flush_and_stop(super::FLUSH_MAX).await;
    done
}

async fn report(store: &Store, settings: &Settings, log: &AuditLog, args: &ReportArgs) -> Result<u8, Box<dyn Error>> {
    let until = args.until.unwrap_or_else(|| Timestamp::now().as_microsecond());
    if until <= args.since {
        return Err("until is not later than since: nothing can be between them".into());
    }
    let keys = startup::checkpoint_maker(settings, store, log)?.trusted(&args.tenant);
    let verifier = Verifier::new(store.pool.clone(), keys).with_folder(settings.home.data().join("audit"));
    let bar = progress_bar();
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let verification = Verification::run(&verifier, &args.tenant, progress).await?;
    tell(log, &verification, verification.verdict().event(Actor::Command)).await?;
    let report = Report::make(&store.pool, &args.tenant, (args.since, until), verification, progress).await?;
    bar.finish_and_clear();
    let records = report.figures().kinds.total();
    let read = AuditRead { by: Actor::Command, what: "report", filters: vec!["since", "until"], records };
    tell(log, report.verification(), Event::AuditRead(read)).await?;
    write(&args.out, &report.to_html())?;
    let mut err = io::stderr();
    let colour = show::Colour::for_stream(&err);
    show::verdict(&mut err, report.verification().verdict(), colour)?;
    if report.is_whole() {
        return Ok(WHOLE);
    }
    writeln!(err, "the report says that the log is not whole")?;
    Ok(BROKEN)
}

/// Records what is done with a log. One that is broken may refuse that, or would
/// hide what was found; whoever asks learns of it all the same.
async fn tell(log: &AuditLog, verification: &Verification, event: Event) -> Result<(), Box<dyn Error>> {
    if !verification.verdict().may_be_recorded() {
        return Ok(());
    }
    match log.append(&verification.verdict().tenant, event).await {
        Err(error) if verification.is_whole() => Err(error.into()),
        Err(error) => Ok(writeln!(io::stderr(), "warning: this is not recorded: {error}")?),
        Ok(_) => Ok(()),
    }
}

/// A report has its name when it is whole.
fn write(out: &Path, html: &str) -> Result<(), Box<dyn Error>> {
    if out == Path::new("-") {
        return Ok(io::stdout().write_all(html.as_bytes())?);
    }
    let failed = |error: io::Error| format!("{} cannot be written: {error}", out.display());
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(html.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(out).map_err(|error| failed(error.error))?;
    Ok(())
}
