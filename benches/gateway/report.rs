//! The table. Bars are those of the design; where a figure misses its bar, the
//! row says so.

use crate::provider::EVENTS;
use crate::runs::{Latency, NewPrompts, Streams, Throughput};
use crate::server::Memory;
use crate::timings::Timings;

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<[String; 5]>,
}

/// A bar that a figure is held against.
enum Bar {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Report {
    pub(crate) fn latency(&mut self, runs: Latency) {
        let Latency { direct, patterns, cached, insert, back_to_back } = runs;
        for (percent, slack_ms) in [(50, 0.15), (99, 0.5)] {
            let bar_ms = insert.percentile_ms(percent) + slack_ms;
            let name = format!("plain INSERT, p{percent} of {}, ms", insert.len());
            self.row(&name, "", &three(insert.percentile_ms(percent)), f64::NAN, &Bar::None);
            for (what, through) in [("patterns only", &patterns), ("NER, all cached", &cached)] {
                self.added_ms(&format!("{what}, c=1"), percent, &direct, through, &Bar::AtMost(bar_ms));
            }
            self.added_ms("patterns only, c=1, back to back", percent, &direct, &back_to_back, &Bar::None);
        }
    }

    pub(crate) fn new_prompts(&mut self, runs: NewPrompts) {
        for (percent, bar_ms) in [(50, Bar::AtMost(12.0)), (95, Bar::AtMost(18.0)), (99, Bar::None)] {
            self.added_ms("NER, new prompt of 300 characters, c=1", percent, &runs.direct, &runs.cordon, &bar_ms);
        }
    }

    pub(crate) fn throughput(&mut self, runs: Throughput) {
        let direct = format!("{:.0}", runs.direct);
        for (what, through) in [("patterns only", runs.patterns), ("NER, all cached", runs.cached)] {
            self.row(
                &format!("{what}, c=32, requests/s"),
                &direct,
                &format!("{through:.0}"),
                through,
                &Bar::AtLeast(8000.0),
            );
        }
    }

    pub(crate) fn streams(&mut self, runs: Streams) {
        let p50 = |timings: &Timings| timings.percentile_ms(50);
        let unstreamed = p50(&runs.unstreamed_cordon) - p50(&runs.unstreamed_direct);
        let first = p50(&runs.first_cordon) - p50(&runs.first_direct);
        let shown = format!("{} - {}", three(first), three(unstreamed));
        let name = "streamed: time to first event, added, less what an unstreamed call adds, p50, ms";
        self.row(name, "", &shown, first - unstreamed, &Bar::AtMost(1.0));
        let each = |whole: &Timings, first: &Timings| (p50(whole) - p50(first)) * 1e3 / EVENTS as f64;
        let (direct, through) =
            (each(&runs.burst_direct, &runs.first_direct), each(&runs.burst_cordon, &runs.first_cordon));
        let name = format!("streamed: per event of {EVENTS} sent at once, p50, us");
        self.row(&name, &three(direct), &three(through), through - direct, &Bar::AtMost(10.0));
        for percent in [50, 99] {
            let name = "streamed: an event on its way, one every 3 ms";
            self.added_ms(name, percent, &runs.event_direct, &runs.event_cordon, &Bar::None);
        }
    }

    pub(crate) fn memory(&mut self, idle: Memory, after: Memory) {
        for (when, memory, bar) in [("idle", idle, Bar::AtMost(150.0)), ("after the runs", after, Bar::None)] {
            let shown = format!("{:.0} ({:.0} without mapped files)", memory.resident, memory.anonymous);
            self.row(&format!("memory {when}, with the NER model, MiB"), "", &shown, memory.resident, &bar);
        }
    }

    fn added_ms(&mut self, what: &str, percent: usize, direct: &Timings, through: &Timings, bar: &Bar) {
        let (count, of) = (through.len(), |timings: &Timings| timings.percentile_ms(percent));
        let name = format!("{what}, p{percent} of {count}, ms");
        self.row(&name, &three(of(direct)), &three(of(through)), of(through) - of(direct), bar);
    }

    fn row(&mut self, name: &str, direct: &str, through: &str, measured: f64, bar: &Bar) {
        let verdict = match bar {
            Bar::AtMost(bar) if measured <= *bar => format!("<= {}", three(*bar)),
            Bar::AtMost(bar) => format!("<= {}  MISSED", three(*bar)),
            Bar::AtLeast(bar) if measured >= *bar => format!(">= {bar}"),
            Bar::AtLeast(bar) => format!(">= {bar}  MISSED"),
            Bar::None => String::new(),
        };
        let measured = if measured.is_nan() { String::new() } else { three(measured) };
        self.rows.push([name, direct, through, &measured, &verdict].map(str::to_owned));
    }

    pub(crate) fn print(&self) {
        let head = ["what", "direct", "through cordon", "added / measured", "bar"].map(str::to_owned);
        for [name, direct, through, measured, bar] in std::iter::once(&head).chain(&self.rows) {
            println!("{name:<84} {direct:>8} {through:>28} {measured:>17}  {bar}");
        }
    }
}

fn three(value: f64) -> String {
    format!("{value:.3}")
}
