//! The `cordon` binary; every command lives in [`cordon::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    cordon::cli::main()
}
