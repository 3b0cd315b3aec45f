//! Server-sent events (WHATWG HTML, 9.2): bytes to events, whatever the reads
//! cut them into.

use std::ops::Range;

use memchr::memchr2;

/// An event of a stream may be this long; a longer one ends the stream.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// One event, or a run of comments, up to and with its blank line.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bytes as they came.
    pub raw: Vec<u8>,
    /// The `event:` field.
    pub event: Option<String>,
    /// The `data:` fields, joined by newlines; `None` when there is none.
    pub data: Option<String>,
}

/// An event was longer than Cordon holds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an event of the stream is longer than {FRAME_BYTES_MAX} bytes")]
pub struct FrameTooLong;

/// Collects bytes and gives whole events.
#[derive(Default)]
pub struct SseSplitter {
    buffer: Vec<u8>,
    /// Where the event that is being read starts; what is in front of it was given.
    start: usize,
    /// Where the line that is being read starts.
    line: usize,
    /// How far the search for its end has come.
    searched: usize,
}

impl SseSplitter {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameTooLong> {
        if self.buffer.len() - self.start + bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameTooLong);
        }
        self.drop_given();
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole event.
    pub fn next_frame(&mut self) -> Option<Frame> {
        while let Some((line, after)) = self.next_line() {
            self.line = after;
            self.searched = after;
            if line.is_empty() {
                return Some(self.take(after));
            }
        }
        None
    }

    /// What is left when the stream has ended: an event without its blank line.
    pub fn finish(&mut self) -> Option<Frame> {
        (self.start < self.buffer.len()).then(|| self.take(self.buffer.len()))
    }

    /// The range of the next line and where the one after it starts. A carriage
    /// return at the very end may be half of a CRLF, so it waits.
    fn next_line(&mut self) -> Option<(Range<usize>, usize)> {
        let Some(found) = memchr2(b'\n', b'\r', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + found;
        let after = match (self.buffer[end], self.buffer.get(end + 1)) {
            (b'\r', None) => {
                self.searched = end;
                return None;
            }
            (b'\r', Some(b'\n')) => end + 2,
            _ => end + 1,
        };
        Some((self.line..end, after))
    }

    fn take(&mut self, end: usize) -> Frame {
        let raw = self.buffer[self.start..end].to_vec();
        (self.start, self.line, self.searched) = (end, end, end);
        parse(raw)
    }

    /// Once a read, so that the events of a long read are not moved again and again.
    fn drop_given(&mut self) {
        self.buffer.drain(..self.start);
        self.line -= self.start;
        self.searched -= self.start;
        self.start = 0;
    }
}

fn parse(raw: Vec<u8>) -> Frame {
    let text = String::from_utf8_lossy(&raw);
    let (mut event, mut data) = (None, None::<String>);
    for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut data) {
            ("event", _) => event = Some(value.to_owned()),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", None) => data = Some(value.to_owned()),
            _ => {}
        }
    }
    Frame { event, data, raw }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Frame> {
        let mut splitter = SseSplitter::default();
        let mut frames = Vec::new();
        for piece in pieces {
            splitter.push(&piece).unwrap();
            frames.extend(std::iter::from_fn(|| splitter.next_frame()));
        }
        frames.extend(splitter.finish());
        frames
    }

    const STREAM: &str =
        ": keep-alive\n\nevent: a\r\ndata: {\"x\":\r\ndata: \"é\"}\r\n\r\ndata:two\r\rid: 7\ndata: [DONE]\n\ndata: cut";

    #[test]
    fn reads_comments_fields_and_every_kind_of_line_end() {
        let frames = split(std::iter::once(STREAM.as_bytes().to_vec()));
        let data: Vec<_> = frames.iter().map(|frame| frame.data.as_deref()).collect();
        assert_eq!(data, [None, Some("{\"x\":\n\"é\"}"), Some("two"), Some("[DONE]"), Some("cut")]);
        assert_eq!(frames[1].event.as_deref(), Some("a"));
        assert_eq!(frames.iter().flat_map(|frame| frame.raw.clone()).collect::<Vec<_>>(), STREAM.as_bytes());
    }

    proptest! {
        /// L02: an event, or a character of it, that is cut across reads is
        /// the same event.
        #[test]
        fn any_cutting_gives_the_same_events(cuts in prop::collection::vec(1usize..5, 1..200)) {
            let mut rest = STREAM.as_bytes();
            let pieces = cuts.into_iter().chain(std::iter::repeat(3)).map_while(|len| {
                let piece = rest.get(..len.min(rest.len())).filter(|piece| !piece.is_empty())?;
                rest = &rest[piece.len()..];
                Some(piece.to_vec())
            });
            prop_assert_eq!(split(pieces), split(std::iter::once(STREAM.as_bytes().to_vec())));
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut splitter = SseSplitter::default();
        splitter.push(&vec![b'x'; FRAME_BYTES_MAX]).unwrap();
        assert_eq!(splitter.push(b"x"), Err(FrameTooLong));
    }
}
