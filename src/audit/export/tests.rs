use std::collections::BTreeMap;
use std::io::Read;

use sqlx::PgPool;
use uuid::Uuid;

use super::resume::Partial;
use super::testing::Chain;
use super::*;
use crate::audit::base::Base;
use crate::audit::chain::Head;
use crate::audit::checkpoint::SignedCheckpoint;
use crate::audit::merkle::{ConsistencyProof, InclusionProof};
use crate::audit::query::Filter;
use crate::audit::testing::{accepted, completed, key_created, tenant};
use crate::audit::{Event, Hash};
use crate::store::Store;
use crate::store::testing::fresh_store;
use serde_json::Value;

const START_US: i64 = 1_790_000_000_000_000;

/// `records` records a second apart, with a checkpoint behind each of `sizes`.
async fn chain(store: &Store, records: u64, sizes: &[u64]) -> Chain {
    let mut chain = Chain::of("acme");
    let event = key_created();
    for n in 1..=records {
        let second = i64::try_from(n).unwrap();
        chain.push(START_US + second * 1_000_000, &event);
        if sizes.contains(&n) {
            chain.checkpoint(1_790_000_000 + n);
        }
    }
    chain.store(store).await;
    chain
}

fn everything() -> Request {
    Request { filter: Filter::of(tenant("acme")), bounds: Bounds::default(), selection: Vec::new() }
}

fn between(from: i64, through: i64) -> Request {
    Request { bounds: Bounds { from: Seq::new(from), through: Seq::new(through) }, ..everything() }
}

async fn bytes_of(mut export: Archive) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        out.extend_from_slice(&piece);
    }
    out
}

async fn archive(pool: &PgPool, request: &Request) -> Archive {
    let plan = Plan::new(pool, request).await.unwrap();
    Archive::begin(pool.clone(), plan, "key\n".into()).await.unwrap()
}

/// The members of an archive, as any reader of tar sees them.
fn members(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut data = String::new();
        entry.read_to_string(&mut data).unwrap();
        (name, data)
    });
    entries.collect()
}

