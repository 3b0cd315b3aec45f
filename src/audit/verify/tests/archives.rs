//! The archives of `fixtures/audit/`: what each is, and what both verifiers say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::draft::{Draft, Line, MADE_S, body, checkpoint, checkpoint_at, key, last, link, notes, public, whole};
use crate::audit::checkpoint::TrustedKeys;
use crate::audit::testing::tenant;
use crate::audit::verify::{ArchiveError, Verdict, verify_archive};

/// An archive with the verdict that it gets, and the first bad record.
struct Fixture {
    name: &'static str,
    tar: Vec<u8>,
    /// Checkpoints that are kept outside.
    outside: Option<String>,
    verdict: &'static str,
    first_bad: Option<i64>,
}

fn fixture(name: &'static str, draft: &Draft, verdict: &'static str, first_bad: Option<i64>) -> Fixture {
    Fixture { name, tar: draft.tar(), outside: None, verdict, first_bad }
}

fn changed(change: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = whole();
    change(&mut draft);
    draft
}

fn all() -> Vec<Fixture> {
    [whole_ones(), broken_ones(), anchored_ones(), single_ones()].into_iter().flatten().collect()
}

fn whole_ones() -> Vec<Fixture> {
    let stale = changed(|draft| draft.checkpoints.truncate(1));
    let cut_off = changed(|draft| draft.has_end = false);
    vec![
        fixture("whole", &whole(), "whole", None),
        fixture("range", &whole().range(3, 7), "whole", None),
        fixture("stale_checkpoint", &stale, "whole", None),
        fixture("cut_off", &cut_off, "not checked", None),
        fixture("nothing_signed", &changed(|draft| draft.checkpoints.clear()), "not checked", None),
    ]
}

fn broken_ones() -> Vec<Fixture> {
    let altered = changed(|draft| draft.lines[4].body = draft.lines[4].body.replace("client", "admin"));
    let missing = changed(|draft| drop(draft.lines.remove(5)));
    let reordered = changed(|draft| draft.lines.swap(4, 5));
    // A record is exchanged, and its hash made to fit, but not those behind it.
    let exchanged = changed(|draft| {
        let Line { seq, prev, .. } = draft.lines[4].clone();
        let before = super::Head { seq: super::Seq::new(seq - 1).unwrap(), hash: prev };
        let body = draft.lines[4].body.replace("client", "admin");
        draft.lines[4] = Line { seq, prev, hash: before.append(body.as_bytes()).hash, body };
    });
    let forked = changed(|draft| {
        let Line { seq, prev, .. } = draft.lines[4].clone();
        let before = super::Head { seq: super::Seq::new(seq - 1).unwrap(), hash: prev };
        let body = draft.lines[4].body.replace("client", "admin");
        draft.lines.insert(5, Line { seq, prev, hash: before.append(body.as_bytes()).hash, body });
    });
    let swapped = changed(|draft| {
        let other = tenant("other");
        let base = super::Base::genesis(&other);
        draft.lines[4] = link(&base, (1..=5).map(|seq| body("other", seq))).remove(4);
    });
    let short = changed(|draft| draft.lines.truncate(7));
    vec![
        fixture("altered", &altered, "altered", Some(5)),
        fixture("missing", &missing, "missing", Some(6)),
        fixture("reordered", &reordered, "reordered", Some(5)),
        fixture("link_broken", &exchanged, "link_broken", Some(6)),
        fixture("forked", &forked, "forked", Some(5)),
        fixture("swapped", &swapped, "swapped", Some(5)),
        fixture("truncated", &short, "truncated", Some(8)),
    ]
}

