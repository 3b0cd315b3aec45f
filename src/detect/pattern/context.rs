//! What speaks for a value: the key and the column it stands under, the words
//! around it.

use std::ops::Range;

use super::catalogue::Catalogue;
use super::columns::{self, Cell};
use super::entry::Entry;
use super::entry_set::EntrySet;
use super::language::Languages;
use super::words::Hit;

/// Context counts up to this far before a value, in bytes: a clause.
pub(super) const CONTEXT_BEFORE_BYTES: usize = 56;
/// Context counts up to this far after a value, in bytes: a few words.
pub(super) const CONTEXT_AFTER_BYTES: usize = 32;
/// A key is context for a value up to this long, in bytes; longer strings are
/// prose that happens to stand under a key.
const KEYED_VALUE_BYTES_MAX: usize = 256;

/// What speaks for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Context {
    /// Where it stands.
    pub(crate) place: Place,
    /// The word's number in the catalogue.
    pub(super) word: Hit,
}

/// Where a context word stands, seen from its value; the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    /// In the key that the whole text stands under.
    Key,
    /// In the header of the value's column.
    Column,
    /// In the key, tag or label of the value's own field: `"ssn": "..."`.
    Field,
    /// Before it, in the same clause.
    Before,
    /// After it, in the same clause.
    After,
    /// In another sentence or line.
    OtherClause,
}

