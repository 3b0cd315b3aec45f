//! What a database administrator can do to the log, by SQL as the superuser with
//! every guard off, and what the verifier calls it: where the log is stored, and
//! in an export of it, which the verifier in Python is given as well.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::audit::checkpoint::{
    Checkpoint, CheckpointFolder, CheckpointMaker, Made, Origin, PublicKey, SigningKey, TrustedKeys,
};
use crate::audit::export::{self, Archive, Bounds, Plan};
use crate::audit::query::Filter;
use crate::audit::testing::{key_created, tenant};
use crate::audit::verify::{ArchiveError, Mode, Verdict, Verifier, verify_archive};
use crate::audit::{AuditConfig, AuditLog, Hash};
use crate::store::Store;
use crate::store::testing::fresh_store;
use crate::tenant::Role;
use crate::tenant::keys::KeyStore;

/// What the tamperer brings along: the chain's hash in SQL, and a function that
/// links a chain anew from a record on and moves its head there.
const TOOLS: &str = r"
    CREATE FUNCTION pg_temp.link(seq bigint, prev bytea, body text) RETURNS bytea LANGUAGE sql AS
    $$ SELECT sha256('cordon audit record v1\000'::bytea || int8send(seq) || prev || convert_to(body, 'UTF8')) $$;
    CREATE FUNCTION pg_temp.end_at(chain text, last bigint) RETURNS void LANGUAGE sql AS
    $$ DELETE FROM audit_record WHERE tenant = chain AND seq > last;
       UPDATE audit_head h SET seq = r.seq, hash = r.hash FROM audit_record r
       WHERE h.tenant = chain AND r.tenant = chain AND r.seq = last $$;
    CREATE FUNCTION pg_temp.relink(chain text, first bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE r record; p bytea;
    BEGIN
        SELECT hash INTO p FROM audit_record WHERE tenant = chain AND seq = first - 1;
        FOR r IN SELECT seq, body FROM audit_record WHERE tenant = chain AND seq >= first ORDER BY seq LOOP
            UPDATE audit_record SET prev_hash = p, hash = pg_temp.link(r.seq, p, r.body)
            WHERE tenant = chain AND seq = r.seq;
            p := pg_temp.link(r.seq, p, r.body);
        END LOOP;
        UPDATE audit_head SET hash = p WHERE tenant = chain;
    END $$;
    CREATE FUNCTION pg_temp.without_rules() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE c record;
    BEGIN
        FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'audit_record'::regclass AND contype <> 'n' LOOP
            EXECUTE format('ALTER TABLE audit_record DROP CONSTRAINT %I', c.conname);
        END LOOP;
    END $$;";

/// A tenant `acme` with 13 records: checkpoints cover 5 and 10 of them, and three
/// are not anchored yet. `other` has the same.
pub(super) struct Log {
    pub(super) store: Store,
    home: tempfile::TempDir,
}

fn signing_key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).unwrap()
}

fn public_key() -> PublicKey {
    signing_key().public_key(&Origin::default(), &tenant("acme"))
}

impl Log {
    pub(super) async fn written() -> Log {
        let log = Log { store: fresh_store().await, home: tempfile::tempdir().unwrap() };
        KeyStore::new(log.store.pool.clone()).create(&tenant("acme"), Role::Client).await.unwrap();
        for records in [4, 4] {
            log.append(records, true).await;
        }
        log.append(3, false).await;
        log
    }

    /// A process comes, writes, and goes.
    pub(super) async fn append(&self, records: usize, checkpoint: bool) {
        let audit = AuditLog::start(&self.store, AuditConfig::default());
        for name in ["acme", "other"] {
            for _ in 0..records {
                audit.append(&tenant(name), key_created()).await.unwrap();
            }
            if checkpoint {
                let made = self.maker(&audit).make(&tenant(name)).await.unwrap();
                assert!(matches!(made, Made::New(_)), "{made:?}");
            }
        }
        assert!(audit.flush_and_stop(std::time::Duration::from_secs(60)).await);
    }

    /// How far the chain of `acme` is verified, as it is remembered.
    pub(super) fn verified_size(&self) -> Option<u64> {
        let kept = std::fs::read(self.home.path().join("audit/verified/acme.json")).ok()?;
        serde_json::from_slice::<Value>(&kept).unwrap()["size"].as_u64()
    }

