//! What leaves the log, over HTTP and on the command line.

use std::path::Path;

use serde_json::{Value, json};

use super::{RECORDS, data, with_role};
use crate::failures::{EMAIL, ask, assert_error};
use crate::support::{Caller, Cordon, Echo, Reply, shared};

const EXPORT: &str = "/cordon/v1/audit/export";
const REPORT: &str = "/cordon/v1/audit/report";

async fn asked(cordon: &Cordon) -> (Caller, Caller, String) {
    let client = cordon.caller("default").await;
    let lane = cordon.lane(Echo::default().script());
    let reply = client.chat(&ask(lane.model(), &format!("Write to {EMAIL}"))).await;
    assert_eq!(reply.status, 200);
    let auditor = with_role(cordon, &client, "auditor").await;
    (client, auditor, reply.header("x-cordon-request-id").unwrap().to_owned())
}

/// What the verifier says of an archive, with the key that came along.
async fn verified(cordon: &Cordon, archive: &Path) -> Value {
    let text = std::fs::read_to_string(archive).unwrap();
    let key = text.split('\0').map(str::trim).find(|part| part.starts_with("cordon/")).unwrap();
    let key = key.lines().next().unwrap();
    let checked = cordon
        .cli(&["audit", "verify", "--offline", archive.to_str().unwrap(), "--key", key, "--format", "json"])
        .await;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    serde_json::from_slice(&checked.stdout).unwrap()
}

fn saved(folder: &Path, reply: &Reply) -> std::path::PathBuf {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let file = folder.join("export.tar");
    std::fs::write(&file, reply.text()).unwrap();
    file
}

#[tokio::test]
async fn an_export_is_checked_without_the_server_and_is_recorded() {
    let cordon = shared().await;
    let (client, auditor, request) = asked(cordon).await;
    let folder = tempfile::tempdir().unwrap();
    let reply = auditor.get(EXPORT).await;
    assert_eq!(reply.header("content-type"), Some("application/x-tar"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let verdict = verified(cordon, &saved(folder.path(), &reply)).await;
    assert_eq!((&verdict["verdict"], &verdict["unanchored"]), (&json!("whole"), &json!(0)), "{verdict}");
    assert_eq!(verdict["tenant"], client.tenant.as_str());

    // The record of the export tells who took what, and came before the answer.
    let exported = data(&auditor.get(&format!("{RECORDS}?kind=audit_exported")).await).remove(0);
    let body = &exported["body"];
    assert_eq!(
        (&body["format"], &body["from_seq"], &body["by"]["role"]),
        (&json!("tar"), &json!(1), &json!("auditor"))
    );
    assert_eq!(body["through_seq"], verdict["head"]["seq"]);

    // Only what is of one request, each record with its proof.
    let verdict =
        verified(cordon, &saved(folder.path(), &auditor.get(&format!("{EXPORT}?request={request}")).await)).await;
    assert_eq!((&verdict["mode"], &verdict["records_whole"]), (&json!("selection"), &json!(2)), "{verdict}");
    // Going on behind what somebody has already.
    let verdict = verified(cordon, &saved(folder.path(), &auditor.get(&format!("{EXPORT}?from_seq=3")).await)).await;
    assert_eq!((&verdict["verdict"], &verdict["after"]), (&json!("whole"), &json!(2)), "{verdict}");

    let csv = auditor.get(&format!("{EXPORT}?format=csv&kind=accepted")).await;
    assert!(csv.text().lines().count() == 2 && csv.text().contains("EMAIL_ADDRESS:redact=1"), "{}", csv.text());
    let ocsf = auditor.get(&format!("{EXPORT}?format=ocsf&kind=accepted")).await;
    let event: Value = serde_json::from_str(ocsf.text().trim()).unwrap();
    assert_eq!((&event["class_uid"], &event["metadata"]["tenant_uid"]), (&json!(6003), &json!(client.tenant)));
    for reply in [&csv, &ocsf] {
        assert!(!reply.text().contains(EMAIL));
    }
}

#[tokio::test]
async fn only_readers_of_the_log_take_it_out() {
    let cordon = shared().await;
    let (client, auditor, _) = asked(cordon).await;
    let (_, other, request) = asked(cordon).await;
    for path in [EXPORT, REPORT] {
        assert_error(&client.get(path).await, 403, "insufficient_role");
    }
    assert!(!auditor.get(EXPORT).await.text().contains(&format!("\"tenant\":\"{}\"", other.tenant)));
    assert_eq!(auditor.get(&format!("{EXPORT}?format=csv&request={request}")).await.text().lines().count(), 1);
    for (query, parameter) in [("format=xml", "format"), ("from_seq=0", "from_seq"), ("label=NONE", "label")] {
        let reply = auditor.get(&format!("{EXPORT}?{query}")).await;
        assert_error(&reply, 400, "invalid_parameter");
        assert!(reply.text().contains(parameter), "{}", reply.text());
    }
    assert_error(&auditor.get(&format!("{EXPORT}?from_seq=1000000")).await, 400, "invalid_parameter");
}

#[tokio::test]
async fn a_report_says_what_was_found_and_that_the_log_was_verified() {
    let cordon = shared().await;
    let (client, auditor, _) = asked(cordon).await;
    let reply = auditor.get(&format!("{REPORT}?since=1h")).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("text/html; charset=utf-8")),
        "{}",
        reply.text()
    );
    let page = reply.text();
    assert!(page.contains("The log is whole") && page.contains(&client.tenant) && page.contains("EMAIL_ADDRESS"));
    assert!(page.contains("<b>1</b><span>requests let on</span>") && !page.contains(EMAIL));
    assert_error(&auditor.get(REPORT).await, 400, "invalid_parameter");
    assert_error(&auditor.get(&format!("{REPORT}?since=1h&until=2h")).await, 400, "invalid_parameter");
    for (kind, member) in [("audit_verified", "verdict"), ("audit_read", "what")] {
        let told = data(&auditor.get(&format!("{RECORDS}?kind={kind}")).await).remove(0);
        assert!(["whole", "report"].contains(&told["body"][member].as_str().unwrap()), "{told}");
    }
}

#[tokio::test]
async fn the_command_line_exports_and_reports_beside_the_server() {
    let cordon = shared().await;
    let (client, auditor, request) = asked(cordon).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (tar, html) = (path("a.tar"), path("a.html"));
    let export = ["audit", "export", "--tenant", &client.tenant, "--out"];
    let done = cordon.cli(&[&export[..], &[&tar]].concat()).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(verified(cordon, Path::new(&tar)).await["verdict"], "whole");
    let again = cordon.cli(&[&export[..], &[&tar]].concat()).await;
    assert!(again.status.code() == Some(2) && String::from_utf8_lossy(&again.stderr).contains("exists"));
    let rows = cordon.cli(&[&export[..], &["-", "--format", "csv", "--request", &request]].concat()).await;
    assert_eq!(String::from_utf8_lossy(&rows.stdout).lines().count(), 3);
    let report = ["audit", "report", "--tenant", &client.tenant, "--since", "1h", "--out", &html];
    let done = cordon.cli(&report).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(std::fs::read_to_string(&html).unwrap().contains("The log is whole"));
    let told = data(&auditor.get(&format!("{RECORDS}?kind=audit_exported")).await);
    assert!(told.iter().all(|record| record["body"]["by"] == json!({"actor": "command"})) && told.len() == 2);
}
