use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::audit::checkpoint::TrustedKeys;
use crate::audit::export::testing::Chain;
use crate::audit::testing::{accepted, completed, key_id, tenant};
use crate::audit::verify::Verifier;
use crate::audit::{
    Accepted, Actor, AuditRead, Configured, Ended, EntityCounts, Event, KeyRevoked, KeyUsedAfterRevocation,
    LatencyStep, Outcome, PolicyChanged, PolicyRef, Refused, RetentionCut, TargetRef,
};
use crate::audit::{Hash, KeyCreated};
use crate::detect::Label;
use crate::store::Store;
use crate::store::testing::fresh_store;
use crate::tenant::Role;

const HOUR_US: i64 = 3_600_000_000;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
}

fn start() -> i64 {
    at("2026-03-01T00:00:00Z")
}

fn request(n: u32) -> Accepted {
    let mut request = accepted(Uuid::from_u128(u128::from(n) + 1));
    request.entities = EntityCounts::default();
    request
}

fn target(provider: &str, region: Option<&str>) -> TargetRef {
    TargetRef {
        model: Configured::name("m"),
        provider: Configured::name(provider),
        region: region.map(Configured::name),
    }
}

async fn report_of(store: &Store, since_us: i64, until_us: i64) -> Report {
    let acme = tenant("acme");
    // The key is the same for every chain of these tests.
    let verifier = Verifier::new(store.pool.clone(), TrustedKeys::new([Chain::of("acme").public_key()]));
    let verification = Verification::run(&verifier, &acme, |_, _| {}).await.unwrap();
    Report::make(&store.pool, &acme, (since_us, until_us), verification, |_, _| {}).await.unwrap()
}

/// A month: 10 requests a day to one of three places, each with 2 persons and,
/// every other one, an address that the policy lets through; each seventh refused.
fn month() -> Chain {
    let mut chain = Chain::of("acme");
    let (keys, hashes) = ([key_id(), key_id()], ["aa".repeat(32), "bb".repeat(32)]);
    chain.push(start() - HOUR_US, &Event::KeyCreated(KeyCreated { key_id: keys[0].clone(), role: Role::Client }));
    chain.push(start(), &Event::KeyCreated(KeyCreated { key_id: keys[1].clone(), role: Role::Client }));
    let mut n = 0;
    for day in 0..31_i64 {
        if day == 15 {
            let [before, after] = hashes.clone().map(|hash| Some(Configured::name(hash)));
            chain.push(
                start() + day * 24 * HOUR_US,
                &Event::PolicyChanged(PolicyChanged { policy: Configured::name("default"), before, after }),
            );
        }
        for hour in 0..10_i64 {
            n += 1;
            let time_us = start() + (day * 24 + hour) * HOUR_US + 1;
            let mut asked = request(n);
            asked.key_id = keys[usize::from(n % 5 == 0)].clone();
            asked.policy = PolicyRef {
                id: Configured::name("default"),
                sha256: Configured::name(hashes[usize::from(day >= 15)].clone()),
            };
            asked.entities.add(Label::parse("PERSON").unwrap(), "redact", 2);
            if n % 2 == 0 {
                asked.entities.add(Label::parse("EMAIL_ADDRESS").unwrap(), "allow", 1);
            }
            asked.target = match n % 3 {
                0 => Some(target("openai", Some("us"))),
                1 => Some(target("mistral", Some("eu"))),
                _ => None,
            };
            if n % 7 == 0 {
                chain.push(
                    time_us,
                    &Event::Refused(Box::new(Refused { request: asked, code: "policy_blocked", http_status: 403 })),
                );
                continue;
            }
            let id = asked.request;
            chain.push(time_us, &Event::Accepted(Box::new(asked)));
            let failed = n % 10 == 3;
            let latency = LatencyStep::from(Duration::from_millis(if failed { 900 } else { 123 }));
            let (outcome, code) =
                if failed { (Outcome::Failed, Some("upstream_timeout")) } else { (Outcome::Completed, None) };
            chain.push(time_us + 2, &Event::Ended(Ended { outcome, code, latency, ..completed(id) }));
        }
        chain.checkpoint(u64::try_from((start() + (day + 1) * 24 * HOUR_US) / 1_000_000 - 60).unwrap());
    }
    chain.push(start() + 31 * 24 * HOUR_US - 5, &Event::KeyRevoked(KeyRevoked { key_id: keys[0].clone() }));
    chain.push(
        start() + 31 * 24 * HOUR_US - 4,
        &Event::KeyUsedAfterRevocation(KeyUsedAfterRevocation { key_id: keys[0].clone(), uses: 3 }),
    );
    for records in [10, 20] {
        let read = AuditRead { by: Actor::Command, what: "records", filters: Vec::new(), records };
        chain.push(start() + 31 * 24 * HOUR_US - 3, &Event::AuditRead(read));
    }
    chain
}