fn anchored_ones() -> Vec<Fixture> {
    let cut = changed(|draft| {
        draft.lines.truncate(7);
        (draft.through, draft.head) = (last(&draft.lines), last(&draft.lines));
    });
    let other = whole().rewritten(2);
    let two_roots = changed(|draft| {
        let second = checkpoint(&key(7), &draft.tenant, &other.lines, 6);
        draft.checkpoints.insert(2, second);
    });
    let bad_signature = changed(|draft| draft.checkpoints[1].1 = draft.checkpoints[1].1.replace("time 1", "time 2"));
    let unknown_key = changed(|draft| draft.checkpoints[1] = checkpoint(&key(8), &draft.tenant, &draft.lines, 6));
    let mut wrong_base = whole().range(4, 9);
    wrong_base.base = other.range(4, 9).base;
    wrong_base.base.head = whole().range(4, 9).base.head;
    let outside = notes(&whole().checkpoints);
    // One record came and was signed while the archive was begun.
    let mut kept = whole().checkpoints;
    kept[2] = checkpoint_at(MADE_S, &key(7), &whole().tenant, &whole().lines, 8);
    let meanwhile =
        Fixture { outside: Some(notes(&kept)), ..fixture("signed_meanwhile", &whole().up_to(7), "whole", None) };
    let restored = Fixture {
        outside: Some(outside.clone()),
        ..fixture("restored", &whole().up_to(7), "restored_from_backup", Some(8))
    };
    // It begins at the second one, and its first segment has none.
    let from_checkpoint = Fixture {
        outside: Some(outside.clone()),
        ..fixture("range_from_checkpoint", &whole().range(7, 9), "whole", None)
    };
    let mut went_on = whole().rewritten(7);
    went_on.checkpoints.truncate(2);
    let went_on = Fixture {
        outside: Some(outside),
        ..fixture("restored_and_went_on", &went_on, "restored_from_backup", Some(7))
    };
    vec![
        fixture("rewritten", &whole().rewritten(5), "rewritten_against_checkpoint", Some(4)),
        fixture("wrong_frontier", &wrong_base, "rewritten_against_checkpoint", Some(4)),
        fixture("truncated_against_checkpoint", &cut, "truncated_against_checkpoint", Some(8)),
        fixture("forked_checkpoints", &two_roots, "forked", Some(4)),
        fixture("bad_signature", &bad_signature, "bad_signature", Some(6)),
        fixture("unknown_key", &unknown_key, "unknown_key", Some(6)),
        from_checkpoint,
        meanwhile,
        restored,
        went_on,
    ]
}

