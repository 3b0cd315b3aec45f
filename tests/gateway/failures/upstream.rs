//! Providers that fail before they answer.

use std::net::{SocketAddr, TcpListener};

use super::story::{assert_verifies, ended_stories, story_of};
use super::{EMAIL, ask, ask_as, assert_error};
use crate::support::{Answer, Cordon, Options, REFUSING_MODEL, Then, read, shared};

#[tokio::test]
async fn a_provider_that_takes_no_connections_is_a_502() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    for stream in [false, true] {
        let reply = caller.chat(&ask_as(REFUSING_MODEL, EMAIL, stream)).await;
        assert_error(&reply, 502, "upstream_error");
        assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_error 502"]);
    }
}

/// What a provider says of its key, its redirects and its own breakage is not
/// for the caller, who is told once that it failed; nothing is asked twice.
#[tokio::test]
async fn a_provider_that_breaks_down_is_a_502_and_is_not_quoted() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let elsewhere = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let redirect = format!("http://{}/v1/chat/completions", elsewhere.local_addr().unwrap());
    let lane = cordon.lane(move |request| match request.json()["case"].as_str().unwrap() {
        "unauthorized" => Answer::json(401, r#"{"error":{"message":"Incorrect API key provided: sk-secret"}}"#),
        "forbidden" => Answer::json(403, r#"{"error":{"message":"sk-secret has no access"}}"#),
        "broken" => Answer::json(500, r#"{"error":{"message":"sk-secret"}}"#),
        "overloaded" => Answer::json(503, "sk-secret"),
        "error page" => Answer::json(502, "<html>sk-secret</html>"),
        "page" => Answer::json(200, "<html>sk-secret</html>").with_header("content-type", "text/html"),
        "redirect" => Answer::redirect(&redirect),
        "half" => Answer::json(200, r#"{"choices": [{"message": {"content": "sk-secret"#),
        "nothing" => Answer::json(200, ""),
        "cut" => Answer::events(br#"{"choices": [{"message": {"content": "sk-secret"#, 0, Then::BreakOff)
            .with_header("content-type", "application/json"),
        "compressed" => Answer::json(200, "{}").with_header("content-encoding", "br"),
        case => panic!("no case {case}"),
    });
    let cases = [
        "unauthorized",
        "forbidden",
        "broken",
        "overloaded",
        "error page",
        "page",
        "redirect",
        "half",
        "nothing",
        "cut",
        "compressed",
    ];
    for (asked, (case, stream)) in cases.iter().flat_map(|case| [(case, false), (case, true)]).enumerate() {
        let mut body = ask_as(lane.model(), EMAIL, stream);
        body["case"] = (*case).into();
        let reply = caller.chat(&body).await;
        assert_error(&reply, 502, "upstream_error");
        assert!(!reply.text().contains("secret"), "{case}: {}", reply.text());
        assert_eq!(lane.requests().len(), asked + 1, "{case} was asked twice");
    }
    assert!(elsewhere.accept().is_err(), "the redirect was followed");
    let told = ended_stories(cordon, &caller.tenant).await;
    assert_eq!(told.len(), 2 * cases.len());
    assert!(told.values().all(|story| *story == ["accepted", "failed upstream_error 502"]), "{told:?}");
    assert_verifies(cordon).await;
}

/// What a provider says of the caller's own request comes through, with the
/// values in it restored.
#[tokio::test]
async fn a_providers_word_on_the_request_itself_is_passed_on() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let lane = cordon.lane(|request| {
        let said = request.json()["messages"].as_array().unwrap().last().unwrap()["content"].clone();
        let status = request.json()["status"].as_u64().unwrap() as u16;
        let error = serde_json::json!({"error": {"message": said, "type": "an_error", "param": null, "code": "y"}});
        Answer::json(status, error.to_string()).with_header("retry-after", "7").with_header("set-cookie", "a=b")
    });
    for (status, stream) in [(429, false), (429, true), (400, false), (404, true), (422, false)] {
        let mut body = ask_as(lane.model(), &format!("Write to {EMAIL}"), stream);
        body["status"] = status.into();
        let reply = caller.chat(&body).await;
        assert_error(&reply, status, "y");
        assert_eq!(reply.json()["error"]["message"], format!("Write to {EMAIL}"));
        assert_eq!(reply.header("retry-after"), Some("7"));
        assert_eq!(reply.header("set-cookie"), None);
        let ended = format!("failed upstream_error {status}");
        assert_eq!(story_of(cordon, &caller.tenant, &reply).await, ["accepted", &ended]);
    }
}

/// A connection that is reset is not asked again: the request may have arrived.
#[tokio::test]
async fn a_reset_connection_is_a_502() {
    let (resetting, received) = resetting();
    let config = format!(
        "[[provider]]\nname = \"resetting\"\nkind = \"openai\"\nbase_url = \"http://{resetting}/v1\"\n\
         [[model]]\nname = \"resetting\"\ntargets = [{{ provider = \"resetting\", model = \"inner\" }}]\n"
    );
    let cordon = Cordon::start(Options { config, ..Options::default() }).await;
    let caller = cordon.caller("default").await;
    let reply = caller.chat(&ask("resetting", EMAIL)).await;
    assert_error(&reply, 502, "upstream_error");
    assert_eq!(story_of(&cordon, &caller.tenant, &reply).await, ["accepted", "failed upstream_error 502"]);
    let posts = received.try_iter().filter(|head| head.starts_with("POST")).count();
    assert_eq!(posts, 1);
    assert_eq!(read(caller.request(reqwest::Method::GET, "/v1/models")).await.status, 200);
}

/// A server that resets every connection as soon as a request comes, and tells
/// how each began.
fn resetting() -> (SocketAddr, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::Read;
        for mut stream in listener.incoming().map_while(Result::ok) {
            // Closing with bytes unread resets the connection.
            let mut head = [0; 4];
            if stream.read_exact(&mut head).is_err() || heads.send(String::from_utf8_lossy(&head).into_owned()).is_err()
            {
                return;
            }
        }
    });
    (address, received)
}
