//! What a stretch of text must hold for a pattern to match in it.
//!
//! Many entries open for the same few digits, and a look at the shape of the
//! text around these tells for nearly all of them that a search is in vain: a
//! card number has runs of four digits, a MAC address colons behind digits, a
//! fiscal code sixteen letters and digits in a row. The needs are read off the
//! patterns themselves.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::entry_set::EntrySet;

/// What a match holds at least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Need {
    /// For each set: a run of digits, as long as it goes, of a length in it.
    runs: [Lengths; 3],
    /// Letters and digits in a row.
    word_len_min: u8,
    /// A digit with one of these kinds of bytes behind it.
    behind_digit: Kinds,
    /// A digit with one of these kinds of bytes in front of it.
    before_digit: Kinds,
}

/// What a stretch of text with a digit in it holds.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    runs: Lengths,
    word_len_max: u8,
    behind_digit: Kinds,
    before_digit: Kinds,
}

/// A set of lengths; the last bit stands for itself and everything longer.
type Lengths = u64;
const LENGTH_MAX: usize = 63;
const ANY_LENGTH: Lengths = u64::MAX;

/// A set of kinds of bytes, see [`kind`].
type Kinds = u32;
const ANY_KIND: Kinds = u32::MAX;
/// In every shape, so that it meets the need of any kind.
const NO_KIND: Kinds = 1 << 31;

/// The needs of entries that look at the same stretch around digits, each once.
pub(super) struct Needs {
    /// How many bytes before and after the digits the stretch reaches.
    pub(super) reach: [usize; 2],
    /// All entries that look at it.
    pub(super) entries: EntrySet,
    /// At `n`: those for which a run of `n` digits is enough, and the entries
    /// that have them.
    by_run: Vec<Vec<(Need, EntrySet)>>,
}

impl Needs {
    /// The needs of `entries`, given as number, reach and needs, by reach.
    pub(super) fn by_reach<'a>(entries: impl Iterator<Item = (u16, [usize; 2], &'a [Need])>) -> Vec<Needs> {
        let mut by_reach: BTreeMap<[usize; 2], (EntrySet, BTreeMap<Need, EntrySet>)> = BTreeMap::new();
        for (id, reach, needs) in entries {
            let (all, by_need) = by_reach.entry(reach).or_default();
            all.insert(id);
            needs.iter().for_each(|need| by_need.entry(*need).or_default().insert(id));
        }
        let of_run = |needs: &BTreeMap<Need, EntrySet>, run: usize| {
            let needs = needs.iter().filter(|(need, _)| need.runs[0] >> run & 1 == 1);
            needs.map(|(need, entries)| (*need, *entries)).collect()
        };
        let needs = |(reach, (entries, needs))| Needs {
            reach,
            entries,
            by_run: (0..=LENGTH_MAX).map(|run| of_run(&needs, run)).collect(),
        };
        by_reach.into_iter().map(needs).collect()
    }

    /// The entries that may match in a stretch of this shape.
    pub(super) fn met_by(&self, shape: &Shape) -> EntrySet {
        let mut entries = EntrySet::default();
        let mut runs = shape.runs;
        while runs != 0 {
            let needs = &self.by_run[runs.trailing_zeros() as usize];
            needs.iter().filter(|(need, _)| need.is_met_by(shape)).for_each(|(_, of)| entries = entries.union(of));
            runs &= runs - 1;
        }
        entries
    }
}

impl Need {
    const NOTHING: Need =
        Need { runs: [ANY_LENGTH; 3], word_len_min: 0, behind_digit: ANY_KIND, before_digit: ANY_KIND };

    fn is_met_by(&self, shape: &Shape) -> bool {
        // All of it is looked at: that is quicker than to find out whether to.
        (self.runs[0] & shape.runs != 0)
            & (self.runs[1] & shape.runs != 0)
            & (self.runs[2] & shape.runs != 0)
            & (self.word_len_min <= shape.word_len_max)
            & (self.behind_digit & shape.behind_digit != 0)
            & (self.before_digit & shape.before_digit != 0)
    }

