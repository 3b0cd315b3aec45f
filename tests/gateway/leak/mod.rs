//! What was planted in requests is searched in everything that leaves Cordon or
//! stays in it.

mod at_rest;
mod random;
mod requests;
mod values;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use reqwest::Method;

use crate::support::{Answer, Caller, Cordon, Echo, Lane, Options, REFUSING_MODEL, Recorded, Reply, Then, read, sinks};
use requests::Request;
use values::Planted;

const REQUESTS: usize = 200;

/// Streams cut into pieces of so many bytes; 0 is not streamed. The shorter the
/// pieces, the longer the deltas, so that none is a flood of packets.
const CUTS: [(usize, usize); 4] = [(0, 0), (1, 160), (3, 40), (17, 5)];

/// L01, L04, L13, L15, L41: what was planted anywhere in a request reaches
/// neither the upstream nor a log line, a metric or a row, and the answer holds
/// all of it, however it is cut.
#[tokio::test]
async fn planted_values_reach_only_their_owner() {
    let cordon = Cordon::start(Options::default()).await;
    let caller = cordon.caller("default").await;
    let lanes = CUTS.map(|(piece, delta)| {
        let echo = Echo { tool_calls: 1, piece, delta, ..Echo::default() };
        (piece, cordon.lane(echo.script()))
    });
    let requests: Vec<Request> = (0..REQUESTS).map(requests::request).collect();
    let mut problems = Vec::new();
    for (piece, lane) in &lanes {
        let missing =
            stream::iter(&requests).map(|request| missing(&caller, lane, request, *piece)).buffer_unordered(8);
        problems.extend(missing.collect::<Vec<_>>().await.into_iter().flatten());
        problems.extend(leaks(&requests, Planted::parts, "the upstream", &recorded(lane)));
    }
    for (sink, text) in sinks::kept(&cordon, &caller).await {
        problems.extend(leaks(&requests, Planted::secrets, &sink, &text));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// L41: where the policy looks for nothing, the values go upstream, but neither
/// into a log line nor a metric, a row or an error.
#[tokio::test]
async fn values_that_detection_misses_are_in_no_log_metric_row_or_error() {
    let cordon = Cordon::start(Options::default()).await;
    let caller = cordon.caller("blind").await;
    let lane = cordon.lane(Echo { piece: 17, ..Echo::default() }.script());
    let requests: Vec<Request> = (0..REQUESTS / 4).map(requests::request).collect();
    let mut problems = Vec::new();
    for request in &requests {
        let reply = send(&caller, &lane, request, true).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        problems.extend(leaks(&requests, Planted::secrets, "an error", &errors(&caller, &lane, request).await));
    }
    for (script, status) in UPSTREAM_FAILURES {
        let lane = cordon.lane(script);
        for request in &requests[..10] {
            let reply = send(&caller, &lane, request, true).await;
            assert_eq!(reply.status, status, "{}", reply.text());
        }
    }
    // The search finds what is there.
    let planted = requests.iter().map(|request| request.planted.len()).sum::<usize>();
    let seen = leaks(&requests, Planted::secrets, "the upstream", &recorded(&lane)).len();
    assert!(seen >= planted * 9 / 10, "of {planted} values the upstream saw {seen}");
    for (sink, text) in sinks::kept(&cordon, &caller).await {
        problems.extend(leaks(&requests, Planted::secrets, &sink, &text));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

type Script = fn(&Recorded) -> Answer;

/// Ways in which a provider fails while it quotes what it got, and the status
/// that the caller gets.
const UPSTREAM_FAILURES: [(Script, u16); 4] = [
    (|request| Answer::json(400, json!({"error": {"message": request.text(), "code": null}}).to_string()), 400),
    (|request| Answer::json(500, json!({"error": {"message": request.text()}}).to_string()), 502),
    (|request| Answer::json(200, request.text()), 502),
    (|request| Answer::events(format!("data: {}\n\ndata: ", request.text()).as_bytes(), 0, Then::BreakOff), 200),
];

/// What comes back when `request` is broken in the ways a client can break it.
async fn errors(caller: &Caller, lane: &Lane, request: &Request) -> String {
    let planted = &request.planted[0].1.sentence;
    let mut with_image = request.body.clone();
    let image = json!({"type": "image_url", "image_url": {"url": format!("https://example.com/{planted}")}});
    with_image["messages"] = json!([{"role": "user", "content": [image]}]);
    with_image["model"] = json!(lane.model());
    let message = json!({"role": "user", "content": planted});
    let broken = [
        (json!({"model": planted, "messages": [message]}), 404),
        (json!({"model": lane.model(), "messages": planted}), 400),
        (json!({"model": lane.model(), "messages": [planted]}), 400),
        (json!({"model": lane.model(), "messages": [message], "stream": planted}), 400),
        (json!({"model": lane.model(), "messages": [{"role": "user", "content": {"text": planted}}]}), 400),
        (json!({"model": REFUSING_MODEL, "messages": [message]}), 502),
        (with_image, 422),
    ];
    let mut text = String::new();
    for (body, status) in broken {
        let reply = caller.chat(&body).await;
        assert_eq!(reply.status, status, "{} for {body}", reply.text());
        text.push_str(reply.text());
    }
    let purpose = json!({"model": lane.model(), "messages": [message]});
    let header = reqwest::header::HeaderValue::from_bytes(planted.replace('\n', " ").as_bytes()).unwrap();
    let reply = read(caller.completion(&purpose).header("x-cordon-purpose", header)).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    text.push_str(reply.text());
    let cut = format!("{{\"model\": \"{}\", \"messages\": [{{\"content\": {}", lane.model(), json!(planted));
    let reply = read(caller.request(Method::POST, "/v1/chat/completions").body(cut)).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    text + reply.text()
}

/// Everything that reached `lane`.
fn recorded(lane: &Lane) -> String {
    lane.requests().iter().map(sinks::upstream).collect::<Vec<_>>().join("\n")
}

/// Headers that a value may come in, beside the one for purposes: only words of
/// the policy are let in by that.
const HEADERS: [&str; 7] =
    ["x-cordon-session", "x-note", "user-agent", "referer", "cookie", "x-forwarded-for", "x-request-id"];

/// Sends `request`, with what was planted in it beside the body too.
async fn send(caller: &Caller, lane: &Lane, request: &Request, stream: bool) -> Reply {
    let mut body = request.body.clone();
    body["model"] = json!(lane.model());
    body["stream"] = json!(stream);
    let beside = &request.planted[0].1.value;
    let asked = caller.request(Method::POST, &format!("/v1/chat/completions?note={beside}")).body(body.to_string());
    let header = |text: &str| reqwest::header::HeaderValue::from_bytes(text.replace('\n', " ").as_bytes()).unwrap();
    let asked = HEADERS.iter().fold(asked, |asked, name| asked.header(*name, header(beside)));
    read(asked).await
}

/// Sends `request` and lists what was planted in it and is not in the reply.
async fn missing(caller: &Caller, lane: &Lane, request: &Request, piece: usize) -> Vec<String> {
    let reply = send(caller, lane, request, piece > 0).await;
    if reply.status != 200 {
        return vec![format!("{} for {}", reply.text(), request.body)];
    }
    let (content, arguments) = (reply.content(), arguments(&reply));
    let parts = [("content", content), ("arguments", arguments)];
    let problem = |(place, planted): &(&str, Planted), part: &str| {
        format!("cut {piece}: the {part} lacks the {} of the {place}: {:?}", planted.kind, planted.value)
    };
    let mut problems = Vec::new();
    for planted in &request.planted {
        let lacking = parts.iter().filter(|(_, text)| !text.contains(&planted.1.value));
        problems.extend(lacking.map(|(part, _)| problem(planted, part)));
    }
    problems
}

/// The strings of the reply's tool calls, whose arguments must be JSON, and of the
/// JSON documents in those: a value is written for the document it lands in.
fn arguments(reply: &Reply) -> String {
    let choices = reply.choices();
    let documents = choices.iter().flat_map(|choice| &choice.arguments);
    let texts = documents.flat_map(|document| {
        let document: Value = serde_json::from_str(document).unwrap_or_else(|error| panic!("{error} in {document}"));
        texts_and_nested(&document)
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn texts_and_nested(document: &Value) -> Vec<String> {
    let mut texts = crate::support::texts_of(document);
    let documents = texts.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let nested = documents.filter(|inner| inner.is_object() || inner.is_array());
    let nested: Vec<String> = nested.flat_map(|inner| texts_and_nested(&inner)).collect();
    texts.extend(nested);
    texts
}

/// Where in `sink` what `parts` makes of the planted values stands, once each.
fn leaks(requests: &[Request], parts: fn(&Planted) -> Vec<String>, sink: &str, text: &str) -> Vec<String> {
    let mut secrets = BTreeMap::new();
    for (place, planted) in requests.iter().flat_map(|request| &request.planted) {
        for secret in parts(planted) {
            secrets.entry(secret).or_insert((place, planted));
        }
    }
    let (secrets, planted): (Vec<_>, Vec<_>) = secrets.into_iter().unzip();
    let problem = |index: usize| {
        let (place, value) = planted[index];
        format!("{sink} holds {:?}, the {} of the {place}: {:?}", secrets[index], value.kind, value.sentence)
    };
    sinks::found(text, &secrets).into_iter().map(problem).collect()
}
