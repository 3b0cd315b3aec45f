mod kinds;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use serde_json::{Value, json};

use super::*;
use crate::config::{Environment, Home, Settings, Target, load};
use crate::scrub::{Document, MasterKey, Sanitized, ScopeKey, SlotText, TokenMap, TokenStyle, sanitize};
use crate::tenant::TenantId;

/// A document without text, the shortest way to a sanitized one.
struct Structure(Value);

impl Document for Structure {
    type Output = Value;

    fn slots(&self) -> Vec<SlotText<'_>> {
        Vec::new()
    }

    fn rebuild(self, _: Vec<String>) -> Value {
        self.0
    }
}

fn sanitized(value: Value) -> Sanitized<Value> {
    let master = MasterKey::generate().unwrap();
    let scope = ScopeKey::derive(&master, &TenantId::parse("t").unwrap(), "c");
    sanitize(Structure(value), &[], &mut TokenMap::new(scope, TokenStyle::default())).unwrap()
}

/// A server that answers each connection's requests with what `answer` makes of
/// them, and keeps what it got.
struct Server {
    address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server =
            Server { address: listener.local_addr().unwrap(), got: Arc::default(), connections: Arc::default() };
        let (got, answer) = (server.got.clone(), Arc::new(answer));
        let connections = server.connections.clone();
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (got, answer) = (got.clone(), answer.clone());
                std::thread::spawn(move || {
                    while let Some(request) = read_request(&mut connection) {
                        got.lock().unwrap().push(request);
                        answer(&mut connection);
                    }
                });
            }
        });
        server
    }

    fn requests(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match connection.read(&mut piece) {
            Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}

fn respond(connection: &mut TcpStream, head: &str, body: &str) {
    write!(connection, "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

fn settings(address: SocketAddr, more: &str) -> Settings {
    settings_of(&format!("kind = \"openai\"\nbase_url = \"http://{address}/v1\"\n{more}"), "inner")
}

/// The settings with one provider, which is called by the name `loop` and its
/// `model` by the name `m`.
fn settings_of(provider: &str, model: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cordon.toml");
    let text = format!(
        "[[provider]]\nname = \"loop\"\nkey_env = \"KEY\"\n{provider}\n\
         [[model]]\nname = \"m\"\ntargets = [{{ provider = \"loop\", model = \"{model}\" }}]\n"
    );
    std::fs::write(&file, text).unwrap();
    load(Some(&file), Home::at("/home"), &Environment::fixed([("KEY", "sk-1")])).unwrap()
}

fn target(settings: &Settings) -> Target {
    settings.targets.model("m").unwrap().targets[0].clone()
}

async fn send(address: SocketAddr, more: &str, stream: bool) -> Result<UpstreamResponse, UpstreamError> {
    let settings = settings(address, more);
    let client = UpstreamClient::new(&settings.targets).unwrap();
    client.send(&target(&settings), asked("chat/completions", stream)).await
}

fn asked(endpoint: &'static str, stream: bool) -> UpstreamRequest {
    let body = sanitized(json!({"model": "m", "messages": []}));
    UpstreamRequest { endpoint, body, stream, betas: Betas::default() }
}

fn whole(response: UpstreamResponse) -> String {
    match response.body {
        UpstreamBody::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        UpstreamBody::Stream(_) => panic!("a stream was not asked for"),
    }
}

/// L53
#[tokio::test]
async fn a_request_carries_the_configured_key_and_headers_and_the_targets_model() {
    let server = Server::start(|connection| respond(connection, "200 OK\r\nserver: x\r\nretry-after: 1", "{}"));
    let response = send(server.address, "headers = { \"x-own\" = \"1\" }", false).await.unwrap();
    assert_eq!(response.status, 200);
    assert!(response.headers.contains_key("retry-after") && !response.headers.contains_key("server"));
    assert_eq!(whole(response), "{}");
    let request = server.requests().remove(0);
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut names: Vec<&str> =
        head.lines().skip(1).filter_map(|line| line.split_once(": ")).map(|pair| pair.0).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "content-length", "content-type", "host", "user-agent", "x-own"]);
    assert!(head.contains("authorization: Bearer sk-1"), "{head}");
    assert_eq!(body, r#"{"model":"inner","messages":[]}"#);
}

#[tokio::test]
async fn pieces_of_a_stream_come_while_the_provider_still_writes() {
    let (go, wait) = std::sync::mpsc::channel();
    let wait = Mutex::new(wait);
    let server = Server::start(move |connection| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        write!(connection, "{head}8\r\ndata: 1\n\r\n").unwrap();
        // Answers no more before the test has seen the first piece.
        wait.lock().unwrap().recv().unwrap();
        write!(connection, "8\r\ndata: 2\n\r\n0\r\n\r\n").unwrap();
    });
    let UpstreamBody::Stream(mut body) = send(server.address, "", true).await.unwrap().body else {
        panic!("a stream was asked for and sent");
    };
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: 1\n");
    go.send(()).unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: 2\n");
    assert_eq!(body.chunk().await.unwrap(), None);
    assert!(server.requests()[0].contains(r#""stream":true"#));
}

/// L31
#[tokio::test]
async fn the_first_request_goes_over_the_connection_that_was_warmed() {
    let server = Server::start(|connection| respond(connection, "200 OK", "{}"));
    let settings = settings(server.address, "");
    let client = UpstreamClient::new(&settings.targets).unwrap();
    client.warm(&settings.targets).await;
    client.send(&target(&settings), asked("chat/completions", false)).await.unwrap();
    let starts: Vec<String> = server.requests().iter().map(|request| request[..9].to_owned()).collect();
    assert_eq!(starts, ["GET /v1/m", "POST /v1/"]);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

/// L31
#[tokio::test]
async fn a_provider_that_is_not_there_was_sent_nothing() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = send(address, "", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { .. }) && error.nothing_was_sent(), "{error:?}");
}

/// L31
#[tokio::test]
async fn a_request_that_was_sent_is_not_sent_again() {
    let server = Server::start(|connection| connection.shutdown(std::net::Shutdown::Both).unwrap());
    let error = send(server.address, "", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::BrokenOff { .. }) && !error.nothing_was_sent(), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_provider_that_stalls_is_left() {
    let server = Server::start(|_| std::thread::sleep(Duration::from_secs(60)));
    let error = send(server.address, "first_byte_timeout_ms = 200", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Timeout { phase: Phase::FirstByte, .. }), "{error:?}");
    assert_eq!(server.requests().len(), 1);

    let server = Server::start(|connection| {
        write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100\r\n\r\ndata")
            .unwrap();
        std::thread::sleep(Duration::from_secs(60));
    });
    let response = send(server.address, "idle_timeout_ms = 200", true).await.unwrap();
    let UpstreamBody::Stream(mut body) = response.body else { panic!("a stream was sent") };
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data");
    let error = body.chunk().await.unwrap_err();
    assert!(matches!(error, UpstreamError::Timeout { phase: Phase::Idle, .. }), "{error:?}");
}

#[tokio::test]
async fn a_slow_first_byte_within_the_limit_is_waited_for() {
    let server = Server::start(|connection| {
        std::thread::sleep(Duration::from_millis(300));
        respond(connection, "200 OK", "{}");
    });
    assert_eq!(whole(send(server.address, "first_byte_timeout_ms = 30000", false).await.unwrap()), "{}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    for (head, stream) in [("content-length: 100", false), ("transfer-encoding: chunked", true)] {
        let server = Server::start(move |connection| {
            let start = if stream { "4\r\ndata\r\n" } else { "data" };
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{head}\r\n\r\n{start}").unwrap();
            connection.shutdown(std::net::Shutdown::Both).unwrap();
        });
        let error = match send(server.address, "", stream).await.map(|response| response.body) {
            Ok(UpstreamBody::Stream(body)) => {
                let pieces = body.into_stream();
                pin_mut!(pieces);
                assert_eq!(pieces.next().await.unwrap().unwrap(), "data");
                let error = pieces.next().await.unwrap().unwrap_err();
                assert!(pieces.next().await.is_none(), "nothing comes after an error");
                error
            }
            Ok(UpstreamBody::Whole(_)) => panic!("half an answer is none"),
            Err(error) => error,
        };
        assert!(matches!(error, UpstreamError::BrokenOff { .. }), "{error:?}");
    }
}

/// L53
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start(|connection| respond(connection, "200 OK", "{}"));
    let location = format!("307 Temporary Redirect\r\nlocation: http://{}/v1/chat/completions", other.address);
    let server = Server::start(move |connection| respond(connection, &location, ""));
    let error = send(server.address, "", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Status { code: 307, .. }), "{error:?}");
    assert!(other.requests().is_empty());
}

