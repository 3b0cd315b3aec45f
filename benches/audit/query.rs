//! Questions over millions of records, by kind of filter.

use std::time::{Duration, Instant};

use cordon::audit::Seq;
use cordon::audit::index::{Field, Indexer};
use cordon::audit::query::{Filter, Page, aggregate, page};
use cordon::store::Store;
use cordon::store::testing::fresh_store;
use cordon::tenant::TenantId;
use sqlx::AssertSqlSafe;

use super::{Fallible, conditions};

const REQUESTS: &str = include_str!("query.sql");
/// Requests that are made in one statement.
const STEP: u64 = 100_000;
/// Records of a page.
const LIMIT: u32 = 100;
/// Questions of each kind: from the end, from the beginning, from anywhere.
const QUESTIONS: usize = 60;
/// The first record's time and the last one's, in seconds since 1970.
const TIMES: (u64, u64) = (1_780_000_000, 1_787_776_000);

/// A kind of question: its name, and the conditions of the `n`-th one of it over so
/// many requests.
type Kind = (&'static str, fn(u64, u64) -> Vec<(&'static str, String)>);

const KINDS: &[Kind] = &[
    ("no filter", |_, _| vec![]),
    ("label, one in two", |_, _| is(&[("label", "PERSON")])),
    ("label, 1 %", |_, _| is(&[("label", "US_SSN")])),
    ("label, 3 of 100,000", |_, _| is(&[("label", "VIN")])),
    ("label that no record has", |_, _| is(&[("label", "IMEI")])),
    ("action", |_, _| is(&[("action", "block")])),
    ("label and action", |_, _| is(&[("label", "PHONE_NUMBER"), ("action", "mask")])),
    ("label and action, never together", |_, _| is(&[("label", "LOCATION"), ("action", "block")])),
    ("key", |n, _| vec![("key", format!("k{:015}", n % 40))]),
    ("conversation", |n, of| vec![("conversation", sha256(&format!("{}c", n % (of / 5))))]),
    ("provider", |_, _| is(&[("provider", "anthropic")])),
    ("region", |_, _| is(&[("region", "us")])),
    ("outcome, 2 %", |_, _| is(&[("outcome", "failed")])),
    ("kind, 1 %", |_, _| is(&[("kind", "audit_read")])),
    ("code, 1 %", |_, _| is(&[("code", "policy_blocked")])),
    ("policy version", |n, _| vec![("policy_hash", sha256(&format!("{}/{}", n % 3, n % 5)))]),
    ("model", |_, _| is(&[("model", "claude")])),
    ("purpose", |_, _| is(&[("purpose", "support")])),
    ("request", |n, of| vec![("request", id(0xa0, n % of))]),
    ("record", |n, of| vec![("record", id(0xa1, n % of))]),
    ("free id, of a request", |n, of| vec![("id", id(0xa0, n % of))]),
    ("free id, of a conversation", |n, of| vec![("id", sha256(&format!("{}c", n % (of / 5))))]),
    ("an hour", |n, _| between(n, 3600)),
    ("an hour and a label, 1 %", |n, _| [between(n, 3600), is(&[("label", "US_SSN")])].concat()),
    ("30 days, a rare label, an outcome", |n, _| {
        [between(n, 30 * 86_400), is(&[("label", "VIN"), ("outcome", "failed")])].concat()
    }),
    ("four common ones, rare together", |_, _| {
        is(&[("key", "k000000000000003"), ("outcome", "aborted"), ("region", "us"), ("label", "CREDIT_CARD")])
    }),
    ("three common ones, never together", |_, _| {
        is(&[("kind", "ended"), ("code", "policy_blocked"), ("label", "PERSON")])
    }),
];

/// What is counted by, and of what.
type Count = (&'static [Field], &'static [(&'static str, &'static str)]);

const COUNTS: &[Count] = &[
    (&[], &[]),
    (&[Field::Label], &[]),
    (&[Field::Label, Field::Action], &[]),
    (&[Field::Label, Field::Day], &[]),
    (&[Field::Provider, Field::Region], &[]),
    (&[Field::Outcome, Field::Policy], &[]),
    (&[Field::Day], &[("since", "2026-06-10T05:00:00Z"), ("until", "2026-07-10T05:00:00Z")]),
    (&[Field::Action], &[("key", "k000000000000003")]),
];

