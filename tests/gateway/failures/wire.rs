//! A connection on which a test writes every byte itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::support::{PATIENCE, Reply};

pub(super) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Wire {
    pub(super) fn open(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Wire { stream, received: Vec::new() }
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Wire {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self
    }

    /// The next answer; none when the connection was closed instead.
    pub(super) fn reply(&mut self) -> Option<Reply> {
        let head_end = self.read_until(|received| received.windows(4).position(|four| four == b"\r\n\r\n"))? + 4;
        let head: Vec<u8> = self.received.drain(..head_end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let headers: HeaderMap = lines.filter_map(header).collect();
        let length: usize = headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
        self.read_until(|received| (received.len() >= length).then_some(length))?;
        let body: Bytes = self.received.drain(..length).collect();
        Some(Reply { status, headers, body })
    }

    /// Sends `byte` again and again, with pauses, until an answer comes.
    pub(super) fn drip(mut self, byte: u8) -> Reply {
        self.stream.set_nonblocking(true).unwrap();
        while self.stream.peek(&mut [0]).is_err() {
            self.stream.write_all(&[byte]).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        self.stream.set_nonblocking(false).unwrap();
        self.reply().unwrap()
    }

    fn read_until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        loop {
            if let Some(at) = found(&self.received) {
                return Some(at);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing more came: {error}"),
            }
        }
    }
}
