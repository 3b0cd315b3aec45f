//! The commands of the `cordon` binary, one file each.

use std::process::ExitCode;

/// Parses the command line and runs the command it names.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
