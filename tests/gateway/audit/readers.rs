//! Who may ask, and what is recorded of it.

use serde_json::json;
use sqlx::Connection;

use super::{RECORDS, data, places, with_role};
use crate::failures::{ask, assert_error};
use crate::support::{Cordon, Echo, Options, shared};

#[tokio::test]
async fn a_client_and_a_stranger_read_nothing() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    for path in [RECORDS, &format!("{RECORDS}?group_by=label"), &format!("{RECORDS}?nonsense=1")] {
        assert_error(&client.get(path).await, 403, "insufficient_role");
        assert_error(&cordon.caller_with(&client.tenant, "cdn_nobody").get(path).await, 401, "invalid_api_key");
    }
    for role in ["auditor", "admin"] {
        let reader = with_role(cordon, &client, role).await;
        let reply = reader.get(RECORDS).await;
        assert!(!data(&reply).is_empty());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_error(&reader.get("/cordon/v1/audit/nothing").await, 404, "not_found");
    }
}

#[tokio::test]
async fn a_reader_sees_its_own_tenant_alone() {
    let cordon = shared().await;
    let (one, other) = (cordon.caller("default").await, cordon.caller("default").await);
    let lane = cordon.lane(Echo::default().script());
    let mut requests = Vec::new();
    for client in [&one, &other] {
        let reply = client.chat(&ask(lane.model(), "Hello")).await;
        requests.push(reply.header("x-cordon-request-id").unwrap().to_owned());
    }
    let [one, other] = [with_role(cordon, &one, "auditor").await, with_role(cordon, &other, "admin").await];
    for record in data(&one.get(&format!("{RECORDS}?limit=1000")).await) {
        assert_eq!(record["body"]["tenant"], one.tenant.as_str());
    }
    // Neither by name, nor by an id, nor by a cursor of the other's.
    assert_error(&one.get(&format!("{RECORDS}?tenant={}", other.tenant)).await, 400, "invalid_parameter");
    for filter in ["request", "id"] {
        assert!(data(&one.get(&format!("{RECORDS}?{filter}={}", requests[1])).await).is_empty());
        assert!(!data(&one.get(&format!("{RECORDS}?{filter}={}", requests[0])).await).is_empty());
    }
    let cursor = other.get(&format!("{RECORDS}?limit=1")).await.json()["next"].as_str().unwrap().to_owned();
    for record in data(&one.get(&format!("{RECORDS}?cursor={cursor}")).await) {
        assert_eq!(record["body"]["tenant"], one.tenant.as_str());
    }
    let counts = one.get(&format!("{RECORDS}?group_by=policy")).await.json();
    assert_eq!(counts["data"], json!([{"policy": "default", "requests": 1, "entities": 0}]));
}

/// A read leaves one record, which names the filters and holds no value of them;
/// reading that leaves one more, and not a stream of them.
#[tokio::test]
async fn each_read_is_recorded_before_it_is_answered() {
    let cordon = shared().await;
    let client = cordon.caller("default").await;
    let auditor = with_role(cordon, &client, "auditor").await;
    let planted = ["CUSTOM:PLANTED", "planted-provider", "0123456789abcdef"];
    let query = format!("label={}&provider={}&key={}&since=2d", planted[0], planted[1], planted[2]);
    assert!(data(&auditor.get(&format!("{RECORDS}?{query}")).await).is_empty());
    assert_eq!(auditor.get(&format!("{RECORDS}?{query}&group_by=day")).await.status, 200);

    let reads = data(&auditor.get(&format!("{RECORDS}?kind=audit_read")).await);
    let bodies: Vec<_> = reads.iter().map(|record| &record["body"]).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["filters"], json!(["label", "provider", "key", "since"]));
    assert_eq!((&bodies[0]["what"], bodies[0]["records"].to_string()), (&json!("records"), "0".to_owned()));
    assert_eq!(bodies[1]["what"], "counts");
    assert_eq!(bodies[0]["by"]["role"], "auditor");
    assert_eq!(bodies[0]["by"]["key_id"], auditor.key.split('_').nth(1).unwrap());
    assert_eq!(data(&auditor.get(&format!("{RECORDS}?kind=audit_read")).await).len(), 3);

    // The command line is a reader too.
    let shown = cordon.cli(&["audit", "query", "--tenant", &client.tenant, "--label", planted[0]]).await;
    assert!(shown.status.success() && shown.stdout.is_empty());
    let last = data(&auditor.get(&format!("{RECORDS}?kind=audit_read&order=desc&limit=1")).await).remove(0);
    assert_eq!(last["body"]["by"], json!({"actor": "command"}));
    assert_eq!(last["body"]["filters"], json!(["label"]));

    let all = auditor.get(&format!("{RECORDS}?limit=1000")).await;
    for planted in &planted[..2] {
        assert!(!all.text().contains(planted), "{planted} stands in the log");
        assert!(!cordon.output().contains(planted), "{planted} stands in the output");
    }
}

/// What cannot be recorded is not answered.
#[tokio::test]
async fn a_read_that_leaves_no_record_is_not_answered() {
    let cordon = Cordon::start(Options::default()).await;
    let client = cordon.caller("default").await;
    let auditor = with_role(&cordon, &client, "auditor").await;
    assert!(!data(&auditor.get(RECORDS).await).is_empty());
    let mut database = cordon.database().await;
    sqlx::raw_sql("RESET ROLE").execute(&mut database).await.unwrap();
    sqlx::raw_sql(
        "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$;
         CREATE TRIGGER full_up BEFORE INSERT ON audit_record EXECUTE FUNCTION full_up()",
    )
    .execute(&mut database)
    .await
    .unwrap();
    for path in [RECORDS, &format!("{RECORDS}?group_by=label")] {
        let reply = auditor.get(path).await;
        assert_error(&reply, 503, "audit_unavailable");
        assert!(!reply.text().contains("\"seq\""), "{}", reply.text());
    }
    let shown = cordon.cli(&["audit", "query", "--tenant", &client.tenant]).await;
    assert_eq!((shown.status.code(), shown.stdout.len()), (Some(2), 0));
    sqlx::raw_sql("DROP TRIGGER full_up ON audit_record").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    crate::failures::until("an answer", async || auditor.get(RECORDS).await.status == 200).await;
    assert!(!places(&auditor.get(RECORDS).await).is_empty());
}