/// L41
#[tokio::test]
async fn an_errors_body_is_handed_on_but_never_shown() {
    let server = Server::start(|connection| respond(connection, "429 Too Many\r\nretry-after: 7", "planted"));
    let error = send(server.address, "", false).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    let UpstreamError::Status { code: 429, retry_after, body, .. } = error else { panic!("{error:?}") };
    assert_eq!((retry_after.as_deref(), &body.0[..]), (Some("7"), &b"planted"[..]));
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_compressed_is_refused() {
    let server = Server::start(|connection| respond(connection, "200 OK", &"x".repeat(5000)));
    let error = send(server.address, "response_size_max_bytes = 4096", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::TooLarge { limit_bytes: 4096, .. }), "{error:?}");
    let server = Server::start(|connection| respond(connection, "200 OK\r\ncontent-encoding: gzip", "x"));
    let error = send(server.address, "", false).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn the_embedded_model_is_not_reached_over_http() {
    let settings = load(None, Home::at("/home"), &Environment::fixed([])).unwrap();
    let client = UpstreamClient::new(&settings.targets).unwrap();
    let target = settings.targets.model("embedded").unwrap().targets[0].clone();
    let error = client.send(&target, asked("chat/completions", false)).await.unwrap_err();
    assert!(matches!(error, UpstreamError::NotRemote { .. }), "{error:?}");
}
