//! How the demonstration looks.

use serde_json::Value;

use crate::audit::query::StoredRecord;
use crate::cli::paint::{BAD, GOOD, HEADING, LABEL, Paint, TOKEN, VALUE};
use crate::detect::Span;

/// Prints the steps.
pub(super) struct Show {
    paint: Paint,
}

impl Show {
    pub(super) fn new() -> Show {
        Show { paint: Paint::for_stdout() }
    }

    pub(super) fn starting(&self) {
        say!("Starting the database, the detectors and the local model ...");
    }

    pub(super) fn prompt(&self, prompt: &str, spans: &[Span]) {
        self.heading("1. The prompt, with what was found in it");
        let mut done = 0;
        let mut marked = String::new();
        for span in spans {
            marked.push_str(&prompt[done..span.start]);
            let value = self.paint.with(VALUE, &prompt[span.start..span.end]);
            marked.push_str(&format!("{value}⟨{}⟩", self.paint.with(LABEL, span.label.as_str())));
            done = span.end;
        }
        marked.push_str(&prompt[done..]);
        say!("{marked}");
    }

    pub(super) fn first_pass(&self, said: &str) {
        self.heading("2. What the local model said first (stays inside)");
        say!("{}", said.trim());
    }

    pub(super) fn left(&self, request: &Value) {
        self.heading("3. What left the perimeter");
        say!("{}", self.with_tokens(&format!("{request:#}")));
    }

    pub(super) fn came_back(&self, answer: &str) {
        self.heading("4. What came back");
        say!("{}", self.with_tokens(answer.trim()));
    }

    pub(super) fn restored(&self, answer: &str) {
        self.heading("5. The answer that the client got");
        say!("{}", answer.trim());
    }

    pub(super) fn records(&self, records: &[StoredRecord]) {
        self.heading("6. What the audit log holds of it");
        for record in records {
            say!("{} {}", self.paint.with(LABEL, &format!("#{} {}", record.seq, record.kind)), record.body);
        }
    }

    pub(super) fn verdict(&self, verdict: &str, is_whole: bool) {
        self.heading("7. The audit log, verified");
        say!("{}", self.paint.with(if is_whole { GOOD } else { BAD }, verdict));
    }

    fn heading(&self, text: &str) {
        say!("\n{}", self.paint.with(HEADING, text));
    }

    /// Paints everything in square brackets that looks like a token.
    fn with_tokens(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('[') {
            out.push_str(before);
            rest = after;
            match after.split_once(']') {
                Some((name, behind)) if is_token_name(name) => {
                    out.push_str(&self.paint.with(TOKEN, &format!("[{name}]")));
                    rest = behind;
                }
                _ => out.push('['),
            }
        }
        out + rest
    }
}

fn is_token_name(name: &str) -> bool {
    name.contains('_') && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
