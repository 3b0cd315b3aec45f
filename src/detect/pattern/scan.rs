//! Running the catalogue over one text.
//!
//! One pass finds the literals and one the groups of digits; both tell where
//! which entries may find something. Context words are looked for around these
//! places only, and entries that need context are tried where some stands.

use regex_automata::{Anchored, Input, meta::Regex, util::captures::Captures};

use super::catalogue::Catalogue;
use super::context::{CONTEXT_AFTER_BYTES, CONTEXT_BEFORE_BYTES, Context, Surroundings};
use super::digits::{DigitGroup, digit_groups};
use super::entry::{Entry, Gate};
use super::entry_set::EntrySet;
use super::judge::Verdict;
use super::language::Languages;
use super::need::Shape;
use super::patterns::{BrokenPattern, VALUE_GROUP};
use super::windows::{Regions, Window, Windows};
use super::words::is_whole_word;
use crate::detect::{DetectorKind, Span};

/// What a policy lets the catalogue look for.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// The labels, as [`crate::detect::Label`] bits.
    pub(crate) label_bits: u128,
    /// Languages of context words.
    pub(crate) languages: Languages,
}

/// What one entry takes for a value.
pub(crate) struct Proposal {
    /// Number of the entry.
    pub(super) entry: u16,
    /// The value's bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) verdict: Verdict,
}

/// What the catalogue says of an entry.
pub(crate) struct Says<'a> {
    pub(crate) name: &'a str,
    /// Confidence without context.
    pub(crate) base: Option<f32>,
    pub(crate) validator: Option<&'a str>,
}

/// What was refused may hide a value that starts a little later; not so in what
/// is longer than this, in bytes.
const RETRIED_BYTES_MAX: usize = 128;

/// A value that is a whole text is no longer than this, in bytes.
const WHOLE_TEXT_BYTES_MAX: usize = 32;

/// A text that is being looked into.
struct Scan<'a> {
    catalogue: &'a Catalogue,
    text: &'a str,
    enabled: &'a EntrySet,
    surroundings: Surroundings<'a>,
    /// Whether to look into what decides nothing, too.
    explains: bool,
}

impl Catalogue {
    /// The values in `text`, unsorted, possibly overlapping; `key` is the JSON
    /// key or form label that the text stands under.
    ///
    /// # Errors
    /// When an entry that may find something does not compile.
    pub(crate) fn scan(&self, text: &str, key: Option<&str>, scope: Scope) -> Result<Vec<Span>, BrokenPattern> {
        self.scan_with(text, key, scope, &self.entries_of(scope.label_bits))
    }

    /// [`Catalogue::scan`] with only the entries in `enabled`.
    pub(super) fn scan_with(
        &self,
        text: &str,
        key: Option<&str>,
        scope: Scope,
        enabled: &EntrySet,
    ) -> Result<Vec<Span>, BrokenPattern> {
        let mut spans = Vec::new();
        self.propose(text, key, scope, enabled, false, |proposal| {
            if proposal.verdict.score.is_ok() {
                spans.push(self.span(&proposal));
            }
        })?;
        Ok(spans)
    }

    /// What each entry proposes, with what speaks for and against it.
    ///
    /// # Errors
    /// As [`Catalogue::scan`].
    pub(crate) fn explain(&self, text: &str, key: Option<&str>, scope: Scope) -> Result<Vec<Proposal>, BrokenPattern> {
        let mut proposals = Vec::new();
        let enabled = self.entries_of(scope.label_bits);
        self.propose(text, key, scope, &enabled, true, |proposal| proposals.push(proposal))?;
        Ok(proposals)
    }

    /// The span of a proposal; the score of a refused one is 0.
    pub(crate) fn span(&self, proposal: &Proposal) -> Span {
        Span {
            start: proposal.start,
            end: proposal.end,
            label: self.entries[usize::from(proposal.entry)].label,
            score: proposal.verdict.score.unwrap_or(0.0),
            detector: DetectorKind::Pattern,
        }
    }

