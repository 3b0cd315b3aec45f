//! Input and output of the text commands: one text, or a text a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::Failure;

/// Input longer than this gets a progress bar.
const PROGRESS_BYTES_MIN: u64 = 1 << 20;

/// How input and output are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A text in, lines for people out
    Text,
    /// A text in, one JSON object out
    Json,
    /// {"id","text"} a line in, a JSON object a line out, in order
    Jsonl,
}

/// One line of JSON Lines input.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) id: serde_json::Value,
    pub(super) text: String,
}

/// Opens `file`, or standard input for `-` and none.
pub(super) fn open(file: Option<&Path>) -> Result<Box<dyn BufRead + Send>, Failure> {
    match file.filter(|path| *path != Path::new("-")) {
        Some(path) => match File::open(path) {
            Ok(file) => Ok(Box::new(BufReader::new(progress(&file).wrap_read(file)))),
            Err(error) => Err(Failure::new(format!("{}: {error}", path.display()))),
        },
        None => Ok(Box::new(BufReader::new(io::stdin()))),
    }
}

/// The whole input as one text.
pub(super) fn read_text(file: Option<&Path>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    open(file)?.read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| {
        let name = file.unwrap_or(Path::new("standard input")).display().to_string();
        let at = error.utf8_error().valid_up_to();
        Failure::new(format!("{name}: not UTF-8 at byte {at}; convert it, for example with `iconv -t utf-8`"))
    })
}

/// The rows of JSON Lines input; a line that is not one is an error that names
/// the line and repeats nothing of it.
pub(super) fn rows(file: Option<&Path>) -> Result<impl Iterator<Item = Result<Row, Failure>>, Failure> {
    let name = file.map_or_else(|| "standard input".to_owned(), |path: &Path| path.display().to_string());
    let lines = open(file)?.lines().enumerate();
    Ok(lines.filter(|(_, line)| !matches!(line, Ok(line) if line.trim().is_empty())).map(move |(number, line)| {
        let number = number + 1;
        let line = line.map_err(|error| Failure::new(format!("{name}:{number}: {error}")))?;
        serde_json::from_str(&line).map_err(|error| {
            let column = error.column();
            Failure::new(format!("{name}:{number}: not a line {{\"id\", \"text\"}} (column {column})"))
        })
    }))
}

/// Standard output, buffered.
pub(super) fn output() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// A reader that has gone (`| head`) is no failure.
pub(super) fn ignore_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// A bar on standard error over a long file, on a terminal only.
fn progress(file: &File) -> ProgressBar {
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    if len < PROGRESS_BYTES_MIN || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(len).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Arguments that the text commands share.
#[derive(clap::Args)]
pub(super) struct TextArgs {
    /// The policy that says what is looked for [default: the whole catalogue
    /// but DATE_TIME, AGE, ORGANIZATION, NRP and LOCATION]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Language of the text (ISO 639-1), for the words that count as context;
    /// may be given several times [default: all]
    #[arg(long = "lang", value_name = "xx")]
    pub(super) languages: Vec<String>,
    /// How input and output are written
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    /// The input; standard input when it is - or missing
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}
