use crate::audit::checkpoint::testing::Chain;
use crate::audit::checkpoint::{Place, PublicKey, Refusal, SignatureProblem, SignedCheckpoint, SigningKey};
use crate::audit::testing::{key_created, tenant};

use super::*;

fn sizes(lines: &[(KeptCheckpoint, u64)]) -> Vec<u64> {
    lines.iter().map(|(kept, _)| kept.signed.checkpoint().size).collect()
}

/// L45
#[tokio::test]
async fn a_checkpoint_covers_its_own_record_and_is_kept_in_the_file_and_the_table() {
    let chain = Chain::start().await;
    assert!(matches!(chain.make("acme").await.unwrap(), Made::Empty));
    chain.append("acme", 3).await;
    let first = chain.made("acme").await;
    let said = first.checkpoint().clone();
    assert_eq!((said.size, said.tenant.as_str(), said.root), (4, "acme", chain.tree("acme", 4).await.root()));
    assert_eq!(first.verify(&chain.maker.trusted(&tenant("acme"))), Ok(()));
    assert_eq!(chain.kinds("acme").await[3], "checkpoint_made");
    assert!(matches!(chain.make("acme").await.unwrap(), Made::Unchanged(same) if same == first));
    chain.append("acme", 2).await;
    let second = chain.made("acme").await;
    assert_eq!((second.checkpoint().size, second.checkpoint().root), (7, chain.tree("acme", 7).await.root()));
    let lines = chain.maker.folder.read(&tenant("acme"), 0, 9).unwrap();
    let rows = chain.rows("acme").await;
    assert_eq!((sizes(&lines), rows.len()), (vec![4, 7], 2));
    for ((line, _), row) in lines.iter().zip(rows) {
        assert_eq!((row.signed.as_ref(), row.frontier), (Some(&line.signed), line.base.frontier.to_bytes()));
    }
    let body: String = sqlx::query_scalar("SELECT body FROM audit_record WHERE tenant = 'acme' AND seq = 7")
        .fetch_one(&chain.store.pool)
        .await
        .unwrap();
    assert!(body.contains(&format!(r#""previous_root":"{}","previous_size":4"#, said.root)), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_checkpoint_of_a_chain_that_grows_meanwhile_has_the_root_of_its_records() {
    let chain = Chain::start().await;
    let appending = tokio::spawn({
        let log = chain.maker.audit.clone();
        async move {
            for _ in 0..200 {
                log.append(&tenant("acme"), key_created()).await.unwrap();
            }
        }
    });
    while !appending.is_finished() {
        // A server and a command may make checkpoints at the same time.
        let (one, other) = tokio::join!(chain.make("acme"), chain.make("acme"));
        one.unwrap();
        other.unwrap();
    }
    appending.await.unwrap();
    let lines = chain.maker.folder.read(&tenant("acme"), 0, 10_000).unwrap();
    assert!(!lines.is_empty() && sizes(&lines).is_sorted());
    for (kept, _) in lines {
        let said = kept.signed.checkpoint();
        assert_eq!(kept.base.frontier, chain.tree("acme", said.size).await);
    }
}

#[tokio::test]
async fn a_process_that_starts_anew_goes_on_from_the_last_line() {
    let chain = Chain::start().await;
    chain.append("acme", 5).await;
    chain.made("acme").await;
    // What was read before is not read again: it would not be found whole.
    chain.tamper("DELETE FROM audit_record WHERE tenant = 'acme' AND seq < 3").await;
    chain.append("acme", 1).await;
    assert_eq!(chain.made("acme").await.checkpoint().size, 8);
}

#[tokio::test]
async fn a_chain_whose_end_was_cut_off_is_refused_until_it_is_whole_again() {
    let chain = Chain::start().await;
    chain.append("acme", 5).await;
    chain.made("acme").await;
    chain.cut_end("acme", 3).await;
    for _ in 0..2 {
        let refusal = chain.refusal("acme").await;
        assert!(matches!(&refusal, Refusal::Shorter { found, place: Place::File, .. } if found.value() == 3));
        assert!(refusal.to_string().contains("ends at record 3") && refusal.to_string().contains("over 6 records"));
    }
    // It grows past the checkpoint with other records.
    let log = AuditLog::start(&chain.store, crate::audit::AuditConfig::default());
    for _ in 0..9 {
        log.append(&tenant("acme"), key_created()).await.unwrap();
    }
    assert!(matches!(chain.refusal("acme").await, Refusal::Rewritten { place: Place::File, .. }));
    assert_eq!(chain.kinds("acme").await.iter().filter(|kind| *kind == "checkpoint_made").count(), 0);
    assert_eq!((chain.rows("acme").await.len(), chain.maker.folder.read(&tenant("acme"), 0, 9).unwrap().len()), (1, 1));
}

#[tokio::test]
async fn a_chain_that_was_rewritten_is_refused_by_whatever_remembers_it() {
    let chain = Chain::start().await;
    chain.append("acme", 4).await;
    chain.made("acme").await;
    chain.rewrite("acme", 2).await;
    let refusal = chain.refusal("acme").await;
    assert!(matches!(refusal, Refusal::Rewritten { place: Place::File, .. }), "{refusal}");
    chain.forget_file("acme");
    let refusal = chain.refusal("acme").await;
    assert!(matches!(refusal, Refusal::Rewritten { place: Place::Table, .. }), "{refusal}");
    // The other chains are not held up by it.
    chain.append("other", 1).await;
    chain.made("other").await;
}

#[tokio::test]
async fn a_chain_with_a_gap_is_refused() {
    let chain = Chain::start().await;
    chain.append("acme", 4).await;
    chain.tamper("DELETE FROM audit_record WHERE tenant = 'acme' AND seq = 2").await;
    assert!(matches!(chain.refusal("acme").await, Refusal::Broken(WalkProblem::Missing(seq)) if seq.value() == 2));
    chain.append("other", 4).await;
    chain.tamper("UPDATE audit_record SET prev_hash = sha256('x') WHERE tenant = 'other' AND seq = 3").await;
    assert!(matches!(chain.refusal("other").await, Refusal::Broken(WalkProblem::LinkBroken(seq)) if seq.value() == 3));
}

#[tokio::test]
async fn an_earlier_checkpoint_that_does_not_count_is_a_refusal() {
    let chain = Chain::start().await;
    chain.append("acme", 2).await;
    let signed = chain.made("acme").await;
    chain.append("acme", 1).await;
    let forged = Checkpoint { size: 4, ..signed.checkpoint().clone() };
    let forged = SigningKey::from_seed(&[9; 32]).unwrap().sign(forged);
    let row = |note: &str| {
        format!(
            "INSERT INTO audit_checkpoint (tenant, size, note, frontier, made_us)
             VALUES ('acme', 4, '{note}', sha256('x'), 0)"
        )
    };
    chain.tamper(&row(forged.text())).await;
    let refusal = chain.refusal("acme").await;
    let problem = SignatureProblem::UnknownKey;
    assert!(matches!(&refusal, Refusal::NotTrusted { place: Place::Table, problem: p } if *p == problem), "{refusal}");
    chain.tamper("DELETE FROM audit_checkpoint WHERE size = 4").await;
    chain.tamper(&row("no note")).await;
    assert!(matches!(chain.refusal("acme").await, Refusal::Foreign(Place::Table)));
    // A note of the right key in another place.
    chain.tamper("DELETE FROM audit_checkpoint WHERE size = 4").await;
    chain.tamper(&row(signed.text())).await;
    assert!(matches!(chain.refusal("acme").await, Refusal::Foreign(Place::Table)));
    chain.tamper("DELETE FROM audit_checkpoint WHERE size = 4").await;
    chain.made("acme").await;
}

#[tokio::test]
async fn after_a_change_of_keys_the_former_one_has_to_be_named() {
    let mut chain = Chain::start().await;
    chain.append("acme", 2).await;
    chain.made("acme").await;
    let former: PublicKey = chain.maker.key.public_key(&chain.maker.origin, &tenant("acme"));
    chain.maker.key = SigningKey::from_seed(&[8; 32]).unwrap().into();
    chain.append("acme", 1).await;
    let refusal = chain.refusal("acme").await;
    assert!(refusal.to_string().contains("add the public key of before to trusted_keys"), "{refusal}");
    chain.maker.former = TrustedKeys::new([former.clone()]);
    let signed = chain.made("acme").await;
    assert_eq!(signed.verify(&TrustedKeys::new([former])), Err(SignatureProblem::UnknownKey));
}

#[tokio::test]
async fn a_file_that_was_changed_is_not_gone_on_with() {
    let chain = Chain::start().await;
    chain.append("acme", 2).await;
    let signed = chain.made("acme").await;
    chain.append("acme", 1).await;
    let file = chain.maker.folder.file(&tenant("acme"));
    let line = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, line.replace("\"size\":3", "\"size\":2")).unwrap();
    assert!(matches!(chain.refusal("acme").await, Refusal::Damaged(_)));
    let later = line.replace(&format!("time {}", signed.checkpoint().time_s), "time 1");
    std::fs::write(&file, later).unwrap();
    let refusal = chain.refusal("acme").await;
    assert!(matches!(refusal, Refusal::NotTrusted { place: Place::File, problem: SignatureProblem::BadSignature }));
}

#[tokio::test]
async fn a_checkpoint_is_nowhere_before_it_is_in_the_file() {
    let chain = Chain::start().await;
    chain.append("acme", 2).await;
    // A folder in the file's place: it cannot be opened to write.
    std::fs::create_dir_all(chain.maker.folder.file(&tenant("acme"))).unwrap();
    assert!(matches!(chain.make("acme").await, Err(MakeError::File(_))));
    assert!(chain.rows("acme").await.is_empty());
}

#[tokio::test]
async fn what_the_table_lacks_comes_with_the_next_checkpoint() {
    let chain = Chain::start().await;
    for _ in 0..3 {
        chain.append("acme", 1).await;
        chain.made("acme").await;
    }
    chain.tamper("DELETE FROM audit_checkpoint WHERE size > 2").await;
    chain.append("acme", 1).await;
    chain.made("acme").await;
    let rows: Vec<_> = chain.rows("acme").await.into_iter().filter_map(|row| row.signed).collect();
    let lines = chain.maker.folder.read(&tenant("acme"), 0, 9).unwrap();
    assert_eq!(rows, lines.into_iter().map(|(kept, _)| kept.signed).collect::<Vec<SignedCheckpoint>>());
}

#[tokio::test]
async fn a_log_with_another_origin_begins_anew_once_its_file_is_put_away() {
    let mut chain = Chain::start().await;
    chain.append("acme", 5).await;
    chain.made("acme").await;
    chain.cut_end("acme", 3).await;
    chain.maker.audit = AuditLog::start(&chain.store, crate::audit::AuditConfig::default());
    chain.maker.origin = Origin::parse("cordon-2").unwrap();
    assert!(matches!(chain.refusal("acme").await, Refusal::Foreign(Place::File)));
    chain.forget_file("acme");
    assert_eq!(chain.made("acme").await.checkpoint().size, 4);
}

/// A chain that was rewritten does not get away with a beginning behind all that
/// it could be compared with.
#[tokio::test]
async fn a_cut_past_the_last_checkpoint_is_refused() {
    let chain = Chain::start().await;
    chain.append("acme", 4).await;
    chain.made("acme").await;
    chain.append("acme", 3).await;
    chain.rewrite("acme", 2).await;
    let frontier = data_encoding::HEXLOWER.encode(&chain.tree("acme", 6).await.to_bytes());
    chain
        .tamper(&format!(
            "INSERT INTO audit_cut (tenant, seq, hash, frontier, record_seq, cut_us)
             SELECT tenant, seq, hash, '\\x{frontier}', 8, 1 FROM audit_record WHERE tenant = 'acme' AND seq = 6"
        ))
        .await;
    let refusal = chain.refusal("acme").await;
    assert!(matches!(refusal, Refusal::CutTooFar { place: Place::File, .. }), "{refusal}");
    assert!(refusal.to_string().contains("up to 6 are said to be cut off"), "{refusal}");
}

/// The beginning of the chain is gone, and with it all that could be compared
/// with what was signed over it.
#[tokio::test]
async fn after_a_cut_checkpoints_go_on_from_its_place() {
    let chain = Chain::start().await;
    chain.append("acme", 9).await;
    let signed = chain.made("acme").await;
    for through in [6, 10] {
        let whole = chain.tree("acme", 6).await;
        let trusted = chain.maker.trusted(&tenant("acme"));
        let limit = retention::Limit::Through(Seq::new(through).unwrap());
        let plan = retention::plan(&chain.store.pool, &tenant("acme"), limit, &trusted).await.unwrap().unwrap();
        retention::make(&chain.store, &chain.maker.audit, &plan, |_| {}).await.unwrap();
        if through == 6 {
            assert_eq!(plan.base.frontier, whole);
            // Without the file, everything from the cut on is compared with the table.
            chain.forget_file("acme");
        }
        chain.append("acme", 1).await;
        let next = chain.made("acme").await;
        assert_eq!(next.checkpoint().size, if through == 6 { 13 } else { 16 });
    }
    assert_eq!(signed.checkpoint().size, 10);
    let lines = chain.maker.folder.read(&tenant("acme"), 0, 9).unwrap();
    assert_eq!((sizes(&lines), chain.rows("acme").await.len()), (vec![13, 16], 3));
}
