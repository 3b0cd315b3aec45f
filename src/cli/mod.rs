//! The commands of the `cordon` binary, one file each.
#![expect(clippy::print_stderr, reason = "commands talk to whoever runs them")]

/// Prints a line. A reader that has gone misses it, and the command goes on to
/// its end: what it does is not undone by nobody looking.
macro_rules! say {
    ($($text:tt)*) => {
        drop(::std::io::Write::write_all(&mut ::std::io::stdout(), format!("{}\n", format_args!($($text)*)).as_bytes()))
    };
}

mod audit;
mod demo;
mod detect;
mod input;
mod keys;
mod migrate;
mod paint;
mod policy;
mod restore;
mod scrub;
mod serve;
mod vault;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Environment, Settings};
use crate::startup;
use crate::store::{DatabaseConfig, WhenInUse};
use crate::telemetry::{self, LogFormat};

/// Keeps personal data inside its owner's perimeter: a proxy that speaks
/// OpenAI's API, and the tools around it.
#[derive(Parser)]
#[command(name = "cordon", version, styles = paint::help_styles(), max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(clap::Args)]
pub(super) struct Common {
    /// The folder with assets and data [default: .cordon here or beside the program]
    #[arg(long, global = true, value_name = "DIR", env = "CORDON_HOME")]
    home: Option<PathBuf>,
    /// The configuration file [default: cordon.toml here, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "CORDON_CONFIG")]
    config: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, or a filter as of RUST_LOG
    /// [default: info for serve, warn for the others]
    #[arg(long, global = true, value_name = "LEVEL", env = "RUST_LOG")]
    log: Option<String>,
}

impl Common {
    /// The settings that the configuration file and the environment make, to serve with.
    pub(super) fn serving_settings(&self) -> Result<Settings, Failure> {
        self.settings_from(&Environment::of_process())
    }

    /// The same for a command that talks to no provider.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        self.settings_from(&Environment::of_process().without_provider_keys())
    }

    fn settings_from(&self, environment: &Environment) -> Result<Settings, Failure> {
        let here = Some(Path::new("cordon.toml")).filter(|file| file.exists());
        Ok(startup::settings(self.home.as_deref(), self.config.as_deref().or(here), environment)?)
    }

    /// The database of a command that may run beside a server.
    fn database(&self) -> Result<DatabaseConfig, Failure> {
        Ok(startup::database(&self.settings()?, WhenInUse::Attach))
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API
    Serve(serve::Args),
    /// Show one request's whole way, on the embedded parts alone
    Demo(demo::Args),
    /// Find personal data in text
    Detect(detect::Args),
    /// Replace personal data in text by tokens, or by surrogates where the policy says so
    Scrub(scrub::Args),
    /// Put the values back into text that `cordon scrub` made
    Restore(restore::Args),
    /// Check policies and print their schema
    #[command(subcommand)]
    Policy(policy::Command),
    /// Create, list and revoke API keys
    Keys(keys::KeysArgs),
    /// Query and verify the audit log
    Audit(Box<audit::AuditArgs>),
    /// Show and erase what is kept for stateful APIs
    Vault(vault::VaultArgs),
    /// Bring the database's tables up to date, as a member of cordon_owner
    Migrate,
}

/// What a command ends with: its exit code, or a sentence for the user.
pub(super) type Outcome = Result<ExitCode, Failure>;

/// A failure, told on standard error in one sentence; exit code 2.
pub(super) struct Failure(String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.to_string())
    }
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure(message.into())
    }
}

/// Parses the command line and runs the command it names. Exit codes: 0 done,
/// 1 the answer is no (a policy has errors, a chain is broken), 2 could not.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(Failure(message)) => {
            say_error(&message);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Outcome {
    if let Command::Serve(args) = cli.command {
        return serve::run(&cli.common, args);
    }
    telemetry::init_logs(Some(cli.common.log.as_deref().unwrap_or("warn")), LogFormat::detect())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(_) => Err(Failure::new("serve has its own start")),
            Command::Demo(args) => demo::run(&cli.common, args).await,
            Command::Detect(args) => detect::run(&cli.common, args).await,
            Command::Scrub(args) => scrub::run(&cli.common, args).await,
            Command::Restore(args) => restore::run(args),
            Command::Policy(command) => policy::run(&command),
            Command::Keys(command) => Ok(keys::run(command, cli.common.database()?).await),
            Command::Audit(command) => audit::run(*command, &cli.common).await,
            Command::Vault(command) => vault::run(command, &cli.common).await,
            Command::Migrate => migrate::run(&cli.common).await,
        }
    })
}

fn say_error(message: &str) {
    let paint = paint::Paint::for_stderr();
    eprintln!("{} {message}", paint.with(paint::BAD, "cordon:"));
}
