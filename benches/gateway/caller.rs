//! A caller that costs little: one connection, one request after another.

use std::net::SocketAddr;
use std::time::Instant;

use memchr::memmem;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Fallible;

/// The request that `model` gets, whole, as it goes over the wire.
pub(crate) fn request(model: &str, key: &str, prompt: &str, stream: bool) -> Vec<u8> {
    let messages = json!([{"role": "user", "content": prompt}]);
    let body = json!({"model": model, "stream": stream, "messages": messages}).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// A kept-alive connection.
pub(crate) struct Caller {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Fallible<Caller> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Caller { stream, received: Vec::with_capacity(1 << 16) })
    }

    /// Sends `request` and reads the whole answer, which must have status 200.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Fallible<&[u8]> {
        self.call_streamed(request, |_, _| ()).await
    }

    /// As [`Caller::call`]; each piece of the body's bytes is told with its time.
    pub(crate) async fn call_streamed(
        &mut self,
        request: &[u8],
        mut piece: impl FnMut(&[u8], Instant),
    ) -> Fallible<&[u8]> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut body_at = None;
        loop {
            let before = self.received.len();
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the connection was closed in the middle of an answer".into());
            }
            let now = Instant::now();
            body_at = body_at.or_else(|| memmem::find(&self.received, b"\r\n\r\n").map(|at| at + 4));
            let Some(body_at) = body_at else { continue };
            if self.received.len() > body_at {
                piece(&self.received[before.max(body_at)..], now);
            }
            if is_whole(&self.received[..body_at], &self.received[body_at..]) {
                break;
            }
        }
        if !self.received.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&self.received).into_owned().into());
        }
        Ok(&self.received)
    }
}

fn is_whole(head: &[u8], body: &[u8]) -> bool {
    match content_length(head) {
        Some(length) => body.len() >= length,
        None => body.ends_with(b"0\r\n\r\n"),
    }
}

/// The `content-length` of a message with the given head.
pub(crate) fn content_length(head: &[u8]) -> Option<usize> {
    let head = str::from_utf8(head).ok()?;
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })
}