#[tokio::test]
async fn figures_are_those_of_the_records() {
    let store = fresh_store().await;
    let mut chain = month();
    chain.store(&store).await;
    let report = report_of(&store, start(), at("2026-04-01T00:00:00Z")).await;
    assert!(report.is_whole());
    assert_eq!(report.verification().verdict().anchoring.agreed, 31);
    let figures = report.figures();
    // 310 requests, 44 of them refused.
    assert_eq!(
        (figures.accepted(), figures.refused.total_of("policy_blocked"), figures.refused.total()),
        (266, 44, 44)
    );
    assert_eq!((figures.labels.total_of("PERSON"), figures.labels.total_of("EMAIL_ADDRESS")), (620, 155));
    let action = |label: &str, action: &str| figures.actions[&(label.to_owned(), action.to_owned())];
    assert_eq!((action("PERSON", "redact"), action("EMAIL_ADDRESS", "allow")), (620, 155));
    let went = |n: u32| (1..=310).filter(|i| i % 7 != 0 && i % 3 == n).count() as u64;
    assert_eq!(figures.destinations.total_of("us \u{b7} openai"), went(0));
    assert_eq!(figures.destinations.total_of("eu \u{b7} mistral"), went(1));
    assert_eq!(figures.destinations.total_of(figures::STAYED), went(2));
    let failed = (1..=310).filter(|i| i % 7 != 0 && i % 10 == 3).count() as u64;
    assert_eq!((figures.outcomes.total_of("failed"), figures.outcomes.total()), (failed, 266));
    assert_eq!(figures.failures["failed: upstream_timeout"], failed);
    assert_eq!((figures.latency[&1000], figures.latency[&200]), (failed, 266 - failed));
    let versions: Vec<u64> = figures.policies.values().map(|used| used.counts.iter().sum()).collect();
    assert_eq!(versions, [150, 160]);
    assert_eq!(figures.policy_changes.total, 1);
    let keys: Vec<(u64, u64)> =
        figures.keys.values().map(|key| (key.accepted + key.refused, key.after_revocation)).collect();
    assert!(keys.contains(&(248, 3)) && keys.contains(&(62, 0)), "{keys:?}");
    // The first key was made before the period.
    assert_eq!(figures.keys.values().filter(|key| key.created_us.is_some()).count(), 1);
    let access = figures.accesses.values().next().unwrap();
    assert_eq!((access.times, access.records), (2, 30));
    assert_eq!((report.checkpoints.total, report.checkpoints.counts.len()), (31, 31));
    // Each day has its own bar.
    assert_eq!(figures.labels.series()[0].counts, vec![20; 31]);
}

#[tokio::test]
async fn what_is_outside_the_period_is_not_counted() {
    let store = fresh_store().await;
    month().store(&store).await;
    let report = report_of(&store, at("2026-03-10T00:00:00Z"), at("2026-03-11T00:00:00Z")).await;
    assert_eq!((report.figures().accepted() + report.figures().refused.total(), report.checkpoints.total), (10, 1));
    let empty = report_of(&store, at("2020-01-01T00:00:00Z"), at("2020-02-01T00:00:00Z")).await;
    assert_eq!((empty.figures().kinds.total(), empty.is_whole()), (0, true));
    let html = empty.to_html();
    assert!(html.contains("No entities in this period") && html.contains("No checkpoint was signed"));
    let none = Report::make(&store.pool, &tenant("acme"), (5, 5), empty.verification, |_, _| {}).await;
    assert!(matches!(none, Err(ReportError::NoPeriod)));
}

