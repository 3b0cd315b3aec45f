//! Restoring an answer while it arrives.

use std::fmt;
use std::sync::Arc;

use super::restore::{Escape, Restorer, Scanner};

/// Restores an answer piece by piece. It holds back only what may still become a
/// token or an escape, at most a few hundred bytes, and gives what
/// [`Restorer::restore`] would give for the whole.
pub struct StreamRestorer {
    restorer: Arc<Restorer>,
    scanner: Scanner,
    pending: String,
}

impl StreamRestorer {
    pub(super) fn new(restorer: Arc<Restorer>, escape: Escape) -> StreamRestorer {
        StreamRestorer { restorer, scanner: Scanner::new(escape), pending: String::new() }
    }

    /// Takes the next piece and appends to `out` what is certain.
    pub fn push(&mut self, piece: &str, out: &mut String) {
        if self.restorer.is_empty() {
            out.push_str(piece);
        } else if self.pending.is_empty() {
            let taken = self.scanner.scan(&self.restorer, piece, false, out);
            self.pending.push_str(&piece[taken..]);
        } else {
            self.pending.push_str(piece);
            let taken = self.scanner.scan(&self.restorer, &self.pending, false, out);
            self.pending.drain(..taken);
        }
    }

    /// Appends what was held back. The answer is over.
    pub fn finish(&mut self, out: &mut String) {
        self.scanner.scan(&self.restorer, &self.pending, true, out);
        self.pending.clear();
    }
}

impl fmt::Debug for StreamRestorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRestorer").field("held_bytes", &self.pending.len()).finish_non_exhaustive()
    }
}
