//! Reading one token, bent or not, at the start of a text.

mod end;

use super::noise::{Kind, closer_of, kind, starts_line};
use super::trie::{NodeId, Trie};
use crate::scrub::map::Entry;
use crate::scrub::unit::{Decoded, Unit, decode};

/// A token is looked for in so many bytes; more would be no token but a ruin.
/// It bounds what a stream holds back.
pub(super) const TOKEN_BYTES_MAX: usize = 256;
/// As much may stand between two letters of a token.
const GAP_UNITS_MAX: usize = 12;
const BACKSLASHES_MAX: usize = 4;

/// A token that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// Which.
    pub(super) entry: usize,
    /// How many bytes it takes.
    pub(super) byte_len: usize,
    /// How many of them, at the start, are the text's and stay.
    pub(super) kept_len: usize,
    /// Emphasis inside that belongs to the text in front of it, and after it.
    pub(super) marks_before: String,
    pub(super) marks_after: String,
}

/// The text ends before it is certain what it starts with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut;

/// Reads a token at the start of `text`. `in_brackets` says that a bracket of
/// the text before is still open, so that a `]` behind a bare token closes that.
pub(super) fn walk(
    trie: &Trie,
    entries: &[Entry],
    text: &str,
    is_final: bool,
    in_brackets: bool,
) -> Result<Option<Match>, Cut> {
    let is_limited = text.len() > TOKEN_BYTES_MAX;
    let text = &text[..text.floor_char_boundary(TOKEN_BYTES_MAX)];
    Walker { trie, entries, text, is_final: is_final || is_limited, in_brackets }.run()
}

struct Walker<'a> {
    trie: &'a Trie,
    entries: &'a [Entry],
    text: &'a str,
    is_final: bool,
    in_brackets: bool,
}

struct Opener {
    character: char,
    closer: char,
    /// Backslashes in front of it.
    backslashes: usize,
    is_doubled: bool,
    end: usize,
}

/// What stands between two letters.
#[derive(Default)]
struct Gap {
    end: usize,
    dash: bool,
    space: bool,
    breaks: usize,
    backslash: bool,
    marks: Vec<(char, usize)>,
}

/// A place where a whole token was read.
struct Candidate {
    entry: usize,
    end: usize,
    /// The suffix followed a space: only a closing bracket makes it a suffix.
    needs_closer: bool,
    marks: Vec<(char, usize)>,
}

