//! `cordon restore`: put the values back into text that `cordon scrub` made.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::input::{self, Format};
use super::{Failure, Outcome};
use crate::scrub::{Escape, Restorer, TokenTable};

/// Arguments of `cordon restore`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The table that `cordon scrub --table` wrote
    #[arg(long, value_name = "FILE")]
    table: PathBuf,
    /// How input and output are written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The input; standard input when it is - or missing
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let restorer = read_table(&args)?;
    let file = args.file.as_deref();
    let mut out = input::output();
    if args.format == Format::Jsonl {
        for row in input::rows(file)? {
            let row = row?;
            let line = json!({"id": row.id, "text": restorer.restore(&row.text, Escape::Text)});
            input::ignore_closed_pipe(writeln!(out, "{line}"))?;
        }
    } else {
        let text = restorer.restore(&input::read_text(file)?, Escape::Text);
        let written = match args.format {
            Format::Json => writeln!(out, "{}", json!({ "text": text })),
            _ => out.write_all(text.as_bytes()),
        };
        input::ignore_closed_pipe(written)?;
    }
    input::ignore_closed_pipe(out.flush())?;
    Ok(ExitCode::SUCCESS)
}

fn read_table(args: &Args) -> Result<Restorer, Failure> {
    let name = args.table.display();
    let text = std::fs::read_to_string(&args.table).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let table: TokenTable = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("{name}:{}: not a table of `cordon scrub --table`", error.line())))?;
    table.restorer().map_err(|error| Failure::new(format!("{name}: {error}")))
}