/// Makes `records` records, indexes them, asks, and prints what it took. The 95th
/// percentile of the slowest kind of question, in milliseconds.
pub(super) async fn measure(records: u64) -> Fallible<f64> {
    let (store, tenant) = (fresh_store().await, TenantId::parse("acme")?);
    let started = Instant::now();
    fill(&store, records / 2).await?;
    println!("\nquestions over {records} records of one chain (made in {:.0?})", started.elapsed());
    let started = Instant::now();
    let indexed = Indexer::new(store.pool.clone()).rebuild(&tenant, |_| {}).await?;
    let took = started.elapsed();
    let bytes: i64 = sqlx::query_scalar(
        "SELECT (pg_total_relation_size('audit_index') + pg_total_relation_size('audit_index_block'))::bigint",
    )
    .fetch_one(&mut store.superuser().await)
    .await?;
    let (rate, each) = (indexed as f64 / took.as_secs_f64(), bytes as f64 / indexed as f64);
    println!("  index: {rate:.0} records/s, {:.1} MB, {each:.1} bytes a record", bytes as f64 / 1e6);
    println!("  a page of {LIMIT}, load average {}", conditions::load_average());
    let slowest = pages(&store, &tenant, records / 2).await?;
    for (by, conditions) in COUNTS {
        let started = Instant::now();
        let groups = aggregate(&store.pool, &filter(&tenant, &is(conditions))?, by).await?;
        let by: Vec<&str> = by.iter().map(|field| field.name()).collect();
        let asked = format!("counts by {} {}", by.join(","), if conditions.is_empty() { "" } else { "with a filter" });
        println!("  {asked:<40} {:>8.0?}, {} groups", started.elapsed(), groups.rows.len());
    }
    store.close().await;
    Ok(slowest)
}

async fn fill(store: &Store, requests: u64) -> Fallible<()> {
    let mut connection = store.superuser().await;
    sqlx::raw_sql("SET synchronous_commit = off").execute(&mut connection).await?;
    for first in (1..=requests).step_by(STEP as usize) {
        let last = (first + STEP - 1).min(requests);
        let sql = REQUESTS.replace("$FROM", &first.to_string()).replace("$TO", &last.to_string());
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    sqlx::raw_sql("VACUUM ANALYZE audit_record").execute(&mut connection).await?;
    Ok(())
}

async fn pages(store: &Store, tenant: &TenantId, requests: u64) -> Fallible<f64> {
    let (mut random, mut all, mut slowest) = (0x9e37_79b9_7f4a_7c15_u64, Vec::new(), 0_f64);
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (name, conditions) in KINDS {
        let (mut times, mut found) = (Vec::with_capacity(QUESTIONS), 0);
        for number in 0..QUESTIONS {
            let mut filter = filter(tenant, &conditions(next() % requests, requests))?;
            filter.page = match number % 3 {
                0 => Page::Latest,
                1 => Page::After(Seq::NONE),
                _ => Page::After(Seq::new((next() % (2 * requests)) as i64).unwrap_or(Seq::NONE)),
            };
            let started = Instant::now();
            found += page(&store.pool, &filter).await?.records.len();
            times.push(started.elapsed());
        }
        all.extend(times.iter().copied());
        println!("  {name:<40} {}, {:.1} records", percentiles(&mut times), found as f64 / QUESTIONS as f64);
        slowest = slowest.max(percentile_ms(&times, 95));
    }
    println!("  {:<40} {}", "all kinds", percentiles(&mut all));
    Ok(slowest)
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let [half, most, all] = [50, 95, 100].map(|percent| percentile_ms(times, percent));
    format!("p50 {half:6.1} ms, p95 {most:6.1} ms, max {all:6.1} ms")
}

/// Of sorted times.
fn percentile_ms(times: &[Duration], percent: usize) -> f64 {
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or_default().as_secs_f64() * 1e3
}

fn filter(tenant: &TenantId, conditions: &[(&'static str, String)]) -> Fallible<Filter> {
    let mut filter = Filter { limit: LIMIT, ..Filter::of(tenant.clone()) };
    for (name, value) in conditions {
        filter.set(name, value)?;
    }
    Ok(filter)
}

fn is(conditions: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    conditions.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn between(n: u64, seconds: u64) -> Vec<(&'static str, String)> {
    let (first, last) = TIMES;
    let since = first + n * 7919 % (last - first - seconds);
    let time = |s: u64| jiff::Timestamp::from_second(s as i64).map(|time| time.to_string()).unwrap_or_default();
    vec![("since", time(since)), ("until", time(since + seconds))]
}

/// As query.sql makes ids.
fn id(kind: u8, n: u64) -> String {
    let n = n + 1;
    format!("0190a0{kind:02x}-{:04x}-7000-8000-{:012x}", n >> 16, n & 0xffff)
}

fn sha256(text: &str) -> String {
    data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}
