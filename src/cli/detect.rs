//! `cordon detect`: find personal data in text.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anstyle::Style;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::input::{self, Format, TextArgs};
use super::paint::{self, Paint};
use super::{Common, Failure, Outcome};
use crate::detect::{Detector, Rules, Slot, Span, offsets};
use crate::scrub::TokenStyle;
use crate::startup;

/// Arguments of `cordon detect`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    text: TextArgs,
}

/// Lines that are looked at while an earlier one is being written.
const ROWS_AHEAD: usize = 16;

pub(super) async fn run(common: &Common, args: Args) -> Outcome {
    let detection = Detection::load(common, &args.text).await?;
    let file = args.text.file.as_deref();
    match args.text.format {
        Format::Jsonl => detection.rows(file).await?,
        format => {
            let text = input::read_text(file)?;
            let spans = detection.spans(&text).await?;
            let mut out = input::output();
            let written = match format {
                Format::Text => write_table(&mut out, &text, &spans),
                _ => writeln!(out, "{}", json!({ "spans": public_spans(&text, &spans) })),
            };
            input::ignore_closed_pipe(written.and_then(|()| out.flush()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

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
        let settings = common.settings()?;
        let (rules, tokens) = startup::rules(args.policy.as_deref(), &args.languages)?;
        let detector = startup::detector(&settings).await?;
        Ok(Detection { detector, rules: Arc::new(rules), tokens })
    }

    pub(super) async fn spans(&self, text: &str) -> Result<Vec<Span>, Failure> {
        let mut found = self.detector.detect(&[Slot::text(text)], &self.rules).await?;
        Ok(found.pop().unwrap_or_default())
    }

    async fn rows(&self, file: Option<&std::path::Path>) -> Result<(), Failure> {
        let answers = stream::iter(input::rows(file)?).map(|row| {
            let detection = self.clone();
            async move {
                let row = row?;
                let spans = detection.spans(&row.text).await?;
                Ok::<_, Failure>(json!({"id": row.id, "spans": public_spans(&row.text, &spans)}))
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
            // Three decimals: the rest is noise of the arithmetic.
            "score": (f64::from(span.score) * 1000.0).round() / 1000.0,
            "detector": span.detector.as_str(),
        })
    };
    spans.iter().zip(ranges).map(span).collect()
}

fn write_table(out: &mut impl Write, text: &str, spans: &[Span]) -> std::io::Result<()> {
    let paint = Paint::for_stdout();
    for (span, range) in spans.iter().zip(code_points(text, spans)) {
        let position = format!("{}..{}", range.start, range.end);
        let label = paint.with(paint::LABEL, &format!("{:24}", span.label.as_str()));
        let source = paint.with(Style::new().dimmed(), &format!("{:.2} {}", span.score, span.detector.as_str()));
        writeln!(out, "{position:>12}  {label}  {}  {source}", paint.with(paint::VALUE, &text[span.start..span.end]))?;
    }
    Ok(())
}

fn code_points(text: &str, spans: &[Span]) -> Vec<std::ops::Range<usize>> {
    offsets::code_point_ranges(text, spans.iter().map(|span| span.start..span.end))
}
