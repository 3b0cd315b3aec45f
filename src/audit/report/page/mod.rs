//! The page of a report. Everything is escaped by `maud`; nothing is loaded, and
//! nothing runs.

mod front;
mod log;
mod traffic;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;

const STYLE: &str = include_str!("style.css");
/// Rows of a table at most; how many are left out is said.
const ROWS_MAX: usize = 60;

/// The whole page.
pub(super) fn page(report: &Report) -> Markup {
    let title = format!("Audit report {} {}", report.tenant, period(report));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Also in a browser that would run a script, none can.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (front::front(report))
                (traffic::sections(report))
                (log::sections(report))
                (front::method())
            }
        }
    }
}

/// A section with its heading; over a log that is not whole, each says so.
fn section(report: &Report, title: &str, content: Markup) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if !report.is_whole() {
                p.bad { "These figures come from a log that is not whole. They may be wrong." }
            }
            (content)
        }
    }
}

/// A table; `numbers` are the columns that hold numbers.
fn table(columns: &[&str], numbers: &[usize], rows: &[Vec<String>]) -> Markup {
    let class = |column: usize| numbers.contains(&column).then_some("n");
    html! {
        table {
            thead { tr { @for (i, column) in columns.iter().enumerate() { th class=[class(i)] { (column) } } } }
            tbody {
                @for row in rows.iter().take(ROWS_MAX) {
                    tr { @for (i, cell) in row.iter().enumerate() { td class=[class(i)] { (cell) } } }
                }
            }
        }
        @if rows.len() > ROWS_MAX {
            p.note { "The first " (ROWS_MAX) " of " (rows.len()) " rows." }
        }
    }
}

fn nothing(what: &str) -> Markup {
    html! { p.nothing { "No " (what) " in this period." } }
}

fn period(report: &Report) -> String {
    let scale = report.figures.scale;
    format!("{} to {}", time(scale.since_us), time(scale.until_us))
}

/// To the second, in UTC; a day's beginning as the day.
fn time(us: i64) -> String {
    let at = Timestamp::from_microsecond(us);
    let format = if us % 86_400_000_000 == 0 { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    at.map(|at| at.strftime(format).to_string()).unwrap_or_else(|_| us.to_string())
}

/// A hash's first digits: enough to find it again.
fn brief(hash: &str) -> String {
    hash.chars().take(12).collect()
}
