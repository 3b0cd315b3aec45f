//! A provider on loopback, on a thread of its own, that answers at once.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use memchr::memmem;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Fallible;
use crate::caller::content_length;

/// Events of a streamed answer, without its first, its last and `[DONE]`.
pub(crate) const EVENTS: usize = 200;
/// Between two events of a stream that is not sent all at once.
const PACE: Duration = Duration::from_millis(3);
/// What an event's text counts its nanoseconds from.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
}

/// Serves until the process ends.
pub(crate) fn start() -> Fallible<Provider> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    LazyLock::force(&EPOCH);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("provider".into()).spawn(move || {
        runtime.block_on(async {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            while let Ok((connection, _)) = listener.accept().await {
                // A connection that ends in the middle is the caller's failure to report.
                tokio::spawn(async { drop(serve(connection).await) });
            }
        });
    })?;
    Ok(Provider { address })
}

async fn serve(mut connection: TcpStream) -> Fallible<()> {
    connection.set_nodelay(true)?;
    let whole = http("application/json", &completion().to_string());
    let mut received = Vec::with_capacity(1 << 16);
    loop {
        received.clear();
        while !is_whole(&received) {
            if connection.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        let asks = |word: &str| memmem::find(&received, word.as_bytes()).is_some();
        match (asks(r#""stream":true"#), asks(r#""model":"paced""#)) {
            (false, _) => connection.write_all(&whole).await?,
            (true, paced) => send_events(&mut connection, paced).await?,
        }
    }
}

fn is_whole(received: &[u8]) -> bool {
    let Some(head) = memmem::find(received, b"\r\n\r\n").map(|at| at + 4) else { return false };
    received.len() >= head + content_length(&received[..head]).unwrap_or(0)
}

fn http(content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

async fn send_events(connection: &mut TcpStream, paced: bool) -> Fallible<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    connection.write_all(head.as_bytes()).await?;
    let mut waiting = chunk(&event(json!({"role": "assistant", "content": ""}), Value::Null));
    for _ in 0..EVENTS {
        if paced {
            connection.write_all(&std::mem::take(&mut waiting)).await?;
            tokio::time::sleep(PACE).await;
        }
        let text = format!("{} ", EPOCH.elapsed().as_nanos());
        waiting.extend(chunk(&event(json!({"content": text}), Value::Null)));
    }
    waiting.extend(chunk(&event(json!({}), Value::from("stop"))));
    waiting.extend(chunk("data: [DONE]\n\n"));
    waiting.extend(b"0\r\n\r\n");
    Ok(connection.write_all(&waiting).await?)
}

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn event(delta: Value, finish: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [choice]});
    format!("data: {chunk}\n\n")
}

fn completion() -> Value {
    let content = "The letter is on its way, and a copy of it lies in the folder that you named. ".repeat(4);
    let message = json!({"role": "assistant", "content": content});
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 80, "completion_tokens": 70, "total_tokens": 150}})
}

/// The delays of the events in `bytes`, which came at `at`: how long each was on
/// its way.
pub(crate) fn delays(bytes: &[u8], at: Instant) -> Vec<Duration> {
    let marker = br#""content":""#;
    memmem::find_iter(bytes, marker)
        .filter_map(|found| {
            let rest = &bytes[found + marker.len()..];
            let text = str::from_utf8(&rest[..memchr::memchr(b' ', rest)?]).ok()?;
            let sent = *EPOCH + Duration::from_nanos(text.parse().ok()?);
            Some(at.saturating_duration_since(sent))
        })
        .collect()
}
