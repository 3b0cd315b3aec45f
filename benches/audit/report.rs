//! The rows, printed as they come. A row says so when its figure misses the bar of the design.

use std::time::Duration;

use crate::long::Bytes;
use crate::plain::Plain;

pub(crate) struct Report;

/// A bar that a figure is held against.
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Report {
    pub(crate) fn plain(&self, plain: &Plain) {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        self.row("plain INSERT, one row a commit, rows/s", plain.one_a_commit, &Bar::None);
        self.row("plain INSERT, one row a commit, p50, ms", ms(plain.one_a_commit_p50), &Bar::None);
        self.row("plain INSERT, one row a commit, p99, ms", ms(plain.one_a_commit_p99), &Bar::None);
        self.row("plain INSERT, 1,024 rows a commit, rows/s", plain.batched, &Bar::None);
    }

    pub(crate) fn sustained(&self, tenants: usize, appenders: usize, rate: f64) {
        let name = format!("appends to {tenants} chain(s), {appenders} at once, records/s");
        self.row(&name, rate, &Bar::AtLeast(10_000.0));
    }

    pub(crate) fn paced(&self, rate: u32, timings: Vec<Duration>) {
        for (percent, bar) in [(50, Bar::None), (99, Bar::AtMost(10.0))] {
            let at = timings[(timings.len() - 1) * percent / 100].as_secs_f64() * 1e3;
            self.row(&format!("an append at {rate} a second, p{percent} of {}, ms", timings.len()), at, &bar);
        }
    }

    pub(crate) fn bytes(&self, bytes: &Bytes) {
        self.row("bytes a record: its body", bytes.bodies, &Bar::None);
        self.row("bytes a record: a bare table of bodies", bytes.bare, &Bar::None);
        self.row("bytes a record: the table", bytes.table, &Bar::None);
        self.row("bytes a record: the table with its indexes", bytes.with_indexes, &Bar::None);
    }

    pub(crate) fn row(&self, name: &str, measured: f64, bar: &Bar) {
        let verdict = match bar {
            Bar::AtMost(bar) if measured <= *bar => format!("<= {bar}"),
            Bar::AtMost(bar) => format!("<= {bar}  MISSED"),
            Bar::AtLeast(bar) if measured >= *bar => format!(">= {bar}"),
            Bar::AtLeast(bar) => format!(">= {bar}  MISSED"),
            Bar::None => String::new(),
        };
        let shown = if measured >= 100.0 { format!("{measured:.0}") } else { format!("{measured:.3}") };
        println!("{name:<60} {shown:>12}  {verdict}");
    }
}
