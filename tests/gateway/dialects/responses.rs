//! `POST /v1/responses`, and what it leaves at the provider.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Caller, Cordon, Lane, Memory, Reply, read, shared, sinks};

const PERSON: &str = "Maria Gonzalez";
const EMAIL: &str = "maria.gonzalez@example.com";
const BOTH: &str = "Please write to Maria Gonzalez at maria.gonzalez@example.com.";

async fn ask(caller: &Caller, lane: &Lane, input: &str, more: &Value) -> Reply {
    let mut body = json!({"model": lane.model(), "input": input});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.post("/v1/responses", &body).await
}

fn id_of(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = if reply.text().starts_with("event:") {
        reply.events()[0]["response"]["id"].take()
    } else {
        reply.json()["id"].take()
    };
    id.as_str().unwrap().to_owned()
}

async fn delete(caller: &Caller, path: &str) -> Reply {
    read(caller.request(Method::DELETE, path)).await
}

fn started(cordon: &'static Cordon) -> Lane {
    cordon.lane(Memory::default().script())
}

/// What was said in the deltas of a stream: the text and the arguments.
fn said(reply: &Reply) -> [String; 2] {
    ["response.output_text.delta", "response.function_call_arguments.delta"].map(|kind| {
        let events = reply.events();
        let deltas = events.iter().filter(|event| event["type"] == kind);
        deltas.map(|event| event["delta"].as_str().unwrap().to_owned()).collect()
    })
}

/// L01, L04, L14, L15: whole and streamed.
#[tokio::test]
async fn an_answer_comes_back_whole_and_nothing_planted_leaves() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let whole = ask(&caller, &lane, BOTH, &json!({})).await.json();
    assert_eq!(whole["output"][0]["content"][0]["text"], format!("I heard: {BOTH}"));
    assert_eq!(whole["output"][1]["arguments"], json!({"heard": [BOTH]}).to_string());
    let streamed = ask(&caller, &lane, BOTH, &json!({"stream": true})).await;
    assert_eq!(said(&streamed), [format!("I heard: {BOTH}"), json!({"heard": [BOTH]}).to_string()]);
    let last = streamed.events().pop().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["output"][0]["content"], whole["output"][0]["content"]);
    assert_eq!(last["response"]["output"][1]["arguments"], whole["output"][1]["arguments"]);
    for sent in lane.requests() {
        assert!(sent.text().contains("[PERSON_") && !sent.text().contains("Maria") && !sent.text().contains(EMAIL));
    }
}

/// L01, L22: a request that names the answer before it gets the values of the
/// whole conversation back, though it brings none of them.
#[tokio::test]
async fn a_conversation_that_the_provider_keeps_goes_on_with_its_values() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let mut previous = id_of(&ask(&caller, &lane, BOTH, &json!({})).await);
    for stream in [false, true, false] {
        let more = json!({"previous_response_id": previous, "stream": stream});
        let reply = ask(&caller, &lane, "Did Gonzalez reply to Ana Ruiz?", &more).await;
        let text = if stream {
            said(&reply)[0].clone()
        } else {
            reply.json()["output"][0]["content"][0]["text"].as_str().unwrap().to_owned()
        };
        assert!(text.starts_with(&format!("I heard: {BOTH} / Did Gonzalez reply to Ana Ruiz?")), "{text}");
        previous = id_of(&reply);
    }
    let bodies = lane.bodies();
    let first = bodies[0]["input"].as_str().unwrap();
    let tag = first.split_once("[PERSON_").unwrap().1.split(']').next().unwrap();
    for body in &bodies[1..] {
        let later = body["input"].as_str().unwrap();
        assert!(later.contains(&format!("[PERSON_{tag}_B]")), "{later} does not name the person of {first}");
        assert!(!body.to_string().contains("Gonzalez") && !body.to_string().contains("Ruiz"), "{body}");
    }
}

/// L23: an id is of use to the tenant alone that it was given to.
#[tokio::test]
async fn an_answer_of_another_tenant_is_not_there() {
    let cordon = shared().await;
    let (caller, other, lane) = (cordon.caller("default").await, cordon.caller("default").await, started(cordon));
    let id = id_of(&ask(&caller, &lane, BOTH, &json!({})).await);
    let before = lane.requests().len();
    let reply = ask(&other, &lane, "Go on.", &json!({"previous_response_id": id})).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "previous_response_not_found"), "{}", reply.text());
    assert_eq!(reply.json()["error"]["param"], "previous_response_id");
    for path in
        [format!("/v1/responses/{id}"), format!("/v1/responses/{id}/input_items"), "/v1/responses/resp_0".into()]
    {
        let reply = other.get(&path).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (404, "not_found"), "{}", reply.text());
        assert_eq!(delete(&other, &path).await.status, 404);
    }
    assert_eq!(lane.requests().len(), before, "nothing leaves");
    assert_eq!(caller.get(&format!("/v1/responses/{id}")).await.status, 200);
}

