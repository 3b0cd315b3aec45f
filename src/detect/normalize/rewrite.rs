//! Making a text from another one, keeping track of what stands for what.

use std::ops::Range;

use super::map::{OffsetMap, Steps};

/// Replacements that are nearer to each other than this are one stretch.
const STRETCH_GAP_BYTES: usize = 128;

/// Writes a text anew with some stretches replaced, from left to right.
pub(super) struct Rewriter<'a> {
    from: &'a str,
    text: String,
    map: OffsetMap,
    changed: Vec<Range<usize>>,
    /// What of `from` is written.
    done: usize,
}

/// A text written anew.
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) map: OffsetMap,
    /// The stretches of `text` that are not as they were.
    pub(super) changed: Vec<Range<usize>>,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(from: &'a str) -> Rewriter<'a> {
        Rewriter { from, text: String::new(), map: OffsetMap::new(), changed: Vec::new(), done: 0 }
    }

    /// Writes `with` for `range`, which lies behind all that was replaced.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        let steps = Steps { new: with.len(), old: range.len(), separator: 0 };
        self.replace_parts(&[(range, steps)], with);
    }

    /// The same for one character.
    pub(super) fn replace_with_char(&mut self, range: Range<usize>, with: char) {
        self.replace(range, with.encode_utf8(&mut [0; 4]));
    }

    /// Writes `with` for `parts`, each of which is made of units; what stands
    /// between two of them goes.
    pub(super) fn replace_parts(&mut self, parts: &[(Range<usize>, Steps)], with: &str) {
        let (Some((first, _)), Some((last, _))) = (parts.first(), parts.last()) else { return };
        self.copy_to(first.start);
        let start = self.text.len();
        let mut at = start;
        for (old, steps) in parts.iter().filter(|(_, steps)| steps.new > 0) {
            self.map.push(at, old.start, *steps);
            at += old.len() / steps.old * steps.new;
        }
        self.text.push_str(with);
        self.done = last.end;
        match self.changed.last_mut() {
            Some(last) if start <= last.end + STRETCH_GAP_BYTES => last.end = self.text.len(),
            _ => self.changed.push(start..self.text.len()),
        }
    }

    /// The new text; `None` when nothing was replaced.
    pub(super) fn finish(mut self) -> Option<Rewritten> {
        if self.changed.is_empty() {
            return None;
        }
        self.copy_to(self.from.len());
        Some(Rewritten { text: self.text, map: self.map, changed: self.changed })
    }

    fn copy_to(&mut self, end: usize) {
        if self.text.is_empty() {
            self.text.reserve(self.from.len());
        }
        if self.done < end {
            self.map.push(self.text.len(), self.done, Steps::COPY);
            self.text.push_str(&self.from[self.done..end]);
        }
    }
}