impl Walker<'_> {
    fn run(&self) -> Result<Option<Match>, Cut> {
        let Some(opener) = self.opener()? else {
            return Ok(None);
        };
        for candidate in self.candidates(opener.as_ref())?.into_iter().rev() {
            let found = match &opener {
                Some(opener) => self.close(opener, candidate)?,
                None => self.end_bare(candidate)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn unit(&self, at: usize) -> Result<Option<Unit>, Cut> {
        match decode(&self.text[at..], self.is_final) {
            Decoded::Unit(unit) => Ok(Some(unit)),
            Decoded::End if self.is_final => Ok(None),
            Decoded::End | Decoded::Cut => Err(Cut),
        }
    }

    /// The bracket at the start; `Some(None)` for a bare token, `None` if
    /// neither starts here.
    fn opener(&self) -> Result<Option<Option<Opener>>, Cut> {
        let mut at = 0;
        while let Some(unit) = self.unit(at)? {
            if unit.value == '\\' && at < BACKSLASHES_MAX {
                at += unit.byte_len;
                continue;
            }
            let Some(closer) = closer_of(unit.value) else {
                return Ok((at == 0 && unit.value.is_ascii_alphanumeric()).then_some(None));
            };
            let mut end = at + unit.byte_len;
            let may_double = at == 0 && unit.byte_len == unit.value.len_utf8();
            let is_doubled = may_double && self.starts_with(end, unit.value)?;
            end += if is_doubled { unit.byte_len } else { 0 };
            return Ok(Some(Some(Opener { character: unit.value, closer, backslashes: at, is_doubled, end })));
        }
        Ok(None)
    }

    fn starts_with(&self, at: usize, c: char) -> Result<bool, Cut> {
        match self.text[at..].chars().next() {
            Some(next) => Ok(next == c),
            None if self.is_final => Ok(false),
            None => Err(Cut),
        }
    }

    /// The tokens that start here, the shortest first.
    fn candidates(&self, opener: Option<&Opener>) -> Result<Vec<Candidate>, Cut> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut node = Trie::ROOT;
        let mut at = opener.map_or(0, |opener| opener.end);
        let mut needs_closer = false;
        // Who writes spaces for the underscores writes one in front of the suffix.
        let mut is_spaced = false;
        let mut marks = Vec::new();
        while self.trie.goes_on(node) {
            let is_whole = self.trie.entry(node).is_some();
            if is_whole && opener.is_none() && !is_spaced && self.is_space(at)? {
                break;
            }
            let Some(gap) = self.gap(at)? else { break };
            let Some(unit) = self.unit(gap.end)?.filter(|unit| kind(unit.value) == Kind::Significant) else { break };
            let Some((next, is_spelled)) = self.step(node, &gap, unit.value, opener.is_some()) else { break };
            let is_suffix = opener.is_none() && is_spaced && gap.breaks == 0;
            needs_closer |= is_spelled || is_whole && (gap.space || gap.breaks > 0) && !is_suffix;
            if gap.dash || gap.space {
                is_spaced = !gap.dash;
            }
            at = gap.end + unit.byte_len;
            node = next;
            marks.extend(gap.marks);
            if let Some(entry) = self.trie.entry(node) {
                candidates.push(Candidate { entry, end: at, needs_closer, marks: marks.clone() });
            }
        }
        Ok(candidates)
    }

    fn is_space(&self, at: usize) -> Result<bool, Cut> {
        Ok(self.unit(at)?.is_some_and(|unit| matches!(kind(unit.value), Kind::Space | Kind::Break)))
    }

    /// What is no letter from `at` on; `None` if it is too much for a token.
    fn gap(&self, at: usize) -> Result<Option<Gap>, Cut> {
        let mut gap = Gap { end: at, ..Gap::default() };
        for _ in 0..GAP_UNITS_MAX {
            let Some(unit) = self.unit(gap.end)? else {
                return Ok(Some(gap));
            };
            match kind(unit.value) {
                Kind::Dash => gap.dash = true,
                // Behind a line break it is an indent.
                Kind::Space => gap.space |= gap.breaks == 0,
                Kind::Break => gap.breaks += usize::from(unit.value != '\r'),
                Kind::Mark => push_mark(&mut gap.marks, unit.value),
                Kind::Ignorable => gap.backslash |= unit.value == '\\',
                Kind::Other if gap.breaks > 0 && starts_line(unit.value) => {}
                Kind::Significant | Kind::Other => return Ok((gap.breaks < 2).then_some(gap)),
            }
            gap.end += unit.byte_len;
        }
        Ok(None)
    }

    /// Where `letter` behind `gap` leads, and whether letters stand apart there, as
    /// where a word is spelled.
    fn step(&self, node: NodeId, gap: &Gap, letter: char, is_bracketed: bool) -> Option<(NodeId, bool)> {
        let here = || self.trie.letter(node, letter);
        let beyond_separator = || self.trie.letter(self.trie.separator(node)?, letter);
        let is_whole = self.trie.entry(node).is_some();
        let plainly = |next: NodeId| (next, false);
        if node == Trie::ROOT {
            return here().map(plainly);
        }
        if !gap.dash && !gap.space && gap.breaks == 0 {
            // The underscore in front of a suffix cannot be missed: without it
            // the suffix would be a longer tag.
            return here().or_else(|| if is_whole { None } else { beyond_separator() }).map(plainly);
        }
        let may_be_here = is_bracketed && if gap.breaks > 0 { !gap.space } else { !gap.dash && !is_whole };
        let broken = || if may_be_here { here().map(|next| (next, gap.space)) } else { None };
        beyond_separator().map(plainly).or_else(broken)
    }
}

fn push_mark(marks: &mut Vec<(char, usize)>, mark: char) {
    match marks.last_mut() {
        Some((last, count)) if *last == mark => *count += 1,
        _ => marks.push((mark, 1)),
    }
}
