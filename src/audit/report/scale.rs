//! A period, cut into steps that a plot can show.

use jiff::Timestamp;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
const WEEK_US: i64 = 7 * DAY_US;
/// 1970 began on a Thursday; weeks begin on Mondays (ISO 8601).
const FIRST_MONDAY_US: i64 = 4 * DAY_US;
/// More steps than this are no plot any more.
const STEPS_MAX: i64 = 110;
const STEPS: [(i64, &str); 8] = [
    (5 * MINUTE_US, "5 minutes"),
    (HOUR_US, "hour"),
    (6 * HOUR_US, "6 hours"),
    (DAY_US, "day"),
    (WEEK_US, "week"),
    (4 * WEEK_US, "4 weeks"),
    (13 * WEEK_US, "13 weeks"),
    (52 * WEEK_US, "52 weeks"),
];

/// The period of a report: `since_us <= t < until_us`, in microseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// Its beginning.
    pub since_us: i64,
    /// Its end.
    pub until_us: i64,
    step_us: i64,
    step: &'static str,
    /// Where the first step begins: at the latest at the period's beginning.
    origin_us: i64,
}

impl Scale {
    /// The finest steps that are not too many; `None` for a period that ends
    /// before it begins.
    pub fn new(since_us: i64, until_us: i64) -> Option<Scale> {
        let length = until_us.checked_sub(since_us).filter(|length| *length > 0)?;
        let fits = |(step_us, _): &&(i64, &str)| length / *step_us < STEPS_MAX;
        let (step_us, step) = *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
        let anchor = if step_us >= WEEK_US { FIRST_MONDAY_US } else { 0 };
        let origin_us = anchor + (since_us - anchor).div_euclid(step_us) * step_us;
        Some(Scale { since_us, until_us, step_us, step, origin_us })
    }

    /// How long a step is, e.g. `day`.
    pub fn step(&self) -> &'static str {
        self.step
    }

    /// How many steps.
    pub fn steps(&self) -> usize {
        let steps = (self.until_us - self.origin_us + self.step_us - 1) / self.step_us;
        // A period far beyond any log still has a bounded plot.
        usize::try_from(steps.clamp(1, 2 * STEPS_MAX)).unwrap_or(1)
    }

    /// Whether a time is in the period.
    pub fn contains(&self, time_us: i64) -> bool {
        (self.since_us..self.until_us).contains(&time_us)
    }

    /// The step of a time in the period.
    pub fn index(&self, time_us: i64) -> usize {
        let index = usize::try_from((time_us - self.origin_us).div_euclid(self.step_us)).unwrap_or(0);
        index.min(self.steps() - 1)
    }

    /// When a step begins, as a plot's axis says it, in UTC.
    pub fn label(&self, index: usize) -> String {
        let format = match self.step_us {
            step if step < DAY_US && self.until_us - self.since_us <= DAY_US => "%H:%M",
            step if step < DAY_US => "%-d %b %H:%M",
            _ if self.crosses_years() => "%-d %b %Y",
            _ => "%-d %b",
        };
        let steps = i64::try_from(index).unwrap_or(0);
        let at = Timestamp::from_microsecond(self.origin_us.saturating_add(steps.saturating_mul(self.step_us)));
        at.map(|at| at.strftime(format).to_string()).unwrap_or_default()
    }

    fn crosses_years(&self) -> bool {
        let year = |us| Timestamp::from_microsecond(us).map(|at| at.strftime("%Y").to_string()).ok();
        year(self.origin_us) != year(self.until_us - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn a_period_has_steps_that_a_plot_can_show() {
        for (until, step, len) in [
            ("2026-03-01T01:00:00Z", "5 minutes", 12),
            ("2026-03-02T00:00:00Z", "hour", 24),
            ("2026-03-08T00:00:00Z", "6 hours", 28),
            ("2026-04-01T00:00:00Z", "day", 31),
            ("2027-03-01T00:00:00Z", "week", 53),
            ("2029-03-01T00:00:00Z", "4 weeks", 40),
            ("2126-03-01T00:00:00Z", "52 weeks", 101),
        ] {
            let scale = Scale::new(at("2026-03-01T00:00:00Z"), at(until)).unwrap();
            assert_eq!((scale.step(), scale.steps()), (step, len), "{until}");
            assert_eq!(scale.index(scale.since_us), 0);
            assert_eq!(scale.index(scale.until_us - 1), scale.steps() - 1);
        }
        assert!(Scale::new(5, 5).is_none() && Scale::new(6, 5).is_none());
    }

    #[test]
    fn steps_begin_where_days_and_weeks_begin() {
        let days = Scale::new(at("2026-03-04T15:00:00Z"), at("2026-05-01T00:00:00Z")).unwrap();
        assert_eq!((days.label(0), days.label(1)), ("4 Mar".into(), "5 Mar".into()));
        assert_eq!(days.index(at("2026-03-05T00:00:00Z")), 1);
        let weeks = Scale::new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")).unwrap();
        assert_eq!((weeks.step(), weeks.label(0)), ("week", "29 Dec 2025".into()));
    }
}