    /// What the catalogue says of the entry that made a proposal.
    pub(crate) fn entry(&self, proposal: &Proposal) -> Says<'_> {
        let entry = &self.entries[usize::from(proposal.entry)];
        Says { name: &entry.name, base: entry.score, validator: entry.validator_name.as_deref() }
    }

    /// A context word as the catalogue writes it.
    pub(crate) fn context_word(&self, context: Context) -> &str {
        &self.words.word(context.word).text
    }

    fn propose(
        &self,
        text: &str,
        key: Option<&str>,
        scope: Scope,
        enabled: &EntrySet,
        explains: bool,
        mut found: impl FnMut(Proposal),
    ) -> Result<(), BrokenPattern> {
        let surroundings = Surroundings::of(self, text, key, scope.languages);
        let may_be_whole = key.is_none() && text.trim().len() <= WHOLE_TEXT_BYTES_MAX;
        let enabled = if may_be_whole { *enabled } else { enabled.without(&self.whole_text) };
        let mut scan = Scan { catalogue: self, text, enabled: &enabled, surroundings, explains };
        scan.open_windows().into_iter().try_for_each(|window| scan.search(window, &mut found))
    }
}

impl Scan<'_> {
    /// The stretches of the text to search, by entry.
    fn open_windows(&mut self) -> Vec<Window> {
        let mut windows = Windows::new(self.catalogue.entries.len());
        let mut around = Regions::default();
        for id in self.catalogue.context_gated.intersection(&self.surroundings.keyed).intersection(self.enabled).iter()
        {
            windows.add(id, 0, self.text.len());
        }
        let by_context = self.catalogue.context_gated.intersection(self.enabled);
        for (value, entries) in self.surroundings.headed_values(by_context) {
            entries.iter().for_each(|id| windows.add(id, value.start, value.end));
        }
        self.open_at_literals(&mut windows, &mut around);
        self.open_at_digits(&mut windows, &mut around);
        self.surroundings.look_around(&around.joined());
        self.open_at_digits_in_context(&mut windows);
        windows.finish()
    }

    fn open_at_literals(&self, windows: &mut Windows, around: &mut Regions) {
        self.catalogue.literals.find(self.text, |start, end, opens| {
            for id in opens.anywhere.iter().filter(|id| self.enabled.contains(**id)) {
                self.open(windows, around, *id, start, end);
            }
            if !opens.as_word.is_empty() && is_whole_word(self.text, start, end) {
                let spoken_for = opens.as_word.iter().filter(|(_, of)| of.meets(self.surroundings.languages));
                for (id, _) in spoken_for.filter(|(id, _)| self.enabled.contains(*id)) {
                    self.open(windows, around, *id, start, end);
                }
            }
        });
    }

    /// Opens the entries that need no context.
    fn open_at_digits(&self, windows: &mut Windows, around: &mut Regions) {
        let free = self.enabled.intersection(&self.catalogue.free);
        digit_groups(self.text.as_bytes(), |group| {
            let fitting = self.fitting(group, self.enabled);
            fitting.intersection(&free).iter().for_each(|id| self.open(windows, around, id, group.start, group.end));
            if !fitting.without(&free).is_empty() {
                self.note(around, group.start, group.end);
            }
        });
    }

    /// Opens the entries that find nothing without context, where they have it.
    fn open_at_digits_in_context(&self, windows: &mut Windows) {
        let bound = self.enabled.without(&self.catalogue.free);
        let mut unused = Regions::default();
        digit_groups(self.text.as_bytes(), |group| {
            let start = group.start.saturating_sub(self.catalogue.reach_max);
            let spoken_for = match self.explains {
                true => bound,
                false => self.surroundings.spoken_for(start, group.end + self.catalogue.reach_max),
            };
            let fitting = self.fitting(group, &bound.intersection(&spoken_for));
            fitting.iter().for_each(|id| self.open(windows, &mut unused, id, group.start, group.end));
        });
    }

    /// Those of `entries` that the text around `group` has the shape for.
    fn fitting(&self, group: DigitGroup, entries: &EntrySet) -> EntrySet {
        let possible = self.catalogue.entries_for(group).intersection(entries);
        let mut fitting = EntrySet::default();
        for needs in self.catalogue.needs.iter().filter(|needs| needs.entries.meets(&possible)) {
            let start = group.start.saturating_sub(needs.reach[0]);
            let end = (group.end + needs.reach[1]).min(self.text.len());
            fitting = fitting.union(&needs.met_by(&Shape::of(self.text.as_bytes(), start, end)));
        }
        fitting.intersection(&possible)
    }

    fn open(&self, windows: &mut Windows, around: &mut Regions, id: u16, start: usize, end: usize) {
        let entry = &self.catalogue.entries[usize::from(id)];
        let (start, end) = (start.saturating_sub(entry.reach[0]), (end + entry.reach[1]).min(self.text.len()));
        windows.add(id, start, end);
        if entry.has_context {
            self.note(around, start, end);
        }
    }

    /// Notes where the context of a value that begins in `start..end` stands.
    fn note(&self, around: &mut Regions, start: usize, end: usize) {
        let before = self.catalogue.reach_max + CONTEXT_BEFORE_BYTES + self.catalogue.words.len_max();
        around.add(start.saturating_sub(before), end + self.catalogue.reach_max + CONTEXT_AFTER_BYTES);
    }

    fn search(&self, window: Window, found: &mut impl FnMut(Proposal)) -> Result<(), BrokenPattern> {
        let entry = &self.catalogue.entries[usize::from(window.entry)];
        if entry.digits_min > 0 && entry.gate == Gate::Literals && self.digits_in(window) < entry.digits_min {
            return Ok(());
        }
        let regex = entry.patterns.regex()?;
        let mut captures = entry.patterns.has_value_group.then(|| regex.create_captures());
        let mut at = floor_char_boundary(self.text, window.start);
        while let Some((whole, value)) = self.next_match(regex, at, window.end, captures.as_mut()) {
            let verdict = (value.0 < value.1).then(|| self.judge(entry, window.entry, value));
            let is_refused = verdict.as_ref().is_none_or(|verdict| verdict.score.is_err());
            let is_retried = is_refused && whole.1 - whole.0 <= RETRIED_BYTES_MAX;
            at = if is_retried { whole.0 + 1 } else { value.1.max(whole.0 + 1) };
            at = ceil_char_boundary(self.text, at);
            if let Some(verdict) = verdict {
                found(Proposal { entry: window.entry, start: value.0, end: value.1, verdict });
            }
        }
        Ok(())
    }

    fn judge(&self, entry: &Entry, id: u16, value: (usize, usize)) -> Verdict {
        Verdict::of(entry, self.text, value, |is_wanted| {
            let context = (is_wanted || self.explains).then(|| self.surroundings.context(entry, id, value));
            context.flatten()
        })
    }

    fn digits_in(&self, window: Window) -> usize {
        self.text.as_bytes()[window.start..window.end].iter().filter(|byte| byte.is_ascii_digit()).count()
    }

    /// The next match that starts in `at..end`, and its value. A match that
    /// the end of the window cuts is tried again with more room.
    fn next_match(
        &self,
        regex: &Regex,
        at: usize,
        end: usize,
        captures: Option<&mut Captures>,
    ) -> Option<((usize, usize), (usize, usize))> {
        let mut end = ceil_char_boundary(self.text, end);
        loop {
            if at >= end {
                return None;
            }
            let found = regex.search(&Input::new(self.text).span(at..end))?;
            let whole = (found.start(), found.end());
            if found.end() == end && end < self.text.len() {
                let room = 4 * (end - found.start()).max(32);
                end = ceil_char_boundary(self.text, (end + room).min(self.text.len()));
                continue;
            }
            let Some(captures) = captures else {
                return Some((whole, whole));
            };
            let again = Input::new(self.text).span(whole.0..end).anchored(Anchored::Yes);
            regex.search_captures(&again, captures);
            let value = captures.get_group_by_name(VALUE_GROUP).map_or(whole, |group| (group.start, group.end));
            return Some((whole, value));
        }
    }
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