    fn maker(&self, audit: &AuditLog) -> CheckpointMaker {
        CheckpointMaker {
            pool: self.store.pool.clone(),
            audit: audit.clone(),
            folder: CheckpointFolder::below(self.home.path()),
            origin: Origin::default(),
            key: signing_key().into(),
            former: TrustedKeys::default(),
            bucket: None,
        }
    }

    pub(super) async fn tamper(&self, sql: &str) {
        let mut connection = self.store.tamperer().await;
        sqlx::raw_sql(AssertSqlSafe(format!("{TOOLS} {sql}"))).execute(&mut connection).await.unwrap();
    }

    fn own_checkpoints(&self) -> PathBuf {
        self.home.path().join("audit/checkpoints/acme.jsonl")
    }

    /// What is kept outside the database.
    pub(super) fn folder(&self) -> PathBuf {
        self.home.path().join("audit")
    }

    pub(super) fn verifier(&self, files: Vec<PathBuf>) -> Verifier {
        Verifier::new(self.store.pool.clone(), TrustedKeys::new([public_key()]))
            .with_folder(self.folder())
            .with_files(files)
    }

    async fn verified(&self, mode: Mode, files: &[PathBuf]) -> Verdict {
        self.verifier(files.to_vec()).verify(&tenant("acme"), mode, |_, _| {}).await.unwrap()
    }

    /// Exports the log as it is now.
    async fn exported(&self) -> Vec<u8> {
        let filter = Filter::of(tenant("acme"));
        let request = export::Request { filter, bounds: Bounds::default(), selection: Vec::new() };
        let mut plan = Plan::new(&self.store.pool, &request).await.unwrap();
        // Surely after the second in which the last checkpoint was signed.
        plan.made_us += 1_000_000;
        let mut archive = Archive::begin(self.store.pool.clone(), plan, format!("{}\n", public_key())).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = archive.next().await.unwrap() {
            bytes.extend_from_slice(&piece);
        }
        bytes
    }
}

/// What is done, and what it is called.
struct Attack {
    sql: &'static str,
    word: &'static str,
    first_bad: i64,
    /// In an export: the same, or what else.
    export: Export,
}

enum Export {
    Same,
    /// It has no columns beside the body, and no head.
    Whole,
    /// Of nothing.
    No,
}

fn attack(sql: &'static str, word: &'static str, first_bad: i64) -> Attack {
    Attack { sql, word, first_bad, export: Export::Same }
}

fn exported(attack: Attack, export: Export) -> Attack {
    Attack { export, ..attack }
}

fn on_records() -> Vec<Attack> {
    vec![
        attack(
            r#"UPDATE audit_record SET body = replace(body, '"client"', '"admin"') WHERE tenant = 'acme' AND seq = 7"#,
            "altered",
            7,
        ),
        exported(
            attack("UPDATE audit_record SET event_time_us = 1 WHERE tenant = 'acme' AND seq = 7", "altered", 7),
            Export::Whole,
        ),
        exported(
            attack("UPDATE audit_record SET kind = 'key_revoked' WHERE tenant = 'acme' AND seq = 7", "altered", 7),
            Export::Whole,
        ),
        attack("UPDATE audit_record SET hash = sha256('x') WHERE tenant = 'acme' AND seq = 7", "altered", 7),
        attack("DELETE FROM audit_record WHERE tenant = 'acme' AND seq = 7", "missing", 7),
        attack("DELETE FROM audit_record WHERE tenant = 'acme' AND seq <= 5", "missing", 1),
        attack(
            "UPDATE audit_record SET seq = 100 WHERE tenant = 'acme' AND seq = 7;
             UPDATE audit_record SET seq = 7 WHERE tenant = 'acme' AND seq = 8;
             UPDATE audit_record SET seq = 8 WHERE tenant = 'acme' AND seq = 100",
            "reordered",
            7,
        ),
        attack("UPDATE audit_record SET prev_hash = sha256('x') WHERE tenant = 'acme' AND seq = 7", "link_broken", 7),
        // Its hash is made to fit, and what follows is left as it was.
        attack(
            r#"UPDATE audit_record SET body = replace(body, '"client"', '"admin"') WHERE tenant = 'acme' AND seq = 7;
               UPDATE audit_record SET hash = pg_temp.link(seq, prev_hash, body) WHERE tenant = 'acme' AND seq = 7"#,
            "link_broken",
            8,
        ),
        // The tables' rules are dropped: two records at one place.
        attack(
            r#"SELECT pg_temp.without_rules();
               INSERT INTO audit_record SELECT * FROM audit_record WHERE tenant = 'acme' AND seq = 7;
               UPDATE audit_record r SET body = replace(body, '"client"', '"admin"')
               WHERE ctid = (SELECT max(ctid) FROM audit_record WHERE tenant = 'acme' AND seq = 7);
               UPDATE audit_record SET hash = pg_temp.link(seq, prev_hash, body) WHERE tenant = 'acme' AND seq = 7"#,
            "forked",
            7,
        ),
        // Another record follows the one that 7 follows.
        attack(
            "SELECT pg_temp.without_rules();
             UPDATE audit_record r SET prev_hash = (SELECT prev_hash FROM audit_record WHERE tenant = 'acme' AND seq = 7)
             WHERE tenant = 'acme' AND seq = 8;
             UPDATE audit_record SET hash = pg_temp.link(seq, prev_hash, body) WHERE tenant = 'acme' AND seq = 8",
            "forked",
            8,
        ),
        // Two tenants' records change places.
        attack(
            "UPDATE audit_record SET tenant = 'x' WHERE tenant = 'acme' AND seq = 7;
             UPDATE audit_record SET tenant = 'acme' WHERE tenant = 'other' AND seq = 7;
             UPDATE audit_record SET tenant = 'other' WHERE tenant = 'x'",
            "swapped",
            7,
        ),
        attack("UPDATE audit_record SET body = 'no JSON' WHERE tenant = 'acme' AND seq = 7", "altered", 7),
    ]
}

