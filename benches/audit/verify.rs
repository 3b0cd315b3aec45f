//! Verifying: an export in one thread, and a chain where it is stored.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::time::Instant;

use cordon::audit::checkpoint::{Checkpoint, Origin, SigningKey, TrustedKeys};
use cordon::audit::testing::tenant;
use cordon::audit::verify::{Mode, Verifier, verify_archive};
use cordon::audit::{AuditConfig, AuditLog, Base};
use cordon::store::Store;
use cordon::store::testing::fresh_store;
use uuid::Uuid;

use crate::append::Events;
use crate::report::{Bar, Report};
use crate::{Fallible, number};

/// Of a segment of an archive.
const SEGMENT: u64 = 5_000;
/// From one checkpoint to the next, as the configuration's default has it.
const CHECKPOINT: u64 = 1_000;
/// Runs of which the median counts.
const RUNS: usize = 5;

/// Records a second, and how much memory grew.
struct Figure {
    records_s: f64,
    grown_kib: f64,
    body_bytes: f64,
}

pub(crate) async fn measure(report: &Report) -> Fallible<()> {
    let records = number("CORDON_BENCH_VERIFY_RECORDS", 200_000)?;
    let store = fresh_store().await;
    let bodies = fill(&store, records / 4).await?;
    let key = SigningKey::from_seed(&[7; 32]).ok_or("no key")?;
    let keys = TrustedKeys::new([key.public_key(&Origin::default(), &tenant("acme"))]);

    let export = of_export(&bodies, records, &key, &keys)?;
    report.row(&format!("bytes of a body in the export of {records}"), export.body_bytes, &Bar::None);
    report.row("verified from an export, one thread, records/s", export.records_s, &Bar::AtLeast(500_000.0));
    report.row("memory that this took more than before, KiB", export.grown_kib, &Bar::AtMost(4096.0));
    let database = of_database(&store, &keys).await?;
    report.row("verified from the database, records/s", database.records_s, &Bar::None);
    report.row("memory that this took more than before, KiB", database.grown_kib, &Bar::None);
    store.close().await;
    Ok(())
}

/// Real records, in pairs of a request's two.
async fn fill(store: &Store, records: u64) -> Fallible<Vec<String>> {
    let log = AuditLog::start(store, AuditConfig::default());
    let appenders: Vec<_> = (0..64)
        .map(|_| {
            let (log, events) = (log.clone(), Events::new());
            tokio::spawn(async move {
                for number in 0..records / 64 {
                    log.append(&tenant("acme"), events.event(number, Uuid::now_v7())).await?;
                }
                Ok::<_, cordon::audit::AuditError>(())
            })
        })
        .collect();
    for appender in appenders {
        appender.await??;
    }
    log.flush_and_stop(std::time::Duration::from_secs(30)).await;
    Ok(sqlx::query_scalar("SELECT body FROM audit_record ORDER BY seq LIMIT 1000").fetch_all(&store.pool).await?)
}

fn of_export(bodies: &[String], records: u64, key: &SigningKey, keys: &TrustedKeys) -> Fallible<Figure> {
    let mut file = write_export(bodies, records, key)?;
    let mut rates = Vec::new();
    let before = resident_kib()?;
    for _ in 0..RUNS {
        file.rewind()?;
        let begun = Instant::now();
        let verdict = verify_archive(&file, keys, &[], |_| {})?;
        if !verdict.is_whole() || verdict.records_whole != records {
            return Err(verdict.to_string().into());
        }
        rates.push(records as f64 / begun.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let body_bytes = bodies.iter().map(String::len).sum::<usize>() as f64 / bodies.len() as f64;
    Ok(Figure { records_s: rates[RUNS / 2], grown_kib: resident_kib()? - before, body_bytes })
}

async fn of_database(store: &Store, keys: &TrustedKeys) -> Fallible<Figure> {
    let verifier = Verifier::new(store.pool.clone(), keys.clone());
    let (before, mut rates) = (resident_kib()?, Vec::new());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let verdict = verifier.verify(&tenant("acme"), Mode::Full, |_, _| {}).await?;
        if !verdict.is_whole() {
            return Err(verdict.to_string().into());
        }
        rates.push(verdict.records_whole as f64 / begun.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(Figure { records_s: rates[RUNS / 2], grown_kib: resident_kib()? - before, body_bytes: 0.0 })
}

/// An archive as docs/audit.md describes it, of `bodies` over and over.
fn write_export(bodies: &[String], records: u64, key: &SigningKey) -> Fallible<File> {
    let tenant = tenant("acme");
    let mut out = tar::Builder::new(BufWriter::new(tempfile::tempfile()?));
    let genesis = Base::genesis(&tenant);
    let mut end = genesis.head;
    for n in 0..records {
        end = end.append(bodies[n as usize % bodies.len()].as_bytes());
    }
    let through = format!(r#"{{"seq":{},"hash":"{}"}}"#, end.seq, end.hash);
    let base = format!(r#"{{"seq":0,"hash":"{}","frontier":[]}}"#, genesis.head.hash);
    let manifest = format!(
        r#"{{"format":"cordon-audit-export","version":1,"kind":"range","tenant":"{tenant}","base":{base},"through":{through},"head":{through},"made_us":1}}"#
    );
    append(&mut out, "manifest.json", manifest.as_bytes())?;
    let mut at = genesis;
    for segment in 0..records.div_ceil(SEGMENT) {
        let (mut lines, mut notes) = (Vec::new(), Vec::new());
        for n in segment * SEGMENT..records.min((segment + 1) * SEGMENT) {
            let (prev, body) = (at.head.hash, &bodies[n as usize % bodies.len()]);
            at.follow(at.head.append(body.as_bytes()).hash);
            writeln!(lines, r#"{{"seq":{},"prev_hash":"{prev}","hash":"{}","body":{body}}}"#, at.seq(), at.head.hash)?;
            if (n + 1) % CHECKPOINT == 0 {
                let (origin, root, size) = (Origin::default(), at.frontier.root(), n + 1);
                let signed = key.sign(Checkpoint { origin, tenant: tenant.clone(), size, root, time_s: 1 });
                writeln!(notes, "{}", serde_json::json!({"size": size, "note": signed.text()}))?;
            }
        }
        append(&mut out, &format!("checkpoints/{segment:06}.jsonl"), &notes)?;
        append(&mut out, &format!("records/{segment:06}.jsonl"), &lines)?;
    }
    append(&mut out, "proofs.jsonl", b"")?;
    append(&mut out, "end.json", format!(r#"{{"records":{records},"through":{through}}}"#).as_bytes())?;
    Ok(out.into_inner()?.into_inner()?)
}

fn append(out: &mut tar::Builder<BufWriter<File>>, name: &str, bytes: &[u8]) -> Fallible<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    Ok(out.append_data(&mut header, name, bytes)?)
}

/// Memory of this process that is in use, in KiB.
fn resident_kib() -> Fallible<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
