//! The upstream: it records what reaches it and answers by script.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use super::files::{CLAUDE_LANES, LANES};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Path and query.
    pub uri: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Recorded {
    /// The body; it must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether the answer should be a stream of events.
    pub fn wants_stream(&self) -> bool {
        self.json()["stream"] == true
    }

    /// All of it, as text, but for the numbers in the headers of the connection.
    pub fn text(&self) -> String {
        let headers = self.headers.iter().filter(|(name, _)| name != "host" && name != "content-length");
        let headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
        let body = String::from_utf8_lossy(&self.body);
        format!("{} {}\n{}\n\n{body}", self.method, self.uri, headers.join("\n"))
    }
}

/// What an upstream does with a request.
pub type Script = Arc<dyn Fn(&Recorded) -> Answer + Send + Sync>;

/// An upstream's answer.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    Never,
    Whole(Bytes),
    Pieces(Vec<Bytes>, Then),
    Gated(UnboundedReceiver<Bytes>),
}

/// What follows the last piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The end.
    End,
    /// Nothing, for ever.
    Stall,
    /// The connection breaks.
    BreakOff,
}

impl Answer {
    /// A JSON document, byte for byte.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Answer {
        Answer::new(status, "application/json", Body::Whole(body.into()))
    }

    /// Server-sent events, sent in pieces of `piece` bytes, each flushed; 0 sends all at once.
    pub fn events(body: &[u8], piece: usize, then: Then) -> Answer {
        let piece = if piece == 0 { body.len().max(1) } else { piece };
        let pieces = body.chunks(piece).map(Bytes::copy_from_slice).collect();
        Answer::new(200, "text/event-stream", Body::Pieces(pieces, then))
    }

    /// Server-sent events that go out as the test hands them over; the answer
    /// ends when the sender is dropped.
    pub fn gated(pieces: UnboundedReceiver<Bytes>) -> Answer {
        Answer::new(200, "text/event-stream", Body::Gated(pieces))
    }

    /// Nothing, not even a status.
    pub fn stall() -> Answer {
        Answer::new(200, "application/json", Body::Never)
    }

    /// Somewhere else, please.
    pub fn redirect(location: &str) -> Answer {
        Answer::json(307, "{}").with_header("location", location)
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Answer {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn new(status: u16, content_type: &str, body: Body) -> Answer {
        Answer { status, headers: vec![("content-type", content_type.to_owned())], body }
    }

    async fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap());
        for header in self.headers {
            response.insert_header(header);
        }
        match self.body {
            Body::Never => std::future::pending().await,
            Body::Whole(body) => response.body(body),
            Body::Pieces(pieces, then) => response.streaming(flushed(pieces, then)),
            Body::Gated(pieces) => response.streaming(stream::unfold(pieces, |mut pieces| async {
                let piece = pieces.recv().await?;
                Some((Ok::<_, std::io::Error>(piece), pieces))
            })),
        }
    }
}

/// `pieces` one by one: the pause after each makes the server write it out.
fn flushed(pieces: Vec<Bytes>, then: Then) -> Pin<Box<dyn Stream<Item = std::io::Result<Bytes>>>> {
    let sent = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        Ok(piece)
    });
    match then {
        Then::End => sent.boxed_local(),
        Then::Stall => sent.chain(stream::pending()).boxed_local(),
        Then::BreakOff => {
            let broken = stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the script breaks off here"))
            });
            sent.chain(broken).boxed_local()
        }
    }
}

#[derive(Default)]
struct LaneState {
    script: RwLock<Option<Script>>,
    recorded: Mutex<Vec<Recorded>>,
}

/// A model of the upstream that belongs to one test.
pub struct Lane {
    model: String,
    state: Arc<LaneState>,
}