fn on_the_end() -> Vec<Attack> {
    vec![
        attack("DELETE FROM audit_record WHERE tenant = 'acme' AND seq > 11", "truncated", 12),
        attack("SELECT pg_temp.end_at('acme', 8)", "truncated_against_checkpoint", 9),
        exported(
            attack("UPDATE audit_head SET hash = sha256('x') WHERE tenant = 'acme'", "head_mismatch", 13),
            Export::Whole,
        ),
        exported(
            attack(
                "UPDATE audit_head h SET seq = 11, hash = r.hash FROM audit_record r
                 WHERE h.tenant = 'acme' AND r.tenant = 'acme' AND r.seq = 11",
                "past_head",
                12,
            ),
            Export::Whole,
        ),
        exported(
            attack(
                "DELETE FROM audit_record WHERE tenant = 'acme'; DELETE FROM audit_head WHERE tenant = 'acme';
                 DELETE FROM audit_checkpoint; UPDATE tenant SET created_at = now() - interval '1 hour'",
                "emptied",
                1,
            ),
            Export::No,
        ),
        // Nothing but the file outside knows of the tenant.
        exported(
            attack(
                "DELETE FROM audit_record; DELETE FROM audit_head; DELETE FROM audit_checkpoint;
                 DELETE FROM api_key; DELETE FROM tenant",
                "restored_from_backup",
                1,
            ),
            Export::No,
        ),
    ]
}

fn against_checkpoints() -> Vec<Attack> {
    vec![
        attack(
            r#"UPDATE audit_record SET body = replace(body, '"client"', '"admin"') WHERE tenant = 'acme' AND seq = 7;
               SELECT pg_temp.relink('acme', 7)"#,
            "rewritten_against_checkpoint",
            6,
        ),
        // An old backup: records, head and checkpoints of the time when there were 8.
        attack(
            "SELECT pg_temp.end_at('acme', 8); DELETE FROM audit_checkpoint WHERE size > 8",
            "restored_from_backup",
            9,
        ),
        attack(
            "UPDATE audit_checkpoint SET note = replace(note, 'time 1', 'time 2') WHERE tenant = 'acme' AND size = 10",
            "bad_signature",
            10,
        ),
        // A checkpoint of another chain, filed under this one.
        attack(
            "UPDATE audit_checkpoint a SET note = o.note FROM audit_checkpoint o
             WHERE a.tenant = 'acme' AND a.size = 10 AND o.tenant = 'other' AND o.size = 10",
            "swapped",
            10,
        ),
        // A cut that retention did not make: the chain does not tell of it.
        exported(
            attack(
                "INSERT INTO audit_cut (tenant, seq, hash, frontier, record_seq, cut_us)
                 SELECT r.tenant, 5, r.hash, c.frontier, 6, 1 FROM audit_record r JOIN audit_checkpoint c
                 ON c.tenant = r.tenant AND c.size = r.seq WHERE r.tenant = 'acme' AND r.seq = 5;
                 DELETE FROM audit_record WHERE tenant = 'acme' AND seq <= 5",
                "missing",
                1,
            ),
            Export::No,
        ),
    ]
}

