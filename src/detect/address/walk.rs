//! Walking from a street over what belongs to its address.

use std::ops::Range;

use super::Piece;
use super::countries::country_end;
use super::parts::{
    is_designator, is_particle, is_region, is_street_abbreviation, is_town_word, postal_code_len, unit_len, word,
};

/// A text with what was found in it.
pub(super) struct Walk<'t> {
    pub(super) text: &'t str,
    /// In order, apart.
    pub(super) pieces: &'t [Piece],
    /// In order of their starts.
    pub(super) others: &'t [Range<usize>],
}

/// Parts of one address behind the street.
const PARTS_MAX: usize = 24;
/// Words of a town that no detector found.
const TOWN_WORDS_MAX: usize = 5;

/// What the address has last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Street,
    Unit,
    Place,
}

/// Words that are a town if what follows them says so.
struct Town {
    end: usize,
    words: usize,
    /// They stand behind a postal code.
    has_code: bool,
    /// Only blanks are between them and what is in front.
    is_inline: bool,
}

impl Town {
    fn at(end: usize) -> Town {
        Town { end, words: 0, has_code: false, is_inline: true }
    }

    fn take(&mut self, end: usize, is_inline: bool) {
        self.end = end;
        self.words += 1;
        self.is_inline &= is_inline;
    }
}

/// A part of an address that stands at a place of the text.
enum Part {
    /// Found as a piece of a street with its own number.
    Street(usize),
    Unit(usize),
    /// Found as a place, or a country.
    Place(usize),
    Code(usize),
    Region(usize),
    Word(usize),
}

/// What stands between two parts.
struct Gap {
    end: usize,
    has_mark: bool,
    has_break: bool,
}

