//! Where a text names a known person by a part of the name.

use std::ops::Range;

use super::names::{Names, Order, Weight, WordId, words};
use crate::detect::name_words::is_title;

/// A line break with an indent, or a mark of a few bytes.
const GAP_BYTES_MAX: usize = 6;

/// A word of the text that may be part of a name.
struct Token {
    start: usize,
    end: usize,
    is: Is,
}

#[derive(Clone, Copy)]
enum Is {
    Word(WordId),
    Initial(char),
}

/// A run of a name's words.
struct Run {
    range: Range<usize>,
    /// Its words but the particles; initials do not count.
    words: Vec<WordId>,
    has_initial: bool,
    is_turned: bool,
    /// What its words say of themselves.
    weight: Weight,
    is_lower: bool,
}

impl Run {
    /// Whether `word` may belong to the same person: a chain of names is no name.
    fn goes_on_with(&self, word: &WordId) -> bool {
        const WORDS_MAX: usize = 32;
        self.words.len() < WORDS_MAX && !self.words.contains(word)
    }
}

/// Adds the parts of names in `text` to `found`, in order and without overlaps.
/// `is_name` says that what stands here is called a name.
pub(super) fn find(names: &Names, text: &str, is_name: bool, found: &mut Vec<Range<usize>>) {
    let tokens = tokens(names, text);
    let reader = Reader { names, text, tokens: &tokens, is_name };
    let mut at = 0;
    let mut done = 0;
    while at < tokens.len() {
        let Some((run, next)) = reader.run(at, done) else {
            at += 1;
            continue;
        };
        if reader.is_named(&run) {
            done = run.range.end;
            found.push(run.range);
        }
        at = next;
    }
}

fn tokens(names: &Names, text: &str) -> Vec<Token> {
    let mut folded = String::new();
    let token = |range: Range<usize>| {
        let word = &text[range.clone()];
        let mut letters = word.chars();
        let is = match (letters.next(), letters.next()) {
            // Of `O'Brien`, too.
            (Some(letter), None) if letter.is_uppercase() || text[range.end..].starts_with(['\'', '’']) => {
                Is::Initial(letter)
            }
            _ => match names.find(word, &mut folded) {
                Some(id) => Is::Word(id),
                None => {
                    let stem = genitive(word)?;
                    let id = names.find(stem, &mut folded).filter(|id| names.weight(*id) == Weight::Name)?;
                    return Some(Token { start: range.start, end: range.start + stem.len(), is: Is::Word(id) });
                }
            },
        };
        Some(Token { start: range.start, end: range.end, is })
    };
    words(text).filter_map(token).collect()
}

/// The name in a genitive without an apostrophe: `Marias Brief`.
fn genitive(word: &str) -> Option<&str> {
    let stem = word.strip_suffix('s')?;
    (stem.starts_with(char::is_uppercase) && stem.chars().count() > 3).then_some(stem)
}

struct Reader<'a> {
    names: &'a Names,
    text: &'a str,
    tokens: &'a [Token],
    is_name: bool,
}