    /// What each way to match `pattern` needs.
    pub(super) fn of(pattern: &Hir) -> Vec<Need> {
        let mut needs: Vec<Need> = ways(pattern).iter().map(|parts| Need::of_parts(parts)).collect();
        needs.dedup();
        needs
    }

    fn of_parts(parts: &[Part]) -> Need {
        let mut need = Need::NOTHING;
        need.word_len_min = longest(parts, |part| part.is_only(Bytes::WORD));
        let mut runs: Vec<Lengths> = clusters(parts).into_iter().map(run_lengths).collect();
        runs.sort_by_key(|lengths| lengths.count_ones());
        need.runs.iter_mut().zip(runs).for_each(|(need, lengths)| *need = lengths);
        let solid: Vec<&Part> = parts.iter().filter(|part| part.max > 0).collect();
        for (at, _) in solid.iter().enumerate().filter(|(_, part)| part.min > 0 && part.is_only(Bytes::DIGITS)) {
            narrow(&mut need.before_digit, kinds_next(solid[..at].iter().rev().copied()));
            narrow(&mut need.behind_digit, kinds_next(solid[at + 1..].iter().copied()));
        }
        need
    }
}

/// What the byte next to a digit is, given the parts on that side.
fn kinds_next<'a>(parts: impl Iterator<Item = &'a Part>) -> Kinds {
    let mut kinds = 0;
    for part in parts {
        if !part.has_no_digit() {
            break;
        }
        kinds |= part.bytes.kinds();
        if part.min > 0 {
            return kinds;
        }
    }
    ANY_KIND
}

fn narrow(kinds: &mut Kinds, other: Kinds) {
    if other.count_ones() < kinds.count_ones() {
        *kinds = other;
    }
}