impl Walk<'_> {
    /// The address that the found `street` belongs to; starts at or after
    /// `floor`.
    pub(super) fn address_around(&self, street: Range<usize>, floor: usize) -> Range<usize> {
        let start = self.start_of(street.start, floor);
        let is_corner = self.text[start..street.start].to_lowercase().contains("corner of");
        let end = self.end_of(street.clone());
        let end = self.crossing(end, is_corner).unwrap_or(end);
        start..end
    }

    /// Where the address of `street` ends.
    fn end_of(&self, street: Range<usize>) -> usize {
        let lower_case = !self.text[street.clone()].contains(char::is_uppercase);
        let mut end = self.behind_description(street.end).unwrap_or(street.end);
        let mut last = if end > street.end { Last::Place } else { Last::Street };
        let mut town = Town::at(end);
        for _ in 0..PARTS_MAX {
            let Some(gap) = self.gap(town.end) else { break };
            let Some(part) = self.part(&gap, lower_case, town.words > 0) else { break };
            let apart = gap.has_mark || gap.has_break;
            let known = last == Last::Place || town.words > 0;
            let to = match part {
                Part::Street(to) if last == Last::Street && town.words == 0 && !apart => to,
                Part::Unit(to) => {
                    last = Last::Unit;
                    to
                }
                Part::Place(to) => {
                    last = Last::Place;
                    to
                }
                Part::Code(to) | Part::Region(to) if known => {
                    last = Last::Place;
                    to
                }
                Part::Code(to) if apart || last == Last::Unit => {
                    town = Town { end: to, words: 0, has_code: true, is_inline: true };
                    continue;
                }
                Part::Word(to) | Part::Region(to) if town.words < TOWN_WORDS_MAX => {
                    town.take(to, !apart);
                    if town.has_code && town.is_inline && !is_particle(&self.text[gap.end..to]) {
                        (end, last) = (to, Last::Place);
                    }
                    continue;
                }
                _ => break,
            };
            let begins_town = !known && self.text[gap.end..to].chars().all(char::is_numeric);
            end = to;
            town = Town { has_code: begins_town && last == Last::Place, ..Town::at(end) };
        }
        // What follows a unit on its line is the town.
        let is_town = last == Last::Unit && town.words > 0 && town.is_inline && !lower_case;
        if is_town { self.without_particle(end, town.end) } else { end }
    }

    /// The part that stands behind `gap`.
    fn part(&self, gap: &Gap, lower_case: bool, in_town: bool) -> Option<Part> {
        let at = gap.end;
        if let Some(piece) = self.piece_at(at) {
            let found = &self.text[at..piece.end];
            let is_unit = is_designator(word(found)) || !found.contains(char::is_alphabetic);
            return Some(match piece.is_street {
                true if is_unit => Part::Unit(piece.end),
                true if found.contains(char::is_numeric) => Part::Street(piece.end),
                _ => Part::Place(piece.end),
            });
        }
        let rest = &self.text[at..];
        if let Some(len) = unit_len(rest) {
            return Some(Part::Unit(at + len));
        }
        if let Some(end) = country_end(self.text, at) {
            return Some(Part::Place(end));
        }
        if let Some(len) = postal_code_len(rest) {
            return Some(Part::Code(at + len));
        }
        let word = word(rest);
        let is_other = self.is_other(at) && (gap.has_break || gap.has_mark);
        if word.is_empty() || is_other || rest[word.len()..].starts_with([':', '@', '=']) {
            return None;
        }
        match word {
            _ if is_region(word) => Some(Part::Region(at + word.len())),
            _ if is_town_word(word, lower_case) && (in_town || lower_case || !is_particle(word)) => {
                Some(Part::Word(at + word.len()))
            }
            _ => None,
        }
    }

    /// Separators from `at` on: blanks, commas, one line break with what marks
    /// a quoted line.
    fn gap(&self, at: usize) -> Option<Gap> {
        let rest = &self.text[at..];
        let mut gap = Gap { end: at, has_mark: false, has_break: false };
        let mut breaks = 0;
        for c in rest.chars() {
            match c {
                '\n' => breaks += 1,
                ' ' | '\t' | '\r' | '\u{a0}' => {}
                ',' | '-' | '–' | '(' | ')' | ';' => gap.has_mark = true,
                '.' if !self.ends_sentence(gap.end) => {}
                '>' | '?' | '|' | '*' if breaks > 0 => {}
                _ => break,
            }
            gap.end += c.len_utf8();
        }
        gap.has_break = breaks > 0;
        (gap.end > at && gap.end < self.text.len() && breaks <= 2).then_some(gap)
    }

    /// Whether the full stop at `at` is neither an abbreviation's nor an
    /// ordinal's.
    fn ends_sentence(&self, at: usize) -> bool {
        let (before, after) = (&self.text[..at], &self.text[at + 1..]);
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_ordinal = word.chars().all(char::is_numeric)
            && (after.starts_with(['\n', ',']) || unit_len(after.trim_start_matches(' ')).is_some());
        !(after.starts_with([' ', '\n', ',']) && (is_ordinal || is_street_abbreviation(word)))
    }

    /// A few words in commas between a street and the postal code and town
    /// that end its address: where the town ends.
    fn behind_description(&self, at: usize) -> Option<usize> {
        const DESCRIPTION_BYTES_MAX: usize = 100;
        let rest = self.text[at..].strip_prefix(", ")?;
        let from = at + 2;
        let mut comma = 0;
        while let Some(next) = rest[comma..].find([',', '.', ';', '\n', '(']) {
            let mark = comma + next;
            if mark > DESCRIPTION_BYTES_MAX || !rest[mark..].starts_with(", ") {
                return None;
            }
            comma = mark + 2;
            let Some(len) = postal_code_len(&rest[comma..]) else { continue };
            let town = rest[comma + len..].strip_prefix(' ').map(word)?;
            return town.starts_with(char::is_uppercase).then(|| from + comma + len + 1 + town.len());
        }
        None
    }

    /// The other street of a corner behind `end`.
    fn crossing(&self, end: usize, is_corner: bool) -> Option<usize> {
        let rest = &self.text[end..];
        let link = [" and ", " & "]
            .into_iter()
            .find(|link| rest.get(..link.len()).is_some_and(|start| start.eq_ignore_ascii_case(link)))?;
        let at = end + link.len();
        match self.piece_at(at) {
            Some(piece) if piece.is_street && (is_corner || !self.text[at..piece.end].contains(char::is_numeric)) => {
                Some(piece.end)
            }
            _ if is_corner => self.named_street(at),
            _ => None,
        }
    }

    /// Up to four words from `at` on, to the kind of street that ends them.
    fn named_street(&self, at: usize) -> Option<usize> {
        let mut end = at;
        for _ in 0..4 {
            let found = word(&self.text[end..]);
            end += found.len();
            if matches!(found.to_lowercase().as_str(), "street" | "st" | "road" | "rd" | "avenue" | "ave") {
                return Some(end);
            }
            if !self.text[end..].starts_with(' ') {
                return None;
            }
            end += 1;
        }
        None
    }

    /// Where the address of a street at `start` begins.
    fn start_of(&self, start: usize, floor: usize) -> usize {
        let mut start = start;
        for _ in 0..4 {
            let Some(before) = self.before(start, floor) else { break };
            start = before;
        }
        self.corner(start, floor).unwrap_or(start)
    }

    /// The part that ends right before `start`: a found one, a house number,
    /// a unit.
    fn before(&self, start: usize, floor: usize) -> Option<usize> {
        let text = &self.text[floor..start];
        let trimmed = text.trim_end_matches([' ', ',', '.', '#', '\n']);
        let gap = &text[trimmed.len()..];
        if trimmed.is_empty() || gap.len() > 3 || gap.is_empty() {
            return None;
        }
        let end = floor + trimmed.len();
        if let Some(piece) = self.piece_at(end - 1).filter(|piece| piece.end <= start) {
            let is_wrapped = gap.contains('\n');
            return (piece.start >= floor && (piece.is_street || !is_wrapped)).then_some(piece.start);
        }
        let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
        let is_number = (1..=5).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_digit());
        let is_unit =
            !gap.contains('\n') && is_designator(last) && self.text[start..].starts_with(|c: char| c.is_numeric());
        let is_free = !self.is_other(end - 1);
        ((is_number && gap == " " || is_unit) && is_free).then(|| end - last.len())
    }

    /// "the corner of X and" in front of `start`, or a street without a number
    /// and "and".
    fn corner(&self, start: usize, floor: usize) -> Option<usize> {
        const CORNER_BYTES_MAX: usize = 80;
        let mut from = start.saturating_sub(CORNER_BYTES_MAX).max(floor);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let before = &self.text[from..start];
        let lower = before.to_ascii_lowercase();
        if let Some(at) = lower.rfind("corner of ") {
            let between = &lower[at + "corner of ".len()..];
            let at = if lower[..at].ends_with("the ") { at - "the ".len() } else { at };
            return (between.is_empty() || (between.ends_with(" and ") && !between.contains(['\n', ';'])))
                .then_some(from + at);
        }
        let name = before.strip_suffix(" and ")?;
        let word = name.rsplit(|c: char| c.is_whitespace()).next().filter(|word| !word.is_empty())?;
        let lead = name[..name.len() - word.len()].trim_end_matches(' ').rsplit(|c: char| !c.is_alphabetic()).next()?;
        let is_place = matches!(lead.to_lowercase().as_str(), "" | "at" | "to" | "in" | "is" | "of" | "from" | "near");
        (is_place && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’')))
            .then(|| from + name.len() - word.len())
    }

    fn without_particle(&self, end: usize, at: usize) -> usize {
        let town = &self.text[end..at];
        let last = town.rsplit(' ').next().unwrap_or_default();
        if is_particle(last) { at - last.len() - 1 } else { at }
    }

    fn piece_at(&self, at: usize) -> Option<&Piece> {
        let next = self.pieces.partition_point(|piece| piece.end <= at);
        self.pieces.get(next).filter(|piece| piece.start <= at)
    }

    fn is_other(&self, at: usize) -> bool {
        let next = self.others.partition_point(|other| other.start <= at);
        self.others[..next].iter().rev().take(4).any(|other| at < other.end)
    }
}