fn json_lines(data: &str) -> Vec<Value> {
    data.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hash(value: &Value) -> Hash {
    manifest::hash(value.as_str().unwrap()).unwrap()
}

fn path(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

/// Reads an archive of a range as a verifier does, and returns the roots that a
/// checkpoint signs: size by size.
fn check_range(archive: &[u8]) -> (Manifest, Vec<u64>) {
    let members = members(archive);
    let manifest: Manifest = serde_json::from_str(&members[0].1).unwrap();
    let mut at: Base = manifest.base.base().unwrap();
    let (mut roots, mut notes, mut anchored, mut records) = (BTreeMap::new(), BTreeMap::new(), Vec::new(), 0);
    for (name, data) in &members[2..] {
        let lines = json_lines(data);
        if name.starts_with("checkpoints/") {
            for line in &lines {
                let note = SignedCheckpoint::parse(line["note"].as_str().unwrap()).unwrap();
                assert_eq!(Some(note.checkpoint().size), line["size"].as_u64());
                notes.insert(note.checkpoint().size, note.checkpoint().root);
            }
        } else if name.starts_with("records/") {
            assert!(lines.len() <= 10_000 && data.len() <= 8 << 20);
            for (line, value) in data.lines().zip(&lines) {
                let body = &line[line.find("\"body\":").unwrap() + 7..line.len() - 1];
                let next: Head = at.head.append(body.as_bytes());
                assert_eq!(value["seq"].as_i64(), Some(next.seq.value()));
                assert_eq!((hash(&value["prev_hash"]), hash(&value["hash"])), (at.head.hash, next.hash));
                at.follow(next.hash);
                records += 1;
                roots.insert(at.frontier.size(), at.frontier.root());
            }
        } else if name == "proofs.jsonl" {
            for proof in &lines {
                let (from, to) = (proof["from"].as_u64().unwrap(), proof["to"].as_u64().unwrap());
                let proof = ConsistencyProof { from, to, path: path(&proof["path"]) };
                assert!(proof.verify(roots[&from], notes[&to]), "{from} to {to}");
                anchored.push(to);
            }
        }
    }
    for (size, root) in &notes {
        assert!(roots.get(size).is_none_or(|own| own == root), "{size}");
    }
    let end: Value = serde_json::from_str(&members.last().unwrap().1).unwrap();
    assert_eq!(members.last().unwrap().0, "end.json");
    assert_eq!((end["records"].as_u64(), &end["through"]["hash"]), (Some(records), &at.head.hash.to_string().into()));
    assert_eq!(manifest.through.hash, at.head.hash.to_string());
    anchored.extend(notes.keys());
    anchored.sort_unstable();
    anchored.dedup();
    (manifest, anchored)
}

#[tokio::test]
async fn an_archive_of_a_chain_holds_its_exact_bytes_and_what_anchors_them() {
    let store = fresh_store().await;
    let chain = chain(&store, 12_345, &[1, 500, 10_000, 12_000, 12_345]).await;
    let mut export = archive(&store.pool, &everything()).await;
    assert_eq!(export.records_done(), 0);
    let mut bytes = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    assert_eq!((export.records_done(), export.first_break()), (12_345, None));
    let (manifest, anchored) = check_range(&bytes);
    assert_eq!(anchored, [1, 500, 10_000, 12_000, 12_345]);
    assert_eq!((manifest.records, manifest.base.seq, manifest.head.seq), (12_345, 0, 12_345));
    assert_eq!(manifest.through.hash, chain.at.head.hash.to_string());
    let names: Vec<String> = members(&bytes).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "manifest.json",
        "keys.txt",
        "checkpoints/000001.jsonl",
        "records/000001.jsonl",
        "checkpoints/000002.jsonl",
        "records/000002.jsonl",
        "proofs.jsonl",
        "end.json",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_range_begins_and_ends_anywhere_and_is_anchored_by_a_checkpoint_behind_it() {
    let store = fresh_store().await;
    chain(&store, 300, &[100, 200, 250]).await;
    for (from, through, anchors) in [
        (1, 300, vec![100, 200, 250]),
        (2, 150, vec![100, 200]),
        (101, 200, vec![200]),
        (120, 130, vec![200]),
        (200, 200, vec![200]),
        (150, 260, vec![200, 250]),
        (251, 300, vec![]),
    ] {
        let bytes = bytes_of(archive(&store.pool, &between(from, through)).await).await;
        let (manifest, anchored) = check_range(&bytes);
        assert_eq!((manifest.base.seq, manifest.through.seq, anchored), (from - 1, through, anchors), "{from}");
    }
}

#[tokio::test]
async fn what_is_no_range_is_told() {
    let store = fresh_store().await;
    chain(&store, 10, &[]).await;
    for (from, through) in [(11, 11), (5, 3), (1, 11), (13, 12)] {
        let refused = Plan::new(&store.pool, &between(from, through)).await;
        assert!(matches!(refused, Err(ExportError::NoRange { .. })), "{from} {through} {refused:?}");
    }
    // Nothing new since the last export is no mistake.
    let nothing = Request { bounds: Bounds { from: Seq::new(11), through: None }, ..everything() };
    let (manifest, _) = check_range(&bytes_of(archive(&store.pool, &nothing).await).await);
    assert_eq!((manifest.records, manifest.base.seq), (0, 10));
    let nobody = Request { filter: Filter::of(tenant("amce")), ..everything() };
    assert!(matches!(Plan::new(&store.pool, &nobody).await, Err(ExportError::NoSuchTenant(_))));
}

/// L51: clocks step, so a time is a range of places that covers it.
#[tokio::test]
async fn a_time_becomes_the_range_of_places_that_covers_it() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    for second in [10, 20, 30, 25, 40, 35, 50] {
        chain.push(START_US + second * 1_000_000, &key_created());
    }
    chain.store(&store).await;
    let during = |since: i64, until: i64| {
        let at = |second: i64| Some(START_US + second * 1_000_000);
        Request {
            filter: Filter { since_us: at(since), until_us: at(until), ..Filter::of(tenant("acme")) },
            ..everything()
        }
    };
    let (manifest, _) = check_range(&bytes_of(archive(&store.pool, &during(26, 40)).await).await);
    let period = manifest.period.unwrap();
    assert_eq!((manifest.base.seq, manifest.through.seq), (2, 6));
    assert_eq!((period.first_seq, period.last_seq), (Some(3), Some(6)));
    let (manifest, _) = check_range(&bytes_of(archive(&store.pool, &during(41, 50)).await).await);
    assert_eq!((manifest.records, manifest.period.unwrap().first_seq), (0, None));
}

/// An interrupted archive that is gone on with is the archive made in one go,
/// wherever it was torn.
#[tokio::test]
async fn an_archive_goes_on_where_it_was_torn() {
    let store = fresh_store().await;
    let mut chain = chain(&store, 25_000, &[9_000, 10_000, 15_000, 24_000]).await;
    let whole = bytes_of(archive(&store.pool, &everything()).await).await;
    // The chain grows meanwhile, and is signed again.
    chain.push(START_US, &key_created());
    chain.checkpoint(1_795_000_000);
    chain.store(&store).await;
    let end_of = |member: &str| {
        let mut file = tar::Archive::new(whole.as_slice());
        let mut entries = file.entries().unwrap().map(Result::unwrap);
        let entry = entries.find(|entry| entry.path().unwrap().to_str() == Some(member)).unwrap();
        usize::try_from(entry.raw_file_position() + entry.size().div_ceil(512) * 512).unwrap()
    };
    let front = end_of("keys.txt");
    let [first, second, third] = [1, 2, 3].map(|number| end_of(&format!("records/{number:06}.jsonl")));
    for (torn_at, kept) in [
        (front, front),
        (front + 1, front),
        (first - 1, front),
        (first, first),
        (first + 300, first),
        (second - 600, first),
        (second + 2000, second),
        (third, third),
        (whole.len() - 700, third),
    ] {
        let (kept_bytes, again) = go_on(&store.pool, &whole[..torn_at]).await;
        assert_eq!(kept_bytes, kept, "torn at {torn_at}");
        assert!(again == whole, "torn at {torn_at}");
    }
    // Before the keys there is nothing to keep, and without a manifest nothing to go on with.
    let (kept, again) = go_on(&store.pool, &whole[..front - 1]).await;
    assert!(kept == 0 && again == whole);
    assert!(resume::manifest_of(&mut &whole[..500]).unwrap().is_none());
    // A page that the disk lost is made again, with everything behind it.
    let mut damaged = whole.clone();
    damaged[first + 5000..first + 5100].fill(0);
    let (kept, again) = go_on(&store.pool, &damaged).await;
    assert!(kept == first && again == whole);
    let mut damaged = whole.clone();
    damaged[first + 600] ^= 1;
    let (kept, again) = go_on(&store.pool, &damaged).await;
    assert!(kept == first && again == whole);
}

/// How much of `torn` is kept, and the whole archive.
async fn go_on(pool: &PgPool, torn: &[u8]) -> (usize, Vec<u8>) {
    let today = Plan::new(pool, &everything()).await.unwrap();
    let manifest = resume::manifest_of(&mut &*torn).unwrap().unwrap();
    assert!(resume::fits(&manifest, &everything(), &today));
    let mut file = torn;
    let partial = Partial::read(pool.clone(), &manifest, today, "key\n".into(), &mut file).await.unwrap();
    let kept = usize::try_from(partial.kept).unwrap();
    (kept, [torn[..kept].to_vec(), bytes_of(partial.archive).await].concat())
}

#[tokio::test]
async fn an_archive_of_something_else_is_not_gone_on_with() {
    let store = fresh_store().await;
    chain(&store, 30, &[]).await;
    let bytes = bytes_of(archive(&store.pool, &between(1, 20)).await).await;
    let manifest = resume::manifest_of(&mut bytes.as_slice()).unwrap().unwrap();
    for (request, fits) in
        [(between(1, 20), true), (everything(), true), (between(2, 20), false), (between(1, 30), false)]
    {
        let today = Plan::new(&store.pool, &request).await.unwrap();
        assert_eq!(resume::fits(&manifest, &request, &today), fits, "{request:?}");
    }
    assert!(resume::manifest_of(&mut [7_u8; 4096].as_slice()).unwrap().is_none());
}

#[tokio::test]
async fn a_selection_proves_that_each_record_is_in_the_log() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    let request = Uuid::from_u128(42);
    for n in 0..40 {
        let other = Uuid::from_u128(1000 + u128::try_from(n).unwrap());
        let event = match n {
            3 => Event::Accepted(Box::new(accepted(request))),
            17 => Event::Ended(completed(request)),
            39 => Event::Ended(completed(request)),
            _ => Event::Accepted(Box::new(accepted(other))),
        };
        chain.push(START_US + n, &event);
        if [10, 12, 30].contains(&chain.at.frontier.size()) {
            chain.checkpoint(1_790_000_000);
        }
    }
    chain.store(&store).await;
    let filter = Filter { request: Some(request), ..Filter::of(tenant("acme")) };
    let selection = Request { filter, selection: vec![format!("request={request}")], ..everything() };
    let bytes = bytes_of(archive(&store.pool, &selection).await).await;
    let members = members(&bytes);
    let manifest: Manifest = serde_json::from_str(&members[0].1).unwrap();
    assert_eq!((manifest.kind, manifest.records), (Kind::Selection, 3));
    let roots: BTreeMap<u64, Hash> = json_lines(&members[2].1)
        .iter()
        .map(|line| {
            let note = SignedCheckpoint::parse(line["note"].as_str().unwrap()).unwrap();
            (note.checkpoint().size, note.checkpoint().root)
        })
        .collect();
    let records: BTreeMap<u64, Hash> =
        json_lines(&members[3].1).iter().map(|line| (line["seq"].as_u64().unwrap(), hash(&line["hash"]))).collect();
    assert_eq!(records.keys().copied().collect::<Vec<_>>(), [4, 18, 40]);
    let proofs = json_lines(&members[4].1);
    let proved: Vec<(u64, u64)> = proofs
        .iter()
        .map(|proof| {
            let (seq, size) = (proof["seq"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
            let proof = InclusionProof { index: seq - 1, size, path: path(&proof["path"]) };
            assert!(proof.verify(records[&seq], roots[&size]), "{seq}");
            (seq, size)
        })
        .collect();
    // The last record is behind every checkpoint: no proof, and a verifier says so.
    assert_eq!(proved, [(4, 10), (18, 30)]);
}

/// A log that was tampered with can be exported: the archive is the evidence.
#[tokio::test]
async fn a_broken_log_is_exported_as_it_is_and_told() {
    let store = fresh_store().await;
    chain(&store, 50, &[20, 40]).await;
    let mut tamperer = store.tamperer().await;
    for sql in [
        "UPDATE audit_record SET body = replace(body, 'client', 'admin') WHERE seq = 7",
        "DELETE FROM audit_record WHERE seq = 30",
    ] {
        sqlx::raw_sql(sql).execute(&mut tamperer).await.unwrap();
    }
    let mut export = archive(&store.pool, &everything()).await;
    let mut bytes = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    assert_eq!((export.first_break().map(Seq::value), export.records_done()), (Some(7), 49));
    let members = members(&bytes);
    assert!(members[3].1.lines().nth(6).unwrap().contains("admin"));
    assert!(members.last().unwrap().1.contains("\"records\":49"));
}

/// Rows prove nothing by themselves, so a hole among them, or behind them, is told.
#[tokio::test]
async fn rows_of_a_log_with_holes_are_told_as_broken() {
    for (gone, first_break) in [(None, None), (Some(30), Some(30)), (Some(50), Some(50)), (Some(1), Some(1))] {
        let store = fresh_store().await;
        chain(&store, 50, &[]).await;
        let mut tamperer = store.tamperer().await;
        let delete = sqlx::query("DELETE FROM audit_record WHERE seq = $1").bind(gone);
        delete.execute(&mut tamperer).await.unwrap();
        for format in Format::ALL {
            let plan = Plan::new(&store.pool, &everything()).await.unwrap();
            let mut export = Export::begin(store.pool.clone(), plan, format, String::new()).await.unwrap();
            while export.next().await.unwrap().is_some() {}
            let found = (export.first_break().map(Seq::value), export.records_done());
            assert_eq!(found, (first_break, if gone.is_some() { 49 } else { 50 }), "{format:?} {gone:?}");
        }
    }
}

/// A chosen record that goes while its export is made is not left out in silence.
#[tokio::test]
async fn rows_of_a_selection_are_as_many_as_were_counted() {
    let store = fresh_store().await;
    chain(&store, 20, &[]).await;
    let mut filter = Filter::of(tenant("acme"));
    filter.set("kind", "key_created").unwrap();
    let selection = Request { filter, selection: vec!["kind=key_created".into()], ..everything() };
    let plan = Plan::new(&store.pool, &selection).await.unwrap();
    let mut tamperer = store.tamperer().await;
    for (sql, first_break) in [
        ("SELECT 1", None),
        ("DELETE FROM audit_record WHERE seq = 20", Some(20)),
        ("UPDATE audit_record SET body = replace(body, 'client', 'admin') WHERE seq = 7", Some(7)),
    ] {
        sqlx::raw_sql(sql).execute(&mut tamperer).await.unwrap();
        for format in [RowFormat::Csv, RowFormat::Ocsf] {
            let mut rows = Rows::begin(store.pool.clone(), plan.clone(), format);
            while rows.next().await.unwrap().is_some() {}
            assert_eq!(rows.first_break().map(Seq::value), first_break, "{format:?} {sql}");
        }
    }
}

/// Nothing is a whole export that does not end as one.
#[tokio::test]
async fn an_export_that_fails_does_not_look_whole() {
    let store = fresh_store().await;
    chain(&store, 3_000, &[]).await;
    for format in Format::ALL {
        let plan = Plan::new(&store.pool, &everything()).await.unwrap();
        let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy_with(store.connect_options().clone());
        let mut export = Export::begin(pool.clone(), plan, format, String::new()).await.unwrap();
        let mut pieces = vec![export.next().await];
        pool.close().await;
        while !matches!(pieces.last(), Some(Ok(None) | Err(_))) {
            pieces.push(export.next().await);
        }
        assert!(matches!(pieces.last(), Some(Err(ExportError::Database(_)))), "{format:?}");
    }
}

#[tokio::test]
async fn rows_are_rfc_4180_and_no_formula() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    let request = Uuid::from_u128(42);
    let mut asked = accepted(request);
    asked.model_asked = Some(crate::audit::Configured::name("=HYPERLINK(\"http://x\",\"a\")"));
    asked.detector = crate::audit::Configured::name("-1+1,\r\n\"");
    chain.push(START_US, &Event::Accepted(Box::new(asked)));
    chain.push(START_US + 1, &Event::Ended(completed(request)));
    chain.push(START_US + 2, &key_created());
    chain.store(&store).await;
    let plan = Plan::new(&store.pool, &everything()).await.unwrap();
    let mut rows = Rows::begin(store.pool.clone(), plan, RowFormat::Csv);
    let mut text = rows.next().await.unwrap().unwrap().to_vec();
    assert!(rows.next().await.unwrap().is_none() && rows.records_done() == 3);
    let lines = String::from_utf8(text.clone()).unwrap();
    assert!(lines.starts_with("seq,time,stored,record,") && lines.ends_with("\r\n"));
    let mut table = ::csv::Reader::from_reader(text.as_mut_slice() as &[u8]);
    let columns = table.headers().unwrap().clone();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let cell =
        |row: usize, name: &str| rows[row].get(columns.iter().position(|column| column == name).unwrap()).unwrap();
    assert_eq!(cell(0, "model_asked"), "'=HYPERLINK(\"http://x\",\"a\")");
    assert_eq!(cell(0, "detector"), "'-1+1,\r\n\"");
    assert_eq!((cell(0, "entities"), cell(0, "region"), cell(0, "policy_id")), ("PERSON:redact=2", "eu", "default"));
    assert_eq!((cell(0, "time"), cell(0, "bytes_in"), cell(0, "code")), ("2026-09-21T14:13:20Z", "512", ""));
    assert_eq!(
        (cell(1, "outcome"), cell(1, "latency_ms_le"), cell(1, "request")),
        ("completed", "200", request.to_string().as_str())
    );
    assert_eq!((cell(2, "kind"), cell(2, "role"), cell(2, "details")), ("key_created", "client", ""));
    assert_eq!(cell(2, "hash"), chain.at.head.hash.to_string());
}

#[tokio::test]
async fn events_for_a_siem_have_their_class_and_the_links() {
    let store = fresh_store().await;
    let mut chain = Chain::of("acme");
    let request = Uuid::from_u128(42);
    chain.push(START_US, &Event::Accepted(Box::new(accepted(request))));
    chain.push(START_US + 1, &Event::Ended(completed(request)));
    chain.push(START_US + 2, &key_created());
    chain.store(&store).await;
    let plan = Plan::new(&store.pool, &everything()).await.unwrap();
    let mut rows = Rows::begin(store.pool.clone(), plan, RowFormat::Ocsf);
    let text = rows.next().await.unwrap().unwrap().to_vec();
    let events = json_lines(std::str::from_utf8(&text).unwrap());
    let numbers = |event: &Value| {
        ["class_uid", "category_uid", "type_uid", "status_id"].map(|name| event[name].as_i64().unwrap())
    };
    assert_eq!(numbers(&events[0]), [6003, 6, 600_301, 0]);
    assert_eq!(numbers(&events[1]), [6003, 6, 600_301, 1]);
    assert_eq!(numbers(&events[2]), [3001, 3, 300_101, 1]);
    assert_eq!(events[0]["dst_endpoint"]["location"]["region"], "eu");
    assert_eq!(events[0]["api"]["operation"], "POST /v1/chat/completions");
    assert_eq!(
        (events[0]["time"].as_i64(), &events[0]["metadata"]["tenant_uid"]),
        (Some(START_US / 1000), &"acme".into())
    );
    // What stands in `raw_data` is what was hashed.
    let [prev, link] = ["prev_hash", "hash"].map(|name| hash(&events[2]["unmapped"][name]));
    assert_eq!(Hash::link(Seq::new(3).unwrap(), prev, events[2]["raw_data"].as_str().unwrap().as_bytes()), link);
}

/// Records that retention cuts off while they are exported are not left out in
/// silence; what is tampered with is shown as it is.
#[tokio::test]
async fn a_cut_that_overtakes_an_export_ends_it() {
    let store = fresh_store().await;
    chain(&store, 5_000, &[4_000]).await;
    let plan = Plan::new(&store.pool, &everything()).await.unwrap();
    let begun = [RowFormat::Csv, RowFormat::Ocsf].map(|format| Rows::begin(store.pool.clone(), plan.clone(), format));
    let archive = Archive::begin(store.pool.clone(), plan.clone(), String::new()).await.unwrap();
    let mut tamperer = store.tamperer().await;
    sqlx::raw_sql("DELETE FROM audit_record WHERE seq BETWEEN 1 AND 4000").execute(&mut tamperer).await.unwrap();
    let mut tampered = Rows::begin(store.pool.clone(), plan, RowFormat::Csv);
    while tampered.next().await.unwrap().is_some() {}
    assert_eq!((tampered.records_done(), tampered.first_break().map(Seq::value)), (1_000, Some(1)));
    sqlx::raw_sql(
        "INSERT INTO audit_cut (tenant, seq, hash, frontier, record_seq, cut_us)
         SELECT c.tenant, c.size, r.prev_hash, c.frontier, 5000, 1 FROM audit_checkpoint c
         JOIN audit_record r ON r.seq = c.size + 1",
    )
    .execute(&mut tamperer)
    .await
    .unwrap();
    let begun = begun.map(|rows| Export::Rows(Box::new(rows)));
    for mut export in begun.into_iter().chain([Export::Archive(Box::new(archive))]) {
        let ended = loop {
            match export.next().await {
                Ok(Some(_)) => {}
                ended => break ended.map(drop),
            }
        };
        assert!(matches!(ended, Err(ExportError::Cut(seq)) if seq.value() == 4_000), "{ended:?}");
    }
    // What is left can be exported, from the cut on.
    let (manifest, _) = check_range(&bytes_of(archive_of_all(&store).await).await);
    assert_eq!((manifest.base.seq, manifest.records), (4_000, 1_000));
    assert!(matches!(Plan::new(&store.pool, &between(4_000, 4_500)).await, Err(ExportError::Cut(_))));
}

async fn archive_of_all(store: &Store) -> Archive {
    archive(&store.pool, &everything()).await
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

async fn begin(
    store: &Store,
    request: &Request,
    format: Format,
    out: &std::path::Path,
) -> Result<FileExport, FileError> {
    let plan = Plan::new(&store.pool, request).await.unwrap();
    FileExport::begin(store.pool.clone(), (request, plan), "key\n".into(), format, out).await
}

#[tokio::test]
async fn a_file_has_its_name_when_it_is_whole_and_is_never_written_over() {
    let store = fresh_store().await;
    chain(&store, 12_000, &[11_000]).await;
    let folder = folder();
    let (out, partial) = (folder.path().join("a.tar"), folder.path().join("a.tar.partial"));
    // Interrupted behind the first segment.
    let mut torn = begin(&store, &everything(), Format::Tar, &out).await.unwrap();
    for _ in 0..2 {
        let piece = torn.export_next().await.unwrap().unwrap();
        torn.write_piece(&piece);
    }
    assert!(matches!(begin(&store, &everything(), Format::Tar, &out).await, Err(FileError::InUse(_))));
    drop(torn);
    assert!(partial.exists() && !out.exists());
    // Somebody else's export under the same name is not touched.
    let other = begin(&store, &between(2, 12_000), Format::Tar, &out).await;
    assert!(other.is_err_and(|error| error.to_string().contains("--tenant acme --from-seq 1 --through-seq 12000")));
    let again = begin(&store, &everything(), Format::Tar, &out).await.unwrap();
    assert_eq!((again.records_done(), again.from_seq().value()), (10_000, 10_001));
    let mut seen = Vec::new();
    again.write(|records| seen.push(records)).await.unwrap();
    assert!(seen.last() == Some(&12_000) && !partial.exists());
    assert_eq!(check_range(&std::fs::read(&out).unwrap()).1, [11_000]);
    assert!(matches!(begin(&store, &everything(), Format::Tar, &out).await, Err(FileError::Exists(_))));
    // Rows begin anew.
    let rows = folder.path().join("a.csv");
    std::fs::write(folder.path().join("a.csv.partial"), "torn").unwrap();
    begin(&store, &between(1, 5), Format::Csv, &rows).await.unwrap().write(|_| {}).await.unwrap();
    assert!(std::fs::read_to_string(&rows).unwrap().lines().count() == 6);
    let nowhere = begin(&store, &everything(), Format::Tar, &folder.path().join("no/a.tar")).await;
    assert!(matches!(nowhere, Err(FileError::Io { .. })));
}