/// The least number of digits in a match of `pattern`.
pub(super) fn digits_min(pattern: &Hir) -> usize {
    match pattern.kind() {
        HirKind::Literal(literal) => literal.0.iter().filter(|byte| byte.is_ascii_digit()).count(),
        HirKind::Class(class) => usize::from(Bytes::of_class(class).is_within(Bytes::DIGITS)),
        HirKind::Repetition(repetition) => digits_min(&repetition.sub).saturating_mul(repetition.min as usize),
        HirKind::Capture(capture) => digits_min(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(digits_min).sum(),
        HirKind::Alternation(ways) => ways.iter().map(digits_min).min().unwrap_or(0),
        HirKind::Empty | HirKind::Look(_) => 0,
    }
}

impl Shape {
    /// The shape of `text[start..end]`; runs go on to their ends outside it.
    pub(super) fn of(text: &[u8], start: usize, end: usize) -> Shape {
        let is_word = |at: &usize| KINDS[usize::from(text[*at])] & WORD_KINDS != 0;
        let start = start - (start.saturating_sub(LENGTH_MAX)..start).rev().take_while(is_word).count();
        let end = end + (end..text.len().min(end + LENGTH_MAX)).take_while(is_word).count();
        let mut shape = Shape { runs: 0, word_len_max: 0, behind_digit: NO_KIND, before_digit: NO_KIND };
        let (mut word, mut word_max, mut run) = (0_usize, 0_usize, 0_usize);
        let mut before = start.checked_sub(1).map_or(NO_KIND, |at| KINDS[usize::from(text[at])]);
        for byte in &text[start..end] {
            let kind = KINDS[usize::from(*byte)];
            if kind == DIGIT_KIND {
                shape.before_digit |= before;
                run += 1;
            } else if run > 0 {
                shape.behind_digit |= kind;
                shape.runs |= 1 << run.min(LENGTH_MAX);
                run = 0;
            }
            word = if kind & WORD_KINDS != 0 { word + 1 } else { 0 };
            word_max = word_max.max(word);
            before = kind;
        }
        if run > 0 {
            shape.runs |= 1 << run.min(LENGTH_MAX);
            shape.behind_digit |= text.get(end).map_or(0, |byte| KINDS[usize::from(*byte)]);
        }
        shape.word_len_max = word_max.min(usize::from(u8::MAX)) as u8;
        shape
    }
}

/// A piece of a pattern that matches `min` to `max` of some bytes.
#[derive(Clone, Copy)]
struct Part {
    bytes: Bytes,
    min: usize,
    max: usize,
    is_boundary: bool,
}

impl Part {
    fn is_only(&self, bytes: Bytes) -> bool {
        !self.is_boundary && self.bytes.is_within(bytes)
    }

    fn has_no_digit(&self) -> bool {
        !self.bytes.meets(Bytes::DIGITS)
    }
}

/// More ways to match than this are taken as one that knows less.
const WAYS_MAX: usize = 12;

/// The ways to match `pattern`, each as its parts.
fn ways(pattern: &Hir) -> Vec<Vec<Part>> {
    match pattern.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Literal(literal) => {
            let part = |byte: &u8| Part { bytes: Bytes::default().with(*byte), min: 1, max: 1, is_boundary: false };
            vec![literal.0.iter().map(part).collect()]
        }
        HirKind::Look(look) => {
            let is_boundary = matches!(look, Look::WordAscii | Look::WordUnicode);
            vec![vec![Part { bytes: Bytes::default(), min: 0, max: 0, is_boundary }]]
        }
        HirKind::Repetition(repetition) if repetition.min > 0 && whole(&repetition.sub).min > 1 => {
            let more = whole(pattern);
            let one = whole(&repetition.sub);
            let more = Part { min: more.min - one.min, max: more.max.saturating_sub(one.min), ..more };
            ways(&repetition.sub).into_iter().map(|first| [first, vec![more]].concat()).collect()
        }
        HirKind::Class(_) | HirKind::Repetition(_) => vec![vec![whole(pattern)]],
        HirKind::Alternation(alternatives) => {
            let all: Vec<_> = alternatives.iter().flat_map(ways).collect();
            let says_all = whole(pattern).is_only(Bytes::DIGITS) || whole(pattern).has_no_digit();
            if says_all || all.len() > WAYS_MAX { vec![vec![whole(pattern)]] } else { all }
        }
        HirKind::Concat(subs) => subs.iter().fold(vec![Vec::new()], |so_far: Vec<Vec<Part>>, sub| {
            let mut next = ways(sub);
            if so_far.len() * next.len() > WAYS_MAX {
                next = vec![vec![whole(sub)]];
            }
            so_far.iter().flat_map(|left| next.iter().map(move |right| [&left[..], &right[..]].concat())).collect()
        }),
    }
}

/// `pattern` as one part.
fn whole(pattern: &Hir) -> Part {
    Part {
        bytes: Bytes::of(pattern),
        min: pattern.properties().minimum_len().unwrap_or(0),
        max: pattern.properties().maximum_len().unwrap_or(usize::MAX),
        is_boundary: false,
    }
}

/// Stretches of parts in which digits may run on: only digits, or what may be
/// absent between them. Each with whether a run must end at its two ends.
fn clusters(parts: &[Part]) -> Vec<(&[Part], bool)> {
    let joins = |part: &Part| {
        part.is_only(Bytes::DIGITS) && !part.bytes.is_empty() || (part.min == 0 && part.max > 0 && part.has_no_digit())
    };
    let mut clusters = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let len = parts[at..].iter().take_while(|part| joins(part)).count();
        if len == 0 {
            at += 1;
            continue;
        }
        let ends =
            |part: Option<&Part>| part.is_some_and(|part| part.is_boundary || (part.min > 0 && part.has_no_digit()));
        let closed = ends(at.checked_sub(1).map(|before| &parts[before])) && ends(parts.get(at + len));
        clusters.push((&parts[at..at + len], closed));
        at += len;
    }
    clusters
}