#[tokio::test]
async fn each_change_of_records_is_named_with_the_first_bad_one() {
    withstand(on_records()).await;
}

#[tokio::test]
async fn each_change_of_the_chains_end_is_named_with_the_first_bad_record() {
    withstand(on_the_end()).await;
}

#[tokio::test]
async fn what_a_checkpoint_covers_cannot_be_exchanged_or_lost_unnamed() {
    withstand(against_checkpoints()).await;
}

async fn withstand(attacks: Vec<Attack>) {
    for Attack { sql, word, first_bad, export } in attacks {
        let log = Log::written().await;
        assert!(log.verified(Mode::Full, &[]).await.is_whole());
        log.tamper(sql).await;
        let verdict = log.verified(Mode::Full, &[]).await;
        assert_eq!((verdict.word(), bad(&verdict)), (word, Some(first_bad)), "{sql}: {verdict}");
        let in_export = match export {
            Export::Same => Some((word, Some(first_bad))),
            Export::Whole => Some(("whole", None)),
            Export::No => None,
        };
        if let Some(expected) = in_export {
            let tar = log.exported().await;
            check_export(&tar, &[log.own_checkpoints()], expected, sql);
        }
    }
}

fn bad(verdict: &Verdict) -> Option<i64> {
    verdict.first_bad.as_ref().map(|bad| bad.seq.value())
}

/// What both verifiers say of an archive.
fn check_export(tar: &[u8], files: &[PathBuf], expected: (&str, Option<i64>), what: &str) {
    let verdict = verify_archive(tar, &TrustedKeys::new([public_key()]), files, |_| {}).unwrap();
    assert_eq!((verdict.word(), bad(&verdict)), expected, "{what}: {verdict}");

    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(tar).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/verify_export.py");
    let mut python = Command::new("python3");
    python.arg(script).arg("--json").arg("--key").arg(public_key().to_string());
    for file in files {
        python.arg("--checkpoints").arg(file);
    }
    let output = python.arg(file.path()).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (said["verdict"].as_str(), said["first_bad"].as_i64()),
        (Some(expected.0), expected.1),
        "{what}: {said}"
    );
}

/// Who writes on after a restore leaves a chain that is whole in itself.
#[tokio::test]
async fn an_old_backup_that_was_written_to_is_not_the_log_that_was() {
    let log = Log::written().await;
    log.tamper("SELECT pg_temp.end_at('acme', 8); DELETE FROM audit_checkpoint WHERE size > 8").await;
    log.append(6, false).await;
    let verdict = log.verified(Mode::Full, &[]).await;
    // The last checkpoint that agrees is the one over 5.
    assert_eq!((verdict.word(), bad(&verdict)), ("restored_from_backup", Some(6)), "{verdict}");
    check_export(&log.exported().await, &[log.own_checkpoints()], ("restored_from_backup", Some(6)), "written on");
    // Without what is kept outside nobody could tell.
    std::fs::remove_dir_all(log.home.path().join("audit")).unwrap();
    assert!(log.verified(Mode::Full, &[]).await.is_whole());
}

