//! Axes: counts upwards, time to the right.

use maud::{Markup, html};

use super::{WIDTH, at, count, float};
use crate::audit::report::scale::Scale;

/// Labels on the time axis at most.
const TIME_LABELS_MAX: usize = 8;
/// Labels on the count axis at most.
const COUNT_LABELS_MAX: u64 = 5;

/// Where a plot is drawn.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    /// The plot of a figure that is `height` high, with room for the counts up to
    /// `max` and for two lines below.
    pub(super) fn of(height: f64, max: u64) -> Area {
        let digits = count(ceiling(max)).len() as f64;
        Area { left: 26.0 + 6.5 * digits, top: 8.0, right: WIDTH - 8.0, bottom: height - 40.0 }
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// The lowest round number of at least `max` that its steps divide.
pub(super) fn ceiling(max: u64) -> u64 {
    let step = step(max);
    max.max(1).div_ceil(step).saturating_mul(step)
}

/// 1, 2 or 5 times a power of ten.
fn step(max: u64) -> u64 {
    let decades = std::iter::successors(Some(1_u64), |decade| decade.checked_mul(10));
    let mut steps = decades.flat_map(|decade| [decade, decade.saturating_mul(2), decade.saturating_mul(5)]);
    steps.find(|step| max.div_ceil(*step) <= COUNT_LABELS_MAX).unwrap_or(u64::MAX)
}

/// The count axis with lines across the plot, and what it counts.
pub(super) fn counts(area: Area, max: u64, title: &str) -> Markup {
    let (ceiling, step) = (ceiling(max), step(max));
    let middle = area.top + area.height() / 2.0;
    html! {
        @for n in (0..=ceiling / step).map(|n| n * step) {
            @let y = area.bottom - area.height() * float(n) / float(ceiling);
            line class="grid" x1=(at(area.left)) x2=(at(area.right)) y1=(at(y)) y2=(at(y)) {}
            text x=(at(area.left - 5.0)) y=(at(y + 3.5)) text-anchor="end" { (count(n)) }
        }
        text class="title" transform=(format!("translate(10 {}) rotate(-90)", at(middle))) text-anchor="middle" {
            (title)
        }
    }
}

/// The time axis.
pub(super) fn time(area: Area, scale: &Scale) -> Markup {
    let every = scale.steps().div_ceil(TIME_LABELS_MAX);
    let width = area.width() / scale.steps() as f64;
    html! {
        line class="axis" x1=(at(area.left)) x2=(at(area.right)) y1=(at(area.bottom)) y2=(at(area.bottom)) {}
        @for step in (0..scale.steps()).step_by(every) {
            @let x = area.left + width * step as f64;
            line class="axis" x1=(at(x)) x2=(at(x)) y1=(at(area.bottom)) y2=(at(area.bottom + 4.0)) {}
            text x=(at(x)) y=(at(area.bottom + 15.0)) text-anchor="start" { (scale.label(step)) }
        }
        text class="title" x=(at(area.left + area.width() / 2.0)) y=(at(area.bottom + 32.0)) text-anchor="middle" {
            "time (UTC), one bar per " (scale.step())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_and_has_few_steps() {
        for (max, end) in
            [(0, 1), (1, 1), (4, 4), (7, 8), (11, 15), (99, 100), (101, 150), (1234, 1500), (50_001, 60_000)]
        {
            assert_eq!(ceiling(max), end, "{max}");
            assert!(end / step(max) <= COUNT_LABELS_MAX);
        }
        assert!(ceiling(u64::MAX) == u64::MAX || ceiling(u64::MAX) > 0);
    }
}
