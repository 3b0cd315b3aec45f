//! The weights of the features.
//!
//! `docs/decisions/0015-names-are-weighed.md` says how they were fitted and how far they carry.

use super::features::{COUNT, Features};

/// Log odds where no feature speaks.
const INTERCEPT: f32 = -0.83;
/// A name that gets out costs as much as three other words that are hidden: the
/// natural logarithm of three.
const COST: f32 = 1.1;

const WEIGHTS: [f32; COUNT] = [
    0.43,  // model
    -4.18, // model says other
    0.20,  // capital inside a sentence
    -0.86, // capital at the start of a sentence
    -1.65, // capitals only
    -4.14, // small letters
    -0.83, // small letters in a line without capitals
    -1.85, // capitals in a line without small letters
    -2.81, // script without capitals
    2.09,  // initial
    1.05,  // given name
    0.12,  // given name and English word
    0.37,  // surname
    -0.12, // surname and English word
    -2.66, // English word
    0.52,  // English word in small letters
    0.73,  // model, word before
    0.94,  // model, word behind
    2.06,  // given name before
    -0.45, // given name behind
    -0.32, // surname before
    1.16,  // surname behind
    0.25,  // capital behind
    1.56,  // title before
    0.75,  // field name before
    0.85,  // genitive
    -2.97, // part of an identifier
    1.38,  // numeral behind
    -2.86, // kind of thing behind
    -0.59, // article before
    -1.21, // preposition of place before
    0.62,  // verb behind
    -0.68, // by before
    -1.64, // line of a program
    -1.93, // month, weekday, nation or language
];

/// How sure a word with these features is part of a person's name, 0 to 1: its
/// probability, moved by what a miss costs.
pub(super) fn certainty(features: &Features) -> f32 {
    let sum: f32 = features.iter().zip(WEIGHTS).map(|(feature, weight)| feature * weight).sum();
    1.0 / (1.0 + (-(INTERCEPT + COST + sum)).exp())
}