#[tokio::test]
async fn two_signed_checkpoints_of_one_size_are_a_fork() {
    let log = Log::written().await;
    let signed = |key: &SigningKey| {
        let root = Hash::sha256(&[b"another tree"]);
        let checkpoint = Checkpoint { origin: Origin::default(), tenant: tenant("acme"), size: 10, root, time_s: 1 };
        key.sign(checkpoint).text().to_owned()
    };
    let kept = |name: &str, note: String| {
        let file = log.home.path().join(name);
        std::fs::write(&file, format!("{}\n", serde_json::json!({"size": 10, "note": note}))).unwrap();
        file
    };
    let forked = kept("forked.jsonl", signed(&signing_key()));
    let stranger = kept("stranger.jsonl", signed(&SigningKey::from_seed(&[9; 32]).unwrap()));
    let forged = kept("forged.jsonl", signed(&signing_key()).replace("time 1", "time 2"));
    // A note by itself, as it may have been mailed.
    let mailed = log.home.path().join("mailed.txt");
    std::fs::write(&mailed, signed(&signing_key())).unwrap();
    for (file, word, first_bad) in
        [(forked, "forked", 6), (mailed, "forked", 6), (stranger, "unknown_key", 10), (forged, "bad_signature", 10)]
    {
        let files = [file];
        let verdict = log.verified(Mode::Full, &files).await;
        assert_eq!((verdict.word(), bad(&verdict)), (word, Some(first_bad)), "{verdict}");
        // What is not validly signed does not count: the true checkpoints still agree.
        assert_eq!(verdict.records_whole, if word == "forked" { 10 } else { 13 }, "{verdict}");
    }
}

/// The tail that no checkpoint covers yet can be rewritten unseen; that is why it
/// is told how long it is.
#[tokio::test]
async fn only_the_unanchored_tail_can_be_rewritten_unseen() {
    let log = Log::written().await;
    let tail = r#"UPDATE audit_record SET body = replace(body, '"client"', '"admin"') WHERE tenant = 'acme' AND seq = 12;
                  SELECT pg_temp.relink('acme', 12)"#;
    log.tamper(tail).await;
    let verdict = log.verified(Mode::Full, &[]).await;
    assert!(verdict.is_whole(), "{verdict}");
    assert_eq!((verdict.anchoring.agreed, verdict.anchoring.unanchored), (2, 3));
    assert!(verdict.to_string().contains("3 records after it are not anchored yet"), "{verdict}");
}

/// An auditor's copy lags behind, and a signer may stand still.
#[tokio::test]
async fn a_stale_checkpoint_is_no_tampering() {
    let log = Log::written().await;
    let first = std::fs::read_to_string(log.own_checkpoints()).unwrap().lines().next().unwrap().to_owned();
    let lagging = log.home.path().join("lagging.jsonl");
    std::fs::write(&lagging, format!("{first}\n")).unwrap();
    let verdict = log.verified(Mode::Full, std::slice::from_ref(&lagging)).await;
    assert!(verdict.is_whole() && verdict.anchoring.agreed == 2, "{verdict}");
    check_export(&log.exported().await, &[lagging], ("whole", None), "lagging");
    // The only checkpoint that there is was signed long ago.
    std::fs::remove_dir_all(log.home.path().join("audit")).unwrap();
    log.tamper("DELETE FROM audit_checkpoint").await;
    let old = Checkpoint {
        origin: Origin::default(),
        tenant: tenant("acme"),
        size: 5,
        root: sqlx_root(&log, 5).await,
        time_s: 1_000_000_000,
    };
    let file = log.home.path().join("old.txt");
    std::fs::write(&file, signing_key().sign(old).text()).unwrap();
    let verdict = log.verified(Mode::Full, &[file]).await;
    assert!(verdict.is_whole() && verdict.anchoring.is_stale && verdict.anchoring.unanchored == 8, "{verdict}");
}

async fn sqlx_root(log: &Log, size: i64) -> Hash {
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM audit_record WHERE tenant = 'acme' AND seq <= $1 ORDER BY seq")
            .bind(size)
            .fetch_all(&log.store.pool)
            .await
            .unwrap();
    let mut tree = crate::audit::merkle::Frontier::empty();
    hashes.iter().for_each(|hash| tree.push(Hash::from_bytes(hash).unwrap()));
    tree.root()
}

/// L49: what was verified is not read again, and what is found then is read in
/// full, so that the first bad record is the true one.
#[tokio::test]
async fn an_incremental_run_reads_on_from_the_last_verified_checkpoint() {
    let log = Log::written().await;
    let verdict = log.verified(Mode::Full, &[]).await;
    assert_eq!((verdict.mode, verdict.records_whole), (Mode::Full, 13));
    log.append(2, false).await;
    let verdict = log.verified(Mode::Incremental, &[]).await;
    assert!(verdict.is_whole(), "{verdict}");
    assert_eq!((verdict.mode, verdict.after.value(), verdict.records_whole), (Mode::Incremental, 10, 5));
    // What lies before is left to the full run.
    log.tamper("UPDATE audit_record SET hash = sha256('x') WHERE tenant = 'acme' AND seq = 3").await;
    assert!(log.verified(Mode::Incremental, &[]).await.is_whole());
    let verdict = log.verified(Mode::Full, &[]).await;
    assert_eq!((verdict.word(), bad(&verdict)), ("altered", Some(3)));
    log.tamper("DELETE FROM audit_record WHERE tenant = 'acme' AND seq = 12").await;
    let verdict = log.verified(Mode::Incremental, &[]).await;
    assert_eq!((verdict.mode, verdict.word(), bad(&verdict)), (Mode::Full, "altered", Some(3)));
}

