//! Requests that do not go the usual way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{PgConnection, Row};

use super::user;
use crate::support::{Caller, Cordon, Echo, PATIENCE, Recorded, shared, sinks};

/// A card number that satisfies Luhn.
const CARD: &str = "4111 1111 1111 1111";

/// The bodies of a tenant's records of one kind, in order.
async fn records(database: &mut PgConnection, tenant: &str, kind: &str) -> Vec<Value> {
    let rows = sqlx::query("SELECT body FROM audit_record WHERE tenant = $1 AND kind = $2 ORDER BY seq")
        .bind(tenant)
        .bind(kind)
        .fetch_all(database)
        .await
        .unwrap();
    rows.iter().map(|row| serde_json::from_str(row.get(0)).unwrap()).collect()
}

async fn records_of(cordon: &Cordon, caller: &Caller, kind: &str) -> Vec<Value> {
    records(&mut cordon.database().await, &caller.tenant, kind).await
}

/// The records of how `count` requests ended; they are written after the answer.
async fn ends(cordon: &Cordon, caller: &Caller, count: usize) -> Vec<Value> {
    let written = async {
        loop {
            let ended = records_of(cordon, caller, "ended").await;
            if ended.len() >= count {
                return ended;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap()
}

/// What the policy blocks is refused, and nothing goes upstream.
#[tokio::test]
async fn blocked_values_are_refused_and_nothing_leaves() {
    let cordon = shared().await;
    let caller = cordon.caller("blocking").await;
    let lane = cordon.lane(Echo::default().script());
    for stream in [false, true] {
        let messages = json!([user("My SSN is 219-09-9999, what now?")]);
        let reply = caller.chat(&json!({"model": lane.model(), "messages": messages, "stream": stream})).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (403, "policy_blocked"));
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains("US_SSN"), "{}", reply.text());
        assert!(!reply.text().contains("219"), "{}", reply.text());
    }
    assert!(lane.requests().is_empty());
    let refused = records_of(cordon, &caller, "refused").await;
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(records_of(cordon, &caller, "accepted").await.is_empty());
}

/// A request with a value that must stay is answered by the local model.
#[tokio::test]
async fn values_that_must_stay_are_answered_locally() {
    let cordon = shared().await;
    let caller = cordon.caller("local").await;
    let lane = cordon.lane(Echo::default().script());
    for stream in [false, true] {
        let messages = json!([user(&format!("Is {CARD} a card number? Say yes or no."))]);
        let body = json!({"model": lane.model(), "messages": messages, "stream": stream, "max_tokens": 8, "seed": 1});
        let reply = caller.chat(&body).await;
        let choices = reply.choices();
        assert_eq!(choices.len(), 1);
        assert!(!choices[0].content.is_empty() && choices[0].finish_reason.is_some(), "{choices:?}");
        assert_eq!(reply.is_done(), stream);
        assert_eq!(reply.header("x-cordon-entities"), Some("CREDIT_CARD=1"));
    }
    assert!(lane.requests().is_empty());
    let accepted = records_of(cordon, &caller, "accepted").await;
    assert_eq!(accepted.len(), 2);
    assert!(accepted.iter().all(|record| record["target"].is_null()), "{accepted:?}");
}

/// The local model's draft goes along with tokens in the place of values, and
/// the answer gets the values back.
#[tokio::test]
async fn a_draft_goes_along_sanitized() {
    const EMAIL: &str = "maria@example.com";
    let cordon = shared().await;
    let caller = cordon.caller("draft").await;
    let lane = cordon.lane(Echo { piece: 3, ..Echo::default() }.script());
    let mut repeated = 0;
    for text in [
        format!("What is the e-mail address in this sentence: Please write to {EMAIL} today?"),
        format!("Please write to {EMAIL} today. Which address was that?"),
        format!("Correct this sentence: Pleese write to {EMAIL} today."),
    ] {
        let reply = caller.chat(&json!({"model": lane.model(), "messages": [user(&text)], "stream": true})).await;
        assert!(reply.content().contains(&text), "{}", reply.content());
        let request = lane.requests().pop().unwrap();
        assert!(!sinks::upstream(&request).contains(EMAIL), "{}", request.text());
        let sent = request.json();
        let remark = sent["messages"].as_array().unwrap().last().unwrap();
        let (_, draft) = remark["content"].as_str().unwrap().split_once("\n\n").unwrap();
        repeated += usize::from(draft.contains("[EMAIL_ADDRESS_"));
    }
    // A draft that does not hold the value shows nothing.
    assert!(repeated > 0, "no draft repeats the value; try other questions");
    let ended = ends(cordon, &caller, 3).await;
    assert!(ended.iter().all(|end| end["first_pass"]["outcome"] == "drafted"), "{ended:?}");
}

/// The record of a request is durable before its first byte goes upstream: the
/// upstream itself looks it up in the database.
#[tokio::test]
async fn the_record_is_durable_before_anything_leaves() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let seen: Arc<Mutex<Vec<usize>>> = Arc::default();
    let (noted, tenant) = (Arc::clone(&seen), caller.tenant.clone());
    let lane = cordon.lane(move |request: &Recorded| {
        let tenant = tenant.clone();
        let count = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { records(&mut cordon.database().await, &tenant, "accepted").await.len() })
        });
        noted.lock().unwrap().push(count.join().unwrap());
        Echo::default().answer(request)
    });
    for _ in 0..5 {
        let body = json!({"model": lane.model(), "messages": [user("Write to maria.gonzalez@example.com.")]});
        assert_eq!(caller.chat(&body).await.status, 200);
    }
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4, 5]);
}
