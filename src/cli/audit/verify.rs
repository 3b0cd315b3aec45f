//! `cordon audit verify`: is the log whole?

use std::error::Error;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::ProgressStyle;

use super::{BROKEN, NOT_DONE, WHOLE, progress_bar, show};
use crate::audit::Actor;
use crate::audit::checkpoint::{PublicKey, TrustedKeys};
use crate::audit::verify::{Mode, Verdict, Verifier, verify_archive};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::record;
use crate::store::Store;
use crate::tenant::TenantId;

/// A progress bar is shown for chains longer than this.
const PROGRESS_RECORDS_MIN: u64 = 20_000;

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// Only this tenant's chain
    #[arg(long, value_parser = TenantId::parse_chain)]
    tenant: Option<TenantId>,
    /// Every record from the beginning; so it is without --incremental, too
    #[arg(long, conflicts_with = "incremental")]
    full: bool,
    /// Only what came since the last checkpoint that was verified on this machine
    #[arg(long)]
    incremental: bool,
    /// Also hold the log against the checkpoints in FILE, which were kept elsewhere; may be repeated
    #[arg(long, value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Check an archive of `cordon audit export` (- for standard input) and nothing else: no database, no home
    #[arg(long, value_name = "EXPORT", conflicts_with_all = ["tenant", "full", "incremental"])]
    pub(super) offline: Option<PathBuf>,
    /// A public key, or a file with one a line, whose checkpoints count; needed with --offline; may be repeated
    #[arg(long, value_name = "PUBLIC_KEY")]
    key: Vec<String>,
    /// A line for people, or a JSON object a chain
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What the log is held against, from the settings.
pub(super) struct Witnesses {
    /// The installation's own keys.
    pub(super) keys: Vec<PublicKey>,
    /// `data/audit` of the home.
    pub(super) folder: PathBuf,
}

/// Verifies chains of the database. The exit code counts also for who reads one
/// line only.
pub(super) async fn run(
    store: &Store,
    args: VerifyArgs,
    witnesses: Witnesses,
    out: &mut (impl Write + IsTerminal),
) -> Result<u8, Box<dyn Error>> {
    let mode = if args.incremental { Mode::Incremental } else { Mode::Full };
    let keys = TrustedKeys::new(witnesses.keys.into_iter().chain(given_keys(&args.key)?));
    let verifier = Verifier::new(store.pool.clone(), keys).with_folder(witnesses.folder).with_files(args.checkpoints);
    let chains = match args.tenant {
        Some(tenant) => vec![tenant],
        None => verifier.chains().await?,
    };
    if chains.is_empty() && args.format == Format::Text {
        ignore_closed_pipe(writeln!(out, "no records yet"))?;
    }
    let (mut code, mut broken) = (WHOLE, false);
    for tenant in chains {
        let bar = progress_bar();
        let verdict = verifier.verify(&tenant, mode, |checked, all| {
            if all >= PROGRESS_RECORDS_MIN {
                bar.set_length(all);
                bar.set_position(checked);
            }
        });
        let verdict = verdict.await;
        bar.finish_and_clear();
        let verdict = match verdict {
            Ok(verdict) => verdict,
            // The others are looked at all the same.
            Err(error) => {
                let _ = super::fail(&error);
                code = code.max(NOT_DONE);
                continue;
            }
        };
        tell(store, &verdict).await;
        ignore_closed_pipe(write_verdict(out, &verdict, args.format))?;
        if !verdict.is_whole() {
            broken = true;
        }
    }
    Ok(if broken { BROKEN } else { code })
}

/// Verifies an archive, with what is given here and nothing else.
pub(super) fn run_offline(args: &VerifyArgs, archive: &Path, out: &mut (impl Write + IsTerminal)) -> ExitCode {
    let code = offline(args, archive, out);
    code.map_or_else(|error| super::fail(&*error), ExitCode::from)
}

fn offline(args: &VerifyArgs, archive: &Path, out: &mut (impl Write + IsTerminal)) -> Result<u8, Box<dyn Error>> {
    if args.key.is_empty() {
        let message = "an archive is checked by a public key: add --key, with what `cordon audit key` prints where the \
                       log is written; keys that come with the archive prove nothing";
        ignore_closed_pipe(writeln!(io::stderr(), "error: {message}"))?;
        return Ok(NOT_DONE);
    }
    let keys = TrustedKeys::new(given_keys(&args.key)?);
    let source: Box<dyn Read> = match archive {
        path if path == Path::new("-") => Box::new(io::stdin().lock()),
        path => Box::new(File::open(path).map_err(|error| format!("{}: {error}", path.display()))?),
    };
    // How many records there are is known at the end.
    let style = ProgressStyle::with_template("{spinner} {pos} records, {per_sec}")?;
    let bar = progress_bar().with_style(style);
    let verdict = verify_archive(source, &keys, &args.checkpoints, |records| bar.set_position(records));
    bar.finish_and_clear();
    let verdict = verdict?;
    ignore_closed_pipe(write_verdict(out, &verdict, args.format))?;
    Ok(if verdict.is_whole() { WHOLE } else { BROKEN })
}

/// Each of `given` is a public key, or a file with one a line.
fn given_keys(given: &[String]) -> Result<Vec<PublicKey>, Box<dyn Error>> {
    let mut keys = Vec::new();
    for text in given {
        match text.parse() {
            Ok(key) => {
                keys.push(key);
                continue;
            }
            // A key has +, which few file names have.
            Err(problem) if text.contains('+') && !Path::new(text).exists() => {
                return Err(format!("--key: {problem}").into());
            }
            Err(_) => {}
        }
        let lines = std::fs::read_to_string(text).map_err(|error| format!("--key {text}: {error}"))?;
        for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            keys.push(line.parse().map_err(|error| format!("{text}:{}: {error}", number + 1))?);
        }
    }
    Ok(keys)
}

/// Records the verification on the chain, unless that would hide what it found.
/// A chain that is broken may refuse the record; the verdict is shown all the same.
async fn tell(store: &Store, verdict: &Verdict) {
    if !verdict.may_be_recorded() {
        return;
    }
    if let Err(error) = record(store, &verdict.tenant, verdict.event(Actor::Command)).await {
        drop(writeln!(io::stderr(), "warning: this verification of {} is not recorded: {error}", verdict.tenant));
    }
}

fn write_verdict(out: &mut (impl Write + IsTerminal), verdict: &Verdict, format: Format) -> io::Result<()> {
    match format {
        Format::Text => show::verdict(out, verdict, show::Colour::for_stream(out)),
        Format::Json => writeln!(out, "{}", verdict.to_json()),
    }
}

#[cfg(test)]
mod tests;
