//! What can be asked, and what is answered.

use serde_json::{Value, json};

use super::{RECORDS, data, places, with_role};
use crate::failures::{EMAIL, ask, assert_error};
use crate::support::{Echo, shared};

#[tokio::test]
async fn a_record_is_shown_with_its_links_and_exact_bytes() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let auditor = with_role(cordon, &client, "auditor").await;
    let reply = auditor.get(&format!("{RECORDS}?limit=2")).await;
    let mut database = cordon.database().await;
    let rows: Vec<(i64, String, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT seq, body, prev_hash, hash FROM audit_record WHERE tenant = $1 ORDER BY seq LIMIT 2")
            .bind(&client.tenant)
            .fetch_all(&mut database)
            .await
            .unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (seq, body, prev_hash, hash) in &rows {
        let line = format!(r#"{{"seq":{seq},"prev_hash":"{}","hash":"{}","body":{body}}}"#, hex(prev_hash), hex(hash));
        assert!(reply.text().contains(&line), "{line} is not in {}", reply.text());
    }
    let document = reply.json();
    assert_eq!((&document["object"], &document["tenant"]), (&json!("list"), &json!(client.tenant)));
}

/// Pages of a question are of one state of the chain, whatever is appended between
/// them, the records of the pages' own reading included.
#[tokio::test]
async fn pages_are_stable_while_the_chain_grows() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let auditor = with_role(cordon, &client, "auditor").await;
    let lane = cordon.lane(Echo::default().script());
    for _ in 0..4 {
        assert_eq!(client.chat(&ask(lane.model(), &format!("Write to {EMAIL}"))).await.status, 200);
    }
    for order in ["asc", "desc"] {
        let whole = auditor.get(&format!("{RECORDS}?since=1h&order={order}&limit=1000")).await;
        let as_of = whole.json()["as_of"].to_string();
        assert!(whole.json()["next"].is_null() && whole.json()["has_more"] == false);
        let mut reply = auditor.get(&format!("{RECORDS}?since=1h&order={order}&as_of={as_of}&limit=3")).await;
        let mut paged = Vec::new();
        loop {
            let document = reply.json();
            assert_eq!(document["as_of"].to_string(), as_of);
            assert!(places(&reply).len() <= 3);
            paged.extend(places(&reply));
            client.chat(&ask(lane.model(), "Hello")).await;
            let Some(next) = document["next"].as_str() else { break };
            reply = auditor.get(&format!("{RECORDS}?cursor={next}&limit=3")).await;
        }
        assert_eq!(paged, places(&whole), "{order}");
    }
    // Whoever follows the log asks for what came after the last place.
    let last = places(&auditor.get(&format!("{RECORDS}?order=desc&limit=1")).await)[0];
    let newer = places(&auditor.get(&format!("{RECORDS}?after={last}")).await);
    // The first is the record of the read before; a checkpoint's may stand behind it.
    assert_eq!(newer.first(), Some(&(last + 1)), "{newer:?}");
}

#[tokio::test]
async fn records_are_found_by_what_they_say_of_their_request() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let auditor = with_role(cordon, &client, "admin").await;
    let lane = cordon.lane(Echo::default().script());
    let reply = client.chat(&ask(lane.model(), &format!("Write to {EMAIL}"))).await;
    let request = reply.header("x-cordon-request-id").unwrap().to_owned();
    client.chat(&ask(lane.model(), "Hello")).await;
    let kinds = async |query: &str| -> Vec<String> {
        let mut told = Vec::new();
        // An answer does not wait for the record of its end.
        crate::failures::until("the end of the request", async || {
            told = data(&auditor.get(&format!("{RECORDS}?{query}")).await);
            told.iter().any(|record| record["body"]["kind"] == "ended")
        })
        .await;
        told.iter().map(|record| record["body"]["kind"].as_str().unwrap().to_owned()).collect()
    };
    let key = client.key.split('_').nth(1).unwrap();
    let record = data(&auditor.get(&format!("{RECORDS}?request={request}&kind=accepted")).await).remove(0);
    let conversation = record["body"]["conversation"].as_str().unwrap();
    let policy = record["body"]["policy"]["sha256"].as_str().unwrap();
    let id = record["body"]["record"].as_str().unwrap();
    for query in [
        format!("request={request}"),
        format!("id={request}"),
        format!("label=EMAIL_ADDRESS&action=redact&key={key}&policy=default&policy_hash={policy}"),
        format!("label=EMAIL_ADDRESS&conversation={conversation}&provider={}", lane.model()),
        format!("id={conversation}&label=EMAIL_ADDRESS"),
    ] {
        assert_eq!(kinds(&query).await, ["accepted", "ended"], "{query}");
    }
    assert_eq!(kinds(&format!("label=EMAIL_ADDRESS&outcome=completed&parent={id}")).await, ["ended"]);
    assert!(data(&auditor.get(&format!("{RECORDS}?label=EMAIL_ADDRESS&action=block")).await).is_empty());
    assert!(data(&auditor.get(&format!("{RECORDS}?label=PERSON")).await).is_empty());

    let counts = auditor.get(&format!("{RECORDS}?group_by=label,action")).await.json();
    let expected = json!([
        {"label": null, "action": null, "requests": 1, "entities": 0},
        {"label": "EMAIL_ADDRESS", "action": "redact", "requests": 1, "entities": 1},
    ]);
    assert_eq!(counts["data"], expected);
    let tenant = &client.tenant;
    let shown = cordon.cli(&["audit", "query", "--tenant", tenant, "--group-by", "outcome", "--format", "csv"]).await;
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown, format!("tenant,outcome,requests,entities\r\n{tenant},completed,2,1\r\n"));
}

