//! What a record says of a request beside its content: who, from where, what for,
//! by which process, following what.

use serde_json::{Value, json};

use super::story::{ended_stories, records, story_of};
use super::{ask, assert_error};
use crate::support::{Caller, Cordon, Echo, Memory, Reply, read, shared};

/// The bodies of the tenant's records of one kind.
async fn of_kind(cordon: &Cordon, caller: &Caller, kind: &str) -> Vec<Value> {
    let records = records(cordon, &caller.tenant).await;
    records.into_iter().filter(|record| record["kind"] == kind).collect()
}

/// L42: what names the sender is the connection, and no header.
#[tokio::test]
async fn a_record_names_the_process_and_the_keyed_address_of_the_connection() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), "Hello");
    assert_eq!(caller.chat(&body).await.status, 200);
    let mut forged = caller.completion(&body);
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"] {
        forged = forged.header(name, "203.0.113.9");
    }
    assert_eq!(read(forged).await.status, 200);
    ended_stories(cordon, &caller.tenant).await;
    let [accepted, ended] = [of_kind(cordon, &caller, "accepted").await, of_kind(cordon, &caller, "ended").await];
    let client = accepted[0]["client"].as_str().unwrap();
    assert!(client.len() == 64 && !accepted[0].to_string().contains("127.0.0.1"), "{}", accepted[0]);
    assert_eq!(accepted[1]["client"], client);
    assert_eq!(ended[0]["parent"], accepted[0]["record"]);
    for record in accepted.iter().chain(&ended) {
        assert_eq!((record["v"].as_u64(), record["build"].as_str()), (Some(2), Some(env!("CARGO_PKG_VERSION"))));
        assert!(!record["replica"].as_str().unwrap().is_empty());
        assert!(record["stored_us"].as_i64().unwrap() >= record["time_us"].as_i64().unwrap());
    }
}

/// L41: the record holds the policy's word and never the caller's.
#[tokio::test]
async fn a_purpose_is_one_of_the_policys_or_the_request_is_refused() {
    const PLANTED: &str = "maria-gonzalez-claims";
    let cordon = shared().await;
    let (caller, other) = (cordon.caller("purposeful").await, cordon.caller("default").await);
    let lane = cordon.lane(Echo::default().script());
    let body = ask(lane.model(), "Hello");
    let with = async |caller: &Caller, purpose: &str| -> Reply {
        read(caller.completion(&body).header("x-cordon-purpose", purpose)).await
    };
    assert_eq!(with(&caller, "support").await.status, 200);
    assert_eq!(caller.chat(&body).await.status, 200);
    assert_eq!(other.chat(&body).await.status, 200);
    let refused = with(&caller, PLANTED).await;
    assert_error(&refused, 400, "invalid_request");
    assert!(refused.text().contains("claims, support") && !refused.text().contains(PLANTED), "{}", refused.text());
    assert_error(&with(&other, "support").await, 400, "invalid_request");
    let twice = caller.completion(&body).header("x-cordon-purpose", "claims").header("x-cordon-purpose", "support");
    assert_error(&read(twice).await, 400, "invalid_request");
    assert_eq!(lane.requests().len(), 3, "nothing that was refused has left");
    let purposes = async |caller: &Caller| -> Vec<Value> {
        of_kind(cordon, caller, "accepted").await.iter_mut().map(|record| record["purpose"].take()).collect()
    };
    assert_eq!(purposes(&caller).await, ["support", "claims"]);
    assert_eq!(purposes(&other).await, [Value::Null]);
    assert!(!lane.requests().iter().any(|sent| sent.text().contains("purpose")));
}

#[tokio::test]
async fn a_request_that_goes_on_names_the_one_before_and_what_was_opened_for_it() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(Memory::default().script());
    let say = async |text: &str, before: Option<&str>| {
        let body = json!({"model": lane.model(), "input": text, "previous_response_id": before});
        caller.post("/v1/responses", &body).await
    };
    let first = say("Please write to Maria Gonzalez at maria.gonzalez@example.com.", None).await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(say("Did she reply?", Some(&id)).await.status, 200);
    let read = caller.get(&format!("/v1/responses/{id}")).await;
    assert_eq!(story_of(cordon, &caller.tenant, &read).await, ["accepted", "completed 200"]);
    let accepted = of_kind(cordon, &caller, "accepted").await;
    let opened: Vec<u64> = accepted.iter().map(|record| record["vault_values"].as_u64().unwrap()).collect();
    assert!(opened[0] == 0 && opened[1] >= 2 && opened[2] == opened[1], "{opened:?}");
    let request = first.header("x-cordon-request-id").unwrap();
    assert_eq!(accepted[0]["continues"], Value::Null);
    assert_eq!((accepted[1]["continues"].as_str(), accepted[2]["continues"].as_str()), (Some(request), Some(request)));
}
