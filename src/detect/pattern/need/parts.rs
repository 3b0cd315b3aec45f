//! Patterns as sequences of parts, each of some bytes and lengths.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::bytes::Bytes;

/// A piece of a pattern that matches `min` to `max` of some bytes.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) is_boundary: bool,
}

impl Part {
    pub(super) fn is_only(&self, bytes: Bytes) -> bool {
        !self.is_boundary && self.bytes.is_within(bytes)
    }

    pub(super) fn has_no_digit(&self) -> bool {
        !self.bytes.meets(Bytes::DIGITS)
    }
}

/// More ways to match than this are taken as one that knows less.
pub(super) const WAYS_MAX: usize = 12;

/// The ways to match `pattern`, each as its parts.
pub(super) fn ways(pattern: &Hir) -> Vec<Vec<Part>> {
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
pub(super) fn whole(pattern: &Hir) -> Part {
    Part {
        bytes: Bytes::of(pattern),
        min: pattern.properties().minimum_len().unwrap_or(0),
        max: pattern.properties().maximum_len().unwrap_or(usize::MAX),
        is_boundary: false,
    }
}

/// Stretches of parts in which digits may run on: only digits, or what may be
/// absent between them. Each with whether a run must end at its two ends.
pub(super) fn clusters(parts: &[Part]) -> Vec<(&[Part], bool)> {
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

/// How many bytes the longest sequence of parts that hold `is` has at least.
pub(super) fn longest(parts: &[Part], is: impl Fn(&Part) -> bool) -> u8 {
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

/// The least number of digits in a match of `pattern`.
pub(in crate::detect::pattern) fn digits_min(pattern: &Hir) -> usize {
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
