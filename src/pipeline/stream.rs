//! A streamed answer between the target and the caller.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::Refusal;
use super::ending::Ending;
use crate::dialect::translate::{EventTranslator, Untranslatable};
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
    translator: Option<EventTranslator>,
    dialect: &'static Dialect,
    answer: AnswerStream,
    ending: Ending,
    asked: Instant,
) -> BoxStream<'static, Result<Bytes, Infallible>> {
    let relay = Relay { incoming, translator, dialect, answer, ending: Some(ending), asked, first: true };
    stream::unfold(relay, |mut relay| async move {
        let bytes = relay.next().await?;
        Some((Ok(bytes), relay))
    })
    .boxed()
}

struct Relay {
    incoming: Incoming,
    /// Where the target speaks another API than the caller.
    translator: Option<EventTranslator>,
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
                    if let Err(error) = self.take(&bytes, &mut out) {
                        self.fail(&Refusal::from(error), &mut out);
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