/// The lengths of which one is that of a whole run of digits.
fn run_lengths((cluster, closed): (&[Part], bool)) -> Lengths {
    let digits = |part: &Part| part.is_only(Bytes::DIGITS);
    let shortest = usize::from(longest(cluster, digits)).min(LENGTH_MAX);
    if shortest == 0 {
        return ANY_LENGTH;
    }
    let most = cluster.iter().filter(|part| digits(part)).fold(0_usize, |sum, part| sum.saturating_add(part.max));
    let most = if closed { most.min(LENGTH_MAX) } else { LENGTH_MAX };
    (shortest..=most).fold(0, |lengths, len| lengths | 1 << len)
}

/// How many bytes the longest sequence of parts that hold `is` has at least.
fn longest(parts: &[Part], is: impl Fn(&Part) -> bool) -> u8 {
    let (mut best, mut len) = (0_usize, 0_usize);
    for part in parts {
        len = match () {
            () if part.is_boundary => 0,
            () if is(part) => len.saturating_add(part.min),
            () => 0,
        };
        best = best.max(len);
    }
    best.min(usize::from(u8::MAX)) as u8
}

/// A set of bytes; those beyond ASCII are in it together or not at all.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Bytes {
    ascii: u128,
    beyond: bool,
}

impl Bytes {
    const DIGITS: Bytes = Bytes { ascii: range(b'0', b'9'), beyond: false };
    const WORD: Bytes = Bytes { ascii: range(b'0', b'9') | range(b'A', b'Z') | range(b'a', b'z'), beyond: false };

    fn with(mut self, byte: u8) -> Bytes {
        match byte.is_ascii() {
            true => self.ascii |= 1 << byte,
            false => self.beyond = true,
        }
        self
    }

    fn of(pattern: &Hir) -> Bytes {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Bytes::default(),
            HirKind::Literal(literal) => literal.0.iter().fold(Bytes::default(), |bytes, byte| bytes.with(*byte)),
            HirKind::Class(class) => Bytes::of_class(class),
            HirKind::Repetition(repetition) => Bytes::of(&repetition.sub),
            HirKind::Capture(capture) => Bytes::of(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Bytes::of).fold(Bytes::default(), Bytes::or)
            }
        }
    }

    fn of_class(class: &Class) -> Bytes {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => {
                class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
            }
            Class::Bytes(class) => {
                class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
            }
        };
        let mut bytes = Bytes::default();
        for (start, end) in ranges {
            (start..=end.min(0x7F)).for_each(|ascii| bytes.ascii |= 1 << ascii);
            bytes.beyond |= end > 0x7F;
        }
        bytes
    }

    fn or(self, other: Bytes) -> Bytes {
        Bytes { ascii: self.ascii | other.ascii, beyond: self.beyond || other.beyond }
    }

    fn is_empty(self) -> bool {
        self == Bytes::default()
    }

    fn is_within(self, other: Bytes) -> bool {
        self.ascii & !other.ascii == 0 && (other.beyond || !self.beyond)
    }

    fn meets(self, other: Bytes) -> bool {
        self.ascii & other.ascii != 0 || (self.beyond && other.beyond)
    }

    fn kinds(self) -> Kinds {
        let ascii = (0..128_u8).filter(|byte| self.ascii >> byte & 1 == 1).fold(0, |kinds, byte| kinds | kind(byte));
        if self.beyond { ascii | kind(0xFF) } else { ascii }
    }
}

const fn range(first: u8, last: u8) -> u128 {
    (u128::MAX >> (127 - (last - first))) << first
}

const DIGIT_KIND: Kinds = kind(b'0');
const WORD_KINDS: Kinds = DIGIT_KIND | kind(b'A') | kind(b'a');

/// The kind of every byte.
static KINDS: [Kinds; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = kind(byte as u8);
        byte += 1;
    }
    kinds
};