/// An error names the parameter and says what it takes, and does not repeat what
/// was given.
#[tokio::test]
async fn a_question_that_is_wrong_is_told_how_to_ask() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let auditor = with_role(cordon, &client, "auditor").await;
    let wrong: &[(&str, Option<&str>, &str)] = &[
        ("lable=PERSON", None, "unknown parameter"),
        ("label=NOT_A_LABEL", Some("label"), "catalogue"),
        ("label=", Some("label"), "catalogue"),
        ("label=PERSON&label=AGE", Some("label"), "twice"),
        ("label=%ff%fe", None, "UTF-8"),
        ("action=delete", Some("action"), "redact"),
        ("limit=0", Some("limit"), "1 to 1000"),
        ("limit=1001", Some("limit"), "1 to 1000"),
        ("limit=99999999999999999999", Some("limit"), "1 to 1000"),
        ("limit=-1", Some("limit"), "1 to 1000"),
        ("after=-1", Some("after"), "whole number"),
        ("after=1&order=desc", Some("after"), "before"),
        ("before=1", Some("before"), "order=desc"),
        ("order=random", Some("order"), "asc"),
        ("since=yesterday", Some("since"), "2026-01-31"),
        ("since=2026-03-01&until=2026-02-01", Some("until"), "not later"),
        ("key=%27%20OR%201=1--", Some("key"), "16 characters"),
        ("conversation=abc", Some("conversation"), "64 hexadecimal"),
        ("request=1%3BDROP%20TABLE%20audit_record", Some("request"), "UUID"),
        ("outcome=Completed%27", Some("outcome"), "a-z"),
        ("provider=a%00b", Some("provider"), "control"),
        ("group_by=tenant", Some("group_by"), "label, action"),
        ("group_by=label,action,day", Some("group_by"), "one or two"),
        ("group_by=label,label", Some("group_by"), "one or two"),
        ("group_by=label&limit=5", Some("group_by"), "no pages"),
        ("cursor=AAAA", Some("cursor"), "an earlier answer"),
        ("cursor=AAAA&label=PERSON", Some("cursor"), "alone"),
    ];
    for (query, param, says) in wrong {
        let reply = auditor.get(&format!("{RECORDS}?{query}")).await;
        assert_error(&reply, 400, "invalid_parameter");
        let error = &reply.json()["error"];
        assert_eq!(error["param"].as_str(), *param, "{query}");
        assert!(error["message"].as_str().unwrap().contains(says), "{query}: {error}");
        let value = query.split_once('=').map_or("", |(_, value)| value);
        let is_repeated = value.len() > 6 && error["message"].as_str().unwrap().contains(value);
        assert!(!is_repeated, "{query}: {error}");
    }
    // What looks like SQL is a name like any other, and no record has it.
    for odd in
        ["provider=%27%3B%20DROP%20TABLE%20audit_record%3B--", "policy=%25", "model=_", "id=%27%20OR%20%27%27=%27"]
    {
        assert!(data(&auditor.get(&format!("{RECORDS}?{odd}")).await).is_empty(), "{odd}");
    }
    let reads: Vec<Value> = data(&auditor.get(&format!("{RECORDS}?kind=audit_read")).await);
    assert_eq!(reads.len(), 4, "a question that was not answered leaves no record");
}
