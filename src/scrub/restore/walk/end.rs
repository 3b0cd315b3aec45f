//! Where a token ends, and what of the brackets and the emphasis is its own.

use super::super::noise::{is_invisible, is_square};
use super::{Candidate, Cut, Match, Opener, Walker};

impl Walker<'_> {
    /// Ends a token that has an opening bracket.
    pub(super) fn close(&self, opener: &Opener, candidate: Candidate) -> Result<Option<Match>, Cut> {
        let outer_len = if opener.is_doubled { opener.character.len_utf8() } else { 0 };
        let ending = self.ending_len(candidate.end)?;
        if let Some(gap) = self.gap(candidate.end + ending)?
            && let Some(unit) = self.unit(gap.end)?
            && unit.value == opener.closer
        {
            let mut end = gap.end + unit.byte_len;
            let mut kept_len = outer_len;
            if outer_len == 0 && self.is_link_text(opener, &candidate, end)? {
                let end = candidate.end;
                return self.matched(candidate, end, opener.end, Vec::new()).map(Some);
            }
            if opener.is_doubled
                && self.starts_with(end, opener.closer)?
                && !self.entries[candidate.entry].keeps_brackets
                && !self.is_link(opener, end + opener.closer.len_utf8())?
            {
                end += opener.closer.len_utf8();
                kept_len = 0;
            }
            if opener.backslashes > 0 && !gap.backslash {
                kept_len = opener.backslashes;
            }
            let word_ending = &self.text[candidate.end..candidate.end + ending];
            let found = self.matched(candidate, end, kept_len, gap.marks)?;
            return Ok(Some(Match { marks_after: format!("{word_ending}{}", found.marks_after), ..found }));
        }
        if candidate.needs_closer || !self.ends_word(candidate.end)? {
            return Ok(None);
        }
        let kept_len = if is_square(opener.character) { outer_len } else { opener.end };
        let end = candidate.end;
        self.matched(candidate, end, kept_len, Vec::new()).map(Some)
    }

    /// Whether doubled brackets that end at `end` are a token in the text of a
    /// Markdown link, image or link definition: the outer pair is the link's.
    fn is_link(&self, opener: &Opener, end: usize) -> Result<bool, Cut> {
        if opener.character != '[' {
            return Ok(false);
        }
        Ok(self.starts_with(end, '(')? || self.starts_with(end, '[')? || self.starts_with(end, ':')?)
    }

    /// Whether the brackets of a token that ends at `end` are those of a Markdown
    /// link's text, since a destination follows them.
    fn is_link_text(&self, opener: &Opener, candidate: &Candidate, end: usize) -> Result<bool, Cut> {
        let is_plain = opener.character == '[' && opener.end == 1 && self.text[..end].ends_with(']');
        if !is_plain || self.entries[candidate.entry].meets_parenthesis || !self.starts_with(end, '(')? {
            return Ok(false);
        }
        let destination = &self.text[end + 1..];
        let word_len = destination.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"[_+-.".contains(b)).count();
        let (word, rest) = destination.split_at(word_len);
        let mut next = rest.chars();
        match (next.next(), next.next()) {
            _ if word.starts_with("www.") || word.starts_with("[URL_") => Ok(true),
            (Some('<' | '/' | '#'), _) if word.is_empty() => Ok(true),
            (Some(':'), Some(after)) => Ok(word_len > 1 && !after.is_whitespace()),
            (None, _) | (Some(':'), None) if !self.is_final => Err(Cut),
            _ => Ok(false),
        }
    }

    /// The length of a possessive or plural ending that was drawn into the brackets.
    fn ending_len(&self, at: usize) -> Result<usize, Cut> {
        for ending in ["'s", "’s", "s"] {
            let rest = &self.text[at..];
            if rest.starts_with(ending) {
                return Ok(ending.len());
            }
            if !self.is_final && ending.starts_with(rest) {
                return Err(Cut);
            }
        }
        Ok(0)
    }

    /// Ends a token without an opening bracket.
    pub(super) fn end_bare(&self, candidate: Candidate) -> Result<Option<Match>, Cut> {
        if candidate.needs_closer || !self.ends_word(candidate.end)? {
            return Ok(None);
        }
        let mut end = candidate.end;
        if !self.in_brackets {
            let backslash_len = usize::from(self.starts_with(end, '\\')?);
            if self.starts_with(end + backslash_len, ']')? {
                end += backslash_len + 1;
            }
        }
        self.matched(candidate, end, 0, Vec::new()).map(Some)
    }

    /// Whether a token without a closing bracket may end at `at`: what follows
    /// is not the rest of a longer one. A plural `s` may follow.
    fn ends_word(&self, at: usize) -> Result<bool, Cut> {
        let mut at = at;
        let mut underscores = 0;
        let mut plural = false;
        while let Some(unit) = self.unit(at)? {
            at += unit.byte_len;
            match unit.value {
                c if is_invisible(c) => {}
                '\\' => {}
                '_' => underscores += 1,
                's' if underscores == 0 && !plural => plural = true,
                c => return Ok(!c.is_ascii_alphanumeric()),
            }
        }
        Ok(true)
    }

    /// Pairs the emphasis inside the token with itself and with what follows;
    /// the rest belongs to the text.
    fn matched(
        &self,
        candidate: Candidate,
        end: usize,
        kept_len: usize,
        marks_behind: Vec<(char, usize)>,
    ) -> Result<Match, Cut> {
        let mut end = end;
        let inside = candidate.marks.into_iter().map(|mark| (mark, false));
        let mut open: Vec<((char, usize), bool)> = Vec::new();
        for (mark, is_behind) in inside.chain(marks_behind.into_iter().map(|mark| (mark, true))) {
            match open.last() {
                Some((last, _)) if *last == mark => drop(open.pop()),
                _ => open.push((mark, is_behind)),
            }
        }
        while let Some(((mark, count), _)) = open.last() {
            let run: String = std::iter::repeat_n(*mark, *count).collect();
            let rest = &self.text[end..];
            if !rest.starts_with(&run) {
                if !self.is_final && run.starts_with(rest) {
                    return Err(Cut);
                }
                break;
            }
            end += run.len();
            open.pop();
        }
        let spell = |behind: bool| {
            let runs = open.iter().filter(|(_, is_behind)| *is_behind == behind);
            runs.flat_map(|((mark, count), _)| std::iter::repeat_n(*mark, *count)).collect::<String>()
        };
        let (marks_before, marks_after) = (spell(false), spell(true));
        Ok(Match { entry: candidate.entry, byte_len: end, kept_len, marks_before, marks_after })
    }
}
