//! The top of the page: whose, when, the verdict and the sums; and its end: how
//! it was counted.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{period, time};
use crate::audit::chain::Seq;
use crate::audit::report::Report;
use crate::audit::report::chart::count;

pub(super) fn front(report: &Report) -> Markup {
    html! {
        header {
            h1 { "Audit report" }
            table.facts {
                tr { th { "Tenant" } td { (report.tenant) } }
                tr { th { "Period" } td { (period(report)) " (UTC, end not included)" } }
                tr { th { "Records" } td { (places(report)) } }
                tr { th { "Made" } td { (time(report.verification.at_us)) " UTC by Cordon " (env!("CARGO_PKG_VERSION")) } }
            }
        }
        (verdict(report))
        (sums(report))
    }
}

fn places(report: &Report) -> String {
    let records = count(report.figures.kinds.total());
    match report.figures.places {
        Some((first, last)) => format!("{records}, the first at place {first} of the chain, the last at {last}"),
        None => "none in this period".into(),
    }
}

fn verdict(report: &Report) -> Markup {
    let (verification, head) = (&report.verification, report.verification.head());
    let is_whole = report.is_whole();
    html! {
        div.verdict.broken[!is_whole] {
            @if is_whole {
                p.word { "\u{2713} The log is whole" }
            } @else {
                p.word { "\u{2717} THE LOG IS NOT WHOLE" }
                p { "Do not rely on the figures of this report. They come from a log in which something is wrong." }
            }
            p { (verification.verdict()) }
            @if let Some(place) = report.first_break {
                p { "While counting: record " (place) " does not follow from the one before it." }
            }
            @if report.figures.malformed > 0 {
                p { "While counting: " (count(report.figures.malformed)) " records cannot be read as what they should be." }
            }
            dl {
                dt { "Verified" } dd { (time(verification.at_us)) " UTC, before anything was counted" }
                dt { "Range" } dd { (range(report)) }
                dt { "Head" } dd { "record " (head.seq) ", " span.hash { (head.hash) } }
                dt { "Keys" } dd { (signers(report)) }
            }
        }
    }
}

fn range(report: &Report) -> String {
    let verdict = report.verification.verdict();
    let records = count(verdict.records_whole);
    match verdict.after {
        Seq::NONE => format!("{records} records from the chain's beginning on are right"),
        cut => format!("{records} records after record {cut}, where retention cut the chain, are right"),
    }
}

fn signers(report: &Report) -> Markup {
    let signers = &report.checkpoints.signers;
    html! {
        @if signers.is_empty() { "no checkpoint was signed in this period" }
        @for signer in signers { span.hash { (signer) } " " }
    }
}

fn sums(report: &Report) -> Markup {
    let figures = &report.figures;
    let tiles = [
        ("requests let on", figures.accepted()),
        ("requests refused", figures.refused.total()),
        ("answers completed", figures.outcomes.total_of("completed")),
        ("failed or aborted", figures.outcomes.total() - figures.outcomes.total_of("completed")),
        ("entities found", figures.labels.total()),
        (
            "entities let through",
            figures.actions.iter().filter(|((_, action), _)| action == "allow").map(|(_, n)| n).sum(),
        ),
        ("stayed inside", figures.destinations.total_of(crate::audit::report::figures::STAYED)),
        ("keys used", figures.keys.values().filter(|key| key.times_us.is_some()).count() as u64),
        ("policy versions", figures.policies.len() as u64),
        ("policy changes", figures.policy_changes.total),
        ("reads of the log", figures.accesses.values().map(|access| access.times).sum()),
        ("checkpoints", report.checkpoints.total),
    ];
    html! {
        div.tiles {
            @for (name, n) in tiles { div.tile { b { (count(n)) } span { (name) } } }
        }
    }
}

pub(super) fn method() -> Markup {
    html! {
        section {
            h2 { "How this was made" }
            ul {
                li { "The verifier ran first, over the whole chain. What it said stands at the top." }
                li { "Figures are counted from the bodies that the chain's hashes cover, and belong to the period by the event's
                      time. Records are in the order of their places; clocks can step." }
                li { "Requests and entities are counted when a request was let on or refused, outcomes and latency when it ended:
                      a request that ended after the period has no outcome here." }
                li { "A destination is where a request was let on to go. A region is what the configuration says of a provider." }
                li { "Entities are what the detectors found. What they missed, no log can tell." }
                li { "Latency is rounded up to 1, 2 or 5 times a power of ten milliseconds." }
                li { "To check the log without trusting whoever runs it: "
                     code { "cordon audit export" } ", then " code { "cordon audit verify --offline" } "." }
            }
        }
    }
}

/// A time in seconds since 1970.
pub(super) fn seconds(time_s: u64) -> String {
    let at = i64::try_from(time_s).ok().and_then(|at| Timestamp::from_second(at).ok());
    at.map_or_else(|| time_s.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
