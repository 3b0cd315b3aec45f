//! A regular expression that somebody else wrote, within limits.

use std::ops::Range;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::PatternError;

/// The longest expression, in characters.
pub(super) const CHARS_MAX: usize = 2000;
/// The most memory that an expression may compile to.
pub(super) const SIZE_MAX_BYTES: usize = 1 << 20;
/// What a search may remember of an expression's states, for each thread.
const CACHE_MAX_BYTES: usize = 1 << 18;
/// Groups and repetitions inside each other.
const NESTING_MAX: u32 = 50;
/// A search looks ahead so far at a time.
const WINDOW_BYTES: usize = 4096;
/// A match up to this long is found wherever it stands. A longer one is found where a shorter
/// part of it is a match too.
const MATCH_BYTES_MAX: usize = 1024;
/// The name of the group that holds the value, as in the catalogue.
const VALUE_GROUP: &str = "v";

/// A compiled expression; cheap to clone.
#[derive(Clone)]
pub(in crate::detect) struct TextPattern {
    regex: Regex,
    has_value_group: bool,
}

/// Where an expression matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::detect) struct Found {
    /// The whole match.
    pub(in crate::detect) whole: Range<usize>,
    /// What its group `v` holds, or else the whole match.
    pub(in crate::detect) value: Range<usize>,
}

impl TextPattern {
    pub(in crate::detect) fn compile(pattern: &str, ignore_case: bool) -> Result<TextPattern, PatternError> {
        if pattern.len() > CHARS_MAX && pattern.chars().count() > CHARS_MAX {
            return Err(PatternError::Long);
        }
        let syntax = syntax::Config::new().case_insensitive(ignore_case).nest_limit(NESTING_MAX);
        let parsed = syntax::parse_with(pattern, &syntax).map_err(|error| PatternError::Syntax(last_line(&error)))?;
        match parsed.properties().minimum_len() {
            Some(0) => return Err(PatternError::MatchesEmpty),
            Some(_) => {}
            None => return Err(PatternError::MatchesNothing),
        }
        let limits = Regex::config().nfa_size_limit(Some(SIZE_MAX_BYTES)).hybrid_cache_capacity(CACHE_MAX_BYTES);
        let regex =
            Regex::builder().configure(limits).build_from_hir(&parsed).map_err(|error| match error.size_limit() {
                Some(_) => PatternError::Large,
                None => PatternError::Syntax(last_line(&error)),
            })?;
        let mut groups = regex.group_info().pattern_names(regex_automata::PatternID::ZERO);
        let has_value_group = groups.any(|name| name == Some(VALUE_GROUP));
        Ok(TextPattern { regex, has_value_group })
    }

    /// Each match in `text`, by rising start and without overlaps.
    pub(in crate::detect) fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Found> + use<'t, '_> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let found = self.find_from(text, at)?;
            at = found.whole.end;
            Some(found)
        })
    }

    /// The first match at or after `at`.
    ///
    /// Takes time in proportion to the way to its end and to one window: an expression
    /// such as `x.*y|x` would else read to the end of the text for each `x`.
    pub(in crate::detect) fn find_from(&self, text: &str, mut at: usize) -> Option<Found> {
        let mut end = text.ceil_char_boundary(at + WINDOW_BYTES);
        loop {
            let whole = self.regex.search(&Input::new(text).span(at..end)).map(|found| found.range());
            let is_last = end == text.len();
            // Where a match may be cut by the window's end, a better one begins before, perhaps.
            let surely_before = text.floor_char_boundary(end - MATCH_BYTES_MAX.min(end - at));
            match whole {
                Some(whole) if is_last || whole.start <= surely_before && whole.end < end => {
                    return Some(Found { value: self.value(text, &whole), whole });
                }
                Some(whole) if whole.start <= surely_before => {
                    at = whole.start;
                    end = text.ceil_char_boundary(end + 4 * (end - at));
                }
                None if is_last => return None,
                _ => {
                    at = surely_before;
                    end = text.ceil_char_boundary(at + WINDOW_BYTES);
                }
            }
        }
    }

    fn value(&self, text: &str, whole: &Range<usize>) -> Range<usize> {
        if !self.has_value_group {
            return whole.clone();
        }
        let mut captures = self.regex.create_captures();
        let again = Input::new(text).span(whole.clone()).anchored(Anchored::Yes);
        self.regex.search_captures(&again, &mut captures);
        captures.get_group_by_name(VALUE_GROUP).map_or(whole.clone(), |group| group.start..group.end)
    }
}

/// Of a message with a drawing above it, what it says: the drawing repeats the expression.
fn last_line(error: &dyn std::error::Error) -> String {
    let message = error.to_string();
    let line = message.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
