//! `cordon policy`: checks policy files and prints their schema.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::Outcome;
use super::input::ignore_closed_pipe;
use crate::config::{self, Environment, FileError, Home, Problems, Targets};
use crate::policy;
use crate::scrub::Style;

/// What to do with policies.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check a policy, or all policies of a folder.
    ///
    /// Exit code 0: all are right. 1: something is wrong, said with file, line and key. 2: nothing could be checked.
    Check {
        /// A policy file, or a folder of them.
        path: PathBuf,
        /// Also check that the providers, regions and models that policies name are in this cordon.toml.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print the JSON Schema of policy files, for editors.
    Schema,
}

const RIGHT: u8 = 0;
const WRONG: u8 = 1;
const NOT_CHECKED: u8 = 2;

/// Runs the command.
pub(super) fn run(command: &Command) -> Outcome {
    match command {
        Command::Check { path, config } => Ok(check(path, config.as_deref())?.into()),
        Command::Schema => {
            let schema = policy::json_schema().to_value();
            ignore_closed_pipe(writeln!(io::stdout(), "{schema:#}"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The exit code. It counts also for who reads one line only.
fn check(path: &Path, config: Option<&Path>) -> io::Result<u8> {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let (files, targets) = match files(path).and_then(|files| Ok((files, config.map(targets).transpose()?))) {
        Ok(found) => found,
        Err(problems) => {
            ignore_closed_pipe(writeln!(err, "{problems}"))?;
            return Ok(NOT_CHECKED);
        }
    };
    let mut code = RIGHT;
    for file in &files {
        let told = match check_one(file, targets.as_ref()) {
            Ok(policy) => {
                let (file, labels) = (file.display(), policy.enabled().len());
                let surrogates = if policy.tokens.style() == Style::Surrogate { ", surrogates" } else { "" };
                writeln!(out, "{file}: ok, {labels} labels on{surrogates}, hash {}", policy.hash)
            }
            Err(problems) => {
                code = WRONG;
                writeln!(err, "{problems}")
            }
        };
        ignore_closed_pipe(told)?;
    }
    Ok(code)
}

fn check_one(file: &Path, targets: Option<&Targets>) -> Result<policy::Policy, Problems> {
    let policy = policy::check_file(file)?;
    if let Some(targets) = targets {
        policy::check_targets(file, &policy, targets)?;
    }
    Ok(policy)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Problems> {
    let nothing =
        |message: &str| Problems::from(FileError { file: path.to_owned(), line: None, message: message.to_owned() });
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Err(nothing("there is no such file or folder"));
    }
    let files = policy::policy_files(path)?;
    if files.is_empty() { Err(nothing("holds no policy (*.toml)")) } else { Ok(files) }
}

/// Policies only need to know what `cordon.toml` names, not where models lie.
fn targets(file: &Path) -> Result<Targets, Problems> {
    let home = Home::find(None).unwrap_or_else(|_| Home::at(".cordon"));
    config::load(Some(file), home, &Environment::of_process().without_provider_keys()).map(|settings| settings.targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_right_from_wrong_from_not_checked() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        assert_eq!(check(folder.path(), None).unwrap(), NOT_CHECKED, "a folder without policies");
        assert_eq!(check(&folder.path().join("gone.toml"), None).unwrap(), NOT_CHECKED);
        let policy = write("a.toml", "[routing]\nproviders = [\"openai\"]");
        assert_eq!(check(&policy, None).unwrap(), RIGHT);
        let config = write("cordon.conf", "");
        assert_eq!(check(&policy, Some(&config)).unwrap(), WRONG, "cordon.toml has no such provider");
        write("b.toml", "[actions]\nPERSON = \"no\"");
        assert_eq!(check(folder.path(), None).unwrap(), WRONG);
        assert_eq!(check(&policy, Some(&folder.path().join("gone.conf"))).unwrap(), NOT_CHECKED);
    }
}
