//! Which bytes of one text the bytes of another, rewritten from it, stand for.

use std::ops::Range;

/// From the offsets of a rewritten text to those of the text it was made from.
pub(super) struct OffsetMap {
    /// By rising offset in both texts; the first begins the rewritten text.
    pieces: Vec<Piece>,
}

/// From `new` on, units of `steps.new` bytes stand for `steps.old` bytes each,
/// from `old` on: up to the next piece.
#[derive(Clone, Copy)]
struct Piece {
    new: usize,
    old: usize,
    steps: Steps,
}

/// How long a unit is in both texts. A copy has units of one byte, base64 such
/// of four characters for three bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) new: usize,
    pub(super) old: usize,
    /// Bytes at the end of each old unit that separate it from the next one
    /// and are not part of it.
    pub(super) separator: usize,
}

impl Steps {
    pub(super) const COPY: Steps = Steps { new: 1, old: 1, separator: 0 };
}

impl OffsetMap {
    pub(super) fn new() -> OffsetMap {
        OffsetMap { pieces: Vec::new() }
    }

    /// Says that the rewritten text goes on at `new` with units that stand for
    /// those from `old` on.
    pub(super) fn push(&mut self, new: usize, old: usize, steps: Steps) {
        let goes_on = self.pieces.last().is_some_and(|last| {
            let units = (new - last.new) / steps.new;
            last.steps == steps && last.new + units * steps.new == new && last.old + units * steps.old == old
        });
        if !goes_on {
            self.pieces.push(Piece { new, old, steps });
        }
    }

    /// The bytes of the old text that `range` of the new one stands for; it is
    /// not empty. Bytes within a unit stand for all of it.
    pub(super) fn to_old(&self, range: &Range<usize>) -> Range<usize> {
        let unit = |at: usize| {
            let piece = self.pieces[self.pieces.partition_point(|piece| piece.new <= at) - 1];
            let start = piece.old + (at - piece.new) / piece.steps.new * piece.steps.old;
            start..start + piece.steps.old - piece.steps.separator
        };
        unit(range.start).start..unit(range.end - 1).end
    }

    /// About where the new text has what stands at `old`.
    pub(super) fn to_new(&self, old: usize) -> usize {
        let behind = self.pieces.partition_point(|piece| piece.old <= old);
        let Some(piece) = behind.checked_sub(1).map(|at| self.pieces[at]) else { return 0 };
        let at = piece.new + (old - piece.old) / piece.steps.old * piece.steps.new;
        self.pieces.get(behind).map_or(at, |next| at.min(next.new))
    }
}
