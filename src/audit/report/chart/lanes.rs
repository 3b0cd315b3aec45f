//! When each of several things was there.

use maud::{Markup, html};

use super::axis::{self, Area};
use super::{WIDTH, at, colour, shortened};
use crate::audit::report::scale::Scale;

const LANE: f64 = 20.0;
const NAMES: f64 = 190.0;

/// A lane a name, filled in the steps with a count.
pub(in crate::audit::report) fn lanes(scale: &Scale, lanes: &[(String, &[u64])], title: &str) -> Markup {
    let height = LANE * lanes.len() as f64 + 44.0;
    let area = Area { left: NAMES, top: 0.0, right: WIDTH - 8.0, bottom: height - 40.0 };
    let width = area.width() / scale.steps() as f64;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(title) {
            @for (index, (name, counts)) in lanes.iter().enumerate() {
                @let y = LANE * index as f64;
                text x=(at(NAMES - 8.0)) y=(at(y + 14.0)) text-anchor="end" { (shortened(name, 30)) }
                line class="grid" x1=(at(area.left)) x2=(at(area.right)) y1=(at(y + LANE)) y2=(at(y + LANE)) {}
                @for (start, end) in runs(counts) {
                    rect x=(at(area.left + width * start as f64)) y=(at(y + 4.0))
                        width=(at(width * (end - start) as f64)) height=(at(LANE - 8.0)) fill=(colour(index % 7)) {}
                }
            }
            (axis::time(area, scale))
        }
    }
}

/// Steps with a count that follow each other, as one.
fn runs(counts: &[u64]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (step, _) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        match runs.last_mut() {
            Some((_, end)) if *end == step => *end = step + 1,
            _ => runs.push((step, step + 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_follow_each_other_are_one_bar() {
        assert_eq!(runs(&[0, 2, 1, 0, 0, 7]), [(1, 3), (5, 6)]);
        assert!(runs(&[0, 0]).is_empty());
    }
}
