//! What was planted is searched in every file that is left when Cordon has ended,
//! those of its database among them.

use serde_json::json;

use super::requests::{self, Request};
use super::values::Planted;
use super::{leaks, recorded, send};
use crate::failures::postgres;
use crate::support::{Caller, Cordon, Database, Echo, Memory, Options, sinks};

const REQUESTS: usize = 50;

/// L41: values that detection misses, in requests, in conversations that are kept
/// and in questions to the log, are in no file: no table, no write-ahead log, no
/// checkpoint, no export.
#[tokio::test]
async fn values_that_detection_misses_are_in_no_file() {
    let mut cordon = Cordon::start(Options { database: Database::Embedded, ..Options::default() }).await;
    let caller = cordon.caller("blind").await;
    let (lane, keeper) = (cordon.lane(Echo::default().script()), cordon.lane(Memory::default().script()));
    let requests: Vec<Request> = (1000..1000 + REQUESTS).map(requests::request).collect();
    let mut problems = Vec::new();
    for request in &requests {
        assert_eq!(send(&caller, &lane, request, false).await.status, 200);
    }
    converse(&caller, &keeper, &requests).await;
    for (question, answer) in questions(&cordon, &caller, &requests).await {
        problems.extend(leaks(&requests, Planted::secrets, &question, &answer));
    }
    let home = cordon.folder().to_owned();
    let cluster = postgres::cluster(&home);
    assert!(cordon.stop(), "{}", cordon.output());
    // The policies and cordon.toml were there before.
    let mut files = sinks::files(&home.join("data"));
    files.extend(sinks::files(&cluster));
    files.push(("the log".to_owned(), cordon.output()));
    // The search finds what is there: the tenant stands in the table and the log.
    let tenant = [caller.tenant.clone()];
    let holds =
        |part: &str| files.iter().any(|(name, text)| name.contains(part) && !sinks::found(text, &tenant).is_empty());
    assert!(holds("/base/") && holds("/pg_wal/"), "the database's files are not searched");
    for written in ["/checkpoints/", "/export.tar", "/export.csv", "/export.jsonl", "/report.html"] {
        let searched = files.iter().any(|(name, text)| name.contains(written) && text.len() > 100);
        assert!(searched, "{written} is not searched");
    }
    assert!(!leaks(&requests, Planted::secrets, "the upstream", &recorded(&lane)).is_empty());
    for (file, text) in files {
        problems.extend(leaks(&requests, Planted::secrets, &file, &text));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Conversations that the provider keeps, and Cordon their values.
async fn converse(caller: &Caller, keeper: &crate::support::Lane, requests: &[Request]) {
    let mut before = None;
    for request in &requests[..10] {
        let body = json!({
            "model": keeper.model(), "input": request.planted[0].1.sentence, "previous_response_id": before,
        });
        let reply = caller.post("/v1/responses", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        before = reply.json()["id"].as_str().map(str::to_owned);
    }
}

/// Where an auditor asks, and by what.
const QUESTIONS: [&str; 6] = ["records", "checkpoints", "proof", "verify", "export", "report"];
const PARAMETERS: [&str; 6] = ["label", "key_id", "conversation", "group_by", "request", "unknown"];

/// What an auditor gets who asks for planted values, by question.
async fn questions(cordon: &Cordon, caller: &Caller, requests: &[Request]) -> Vec<(String, String)> {
    let made = cordon.cli(&["keys", "create", "--tenant", &caller.tenant, "--role", "auditor"]).await;
    let auditor = cordon.caller_with(&caller.tenant, String::from_utf8(made.stdout).unwrap().trim());
    let values: Vec<&str> = requests.iter().map(|request| request.planted[0].1.value.as_str()).collect();
    let mut answers = Vec::new();
    for (question, value) in QUESTIONS.iter().zip(&values) {
        for parameter in PARAMETERS {
            let url = format!("http://cordon/cordon/v1/audit/{question}");
            let url = reqwest::Url::parse_with_params(&url, [(parameter, value)]).unwrap();
            let reply = auditor.get(&format!("{}?{}", url.path(), url.query().unwrap())).await;
            answers.push((format!("the answer of {question} to {parameter}="), reply.text().to_owned()));
        }
    }
    let reply = auditor.get("/cordon/v1/audit/records").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    answers.push(("the records".to_owned(), reply.text().to_owned()));
    let file = |name: &str| cordon.folder().join("data").join(name).display().to_string();
    let [tar, csv, ocsf, html] = ["export.tar", "export.csv", "export.jsonl", "report.html"].map(file);
    for command in [
        vec!["audit", "query", "--tenant", &caller.tenant, "--format", "json"],
        vec!["audit", "verify"],
        vec!["audit", "checkpoint"],
        vec!["audit", "key"],
        vec!["audit", "export", "--tenant", &caller.tenant, "--out", &tar],
        vec!["audit", "export", "--tenant", &caller.tenant, "--format", "csv", "--out", &csv],
        vec!["audit", "export", "--tenant", &caller.tenant, "--format", "ocsf", "--out", &ocsf],
        vec!["audit", "report", "--tenant", &caller.tenant, "--since", "1h", "--out", &html],
        vec!["vault", "status"],
        vec!["keys", "list"],
    ] {
        let output = cordon.cli(&command).await;
        let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{command:?}: {shown}");
        answers.push((format!("cordon {}", command.join(" ")), shown));
    }
    answers
}