/// L47: a report over a log that was tampered with says so, at the top and in
/// each section.
#[tokio::test]
async fn a_report_over_a_broken_log_says_so_everywhere() {
    let store = fresh_store().await;
    month().store(&store).await;
    let whole = report_of(&store, start(), at("2026-04-01T00:00:00Z")).await.to_html();
    let sections = whole.matches("<section").count();
    assert!(
        whole.contains("The log is whole") && !whole.contains("NOT WHOLE") && !whole.contains("log that is not whole")
    );
    let mut tamperer = store.tamperer().await;
    let altering = "UPDATE audit_record SET body = replace(body, '\"v\":2', '\"v\":3') WHERE seq = 100";
    sqlx::raw_sql(altering).execute(&mut tamperer).await.unwrap();
    // Also when the period has nothing of what was altered.
    for since in [start(), at("2026-03-20T00:00:00Z")] {
        let broken = report_of(&store, since, at("2026-04-01T00:00:00Z")).await;
        let html = broken.to_html();
        assert!(!broken.is_whole() && html.contains("THE LOG IS NOT WHOLE") && !html.contains("The log is whole"));
        // All but the one that says how the report was made.
        assert_eq!(html.matches("These figures come from a log that is not whole").count(), sections - 1);
        assert!(html.contains("BROKEN at record"), "{html}");
    }
}

/// Whoever can change records must not be able to put anything into the page of
/// an officer.
#[tokio::test]
async fn hostile_names_are_only_text_and_the_page_loads_and_runs_nothing() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    let hostile = "</td><script>alert(1)</script><img src=x onerror='x'>\"";
    let mut asked = request(1);
    asked.target = Some(target(hostile, Some(hostile)));
    asked.policy = PolicyRef { id: Configured::name(hostile), sha256: Configured::name(hostile) };
    asked.purpose = Some(Configured::name(hostile));
    chain.push(start(), &Event::Accepted(Box::new(asked)));
    let by = Actor::Command;
    let cut = RetentionCut { by, through_seq: Seq::NONE, through_hash: Hash::MALFORMED, records: 0 };
    chain.push(start() + 1, &Event::RetentionCut(cut));
    chain.store(&store).await;
    let html = report_of(&store, start(), start() + HOUR_US).await.to_html();
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script") && !html.contains("<img"));
    assert!(!html.contains("src=") || html.contains("&lt;img src=x"));
    for loaded in ["<link", "<iframe", "url(", "@import", "http://", "https://"] {
        assert!(!html.contains(loaded), "{loaded}");
    }
}

/// Tampered bodies may be anything; they are counted as what they are.
#[tokio::test]
async fn bodies_that_are_no_records_are_counted_and_break_the_report() {
    let store = fresh_store().await;
    month().store(&store).await;
    let mut tamperer = store.tamperer().await;
    let bodies =
        ["", "null", "[]", "{\"time_us\":\"x\"}", "{\"entities\":{\"A\":{\"B\":-1}}}", "\u{1f600}", "{\"policy\":7}"];
    for (seq, body) in (10_i64..).zip(bodies) {
        let update = sqlx::query("UPDATE audit_record SET body = $1 WHERE seq = $2").bind(body).bind(seq);
        update.execute(&mut tamperer).await.unwrap();
    }
    let report = report_of(&store, start(), at("2026-04-01T00:00:00Z")).await;
    assert_eq!((report.figures().malformed, report.first_break.map(Seq::value)), (bodies.len() as u64, Some(10)));
    assert!(report.to_html().contains("records cannot be read as"));
}

/// A request that was given up on and then ended has one outcome: the real one.
#[tokio::test]
async fn an_end_that_comes_late_takes_the_place_of_the_one_that_was_given_up_on() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    for n in 0..3_u32 {
        let id = request(n).request;
        chain.push(start() + i64::from(n), &Event::Accepted(Box::new(request(n))));
        chain.push(start() + 100, &Event::Ended(Ended { outcome: Outcome::Unknown, ..completed(id) }));
        if n == 1 {
            chain.push(start() + 200, &Event::Ended(completed(id)));
        }
    }
    chain.store(&store).await;
    let report = report_of(&store, start(), start() + HOUR_US).await;
    let outcomes = &report.figures().outcomes;
    assert_eq!((outcomes.total_of("unknown"), outcomes.total_of("completed"), outcomes.total()), (2, 1, 3));
}