/// A text with what is known of the context in it.
pub(super) struct Surroundings<'a> {
    catalogue: &'a Catalogue,
    text: &'a str,
    pub(super) languages: Languages,
    /// Entries that the key speaks for.
    pub(super) keyed: EntrySet,
    /// Words of the key.
    key_hits: Vec<Hit>,
    /// Values in tables whose header speaks for some entries, by rising place.
    columns: Vec<Cell>,
    /// Context words in the text where it was looked for them, by rising end.
    hits: Vec<Hit>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn of(
        catalogue: &'a Catalogue,
        text: &'a str,
        key: Option<&str>,
        languages: Languages,
    ) -> Surroundings<'a> {
        let key_hits = match key {
            Some(key) if text.len() <= KEYED_VALUE_BYTES_MAX => catalogue.words.hits(key, 0, key.len()),
            _ => Vec::new(),
        };
        let mut columns = Vec::new();
        let speaks = |header: Range<usize>| !catalogue.words.hits(text, header.start, header.end).is_empty();
        columns::cells(text, speaks, |cell| columns.push(cell));
        columns.sort_unstable_by_key(|cell| cell.value.start);
        let keyed = EntrySet::default();
        let mut surroundings = Surroundings { catalogue, text, languages, keyed, key_hits, columns, hits: Vec::new() };
        surroundings.keyed = surroundings.entries_of(&surroundings.key_hits);
        surroundings
    }

    /// Finds the context words in `regions`, which are sorted and apart.
    pub(super) fn look_around(&mut self, regions: &[(usize, usize)]) {
        for (start, end) in regions {
            self.hits.extend(self.catalogue.words.hits(self.text, *start, (*end).min(self.text.len())));
        }
    }

    /// The entries that something speaks for, for a value in `start..end`.
    pub(super) fn spoken_for(&self, start: usize, end: usize) -> EntrySet {
        let near = self.keyed.union(&self.entries_of(self.hits_near(start, end)));
        self.columns_at(start, end).iter().fold(near, |near, cell| near.union(&self.headed(cell)))
    }

    /// The values in tables that some of `entries` are spoken for in, with
    /// these.
    pub(super) fn headed_values(&self, entries: EntrySet) -> impl Iterator<Item = (&Range<usize>, EntrySet)> {
        let headed = self.columns.iter().map(move |cell| (&cell.value, self.headed(cell).intersection(&entries)));
        headed.filter(|(_, entries)| !entries.is_empty())
    }

    /// The entries that the header of `cell` speaks for.
    fn headed(&self, cell: &Cell) -> EntrySet {
        self.entries_of(&self.header_hits(cell))
    }

    fn header_hits(&self, cell: &Cell) -> Vec<Hit> {
        self.catalogue.words.hits(self.text, cell.header.start, cell.header.end)
    }

    fn columns_at(&self, start: usize, end: usize) -> &[Cell] {
        let first = self.columns.partition_point(|cell| cell.value.end <= start);
        let len = self.columns[first..].partition_point(|cell| cell.value.start < end);
        &self.columns[first..first + len]
    }

    /// The strongest context of `value` for `entry`.
    pub(super) fn context(&self, entry: &Entry, id: u16, value: (usize, usize)) -> Option<Context> {
        if let Some(word) = self.key_hits.iter().find(|hit| self.speaks_for(**hit, id)) {
            return Some(Context { place: Place::Key, word: *word });
        }
        let column = self.columns_at(value.0, value.1).first().filter(|cell| value.1 <= cell.value.end);
        let mut header = column.into_iter().flat_map(|cell| self.header_hits(cell));
        if let Some(word) = header.find(|hit| self.speaks_for(*hit, id)) {
            return Some(Context { place: Place::Column, word });
        }
        let near = self.hits_near(value.0, value.1).iter().filter(|hit| self.speaks_for(**hit, id));
        near.filter_map(|hit| Some(Context { place: self.place(entry, *hit, value)?, word: *hit }))
            .min_by_key(|context| context.place)
    }

    /// The entries that a key or a word beside `start..end`, not in it, speaks
    /// for.
    pub(super) fn spoken_for_beside(&self, start: usize, end: usize) -> EntrySet {
        let beside = self.hits_near(start, end).iter().filter(|hit| hit.end <= start || end <= hit.start);
        let near = self.keyed.union(&self.entries_of(&beside.copied().collect::<Vec<_>>()));
        self.columns_at(start, end).iter().fold(near, |near, cell| near.union(&self.headed(cell)))
    }

    fn hits_near(&self, start: usize, end: usize) -> &[Hit] {
        let first = self.hits.partition_point(|hit| hit.end + CONTEXT_BEFORE_BYTES < start);
        let len = self.hits[first..].partition_point(|hit| hit.end <= end + CONTEXT_AFTER_BYTES);
        &self.hits[first..first + len]
    }

    fn speaks_for(&self, hit: Hit, id: u16) -> bool {
        let speaks_for = &self.catalogue.words.word(hit).speaks_for;
        speaks_for.iter().any(|(of, language)| *of == id && language.meets(self.languages))
    }

    fn entries_of(&self, hits: &[Hit]) -> EntrySet {
        let mut entries = EntrySet::default();
        for hit in hits {
            let speaks_for = self.catalogue.words.word(*hit).speaks_for.iter();
            speaks_for.filter(|(_, of)| of.meets(self.languages)).for_each(|(id, _)| entries.insert(*id));
        }
        entries
    }

    /// Where `hit` stands, seen from `value`; `None` when it is part of it or
    /// too far away for the entry.
    fn place(&self, entry: &Entry, hit: Hit, value: (usize, usize)) -> Option<Place> {
        let [before_max, after_max] = entry.context_reach;
        if hit.end <= value.0 && value.1 - hit.end <= before_max {
            let between = &self.text[hit.end..value.0];
            return Some(match () {
                () if is_label_of_field(between) => Place::Field,
                () if parts_clauses(between) => Place::OtherClause,
                () => Place::Before,
            });
        }
        if value.1 <= hit.start && hit.start - value.0 <= after_max {
            let between = &self.text[value.1..hit.start];
            return Some(if parts_clauses(between) { Place::OtherClause } else { Place::After });
        }
        None
    }
}

/// Whether what stands between a word and a value is the rest of a field's key
/// and the marks behind it: `"ssn": "`, `ssn_no=`, `<ssn>`, `SSN:` and a line
/// break.
fn is_label_of_field(between: &str) -> bool {
    let Some(mark) = between.find([':', '=', '>']) else { return false };
    let (key, marks) = between.split_at(mark);
    let is_key = key.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'"' | b'\'' | b' ' | b'*' | b'.' | b'#')
    });
    is_key
        && marks.bytes().all(|byte| {
            byte.is_ascii_whitespace()
                || matches!(byte, b':' | b'=' | b'>' | b'"' | b'\'' | b'*' | b'[' | b'`' | b'\\' | b'(' | b'|' | b'<')
        })
}

/// Whether a sentence or line ends in `between`.
fn parts_clauses(between: &str) -> bool {
    let bytes = between.as_bytes();
    let ends = |at: usize| {
        matches!(bytes[at], b'.' | b'!' | b'?' | b';') && bytes.get(at + 1).is_some_and(u8::is_ascii_whitespace)
    };
    (0..bytes.len()).any(|at| bytes[at] == b'\n' || ends(at))
}
