//! `cordon migrate`: brings the database's tables up to date and does nothing else.

use std::process::ExitCode;

use super::{Common, Outcome};
use crate::store;

/// Runs the command. Exit code 0: up to date, 2: could not.
pub(super) async fn run(common: &Common) -> Outcome {
    match store::migrate(common.database()?).await? {
        0 => say!("the tables are up to date"),
        applied => say!("{applied} migrations applied; the tables are up to date"),
    }
    Ok(ExitCode::SUCCESS)
}