impl Lane {
    /// The name that callers of Cordon use.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What has arrived, but for Cordon's own greeting at its start.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.recorded.lock().unwrap().clone()
    }

    /// The JSON bodies of what has arrived.
    pub fn bodies(&self) -> Vec<Value> {
        self.requests().iter().map(Recorded::json).collect()
    }

    /// The body of the only request that has arrived.
    pub fn only_body(&self) -> Value {
        let bodies = self.bodies();
        assert_eq!(bodies.len(), 1, "requests that reached the upstream");
        bodies.into_iter().next().unwrap()
    }
}

/// A server on a free loopback port, on a thread of its own.
pub struct Upstream {
    address: SocketAddr,
    lanes: Arc<Vec<Arc<LaneState>>>,
    taken: AtomicUsize,
    claude_taken: AtomicUsize,
    handle: ServerHandle,
}

impl Upstream {
    /// Starts one.
    pub fn start() -> Upstream {
        let lanes = (0..LANES + CLAUDE_LANES).map(|_| Arc::default());
        let lanes: Arc<Vec<Arc<LaneState>>> = Arc::new(lanes.collect());
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (handles, handle) = std::sync::mpsc::channel();
        let served = web::Data::from(Arc::clone(&lanes));
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(served.clone())
                        .app_data(web::PayloadConfig::new(64 << 20))
                        .route("/lane/{lane}/{rest:.*}", web::to(answer))
                };
                let server = HttpServer::new(app).workers(2).disable_signals().tcp_nodelay(true).shutdown_timeout(0);
                // Longer than Cordon keeps a connection that rests: on a busy machine it
                // would take one up that is just being closed.
                let server = server.keep_alive(std::time::Duration::from_secs(600));
                // An answer ends when nobody takes it any more.
                let server = server.h1_allow_half_closed(false);
                let server = server.listen(listener).unwrap().run();
                handles.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let (taken, claude_taken) = (AtomicUsize::new(0), AtomicUsize::new(LANES));
        Upstream { address, lanes, taken, claude_taken, handle: handle.recv().unwrap() }
    }

    /// Where lane `index` is.
    pub fn base_url(&self, index: usize) -> String {
        format!("http://{}/lane/{index}/v1", self.address)
    }

    /// A lane that nobody uses yet.
    pub fn lane(&self, script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Lane {
        let index = self.taken.fetch_add(1, Ordering::SeqCst);
        assert!(index < LANES, "only {LANES} lanes; raise LANES");
        self.scripted(index, script)
    }

    /// One of those whose provider speaks Anthropic's API.
    pub fn claude(&self, script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Lane {
        let index = self.claude_taken.fetch_add(1, Ordering::SeqCst);
        assert!(index < LANES + CLAUDE_LANES, "only {CLAUDE_LANES} of these lanes; raise CLAUDE_LANES");
        self.scripted(index, script)
    }

    fn scripted(&self, index: usize, script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Lane {
        let state = Arc::clone(&self.lanes[index]);
        *state.script.write().unwrap() = Some(Arc::new(script));
        Lane { model: model_of(index), state }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The command is sent by the call; waiting for its end needs no test.
        drop(self.handle.stop(false));
    }
}

/// What the model of lane `index` is called.
pub fn model_of(index: usize) -> String {
    format!("lane-{index}")
}

async fn answer(
    request: HttpRequest,
    path: web::Path<(usize, String)>,
    body: Bytes,
    lanes: web::Data<Vec<Arc<LaneState>>>,
) -> HttpResponse {
    let lane = &lanes[path.0];
    if request.method() == actix_web::http::Method::GET && path.1 == "v1/models" {
        // Cordon greets every provider when it starts; no caller has a part in that.
        return HttpResponse::Ok().json(serde_json::json!({"object": "list", "data": []}));
    }
    let header = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let recorded = Recorded {
        method: request.method().to_string(),
        uri: request.uri().to_string(),
        headers: request.headers().iter().map(header).collect(),
        body,
    };
    lane.recorded.lock().unwrap().push(recorded.clone());
    let script = lane.script.read().unwrap().clone();
    script.map(|script| script(&recorded)).unwrap_or_else(Answer::stall).respond().await
}
