//! A streamed answer between the target and the caller.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::Refusal;
use super::ending::Ending;
use crate::dialect::{AnswerStream, Dialect};
use crate::telemetry::{self, Stage};
use crate::upstream::UpstreamError;

/// Bytes of an answer as the target sends them.
pub(super) type Incoming = BoxStream<'static, Result<Bytes, UpstreamError>>;

/// Restores `incoming` on its way; the target was asked at `asked`. The end is
/// recorded before the last bytes go out; a caller who leaves early drops the
/// stream, and that is recorded too.
pub(super) fn relay(
    incoming: Incoming,
    dialect: &'static Dialect,
    answer: AnswerStream,
    ending: Ending,
    asked: Instant,
) -> BoxStream<'static, Result<Bytes, Infallible>> {
    let relay = Relay { incoming, dialect, answer, ending: Some(ending), asked, first: true };
    stream::unfold(relay, |mut relay| async move {
        let bytes = relay.next().await?;
        Some((Ok(bytes), relay))
    })
    .boxed()
}

struct Relay {
    incoming: Incoming,
    dialect: &'static Dialect,
    answer: AnswerStream,
    /// Taken when the answer has ended.
    ending: Option<Ending>,
    asked: Instant,
    first: bool,
}

impl Relay {
    /// The next bytes for the caller; none when the answer has ended.
    async fn next(&mut self) -> Option<Bytes> {
        self.ending.as_ref()?;
        let mut out = Vec::new();
        while out.is_empty() && self.ending.is_some() {
            match self.incoming.next().await {
                Some(Ok(bytes)) => {
                    if std::mem::take(&mut self.first) {
                        telemetry::stage(Stage::UpstreamFirstByte, self.asked.elapsed());
                    }
                    if self.answer.push(&bytes, &mut out).is_err() {
                        self.fail(&Refusal::Upstream("an event of its stream is too long"), &mut out);
                    }
                }
                Some(Err(error)) => self.fail(&Refusal::from(error), &mut out),
                None => self.end(&mut out),
            }
        }
        if let Some(ending) = &mut self.ending {
            ending.sent(out.len());
        }
        (!out.is_empty()).then(|| Bytes::from(out))
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.answer.finish(out);
        if !self.answer.is_finished() && !self.answer.is_failed() {
            return self.fail(&Refusal::Upstream("it broke off in the middle of its answer"), out);
        }
        if let Some(mut ending) = self.ending.take() {
            ending.sent(out.len());
            ending.usage(self.answer.usage());
            if self.answer.is_failed() {
                ending.failed("upstream_error", 200);
            } else {
                ending.completed();
            }
        }
    }

    /// What was held back is shown, then the error, in the way the API's clients
    /// understand: as an event.
    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        self.answer.finish(out);
        self.dialect.put_error(&refusal.report(), self.answer.next_sequence_number(), out);
        if let Some(mut ending) = self.ending.take() {
            ending.sent(out.len());
            ending.usage(self.answer.usage());
            ending.failed(refusal.code(), 200);
        }
    }
}