fn single_ones() -> Vec<Fixture> {
    let mut altered = whole().selection(&[2, 5, 8]);
    altered.lines[1].body = altered.lines[1].body.replace("client", "admin");
    let mut forged = whole().selection(&[2, 5, 8]);
    forged.lines[1] = whole().rewritten(5).lines[4].clone();
    vec![
        fixture("selection", &whole().selection(&[2, 5, 8]), "whole", None),
        fixture("selection_altered", &altered, "altered", Some(5)),
        fixture("selection_forged", &forged, "unproven", Some(5)),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audit")
}

fn checked(fixture: &Fixture) -> Result<Verdict, ArchiveError> {
    let files: Vec<PathBuf> =
        fixture.outside.iter().map(|_| folder().join(format!("{}.jsonl", fixture.name))).collect();
    verify_archive(fixture.tar.as_slice(), &TrustedKeys::new([public(7)]), &files, |_| {})
}

/// The files are what this test would write, so that they cannot drift from what
/// it shows. `UPDATE_FIXTURES=1` writes them anew.
#[test]
fn the_fixtures_are_these_archives() {
    let mut expected = BTreeMap::new();
    let mut files: Vec<(String, Vec<u8>)> = vec![("key.txt".into(), format!("{}\n", public(7)).into_bytes())];
    for fixture in all() {
        let verdict = json!({"verdict": fixture.verdict, "first_bad": fixture.first_bad,
                             "checkpoints": fixture.outside.as_ref().map(|_| format!("{}.jsonl", fixture.name))});
        expected.insert(fixture.name, verdict);
        files.extend(fixture.outside.map(|outside| (format!("{}.jsonl", fixture.name), outside.into_bytes())));
        files.push((format!("{}.tar", fixture.name), fixture.tar));
    }
    files.push(("expected.json".into(), format!("{:#}\n", json!(expected)).into_bytes()));
    for (name, bytes) in files {
        let path = folder().join(&name);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(
            std::fs::read(&path).unwrap() == bytes,
            "{name} is not what this test makes; UPDATE_FIXTURES=1 writes it"
        );
    }
}

#[test]
fn each_archive_gets_its_verdict_and_first_bad_record() {
    for fixture in all() {
        match checked(&fixture) {
            Ok(verdict) => {
                assert_eq!(verdict.word(), fixture.verdict, "{}: {verdict}", fixture.name);
                let first_bad = verdict.first_bad.as_ref().map(|bad| bad.seq.value());
                assert_eq!(first_bad, fixture.first_bad, "{}: {verdict}", fixture.name);
            }
            Err(error) => assert_eq!(fixture.verdict, "not checked", "{}: {error}", fixture.name),
        }
    }
}

/// What no checkpoint covers yet, and an old checkpoint, are told and are no
/// tampering.
#[test]
fn an_unanchored_tail_and_a_stale_checkpoint_are_no_tampering() {
    let verdict = |name| checked(all().iter().find(|fixture| fixture.name == name).unwrap()).unwrap();
    let anchoring = verdict("whole").anchoring;
    assert_eq!((anchoring.agreed, anchoring.unanchored, anchoring.is_stale), (3, 1, false));
    let anchoring = verdict("stale_checkpoint").anchoring;
    assert_eq!((anchoring.agreed, anchoring.unanchored), (1, 6));
    // The one behind the range covers all of it.
    let anchoring = verdict("range").anchoring;
    assert_eq!((anchoring.agreed, anchoring.unanchored), (3, 0));
}

/// Somebody else's verifier, from the documentation alone: Python without
/// packages, tests/audit/verify_export.py.
#[test]
fn the_verifier_in_python_says_the_same() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/verify_export.py");
    for fixture in all() {
        let mut command = Command::new("python3");
        command.arg(&script).arg("--json").arg("--key").arg(public(7).to_string());
        if fixture.outside.is_some() {
            command.arg("--checkpoints").arg(folder().join(format!("{}.jsonl", fixture.name)));
        }
        let output = command.arg(folder().join(format!("{}.tar", fixture.name))).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let (code, bad) = match fixture.verdict {
            "whole" => (0, None),
            "not checked" => (2, None),
            _ => (1, fixture.first_bad),
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{}: {said} {errors}", fixture.name);
        if code != 2 {
            assert_eq!(said["verdict"], fixture.verdict, "{}: {said} {errors}", fixture.name);
            assert_eq!(said["first_bad"].as_i64(), bad, "{}: {said} {errors}", fixture.name);
        }
    }
}

/// An archive comes from strangers: wherever it ends and whatever is in it, it
/// gets a verdict or a reason.
#[test]
fn no_archive_makes_the_verifier_fail_otherwise() {
    let keys = TrustedKeys::new([public(7)]);
    let tar = whole().tar();
    for end in (0..tar.len()).step_by(97) {
        let error = verify_archive(&tar[..end], &keys, &[], |_| {});
        // The two blocks of zeros behind the last member may be missing.
        let has_end = end >= tar.len() - 1024 - 512;
        assert!(has_end || matches!(&error, Err(ArchiveError::CutOff | ArchiveError::Foreign)), "{end}: {error:?}");
    }
    for at in (0..tar.len()).step_by(53) {
        let mut tar = tar.clone();
        tar[at] ^= 0x20;
        drop(verify_archive(tar.as_slice(), &keys, &[], |_| {}));
    }
    assert!(matches!(
        verify_archive(&b"%PDF-1.7"[..], &keys, &[], |_| {}),
        Err(ArchiveError::CutOff | ArchiveError::Foreign)
    ));
}
