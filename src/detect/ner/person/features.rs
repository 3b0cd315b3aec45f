//! What speaks for and against a word being part of a name, as numbers.

use std::ops::Range;

use super::super::labels::Part;
use super::super::words::Word;
use super::line::{Shape, Token};
use super::surroundings::{self, Surroundings};
use crate::detect::Label;
use crate::detect::lexicon::{self, Known};
use crate::detect::name_words::{fold_into, is_title};

/// What the model says of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The probability that it is part of a person's name.
    pub(super) person: f32,
    /// The probability that it is part of something else that is looked for.
    pub(super) other: f32,
    pub(super) part: Part,
    pub(super) begin: bool,
}

impl Default for Candidate {
    fn default() -> Candidate {
        Candidate { person: 0.0, other: 0.0, part: Part::Whole, begin: true }
    }
}

impl Candidate {
    pub(super) fn add(&mut self, word: &Word) {
        if word.class.label == Label::PERSON && word.person > self.person {
            (self.part, self.begin) = (word.class.part, word.begin);
        }
        self.person = self.person.max(word.person);
        self.other = self.other.max(word.score - word.person);
    }
}

/// How many things are looked at.
pub(super) const COUNT: usize = 35;

/// A row of numbers; `weights.rs` names them in their order.
pub(super) type Features = [f32; COUNT];

/// Probabilities below this are noise.
const PROBABILITY_FLOOR: f32 = 0.002;

/// Reads the words of one line.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    line: Range<usize>,
    pub(super) tokens: &'t [Token],
    candidates: &'t [Candidate],
    case: LineCase,
    is_program: bool,
    folded: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineCase {
    Mixed,
    Lower,
    Upper,
}

/// A neighbour of a word that may be part of the same name.
#[derive(Clone, Copy, Default)]
struct Neighbour {
    model: f32,
    known: Known,
    has_capital: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, line: Range<usize>, tokens: &'t [Token], candidates: &'t [Candidate]) -> Self {
        let of_line = &text[line.clone()];
        let case = match (of_line.contains(char::is_uppercase), of_line.contains(char::is_lowercase)) {
            (false, true) => LineCase::Lower,
            (true, false) => LineCase::Upper,
            _ => LineCase::Mixed,
        };
        let is_program = surroundings::is_program(of_line);
        Reader { text, line, tokens, candidates, case, is_program, folded: String::new() }
    }

    /// The features of the token at `at`; `None` where it cannot be part of a name, or
    /// neither the model nor its capital makes it one.
    pub(super) fn features(&mut self, at: usize) -> Option<Features> {
        let (token, candidate) = (self.tokens[at], self.candidates[at]);
        let is_written_as_name = self.case != LineCase::Lower && matches!(token.shape, Shape::Title | Shape::Upper);
        let can_be = !matches!(token.shape, Shape::Number | Shape::Unspaced) && !is_title(self.word(at));
        let is_other = candidate.other > candidate.person.max(0.5);
        if !can_be || is_other || candidate.person < PROBABILITY_FLOOR && !is_written_as_name {
            return None;
        }
        let known = self.known(at);
        let before = at.checked_sub(1).filter(|_| self.joins(at)).map(|before| self.neighbour(before));
        let behind = (at + 1 < self.tokens.len() && self.joins(at + 1)).then(|| self.neighbour(at + 1));
        let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
        let around = surroundings::of(self.text, self.line.clone(), self.tokens, at);
        Some(self.row(token.shape, candidate, known, before, behind, around))
    }

    /// The part of a name that the token most likely is.
    pub(super) fn part(&mut self, at: usize) -> Part {
        let known = self.known(at);
        match self.candidates[at].part {
            Part::Whole if known.given => Part::Given,
            Part::Whole => Part::Surname,
            part => part,
        }
    }

    fn row(
        &self,
        shape: Shape,
        candidate: Candidate,
        known: Known,
        before: Neighbour,
        behind: Neighbour,
        around: Surroundings,
    ) -> Features {
        let is_lower = shape == Shape::Lower;
        let has_capital = matches!(shape, Shape::Title | Shape::Upper);
        let is = |truth: bool| f32::from(u8::from(truth));
        let in_case = |case: LineCase| self.case == case;
        [
            log_odds(candidate.person),
            candidate.other,
            is(shape == Shape::Title && !around.starts_sentence),
            is(shape == Shape::Title && around.starts_sentence),
            is(shape == Shape::Upper && in_case(LineCase::Mixed)),
            is(is_lower && in_case(LineCase::Mixed)),
            is(is_lower && in_case(LineCase::Lower)),
            is(has_capital && in_case(LineCase::Upper)),
            is(shape == Shape::Caseless),
            is(shape == Shape::Initial),
            is(known.given && !known.english),
            is(known.given && known.english),
            is(known.surname && !known.english),
            is(known.surname && known.english),
            is(known.english && !known.given && !known.surname),
            is(known.english && is_lower),
            before.model,
            behind.model,
            is(before.known.given && before.has_capital),
            is(behind.known.given && behind.has_capital),
            is(before.known.surname && before.has_capital),
            is(behind.known.surname && behind.has_capital),
            is(behind.has_capital),
            is(around.title),
            is(around.field_name),
            is(around.genitive),
            is(around.identifier),
            is(around.numeral),
            is(around.thing),
            is(around.article),
            is(around.place),
            is(around.verb),
            is(around.by),
            is(self.is_program),
            is(known.calendar_or_nation),
        ]
    }

    fn neighbour(&mut self, at: usize) -> Neighbour {
        let shape = self.tokens[at].shape;
        if matches!(shape, Shape::Number | Shape::Unspaced) {
            return Neighbour::default();
        }
        Neighbour {
            model: self.candidates[at].person,
            known: self.known(at),
            // Where a line tells no case, every word may have one.
            has_capital: self.case == LineCase::Lower || shape != Shape::Lower,
        }
    }

    pub(super) fn known(&mut self, at: usize) -> Known {
        let token = self.tokens[at];
        self.folded.clear();
        fold_into(&self.text[token.start..token.end], &mut self.folded);
        lexicon::known(&self.folded)
    }

    pub(super) fn word(&self, at: usize) -> &'t str {
        &self.text[self.tokens[at].start..self.tokens[at].end]
    }

    /// Whether the token at `at` and the one before may be one name.
    fn joins(&self, at: usize) -> bool {
        let gap = self.gap(at);
        let is_dotted = self.tokens[at - 1].shape == Shape::Initial && matches!(gap, "." | ". ");
        is_dotted || matches!(gap, " " | "  " | "-" | "'" | "’" | "_" | "\u{a0}")
    }

    /// What stands between the token at `at` and the one before.
    pub(super) fn gap(&self, at: usize) -> &'t str {
        &self.text[self.tokens[at - 1].end..self.tokens[at].start]
    }
}

/// Natural logarithm of the odds.
fn log_odds(probability: f32) -> f32 {
    let p = probability.clamp(PROBABILITY_FLOOR, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}
