use super::*;
use crate::audit::checkpoint::testing::Chain;
use crate::audit::retention::Limit;
use crate::audit::testing::tenant;

const FAR: u64 = 1_000_000;

/// A chain with checkpoints over 4, 9 and 17 records, and three behind.
async fn chain() -> Chain {
    let chain = Chain::start().await;
    for (records, size) in [(3, 4), (4, 9), (7, 17)] {
        chain.append("acme", records).await;
        assert_eq!(chain.made("acme").await.checkpoint().size, size);
    }
    chain.append("acme", 3).await;
    chain
}

async fn inclusion(chain: &Chain, seq: i64, size: Option<u64>) -> Result<Inclusion, ProofError> {
    prover(chain, &tenant("acme"), FAR).inclusion(Seq::new(seq).unwrap(), size).await
}

async fn consistency(chain: &Chain, from: u64, to: u64) -> Result<Consistency, ProofError> {
    prover(chain, &tenant("acme"), FAR).consistency(from, to).await
}

fn prover<'a>(chain: &'a Chain, tenant: &'a TenantId, records_max: u64) -> Prover<'a> {
    Prover { pool: &chain.store.pool, tenant, trusted: chain.maker.trusted(tenant), records_max }
}

#[tokio::test]
async fn every_covered_record_is_proved_against_every_checkpoint_that_covers_it() {
    let chain = chain().await;
    for seq in 1..=17_u64 {
        for size in [None, Some(4), Some(9), Some(17)].into_iter().filter(|size| size.is_none_or(|s| s >= seq)) {
            let proved = inclusion(&chain, seq.cast_signed(), size).await.unwrap();
            let root = chain.tree("acme", proved.proof.size).await.root();
            assert!(proved.proof.verify(proved.record, root) && proved.proof.index == seq - 1);
            assert_eq!(proved.signed.checkpoint().root, root);
            if size.is_none() {
                assert_eq!(proved.proof.size, [4, 9, 17].into_iter().find(|size| *size >= seq).unwrap());
            }
        }
    }
    let json = inclusion(&chain, 2, None).await.unwrap().json();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["seq"], &json["size"], json["path"].as_array().unwrap().len()), (&2.into(), &4.into(), 2));
    assert!(json["note"].as_str().unwrap().starts_with("cordon/acme\n4\n"));
}

#[tokio::test]
async fn every_checkpoint_is_proved_to_go_on_from_the_older_ones() {
    let chain = chain().await;
    for (from, to) in [(4, 9), (4, 17), (9, 17), (17, 17)] {
        let proved = consistency(&chain, from, to).await.unwrap();
        let roots = (chain.tree("acme", from).await.root(), chain.tree("acme", to).await.root());
        assert!(proved.proof.verify(roots.0, roots.1), "{from} {to}");
    }
}

#[tokio::test]
async fn a_question_that_has_no_proof_gets_a_sentence() {
    let chain = chain().await;
    let told = |error: ProofError| error.to_string();
    assert!(told(inclusion(&chain, 18, None).await.unwrap_err()).starts_with("no checkpoint covers record 18 yet"));
    assert!(told(inclusion(&chain, 0, None).await.unwrap_err()).contains("numbered from 1"));
    assert!(told(inclusion(&chain, 9, Some(4)).await.unwrap_err()).contains("at least the record's seq"));
    assert!(told(inclusion(&chain, 2, Some(5)).await.unwrap_err()).contains("the nearest ones cover 4 and 9"));
    assert!(told(consistency(&chain, 9, 4).await.unwrap_err()).contains("must not be larger"));
    assert!(told(consistency(&chain, 4, 99).await.unwrap_err()).contains("the nearest ones cover 17"));
    let name = tenant("nobody");
    let none = prover(&chain, &name, FAR).consistency(1, 2).await.unwrap_err();
    assert!(told(none).contains("there is none"));
    let name = tenant("acme");
    let far = prover(&chain, &name, 5).inclusion(Seq::new(5).unwrap(), Some(17)).await.unwrap_err();
    assert!(told(far).starts_with("13 records would have to be read, more than 5"));
}

#[tokio::test]
async fn nothing_is_proved_of_a_log_that_is_not_the_one_that_was_signed() {
    let chain = chain().await;
    chain.rewrite("acme", 6).await;
    assert!(matches!(inclusion(&chain, 6, None).await, Err(ProofError::Differs(9) | ProofError::Broken(_))));
    assert!(inclusion(&chain, 2, None).await.is_ok(), "what was not touched is still proved");
    assert!(matches!(consistency(&chain, 4, 9).await, Err(ProofError::Differs(9))));
    // A frontier of the table that does not fold to the signed root is not used.
    chain.tamper("UPDATE audit_checkpoint SET frontier = sha256('x') WHERE size = 4").await;
    assert!(matches!(consistency(&chain, 4, 9).await, Err(ProofError::Differs(4))));
    chain.tamper("UPDATE audit_checkpoint SET note = replace(note, 'time 1', 'time 2') WHERE size = 9").await;
    assert!(matches!(inclusion(&chain, 7, None).await, Err(ProofError::Differs(9))));
}

#[tokio::test]
async fn what_was_cut_off_is_proved_no_more_and_the_rest_is() {
    let chain = chain().await;
    let limit = Limit::Through(Seq::new(6).unwrap());
    let trusted = chain.maker.trusted(&tenant("acme"));
    let plan = retention::plan(&chain.store.pool, &tenant("acme"), limit, &trusted).await.unwrap().unwrap();
    retention::make(&chain.store, &chain.maker.audit, &plan, |_| {}).await.unwrap();
    for (seq, size) in [(3, None), (6, None), (6, Some(17))] {
        let error = inclusion(&chain, seq, size).await.unwrap_err();
        assert!(matches!(error, ProofError::CutOff { through } if through.value() == 6), "{seq}: {error}");
    }
    for (seq, size) in [(7, None), (9, Some(17)), (10, None)] {
        inclusion(&chain, seq, size).await.unwrap();
    }
    assert!(matches!(consistency(&chain, 4, 9).await, Err(ProofError::CutOff { .. })));
    consistency(&chain, 9, 17).await.unwrap();
}