/// The file that remembers how far was verified is outside the database, and need
/// not be trusted.
#[tokio::test]
async fn a_changed_memory_of_what_was_verified_hides_nothing() {
    let log = Log::written().await;
    let file = log.home.path().join("audit/verified/acme.json");
    log.verified(Mode::Full, &[]).await;
    let kept = std::fs::read_to_string(&file).unwrap();
    log.tamper("UPDATE audit_record SET hash = sha256('x') WHERE tenant = 'acme' AND seq = 7").await;
    for (from, to) in [("time 1", "time 2"), ("\"size\":10", "\"size\":11"), ("{", "[")] {
        std::fs::write(&file, kept.replacen(from, to, 1)).unwrap();
        let verdict = log.verified(Mode::Incremental, &[]).await;
        assert_eq!((verdict.mode, bad(&verdict)), (Mode::Full, Some(7)), "{from}");
    }
    // It also knows a checkpoint: a backup from before shows by it alone.
    std::fs::write(&file, kept).unwrap();
    std::fs::remove_file(log.own_checkpoints()).unwrap();
    log.tamper(
        "DELETE FROM audit_record WHERE tenant = 'acme' AND seq > 6; DELETE FROM audit_checkpoint WHERE size > 6;
                SELECT pg_temp.end_at('acme', 6)",
    )
    .await;
    let verdict = log.verified(Mode::Incremental, &[]).await;
    assert_eq!((verdict.word(), bad(&verdict)), ("restored_from_backup", Some(7)), "{verdict}");
}

/// Its time is not signed, and decides when the whole chain is read again.
#[tokio::test]
async fn a_full_run_that_is_still_to_come_counts_as_none() {
    let log = Log::written().await;
    let file = log.home.path().join("audit/verified/acme.json");
    log.verified(Mode::Full, &[]).await;
    let last_full_s = || log.verifier(Vec::new()).last_full_s(&tenant("acme"));
    let true_one = last_full_s().unwrap();
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (said, counts) in [(true_one + 100_000, None), (u64::MAX, None), (1, Some(1))] {
        kept["full_s"] = said.into();
        std::fs::write(&file, kept.to_string()).unwrap();
        assert_eq!(last_full_s(), counts, "{said}");
        // An incremental run does not hand it on either.
        log.append(1, true).await;
        assert_eq!(log.verified(Mode::Incremental, &[]).await.mode, Mode::Incremental);
        assert_eq!(last_full_s(), counts, "{said}");
        let now: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(now["full_s"].as_u64(), counts, "{said}");
    }
}

#[tokio::test]
async fn a_log_that_several_processes_write_to_is_whole_at_every_moment() {
    let log = Log::written().await;
    let writers: Vec<_> = (0..3).map(|_| AuditLog::start(&log.store, AuditConfig::default())).collect();
    let writing = async {
        for writer in &writers {
            for _ in 0..40 {
                writer.append(&tenant("acme"), key_created()).await.unwrap();
            }
            drop(log.maker(writer).make(&tenant("acme")).await.unwrap());
        }
    };
    let verifying = async {
        for _ in 0..10 {
            for mode in [Mode::Full, Mode::Incremental] {
                let verdict = log.verified(mode, &[]).await;
                assert!(verdict.is_whole(), "{verdict}");
            }
        }
    };
    tokio::join!(writing, verifying);
    let tar = log.exported().await;
    check_export(&tar, &[log.own_checkpoints()], ("whole", None), "after it");
    let cut_off = verify_archive(&tar[..tar.len() / 2], &TrustedKeys::new([public_key()]), &[], |_| {});
    assert!(matches!(cut_off, Err(ArchiveError::CutOff)));
}
