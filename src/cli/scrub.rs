//! `cordon scrub`: replace personal data in text by tokens, or by surrogates.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::detect::Detection;
use super::input::{self, Format, Row, TextArgs};
use super::{Common, Failure, Outcome};
use crate::detect::Span;
use crate::scrub::{Replacement, ScopeKey, Style, TokenMap, TokenStyle, TokenTable, sanitize_text};
use crate::startup;
use crate::tenant::TenantId;

/// Arguments of `cordon scrub`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    text: TextArgs,
    /// Write what the tokens stand for to this file, which only you may read;
    /// `cordon restore` takes it
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// The conversation that the tokens belong to: the same value gets the same
    /// token in the same conversation
    #[arg(long, value_name = "NAME", default_value = "cli")]
    session: String,
}

pub(super) async fn run(common: &Common, args: Args) -> Outcome {
    let detection = Detection::load(common, &args.text).await?;
    let master = startup::master_key(&common.settings()?.home)?;
    let tenant = TenantId::parse("cli")?;
    let mut map = TokenMap::new(ScopeKey::derive(&master, &tenant, &args.session), detection.tokens);
    let file = args.text.file.as_deref();
    let mut out = input::output();
    if args.text.format == Format::Jsonl {
        for row in rows(file, detection.tokens, &mut map)? {
            let row = row?;
            let text = scrub(&row.text, &detection.spans(&row.text).await?, &mut map);
            input::ignore_closed_pipe(writeln!(out, "{}", json!({"id": row.id, "text": text})))?;
        }
    } else {
        let text = input::read_text(file)?;
        let text = scrub(&text, &detection.spans(&text).await?, &mut map);
        let written = match args.text.format {
            Format::Json => writeln!(out, "{}", json!({ "text": text })),
            _ => out.write_all(text.as_bytes()),
        };
        input::ignore_closed_pipe(written)?;
    }
    input::ignore_closed_pipe(out.flush())?;
    if let Some(table) = &args.table {
        write_table(table, &map)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The rows of the input. No surrogate may stand in a later one, so with that style
/// all of them are read before the first is scrubbed.
fn rows<'a>(
    file: Option<&'a Path>,
    tokens: TokenStyle,
    map: &mut TokenMap,
) -> Result<Box<dyn Iterator<Item = Result<Row, Failure>> + 'a>, Failure> {
    let rows = input::rows(file)?;
    if tokens.style() == Style::Token {
        return Ok(Box::new(rows));
    }
    let rows = rows.collect::<Result<Vec<Row>, Failure>>()?;
    rows.iter().for_each(|row| map.reserve(&row.text));
    Ok(Box::new(rows.into_iter().map(Ok)))
}

fn scrub(text: &str, spans: &[Span], map: &mut TokenMap) -> String {
    let replace = |span: &Span| Replacement { start: span.start, end: span.end, label: span.label, restorable: true };
    let replacements: Vec<Replacement> = spans.iter().map(replace).collect();
    sanitize_text(text, &replacements, map).into_inner()
}

/// The table holds the values, so it is made for its owner alone.
fn write_table(path: &Path, map: &TokenMap) -> Result<(), Failure> {
    let table = serde_json::to_string_pretty(&TokenTable::of(map))?;
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| writeln!(file, "{table}"));
    written.map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
