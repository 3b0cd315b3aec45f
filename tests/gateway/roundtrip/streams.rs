//! Streams reach the caller while they are made.

use std::sync::Mutex;

use bytes::Bytes;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{token_in, user};
use crate::support::{Answer, Cordon, Lane, PATIENCE, shared};

const EMAIL: &str = "maria.gonzalez@example.com";

/// A stream in flight, whose upstream says what the test hands it.
struct Gated {
    lane: Lane,
    say: UnboundedSender<Bytes>,
    response: reqwest::Response,
    received: String,
}

impl Gated {
    async fn start(cordon: &Cordon, text: &str) -> Gated {
        let (say, said) = unbounded_channel();
        let said = Mutex::new(Some(said));
        let lane = cordon.lane(move |_| Answer::gated(said.lock().unwrap().take().unwrap()));
        // The first event lets the response's headers go out.
        say.send(Bytes::from(": here\n\n")).unwrap();
        let caller = cordon.caller("default").await;
        let body = json!({"model": lane.model(), "messages": [user(text)], "stream": true});
        let response = caller.completion(&body).send().await.unwrap();
        Gated { lane, say, response, received: String::new() }
    }

    fn say(&self, content: &str) {
        let event = json!({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]});
        self.say.send(format!("data: {event}\n\n").into()).unwrap();
    }

    /// Reads on until `text` has come. The upstream is not done by then, so a
    /// proxy that collects the answer never gets there.
    async fn expect(&mut self, text: &str) {
        while !self.content().contains(text) {
            let piece = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let piece = piece.unwrap().unwrap().unwrap_or_else(|| panic!("ended without {text}: {}", self.received));
            self.received.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    fn content(&self) -> String {
        let events = self.received.lines().filter_map(|line| line.strip_prefix("data: "));
        let events = events.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        events.map(|event| event["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// L03: what may be shown is shown at once, although the upstream has not
/// finished; only the beginning of a token waits, and only for its end.
#[tokio::test]
async fn a_stream_arrives_while_the_upstream_is_still_writing() {
    let mut stream = Gated::start(shared().await, &format!("Write to {EMAIL}.")).await;
    let token = token_in(&stream.lane.only_body().to_string(), "EMAIL_ADDRESS");
    stream.say("Dear reader, ");
    stream.expect("Dear reader,").await;
    let (head, tail) = token.split_at(9);
    stream.say(&format!("write to {head}"));
    stream.expect("write to").await;
    assert!(!stream.content().contains("EMAIL"), "{}", stream.content());
    stream.say(&format!("{tail} soon. "));
    stream.expect(&format!("write to {EMAIL} soon.")).await;
    stream.say("Yours");
    stream.expect("Yours").await;
}

/// L32: with Nagle's algorithm and delayed acknowledgements, each step of a
/// stream could take 40 ms more. Both connections of a stream are without it.
#[tokio::test]
async fn both_connections_of_a_stream_send_small_pieces_at_once() {
    let cordon = Cordon::start(Default::default()).await;
    let stream = Gated::start(&cordon, "Hello.").await;
    let Some(sockets) = connected_sockets(&cordon) else {
        println!("not looked at: the system does not let a process look at its child's sockets");
        return;
    };
    let ours = |port: &u16| *port == cordon.address().port();
    assert!(sockets.iter().any(|socket| ours(&socket.local_port)), "the caller's connection");
    assert!(sockets.iter().any(|socket| !ours(&socket.local_port)), "the upstream's connection");
    for socket in sockets {
        assert!(socket.no_delay, "the connection from port {} to {}", socket.local_port, socket.peer_port);
    }
    drop(stream);
}

struct Socket {
    local_port: u16,
    peer_port: u16,
    no_delay: bool,
}

/// The TCP connections that `cordon` has; `None` where the system does not tell.
fn connected_sockets(cordon: &Cordon) -> Option<Vec<Socket>> {
    let pid = Pid::from_raw(cordon.pid().try_into().unwrap()).unwrap();
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let mut sockets = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{}/fd", cordon.pid())).ok()? {
        let entry = entry.unwrap();
        let is_socket = std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
        if !is_socket {
            continue;
        }
        let number = entry.file_name().to_string_lossy().parse().unwrap();
        let stream = std::net::TcpStream::from(pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok()?);
        // Those that listen, and those of the database's, have no such address.
        if let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) {
            let no_delay = stream.nodelay().unwrap();
            sockets.push(Socket { local_port: local.port(), peer_port: peer.port(), no_delay });
        }
    }
    Some(sockets)
}
