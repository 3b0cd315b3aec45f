//! Bars over time, one colour a name.

use maud::{Markup, html};

use super::axis::{self, Area};
use super::{WIDTH, at, colour, count, float};
use crate::audit::report::scale::Scale;
use crate::audit::report::tally::Series;

const HEIGHT: f64 = 230.0;
const LEGEND_LINE: f64 = 17.0;

/// The counts of each series stacked on each other, step by step.
pub(in crate::audit::report) fn stacked(scale: &Scale, series: &[Series], title: &str) -> Markup {
    let sums = (0..scale.steps()).map(|step| series.iter().map(|one| one.counts.get(step).copied().unwrap_or(0)).sum());
    let max = sums.max().unwrap_or(0);
    let area = Area::of(HEIGHT, max);
    let (legend, legend_height) = legend(series);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + legend_height)) role="img" aria-label=(title) {
            (axis::counts(area, max, title))
            @for step in 0..scale.steps() { (column(area, scale.steps(), step, series, axis::ceiling(max))) }
            (axis::time(area, scale))
            g transform=(format!("translate(0 {HEIGHT})")) { (legend) }
        }
    }
}

fn column(area: Area, steps: usize, step: usize, series: &[Series], ceiling: u64) -> Markup {
    let width = area.width() / steps as f64;
    let gap = (width * 0.12).min(3.0);
    let x = area.left + width * step as f64 + gap / 2.0;
    let length = |n: u64| area.height() * float(n) / float(ceiling);
    let counts = series.iter().map(|one| one.counts.get(step).copied().unwrap_or(0));
    let ends = counts.scan(0_u64, |below, n| {
        *below = below.saturating_add(n);
        Some((*below, n))
    });
    html! {
        @for (index, (end, n)) in ends.enumerate().filter(|(_, (_, n))| *n > 0) {
            rect x=(at(x)) y=(format!("{:.2}", area.bottom - length(end))) width=(at(width - gap))
                height=(format!("{:.2}", length(n))) fill=(colour(index)) {}
        }
    }
}

/// Names with their colours and totals, in as many lines as they need.
fn legend(series: &[Series]) -> (Markup, f64) {
    let (mut x, mut y) = (0.0, 12.0);
    let mut placed = Vec::new();
    for (index, one) in series.iter().enumerate() {
        let text = format!("{} ({})", super::shortened(&one.name, 34), count(one.total()));
        let width = 28.0 + text_width(&text);
        if x + width > WIDTH && x > 0.0 {
            (x, y) = (0.0, y + LEGEND_LINE);
        }
        placed.push((x, y, colour(index), text));
        x += width;
    }
    let markup = html! {
        @for (x, y, fill, text) in &placed {
            rect x=(at(x + 2.0)) y=(at(y - 9.0)) width="11" height="11" fill=(fill) {}
            text x=(at(x + 17.0)) y=(at(*y)) { (text) }
        }
    };
    (markup, y + 6.0)
}

/// About how long a text is: capitals are wide.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii_uppercase() || c == '_' { 7.6 } else { 6.0 }).sum()
}
