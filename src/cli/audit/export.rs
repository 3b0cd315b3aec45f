//! `cordon audit export`: takes records out of the database, with what proves
//! them.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::filter::FilterArgs;
use super::{BROKEN, WHOLE, progress_bar};
use crate::audit::checkpoint::{CheckpointMaker, Made};
use crate::audit::export::{Bounds, Export, FileError, FileExport, Format, Plan, Request};
use crate::audit::query::{BadValue, Filter};
use crate::audit::{Actor, AuditConfig, AuditExported, AuditLog, Event, Seq};
use crate::config::{Settings, has_signing_key};
use crate::startup;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// Whose chain; _system for what belongs to no tenant
    #[arg(long, value_parser = TenantId::parse_chain)]
    tenant: TenantId,
    /// Where to; - for standard output. Until it is whole, the file is called FILE.partial; the same
    /// command goes on with it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// An archive that proves itself (tar), a row a record (csv), or an event for a SIEM a record (ocsf)
    #[arg(long, value_enum, default_value_t = ExportFormat::Tar)]
    format: ExportFormat,
    /// The first place in the chain
    #[arg(long, value_name = "SEQ", value_parser = parse_seq)]
    from_seq: Option<Seq>,
    /// The last place in the chain
    #[arg(long, value_name = "SEQ", value_parser = parse_seq)]
    through_seq: Option<Seq>,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum ExportFormat {
    Tar,
    Csv,
    Ocsf,
}

fn parse_seq(text: &str) -> Result<Seq, &'static str> {
    text.parse().ok().filter(|seq| *seq >= 1).and_then(Seq::new).ok_or("a place is a whole number from 1 on")
}

/// Runs the command. Exit code 1: the export is complete, and the log in it is
/// broken.
pub(super) async fn run(store: &Store, settings: &Settings, args: ExportArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let log = AuditLog::start(store, AuditConfig::default());
    let done = export(store, settings, &log, &args).await;
    log.flush_and_stop(super::FLUSH_MAX).await;
    done
}

async fn export(store: &Store, settings: &Settings, log: &AuditLog, args: &ExportArgs) -> Result<u8, Box<dyn Error>> {
    let (request, format) = (args.request()?, args.format());
    let to_stdout = args.out == Path::new("-");
    if to_stdout && format == Format::Tar && io::stdout().is_terminal() {
        return Err("an archive is nothing for a terminal; give it to a file or a program".into());
    }
    // A home that signs nothing, as on an officer's machine, does not begin to here.
    let signs = has_signing_key(&settings.home);
    let maker = signs.then(|| startup::checkpoint_maker(settings, store, log)).transpose()?;
    if let Some(maker) = &maker {
        anchor(maker, &args.tenant).await;
    }
    let plan = Plan::new(&store.pool, &request).await?;
    let keys = keys(settings, maker.as_ref(), &args.tenant);
    let ended = if to_stdout {
        tell(log, &plan, plan.from_seq(), 0, format).await?;
        let mut export = Export::begin(store.pool.clone(), plan.clone(), format, keys).await?;
        while let Some(piece) = export.next().await? {
            io::stdout().write_all(&piece)?;
        }
        io::stdout().flush()?;
        export
    } else {
        let file = FileExport::begin(store.pool.clone(), (&request, plan), keys, format, &args.out).await?;
        to_file(log, file, format).await?
    };
    Ok(summary(&ended, &args.out)?)
}

async fn to_file(log: &AuditLog, file: FileExport, format: Format) -> Result<Export, Box<dyn Error>> {
    let (plan, done) = (file.plan().clone(), file.records_done());
    if file.kept() > 0 {
        writeln!(io::stderr(), "going on behind {done} records of an export that was interrupted")?;
    }
    tell(log, &plan, file.from_seq(), done, format).await?;
    let bar = progress_bar();
    bar.set_length(plan.records);
    let written = file.write(|records| bar.set_position(records)).await;
    bar.finish_and_clear();
    written.map_err(|error| match error {
        FileError::Export(_) | FileError::Io { .. } => {
            let done = bar.position();
            format!("{}; {done} records are written, and the same command goes on behind them", chain(&error)).into()
        }
        error => error.into(),
    })
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Signs the chain as it is now, so that the export ends with what is signed.
async fn anchor(maker: &CheckpointMaker, tenant: &TenantId) {
    match maker.make(tenant).await {
        Ok(Made::New(_) | Made::Unchanged(_) | Made::Empty) => {}
        Err(error) => {
            let _ = writeln!(io::stderr(), "warning: no checkpoint before the export: {}", chain(&error));
        }
    }
}

/// The public keys that go along, one a line.
fn keys(settings: &Settings, maker: Option<&CheckpointMaker>, tenant: &TenantId) -> String {
    let own = maker.map(|maker| maker.key.public_key(&maker.origin, tenant).to_string());
    let former = settings.audit.trusted_keys.iter().map(ToString::to_string);
    own.into_iter().chain(former).map(|key| key + "\n").collect()
}

/// Records the export before its first byte is written.
async fn tell(log: &AuditLog, plan: &Plan, from: Seq, done: u64, format: Format) -> Result<(), Box<dyn Error>> {
    let (by, format, through_seq) = (Actor::Command, format.as_str(), plan.through.seq);
    let records = plan.records.saturating_sub(done);
    let exported = AuditExported { by, format, from_seq: from, through_seq, records };
    log.append(&plan.tenant, Event::AuditExported(exported)).await?;
    Ok(())
}

fn summary(export: &Export, out: &Path) -> io::Result<u8> {
    let (plan, mut err) = (export.plan(), io::stderr());
    let (tenant, records, through) = (&plan.tenant, export.records_done(), plan.through.seq);
    writeln!(err, "{tenant}: {records} records up to {through} of {} are in {}", plan.head.seq, out.display())?;
    let anchored = plan.checkpoint.unwrap_or_default();
    let after = through.value().unsigned_abs().saturating_sub(anchored);
    if after > 0 && matches!(export, Export::Archive(_)) {
        writeln!(err, "the last {after} of them are under no signed checkpoint yet")?;
    }
    if let missing @ 1.. = plan.records.saturating_sub(records) {
        writeln!(err, "{missing} of {} records are missing", plan.records)?;
    }
    let Some(broken) = export.first_break() else { return Ok(WHOLE) };
    writeln!(
        err,
        "record {broken} is missing or does not follow from the one before it; the export shows the log as it is stored"
    )?;
    Ok(BROKEN)
}

impl ExportArgs {
    fn request(&self) -> Result<Request, BadValue> {
        let mut filter = Filter::of(self.tenant.clone());
        self.filter.apply(&mut filter)?;
        let bounds = Bounds { from: self.from_seq, through: self.through_seq };
        Ok(Request { filter, bounds, selection: self.filter.selection() })
    }

    fn format(&self) -> Format {
        match self.format {
            ExportFormat::Tar => Format::Tar,
            ExportFormat::Csv => Format::Csv,
            ExportFormat::Ocsf => Format::Ocsf,
        }
    }
}
