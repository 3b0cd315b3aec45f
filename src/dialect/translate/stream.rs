//! The bytes of a target's stream as those of the caller's.

use serde_json::Value;

use super::{OutEvent, TranslateEvents};
use crate::dialect::stream::DONE;
use crate::dialect::{Frame, FrameTooLong, SseSplitter, put_event};

/// Why a stream cannot be translated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Untranslatable {
    /// An event is longer than Cordon holds.
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
    /// An event is not of the target's API.
    #[error("an event of the stream is not JSON")]
    NotJson,
}

/// Translates a stream while it comes.
pub struct EventTranslator {
    splitter: SseSplitter,
    /// The first takes the target's events, each next one those of the one before.
    steps: Vec<Box<dyn TranslateEvents>>,
}

impl EventTranslator {
    pub(super) fn new(steps: Vec<Box<dyn TranslateEvents>>) -> EventTranslator {
        EventTranslator { splitter: SseSplitter::default(), steps }
    }

    /// Takes the next bytes of the target and writes those for the caller to `out`.
    ///
    /// # Errors
    /// When they are no stream of the target's API.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Untranslatable> {
        self.splitter.push(bytes)?;
        while let Some(frame) = self.splitter.next_frame() {
            self.frame(&frame, out)?;
        }
        Ok(())
    }

    /// Writes what is left when no more bytes come.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(frame) = self.splitter.finish() {
            // The torso of an event says nothing, and that the stream broke off shows in what is missing.
            let _ = self.frame(&frame, out);
        }
        self.end(out);
    }

    fn frame(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<(), Untranslatable> {
        match frame.data.as_deref() {
            // A comment: a sign of life.
            None => out.extend_from_slice(&frame.raw),
            Some(DONE) => self.end(out),
            Some(data) => {
                let event = serde_json::from_str(data).map_err(|_| Untranslatable::NotJson)?;
                let mut events = Vec::new();
                feed(&mut self.steps, event, &mut events);
                write(events, out);
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let mut events = Vec::new();
        end(&mut self.steps, &mut events);
        write(events, out);
    }
}

fn feed(steps: &mut [Box<dyn TranslateEvents>], event: Value, out: &mut Vec<OutEvent>) {
    if let Some((first, rest)) = steps.split_first_mut() {
        let mut events = Vec::new();
        first.event(event, &mut events);
        pass_on(rest, events, out);
    }
}

fn end(steps: &mut [Box<dyn TranslateEvents>], out: &mut Vec<OutEvent>) {
    if let Some((first, rest)) = steps.split_first_mut() {
        let mut events = Vec::new();
        first.end(&mut events);
        pass_on(rest, events, out);
        end(rest, out);
    }
}

fn pass_on(steps: &mut [Box<dyn TranslateEvents>], events: Vec<OutEvent>, out: &mut Vec<OutEvent>) {
    if steps.is_empty() {
        return out.extend(events);
    }
    for event in events {
        match event {
            OutEvent::Data { data, .. } => feed(steps, data, out),
            OutEvent::Done => end(steps, out),
            OutEvent::KeepAlive => out.push(OutEvent::KeepAlive),
        }
    }
}

fn write(events: Vec<OutEvent>, out: &mut Vec<u8>) {
    for event in events {
        match event {
            OutEvent::Data { name, data } => put_event(name, &data, out),
            OutEvent::Done => out.extend_from_slice(format!("data: {DONE}\n\n").as_bytes()),
            OutEvent::KeepAlive => out.extend_from_slice(b": ping\n\n"),
        }
    }
}
