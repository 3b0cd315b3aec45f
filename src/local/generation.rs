use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use super::LocalError;

/// A part of an answer.
#[derive(Clone, PartialEq)]
pub enum Chunk {
    /// Text, never cut inside a character.
    Piece(String),
    /// The last part.
    End(End),
}

/// How an answer ended, and what it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Tokens of the prompt, the chat template's included.
    pub prompt_tokens: u32,
    /// Tokens of the answer, without the end-of-generation token.
    pub completion_tokens: u32,
    /// Mean of the natural logarithms of the probabilities that the model gave the answer's tokens, before temperature
    /// and `top_p`; 0 for an empty answer.
    pub mean_logprob: f32,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done, or a stop string came.
    Stop,
    /// The limit of tokens was reached.
    Length,
}

/// An answer under way: a stream of [`Chunk::Piece`]s, then one [`Chunk::End`]. Dropping it cancels the request.
pub struct Generation {
    chunks: mpsc::UnboundedReceiver<Result<Chunk, LocalError>>,
    deadline: Pin<Box<Sleep>>,
    ended: bool,
}

impl Generation {
    pub(super) fn new(chunks: mpsc::UnboundedReceiver<Result<Chunk, LocalError>>, deadline: Instant) -> Self {
        Self { chunks, deadline: Box::pin(tokio::time::sleep_until(deadline)), ended: false }
    }

    /// The whole answer at once.
    ///
    /// # Errors
    /// [`LocalError::Deadline`], [`LocalError::Compute`] and [`LocalError::Stopped`].
    pub async fn collect(mut self) -> Result<(String, End), LocalError> {
        let mut text = String::new();
        while let Some(chunk) = std::future::poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
            match chunk? {
                Chunk::Piece(piece) => text.push_str(&piece),
                Chunk::End(end) => return Ok((text, end)),
            }
        }
        Err(LocalError::Stopped)
    }
}

impl Stream for Generation {
    type Item = Result<Chunk, LocalError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = match self.chunks.poll_recv(cx) {
            Poll::Ready(item) => item.unwrap_or(Err(LocalError::Stopped)),
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => Err(LocalError::Deadline),
            Poll::Pending => return Poll::Pending,
        };
        if !matches!(item, Ok(Chunk::Piece(_))) {
            self.ended = true;
            self.chunks.close();
        }
        Poll::Ready(Some(item))
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chunk::Piece(piece) => write!(f, "Piece({} bytes)", piece.len()),
            Chunk::End(end) => end.fmt(f),
        }
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation").field("ended", &self.ended).finish_non_exhaustive()
    }
}