/// The kind of a byte beside a digit, as one bit.
const fn kind(byte: u8) -> Kinds {
    let bit = match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        0x80.. => 2,
        b' ' => 3,
        b'\t' | b'\n' | b'\r' => 4,
        b'-' => 5,
        b'.' => 6,
        b'/' => 7,
        b':' => 8,
        b',' => 9,
        b'(' => 10,
        b')' => 11,
        b'+' => 12,
        b'_' => 13,
        b'@' => 14,
        b'%' => 15,
        b'#' => 16,
        b'=' => 17,
        b'"' | b'\'' => 18,
        b'0'..=b'9' => 19,
        _ => 20,
    };
    1 << bit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_syntax::ParserBuilder;

    use super::*;

    fn parse(pattern: &str) -> Hir {
        ParserBuilder::new().unicode(false).build().parse(pattern).unwrap()
    }

    fn may_match(pattern: &str, text: &str) -> bool {
        let shape = Shape::of(text.as_bytes(), 0, text.len());
        Need::of(&parse(pattern)).iter().any(|need| need.is_met_by(&shape))
    }

    #[test]
    fn what_a_pattern_cannot_match_in_is_seen_from_the_shape() {
        for (pattern, yes, no) in [
            (r"\b\d{9}\b", "id 123456789", "at 1234567890 or 12345678"),
            (r"\b\d{3}-\d{2}-\d{4}\b", "123-45-6789", "123-456-7890"),
            (r"\b\d{3}-?\d{3}-?\d{3}\b", "123456-789", "12-1234567890"),
            (r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b\d{4}-\d{4}\b", "1.2.3.4", "12:30 in 2019"),
            (r"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}\b", "ABCDEF12X34", "ABCDEF 2019"),
            (r"\b[A-Z]{2} ?\d{6}\b", "AB 123456", "123456"),
            (r"\b(?:0[1-9]|1[0-2])/\d{4}\b", "see 02/2019", "2/2019"),
        ] {
            assert!(may_match(pattern, yes), "{pattern} in {yes}");
            assert!(!may_match(pattern, no), "{pattern} in {no}");
        }
    }

    #[test]
    fn a_match_has_at_least_the_digits_of_its_shortest_way() {
        assert_eq!(digits_min(&parse(r"\b(?:\d{9}|[A-Z]{2}\d{6,8})\b")), 6);
        assert_eq!(digits_min(&parse(r"\b[A-Z0-9]{8}\b")), 0);
    }

    const PATTERNS: &[&str] = &[
        r"\b(?:\d{1,3}\.){2,3}\d{1,3}\b",
        r"\b\d{9}\b",
        r"\b\d{3}[-. ]?\d{2}[-. ]?\d{4}\b",
        r"\b[A-Z]{1,2}[- ]?\d{4,6}\b",
        r"\d{2}(?:[ ./-]?[0-9A-Z]){4,7}",
        r"(?:\b1[-. ])?\(\d{3}\)\s?-?\d{3}[-. ]\d{2}",
        r"\b[1-9A-Z]{3}\d\b|\+\d{2,4}",
        r"\b\d{2,3}/\d{3}(?:x\d+)?\b",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Nothing is lost: where a pattern matches, its need is met.
        #[test]
        fn the_need_of_a_pattern_is_met_wherever_it_matches(
            text in "[0-9A-C ./()-]{0,24}|(?:[A-C]{1,2}[- ]?)?[0-9]{2,9}(?:[-./ ][0-9]{2,4}){0,3}",
            pattern in 0..PATTERNS.len(),
        ) {
            let regex = regex::bytes::Regex::new(&format!("(?-u){}", PATTERNS[pattern])).unwrap();
            for found in regex.find_iter(text.as_bytes()) {
                let shape = Shape::of(text.as_bytes(), found.start(), found.end());
                let needs = Need::of(&parse(PATTERNS[pattern]));
                prop_assert!(needs.iter().any(|need| need.is_met_by(&shape)), "{:?}", found.as_bytes());
            }
        }
    }
}
