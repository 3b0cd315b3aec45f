//! What was asked, what was found in it, where it went, and how it ended.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{brief, nothing, section, table, time};
use crate::audit::report::chart::{SERIES_MAX, columns, count, lanes, rows, stacked};
use crate::audit::report::{Figures, Report};

/// Bars in a plot of bars at most.
const BARS_MAX: usize = 12;
/// Lanes in a plot of lanes at most.
const LANES_MAX: usize = 14;

pub(super) fn sections(report: &Report) -> Markup {
    let figures = &report.figures;
    html! {
        (section(report, "Personal data found, by label", entities(figures)))
        (section(report, "Where requests went", destinations(figures)))
        (section(report, "Requests that were refused", refused(figures)))
        (section(report, "How requests ended", outcomes(figures)))
        (section(report, "How long requests took", latency(figures)))
        (section(report, "Policy versions in force", policies(figures)))
    }
}

fn entities(figures: &Figures) -> Markup {
    if figures.labels.is_empty() {
        return nothing("entities");
    }
    html! {
        (stacked(&figures.scale, &figures.labels.top(SERIES_MAX), "entities"))
        (by_action(figures))
    }
}

/// A row a label, a column an action.
fn by_action(figures: &Figures) -> Markup {
    let actions: BTreeSet<&str> = figures.actions.keys().map(|(_, action)| action.as_str()).collect();
    let columns: Vec<&str> = ["Label"].into_iter().chain(actions.iter().copied()).chain(["all"]).collect();
    let rows: Vec<Vec<String>> = figures
        .labels
        .series()
        .into_iter()
        .map(|label| {
            let of =
                |action: &&str| figures.actions.get(&(label.name.clone(), (*action).to_owned())).copied().unwrap_or(0);
            let counts = actions.iter().map(of).chain([label.total()]).map(count);
            [label.name.clone()].into_iter().chain(counts).collect()
        })
        .collect();
    let numbers: Vec<usize> = (1..columns.len()).collect();
    table(&columns, &numbers, &rows)
}

fn destinations(figures: &Figures) -> Markup {
    if figures.destinations.is_empty() {
        return nothing("requests that were let on");
    }
    let bars: Vec<(String, u64)> =
        figures.destinations.top(BARS_MAX).into_iter().map(|one| (one.name.clone(), one.total())).collect();
    let mut targets: Vec<(&[String; 3], &u64)> = figures.targets.iter().collect();
    targets.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    let targets: Vec<Vec<String>> =
        targets.into_iter().map(|(target, n)| target.iter().cloned().chain([count(*n)]).collect()).collect();
    html! {
        (rows(&bars, "requests, by region and provider"))
        @if !targets.is_empty() { (table(&["Region", "Provider", "Model", "Requests"], &[3], &targets)) }
        @if !figures.purposes.is_empty() {
            h3 { "By purpose" }
            (table(&["Purpose", "Requests"], &[1], &named(&figures.purposes)))
        }
    }
}

fn refused(figures: &Figures) -> Markup {
    if figures.refused.is_empty() {
        return nothing("refused requests");
    }
    let codes = figures.refused.series().into_iter().map(|one| vec![one.name.clone(), count(one.total())]);
    html! {
        (stacked(&figures.scale, &figures.refused.top(SERIES_MAX), "refused requests"))
        (table(&["Code", "Requests"], &[1], &codes.collect::<Vec<_>>()))
    }
}

fn outcomes(figures: &Figures) -> Markup {
    if figures.outcomes.is_empty() {
        return nothing("requests that ended");
    }
    let (from, to) = figures.bytes;
    html! {
        (stacked(&figures.scale, &figures.outcomes.top(SERIES_MAX), "requests"))
        p { "Bytes of requests: " (count(from)) ". Bytes of answers: " (count(to)) "." }
        @if !figures.failures.is_empty() {
            (table(&["What went wrong", "Requests"], &[1], &named(&figures.failures)))
        }
    }
}

/// Names with counts, the largest first.
fn named(counts: &BTreeMap<String, u64>) -> Vec<Vec<String>> {
    let mut all: Vec<(&String, &u64)> = counts.iter().collect();
    all.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    all.into_iter().map(|(name, n)| vec![name.clone(), count(*n)]).collect()
}

fn latency(figures: &Figures) -> Markup {
    if figures.latency.is_empty() {
        return nothing("requests that ended");
    }
    let steps: Vec<(String, u64)> = figures.latency.iter().map(|(ms, n)| (duration(*ms), *n)).collect();
    columns(&steps[..steps.len().min(28)], "requests", "from the first byte to the last, at most")
}

fn duration(ms: u64) -> String {
    if ms >= 1_000 && ms.is_multiple_of(1_000) { format!("{} s", count(ms / 1_000)) } else { format!("{ms} ms") }
}

fn policies(figures: &Figures) -> Markup {
    let mut versions: Vec<_> = figures.policies.iter().collect();
    versions.sort_by_key(|(_, used)| used.times_us);
    let name = |[id, hash]: &[String; 2]| format!("{id} {}", brief(hash));
    let lines: Vec<(String, &[u64])> =
        versions.iter().map(|(version, used)| (name(version), used.counts.as_slice())).take(LANES_MAX).collect();
    let used = versions.iter().map(|([id, hash], used)| {
        let requests = count(used.counts.iter().sum());
        vec![id.clone(), brief(hash), requests, time(used.times_us.0), time(used.times_us.1)]
    });
    let changes = figures.policy_changes.rows.iter().map(|change| {
        let hash = |hash: &Option<String>| hash.as_deref().map_or_else(|| "none".to_owned(), brief);
        vec![
            time(change.time_us),
            change.seq.to_string(),
            change.policy.clone(),
            hash(&change.before),
            hash(&change.after),
        ]
    });
    html! {
        @if lines.is_empty() { (nothing("requests under a policy")) } @else {
            (lanes(&figures.scale, &lines, "policy versions that requests met"))
            @if versions.len() > LANES_MAX { p.note { "The first " (LANES_MAX) " of " (versions.len()) " versions." } }
            (table(&["Policy", "SHA-256", "Requests", "First", "Last"], &[2], &used.collect::<Vec<_>>()))
        }
        h3 { "Changes" }
        @if figures.policy_changes.total == 0 { (nothing("policy changes")) } @else {
            (table(&["Time (UTC)", "Record", "Policy", "Before", "After"], &[1], &changes.collect::<Vec<_>>()))
        }
    }
}