impl Reader<'_> {
    /// The run whose first word is the token `at`, initials in front of it
    /// included, and the token behind it. `done` is the end of the run before.
    fn run(&self, at: usize, done: usize) -> Option<(Run, usize)> {
        let Is::Word(first) = self.tokens[at].is else { return None };
        let mut run = Run {
            range: self.tokens[at].start..self.tokens[at].end,
            words: Vec::new(),
            has_initial: false,
            is_turned: false,
            weight: Weight::Nothing,
            is_lower: true,
        };
        self.count(&mut run, at, first);
        let (mut last, mut next) = (first, at + 1);
        // A particle at the end belongs to what follows.
        let mut ends_at = (run.range.end, next);
        while let Some((word, after)) = self.next_word(last, next).filter(|(word, _)| run.goes_on_with(word)) {
            run.is_turned |= self.names.pair(last, word) == Some(Order::Turned);
            self.count(&mut run, after - 1, word);
            (last, next) = (word, after);
            if !self.names.is_particle(word) {
                ends_at = (self.tokens[after - 1].end, after);
            }
        }
        (run.range.end, next) = ends_at;
        while let Some(end) = self.initial_behind(last, next) {
            (run.range.end, run.has_initial) = (end, true);
            next += 1;
        }
        let anchor = *run.words.first()?;
        let mut before = at;
        while before > 0 && self.tokens[before - 1].start >= done && self.initial_before(anchor, before) {
            before -= 1;
            (run.range.start, run.has_initial) = (self.tokens[before].start, true);
        }
        Some((run, next))
    }

    fn count(&self, run: &mut Run, at: usize, word: WordId) {
        if !self.names.is_particle(word) {
            run.words.push(word);
            run.weight = run.weight.max(self.names.weight(word));
            run.is_lower &= self.text[self.tokens[at].start..].starts_with(char::is_lowercase);
        }
    }

    /// The next word of the same person behind the token before `next`, an initial
    /// between them passed over, and the token behind it.
    fn next_word(&self, last: WordId, next: usize) -> Option<(WordId, usize)> {
        let token = self.tokens.get(next)?;
        let gap = self.gap(next);
        let is_joined = joins(gap);
        match token.is {
            // A comma stands behind a surname that comes first, and in lists.
            Is::Word(word) if is_joined => {
                let order = self.names.pair(last, word)?;
                (order == Order::Turned || !gap.contains(',')).then_some((word, next + 1))
            }
            Is::Initial(_) if is_joined => match self.tokens.get(next + 1)?.is {
                Is::Word(word) if is_behind_initial(self.gap(next + 1)) => {
                    self.names.pair(last, word).map(|_| (word, next + 2))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The end of the initial at `next`, if it stands for the rest of the name:
    /// `Gonzalez, M.` or `Maria G.`
    fn initial_behind(&self, last: WordId, next: usize) -> Option<usize> {
        let token = self.tokens.get(next)?;
        let Is::Initial(initial) = token.is else { return None };
        let gap = self.gap(next);
        let is_near = matches!(gap, " " | ", " | "," | ".-" | "-" | ". " | ".");
        let is_dotted = self.text[token.end..].starts_with('.') || gap.starts_with(',');
        (is_near
            && is_dotted
            && initial.is_uppercase()
            && self.names.has_initial(last, initial)
            && !self.begins_name(next))
        .then_some(token.end)
    }

    /// Whether the initial at `at` is that of the name behind it.
    fn begins_name(&self, at: usize) -> bool {
        let behind = self.tokens.get(at + 1).map(|token| token.is);
        matches!(behind, Some(Is::Word(_))) && is_behind_initial(self.gap(at + 1))
    }

    /// Whether the token in front of `at` is an initial of the name: `M. Gonzalez`.
    fn initial_before(&self, first: WordId, at: usize) -> bool {
        let Is::Initial(initial) = self.tokens[at - 1].is else { return false };
        is_behind_initial(self.gap(at)) && self.names.has_initial(first, initial)
    }

    /// What stands in front of a token, up to the one before.
    fn gap(&self, at: usize) -> &str {
        &self.text[self.tokens[at - 1].end..self.tokens[at].start]
    }

    /// Whether the run is a name where it stands.
    fn is_named(&self, run: &Run) -> bool {
        if run.words.len() > 1 {
            return !run.is_turned || !run.is_lower || run.weight == Weight::Name;
        }
        match run.weight {
            Weight::Name => true,
            Weight::Whole if !run.is_lower => true,
            _ if run.is_lower => false,
            _ if run.has_initial || self.has_title(run) || self.is_name => true,
            Weight::Whole | Weight::Nothing => false,
            Weight::Ordinary => !self.starts_sentence(run.range.start),
        }
    }

    fn has_title(&self, run: &Run) -> bool {
        const MORE: &[&str] = &["sr", "don", "doña", "rev", "lord", "lady", "hr", "fr", "dhr", "mevr", "pan", "pani"];
        let before = self.text[..run.range.start].trim_end_matches([' ', '.', '\u{a0}']);
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_near = run.range.start - before.len() <= 2 && !word.is_empty();
        let weighs = run.weight > Weight::Nothing;
        is_near && weighs && (is_title(word) || MORE.contains(&word.to_lowercase().as_str()))
    }

    /// Whether a word at `at` has a capital because a sentence, a line or a
    /// quotation begins there.
    fn starts_sentence(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t', '*', '_', '#', '>', '(']);
        before.ends_with([
            '\n', '\r', '.', '!', '?', ':', '…', '¿', '¡', '"', '“', '„', '«', '‘', '-', '–', '—', '•', '|',
        ]) || before.is_empty()
            || before.ends_with(". ")
    }
}

fn is_behind_initial(gap: &str) -> bool {
    matches!(gap, " " | "." | ". " | ".-" | "-" | "\u{a0}" | ".\u{a0}" | "'" | "’")
}

/// Whether what stands between two words of a name keeps them together.
fn joins(gap: &str) -> bool {
    let is_wrapped = gap.len() <= GAP_BYTES_MAX && gap.matches('\n').count() <= 1;
    let between = gap.trim();
    is_wrapped
        && match between {
            "" => !gap.is_empty(),
            "," => gap != " ,",
            "-" | "‐" | "‑" | "'" | "’" | "_" | "." => between == gap,
            _ => false,
        }
}
