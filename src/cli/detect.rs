//! `cordon detect`: find personal data in text.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anstyle::Style;
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};

use super::input::{self, Format, TextArgs};
use super::paint::{self, Paint};
use super::{Common, Failure, Outcome};
use crate::detect::{Detector, Explanation, Rules, Slot, Span, offsets};
use crate::scrub::TokenStyle;
use crate::startup;

mod explain;

/// Arguments of `cordon detect`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    text: TextArgs,

    /// Show what speaks for each span, and what was found and let go
    #[arg(long)]
    explain: bool,
}

/// Lines that are looked at while an earlier one is being written.
const ROWS_AHEAD: usize = 16;

pub(super) async fn run(common: &Common, args: Args) -> Outcome {
    let detection = Detection::load(common, &args.text).await?;
    let file = args.text.file.as_deref();
    match args.text.format {
        Format::Jsonl => detection.rows(file, args.explain).await?,
        format => {
            let text = input::read_text(file)?;
            let mut out = input::output();
            let written = match format {
                Format::Text if args.explain => explain::write(&mut out, &text, &detection.explanation(&text).await?),
                Format::Text => write_table(&mut out, &text, &detection.spans(&text).await?),
                _ => writeln!(out, "{}", Value::Object(detection.answer(&text, args.explain).await?)),
            };
            input::ignore_closed_pipe(written.and_then(|()| out.flush()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// More than any file takes.
const DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// A detector with the rules of a run.
#[derive(Clone)]
pub(super) struct Detection {
    detector: Arc<Detector>,
    rules: Arc<Rules>,
    /// How the policy wants values written that are replaced.
    pub(super) tokens: TokenStyle,
}

impl Detection {
    /// Loads the detector and the policy that `args` names.
    pub(super) async fn load(common: &Common, args: &TextArgs) -> Result<Detection, Failure> {
        let mut settings = common.settings()?;
        // Nobody waits for a connection here; a large file takes as long as it takes.
        settings.ner.deadline = DEADLINE;
        let (rules, tokens) = startup::rules(args.policy.as_deref(), &args.languages)?;
        let detector = startup::detector(&settings).await?;
        Ok(Detection { detector, rules: Arc::new(rules), tokens })
    }

    pub(super) async fn spans(&self, text: &str) -> Result<Vec<Span>, Failure> {
        let mut found = self.detector.detect(&[Slot::text(text)], &self.rules).await?;
        Ok(found.pop().unwrap_or_default())
    }

    async fn explanation(&self, text: &str) -> Result<Explanation, Failure> {
        Ok(self.detector.explain(Slot::text(text), &self.rules).await?)
    }

    /// What is found in `text`, as the formats of JSON show it.
    async fn answer(&self, text: &str, explains: bool) -> Result<Map<String, Value>, Failure> {
        if explains {
            return Ok(explain::public(text, &self.explanation(text).await?));
        }
        let spans = public_spans(text, &self.spans(text).await?);
        Ok(Map::from_iter([("spans".to_owned(), spans.into())]))
    }

    async fn rows(&self, file: Option<&std::path::Path>, explains: bool) -> Result<(), Failure> {
        let answers = stream::iter(input::rows(file)?).map(|row| {
            let detection = self.clone();
            async move {
                let row = row?;
                let mut answer = Map::from_iter([("id".to_owned(), row.id)]);
                answer.extend(detection.answer(&row.text, explains).await?);
                Ok::<_, Failure>(Value::Object(answer))
            }
        });
        let mut answers = answers.buffered(ROWS_AHEAD);
        let mut out = input::output();
        while let Some(answer) = answers.next().await {
            input::ignore_closed_pipe(writeln!(out, "{}", answer?))?;
        }
        Ok(input::ignore_closed_pipe(out.flush())?)
    }
}

/// Spans as every public interface shows them: in Unicode code points.
pub(super) fn public_spans(text: &str, spans: &[Span]) -> Vec<Value> {
    let ranges = code_points(text, spans);
    let span = |(span, range): (&Span, std::ops::Range<usize>)| {
        json!({
            "start": range.start,
            "end": range.end,
            "label": span.label.as_str(),
            "score": public_score(span.score),
            "detector": span.detector.as_str(),
        })
    };
    spans.iter().zip(ranges).map(span).collect()
}

/// Three decimals: the rest is noise of the arithmetic.
fn public_score(score: f32) -> f64 {
    (f64::from(score) * 1000.0).round() / 1000.0
}

fn write_table(out: &mut impl Write, text: &str, spans: &[Span]) -> std::io::Result<()> {
    for (span, range) in spans.iter().zip(code_points(text, spans)) {
        write_span(out, text, span, &range)?;
    }
    Ok(())
}

fn write_span(out: &mut impl Write, text: &str, span: &Span, range: &std::ops::Range<usize>) -> std::io::Result<()> {
    let paint = Paint::for_stdout();
    let position = format!("{}..{}", range.start, range.end);
    let label = paint.with(paint::LABEL, &format!("{:24}", span.label.as_str()));
    let source = paint.with(Style::new().dimmed(), &format!("{:.2} {}", span.score, span.detector.as_str()));
    writeln!(out, "{position:>12}  {label}  {}  {source}", paint.with(paint::VALUE, &text[span.start..span.end]))
}

fn code_points(text: &str, spans: &[Span]) -> Vec<std::ops::Range<usize>> {
    offsets::code_point_ranges(text, spans.iter().map(|span| span.start..span.end))
}
