//! A streamed answer between the target and the caller.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};

use super::Refusal;
use super::chain::Keeping;
use super::ending::Ending;
use crate::dialect::translate::{EventTranslator, Untranslatable};
use crate::dialect::{AnswerStream, Dialect};
use crate::telemetry::{self, Stage};
use crate::upstream::UpstreamError;

/// Bytes of an answer as the target sends them.
pub(super) type Incoming = BoxStream<'static, Result<Bytes, UpstreamError>>;

/// A piece for the caller grows no longer than this by what comes behind it.
const PIECE_BYTES_MAX: usize = 16 << 10;

/// Restores an answer on its way. The end is recorded before the last bytes go
/// out; a caller who leaves early drops the stream, and that is recorded too.
pub(super) struct Relay {
    pub(super) incoming: Incoming,
    /// Where the target speaks another API than the caller.
    pub(super) translator: Option<EventTranslator>,
    pub(super) dialect: &'static Dialect,
    pub(super) answer: AnswerStream,
    /// Taken when the answer has said its id, where the target keeps it.
    pub(super) keeping: Option<Keeping>,
    /// Taken when the answer has ended.
    pub(super) ending: Option<Ending>,
    /// When the target was asked.
    pub(super) asked: Instant,
    /// Whether nothing has come yet.
    pub(super) first: bool,
}

impl Relay {
    /// What the caller gets, piece by piece.
    pub(super) fn into_stream(self) -> BoxStream<'static, Result<Bytes, Infallible>> {
        stream::unfold(self, |mut relay| async move {
            let bytes = relay.next().await?;
            Some((Ok(bytes), relay))
        })
        .boxed()
    }

    /// The next bytes for the caller; none when the answer has ended.
    async fn next(&mut self) -> Option<Bytes> {
        self.ending.as_ref()?;
        let mut out = Vec::new();
        while out.is_empty() && self.ending.is_some() {
            let came = self.incoming.next().await;
            self.came(came, &mut out).await;
        }
        // What is there already goes along: each piece on its own has its price.
        while out.len() < PIECE_BYTES_MAX && self.ending.is_some() {
            let Some(came) = self.incoming.next().now_or_never() else { break };
            self.came(came, &mut out).await;
        }
        if let Some(ending) = &mut self.ending {
            ending.sent(out.len());
        }
        (!out.is_empty()).then(|| Bytes::from(out))
    }

    async fn came(&mut self, came: Option<Result<Bytes, UpstreamError>>, out: &mut Vec<u8>) {
        match came {
            Some(Ok(bytes)) => {
                if std::mem::take(&mut self.first) {
                    telemetry::stage(Stage::UpstreamFirstByte, self.asked.elapsed());
                }
                if let Err(error) = self.take(&bytes, out) {
                    self.fail(&Refusal::from(error), out);
                }
                self.keep(out).await;
            }
            Some(Err(error)) => self.fail(&Refusal::from(error), out),
            None => self.end(out),
        }
    }

    /// Makes the answer one that can be found again before the caller learns its id.
    async fn keep(&mut self, out: &mut Vec<u8>) {
        let Some(id) = self.answer.answer_id().filter(|_| self.keeping.is_some()) else { return };
        let id = id.to_owned();
        if let Some(keeping) = self.keeping.take()
            && let Err(refusal) = keeping.keep(&id).await
        {
            out.clear();
            self.fail(&refusal, out);
        }
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Untranslatable> {
        match &mut self.translator {
            None => Ok(self.answer.push(bytes, out)?),
            Some(translator) => {
                let mut translated = Vec::new();
                let taken = translator.push(bytes, &mut translated);
                self.answer.push(&translated, out)?;
                taken
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if let Some(mut translator) = self.translator.take() {
            let mut translated = Vec::new();
            translator.finish(&mut translated);
            if let Err(error) = self.answer.push(&translated, out) {
                return self.fail(&Refusal::from(Untranslatable::from(error)), out);
            }
        }
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

impl From<Untranslatable> for Refusal {
    fn from(error: Untranslatable) -> Refusal {
        match error {
            Untranslatable::TooLong(_) => Refusal::Upstream("an event of its stream is too long"),
            Untranslatable::NotJson => Refusal::Upstream("an event of its stream cannot be read"),
        }
    }
}