/// L01: what is read again is restored again, until it is deleted.
#[tokio::test]
async fn a_kept_answer_can_be_read_and_deleted() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let first = ask(&caller, &lane, BOTH, &json!({})).await;
    let path = format!("/v1/responses/{}", id_of(&first));
    assert_eq!(caller.get(&path).await.json(), first.json());
    let streamed = caller.get(&format!("{path}?stream=true")).await;
    assert_eq!(said(&streamed)[0], format!("I heard: {BOTH}"));
    let items = caller.get(&format!("{path}/input_items?limit=20")).await;
    assert_eq!(items.json()["data"][0]["content"][0]["text"], BOTH);
    assert_eq!(read(caller.request(Method::POST, &format!("{path}/cancel"))).await.json(), first.json());
    let asked: Vec<String> = lane.requests()[1..].iter().map(|sent| format!("{} {}", sent.method, sent.uri)).collect();
    assert!(asked[1].starts_with("GET ") && asked[1].ends_with("?stream=true"), "{asked:?}");
    assert!(caller.get(&format!("{path}?after={EMAIL}")).await.status == 400, "only what the API defines goes on");
    assert_eq!(delete(&caller, &path).await.json()["deleted"], true);
    let count = lane.requests().len();
    assert_eq!(caller.get(&path).await.status, 404);
    assert_eq!(lane.requests().len(), count, "what is forgotten is not asked for");
    let records = cordon.cli(&["audit", "query", "--tenant", &caller.tenant, "--format", "json"]).await;
    let records = String::from_utf8(records.stdout).unwrap();
    assert!(records.contains("DELETE /v1/responses/{id}"), "{records}");
}

#[tokio::test]
async fn an_answer_that_is_not_to_be_kept_is_not() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let id = id_of(&ask(&caller, &lane, BOTH, &json!({"store": false})).await);
    assert_eq!(caller.get(&format!("/v1/responses/{id}")).await.status, 404);
    assert!(!sinks::kept(cordon, &caller).await.iter().any(|(_, text)| text.contains(&id)));
}

/// Values are kept sealed, and nothing of them elsewhere; erasing the tenant's key
/// ends every conversation that is kept.
#[tokio::test]
async fn what_is_kept_is_sealed_and_can_be_erased() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let id = id_of(&ask(&caller, &lane, BOTH, &json!({})).await);
    let secrets = [PERSON, EMAIL].map(str::to_owned);
    for (sink, text) in sinks::kept(cordon, &caller).await {
        assert!(sinks::found(&text, &secrets).is_empty(), "{sink}");
        assert!(sink != "the database" || text.contains(&id), "the answer is kept");
    }
    let erased = cordon.cli(&["vault", "erase", "--tenant", &caller.tenant, "--yes"]).await;
    assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
    let reply = ask(&caller, &lane, "Go on.", &json!({"previous_response_id": id})).await;
    assert_eq!(reply.error_code(), "previous_response_not_found");
    assert_eq!(ask(&caller, &lane, BOTH, &json!({})).await.status, 200, "a new conversation gets a new key");
}

#[tokio::test]
async fn a_policy_can_forbid_that_providers_keep_anything() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("forgetful").await, started(cordon));
    let reply = ask(&caller, &lane, BOTH, &json!({})).await;
    assert_eq!(reply.json()["output"][0]["content"][0]["text"], format!("I heard: {BOTH}"));
    assert_eq!(lane.only_body()["store"], false);
    for more in [json!({"store": true}), json!({"previous_response_id": id_of(&reply)})] {
        let reply = ask(&caller, &lane, BOTH, &more).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (403, "policy_blocked"), "{more}");
    }
    assert_eq!(lane.requests().len(), 1);
}

/// L30: a conversation stays where it is kept.
#[tokio::test]
async fn another_provider_cannot_go_on() {
    let cordon = shared().await;
    let (caller, lane, elsewhere) = (cordon.caller("default").await, started(cordon), started(cordon));
    let id = id_of(&ask(&caller, &lane, BOTH, &json!({})).await);
    let reply = ask(&caller, &elsewhere, "Go on.", &json!({"previous_response_id": id})).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "invalid_request"), "{}", reply.text());
    assert!(reply.text().contains("another provider"), "{}", reply.text());
    assert!(elsewhere.requests().is_empty());
}

/// L24: what the user writes is never taken for a token that has left.
#[tokio::test]
async fn a_literal_that_looks_like_a_token_of_the_conversation_is_refused() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    let id = id_of(&ask(&caller, &lane, BOTH, &json!({})).await);
    let sent = lane.bodies()[0]["input"].as_str().unwrap().to_owned();
    let token = &sent[sent.find("[PERSON_").unwrap()..=sent.find(']').unwrap()];
    let reply = ask(&caller, &lane, &format!("What is {token}?"), &json!({"previous_response_id": id})).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "invalid_request"), "{}", reply.text());
    let reply = ask(&caller, &lane, "What is [PERSON_0000]?", &json!({"previous_response_id": id})).await;
    assert!(reply.text().contains("What is [PERSON_0000]?"), "{}", reply.text());
}

/// Nothing is found by an item's own id: at the provider all tenants are one.
#[tokio::test]
async fn items_and_conversations_of_the_provider_cannot_be_named() {
    let cordon = shared().await;
    let (caller, lane) = (cordon.caller("default").await, started(cordon));
    for (input, more) in [
        (json!([{"type": "item_reference", "id": "msg_1"}]), json!({})),
        (json!([{"id": "msg_1"}]), json!({})),
        (json!("Go on."), json!({"conversation": "conv_1"})),
        (json!("Go on."), json!({"previous_response_id": ["resp_1"]})),
    ] {
        let mut body = json!({"model": lane.model(), "input": input});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = caller.post("/v1/responses", &body).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (400, "invalid_request"), "{body}");
    }
    assert!(lane.requests().is_empty());
}
