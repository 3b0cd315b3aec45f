//! Counts side by side.

use maud::{Markup, html};

use super::axis::{self, Area};
use super::{WIDTH, at, colour, count, float, shortened};

const ROW: f64 = 22.0;
const NAMES: f64 = 230.0;
const COUNTS: f64 = 120.0;
const HEIGHT: f64 = 200.0;

/// A bar a row, with its count and its share of all.
pub(in crate::audit::report) fn rows(rows: &[(String, u64)], title: &str) -> Markup {
    let max = rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let sum: u64 = rows.iter().map(|(_, n)| *n).sum();
    let height = ROW * rows.len() as f64 + 26.0;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(title) {
            @for (index, (name, n)) in rows.iter().enumerate() {
                @let y = ROW * index as f64;
                @let width = (WIDTH - NAMES - COUNTS) * float(*n) / float(max);
                text x=(at(NAMES - 8.0)) y=(at(y + 15.0)) text-anchor="end" { (shortened(name, 36)) }
                rect x=(at(NAMES)) y=(at(y + 3.0)) width=(at(width)) height=(at(ROW - 6.0)) fill=(colour(0)) {}
                text x=(at(NAMES + width + 6.0)) y=(at(y + 15.0)) { (count(*n)) " (" (share(*n, sum)) ")" }
            }
            line class="axis" x1=(at(NAMES)) x2=(at(NAMES)) y1="0" y2=(at(height - 24.0)) {}
            text class="title" x=(at(NAMES)) y=(at(height - 6.0)) { (title) }
        }
    }
}

/// A part of a whole, in percent.
fn share(n: u64, of: u64) -> String {
    let percent = 100.0 * float(n) / float(of.max(1));
    if n > 0 && percent < 0.1 { "<0.1%".into() } else { format!("{percent:.1}%") }
}

/// A bar a column, for classes that have an order.
pub(in crate::audit::report) fn columns(columns: &[(String, u64)], title: &str, classes: &str) -> Markup {
    let max = columns.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let area = Area::of(HEIGHT, max);
    let width = area.width() / columns.len().max(1) as f64;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(title) {
            (axis::counts(area, max, title))
            @for (index, (name, n)) in columns.iter().enumerate() {
                @let height = area.height() * float(*n) / float(axis::ceiling(max));
                @let (x, bar) = (area.left + width * index as f64, (width * 0.8).min(60.0));
                rect x=(at(x + (width - bar) / 2.0)) y=(at(area.bottom - height)) width=(at(bar)) height=(at(height))
                    fill=(colour(0)) {}
                text x=(at(x + width / 2.0)) y=(at(area.bottom + 15.0)) text-anchor="middle" { (name) }
            }
            line class="axis" x1=(at(area.left)) x2=(at(area.right)) y1=(at(area.bottom)) y2=(at(area.bottom)) {}
            text class="title" x=(at(area.left + area.width() / 2.0)) y=(at(area.bottom + 32.0)) text-anchor="middle" {
                (classes)
            }
        }
    }
}
