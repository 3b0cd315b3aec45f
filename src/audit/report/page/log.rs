//! Keys, and what happened to the log itself.

use maud::{Markup, html};

use super::front::seconds;
use super::{nothing, section, table, time};
use crate::audit::report::chart::{count, stacked};
use crate::audit::report::tally::Series;
use crate::audit::report::{Figures, Report};

pub(super) fn sections(report: &Report) -> Markup {
    html! {
        (section(report, "Keys", keys(&report.figures)))
        (section(report, "Who read the log", accesses(&report.figures)))
        (section(report, "What else happened", events(&report.figures)))
        (section(report, "Checkpoints", checkpoints(report)))
    }
}

fn keys(figures: &Figures) -> Markup {
    if figures.keys.is_empty() {
        return nothing("keys used, made or revoked");
    }
    let mut keys: Vec<_> = figures.keys.iter().collect();
    keys.sort_by_key(|(id, key)| (std::cmp::Reverse(key.accepted + key.refused), (*id).clone()));
    let at = |us: Option<i64>| us.map(time).unwrap_or_default();
    let rows: Vec<Vec<String>> = keys
        .into_iter()
        .map(|(id, key)| {
            let (first, last) = key.times_us.unzip();
            let late = if key.after_revocation > 0 { count(key.after_revocation) } else { String::new() };
            vec![
                id.clone(),
                key.role.clone(),
                count(key.accepted),
                count(key.refused),
                at(first),
                at(last),
                at(key.created_us),
                at(key.revoked_us),
                late,
            ]
        })
        .collect();
    let columns = ["Key", "Role", "Let on", "Refused", "First use", "Last use", "Made", "Revoked", "Used after"];
    html! { div.small { (table(&columns, &[2, 3, 8], &rows)) } }
}

fn accesses(figures: &Figures) -> Markup {
    if figures.accesses.is_empty() {
        return nothing("reads, exports or verifications of the log by others");
    }
    let rows: Vec<Vec<String>> = figures
        .accesses
        .iter()
        .map(|([who, kind, what], access)| {
            vec![
                who.clone(),
                word(kind).to_owned(),
                what.clone(),
                count(access.times),
                count(access.records),
                time(access.times_us.0),
                time(access.times_us.1),
            ]
        })
        .collect();
    html! { div.small { (table(&["Who", "Did", "What", "Times", "Records", "First", "Last"], &[3, 4], &rows)) } }
}

fn word(kind: &str) -> &str {
    kind.strip_prefix("audit_").unwrap_or(kind)
}

fn events(figures: &Figures) -> Markup {
    let rows: Vec<Vec<String>> = figures
        .events
        .rows
        .iter()
        .map(|event| {
            vec![time(event.time_us), event.seq.to_string(), event.kind.replace('_', " "), event.detail.clone()]
        })
        .collect();
    html! {
        @if rows.is_empty() { (nothing("retention cuts, holds, erasures or readings of stored values")) } @else {
            (table(&["Time (UTC)", "Record", "Event", "Detail"], &[1], &rows))
            @if figures.events.total > rows.len() as u64 { p.note { (count(figures.events.total)) " in all." } }
        }
    }
}

fn checkpoints(report: &Report) -> Markup {
    let found = &report.checkpoints;
    let Some((first, last)) = found.ends else {
        return html! {
            p { "No checkpoint was signed in this period. What is not signed, whoever owns the database can rewrite." }
            @if found.unreadable > 0 { p.bad { (count(found.unreadable)) " checkpoints cannot be read." } }
        };
    };
    let series = Series { name: "checkpoints".into(), counts: found.counts.clone() };
    let row = |what: &str, size: u64, time_s: u64| vec![what.to_owned(), count(size), seconds(time_s)];
    let mut rows = vec![row("first", first.size, first.time_s), row("last", last.size, last.time_s)];
    if let Some((from, to)) = found.longest_gap {
        rows.push(row("before the longest pause", from.size, from.time_s));
        rows.push(row("after the longest pause", to.size, to.time_s));
    }
    html! {
        p {
            (count(found.total)) " signed checkpoints. "
            @if let Some((from, to)) = found.longest_gap {
                "The longest pause between two was " (pause(to.time_s.saturating_sub(from.time_s))) ", in which "
                (count(to.size.saturating_sub(from.size))) " records came. "
            }
            "No checkpoint is made while nothing new is recorded."
        }
        (stacked(&report.figures.scale, &[series], "checkpoints"))
        (table(&["Checkpoint", "Records covered", "Signed (UTC)"], &[1], &rows))
        @if found.unreadable > 0 { p.bad { (count(found.unreadable)) " checkpoints cannot be read." } }
    }
}

fn pause(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
