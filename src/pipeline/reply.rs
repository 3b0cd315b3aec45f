//! What goes back to the caller.

use bytes::Bytes;
use futures_util::stream::BoxStream;

/// An answer on its way back.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers of the provider that callers rely on.
    pub headers: Vec<(String, String)>,
    /// `PERSON=2,EMAIL_ADDRESS=1`: what was found in the request.
    pub entities: String,
    /// The body.
    pub body: ReplyBody,
}

/// The body of an answer.
pub enum ReplyBody {
    /// JSON in one piece.
    Whole(Bytes),
    /// Server-sent events.
    Events(BoxStream<'static, Result<Bytes, std::convert::Infallible>>),
}
