//! What holds for all disguises, in any mixture.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use proptest::prelude::*;

use super::*;
use crate::detect::testing::processor_time;
use crate::detect::{DetectorKind, Label};

/// `text` with all disguises undone.
pub(super) fn plain(text: &str) -> String {
    Shadow::of(text).text.into_owned()
}

/// What of `text` is cut for `value`, which its shadow holds.
pub(super) fn original<'t>(text: &'t str, shadow: &Shadow<'_>, value: &str) -> &'t str {
    let start = shadow.text.find(value).unwrap();
    let span = shadow.to_original(span(start, start + value.len()));
    &text[span.start..span.end]
}

fn span(start: usize, end: usize) -> Span {
    Span { start, end, label: Label::US_SSN, score: 1.0, detector: DetectorKind::Pattern }
}

/// L40: detect on a shadow, cut the original.
#[test]
fn a_span_of_the_shadow_cuts_the_same_characters_of_the_original() {
    let text = "é x\u{200b}y 4\u{200b}１ z";
    assert_eq!(original(text, &Shadow::of(text), "41"), "4\u{200b}１");
}

/// Each hides a value in another way.
const DISGUISES: &[fn(&str) -> String] = &[
    str::to_owned,
    |value| each(value, |c| format!("{c}\u{200b}")),
    |value| each(value, |c| format!("\u{ad}{c}\u{336}")),
    |value| each(value, |c| char::from_u32(u32::from(c) + 0xFEE0).filter(|_| c > ' ').unwrap_or('\u{a0}').to_string()),
    |value| each(value, |c| format!("\\u{:04x}", u32::from(c))),
    |value| each(value, |c| format!("\\\\x{:02X}", u32::from(c))),
    |value| each(value, |c| format!("&#{};", u32::from(c))),
    |value| each(value, |c| format!("&amp;#x{:X};", u32::from(c))),
    |value| each(value, |c| format!("%{:02x}", u32::from(c))),
    |value| each(value, |c| format!("%25{:02X}", u32::from(c))),
    |value| BASE64.encode(value.as_bytes()),
    |value| BASE64URL_NOPAD.encode(value.as_bytes()),
    |value| HEXLOWER.encode(value.as_bytes()),
    |value| BASE64.encode(each(value, |c| format!("%{:02x}", u32::from(c))).as_bytes()),
    |value| each(value, |c| format!("&#{};", u32::from(c))).replace('#', "%23"),
    |value| each(&BASE64.encode(value.as_bytes()), |c| format!("{c}\u{200d}")),
    |value| value.replace('a', "а").replace('e', "е").replace('o', "ο"),
    |value| value.chars().map(String::from).collect::<Vec<_>>().join(" "),
];

/// Of the forms that disguises hide.
const VALUES: &[&str] = &[
    "536-22-8726",
    "ann.lee@example.com",
    "4111111111111111",
    "Maria Gonzalez",
    "https://example.com/ann",
    "GB29NWBK60161331926819",
];

fn each(value: &str, disguise: impl Fn(char) -> String) -> String {
    value.chars().map(disguise).collect()
}

/// What the disguises are made of, to be put together in any way.
const PIECES: &[&str] = &[
    "\\",
    "\\u00e9",
    "u0041",
    "\\x",
    "{",
    "}",
    "%",
    "%C3",
    "%A9",
    "%25",
    "&#",
    "&",
    "amp;",
    "x40;",
    "64",
    ";",
    "=",
    "=40",
    "\n",
    "\r\n",
    " ",
    "  ",
    "a",
    "Z",
    "7",
    "é",
    "а",
    "\u{200b}",
    "１",
    "²",
    "。",
    "𝐀",
    ".",
    "-",
    "_",
    "@",
    "[at]",
    "(dot)",
    " at ",
    " dot ",
    "com",
    "YW5u",
    "QGV4YW1wbGU=",
    "5 3 6 2 2",
    "1.2.3.4.5",
    "h77p",
    "://",
    "c0m",
    "M4r1a",
    "736",
];

proptest! {
    /// L40: a value is found whatever it is hidden in, and exactly that is cut.
    #[test]
    fn disguised_values_come_out_and_are_cut_exactly(
        parts in prop::collection::vec((0..VALUES.len(), 0..DISGUISES.len()), 1..8)
    ) {
        let disguised = parts.iter().map(|(value, disguise)| DISGUISES[*disguise](VALUES[*value]));
        let mut text = String::from("Known:");
        let mut cut = Vec::new();
        for part in disguised {
            text.push_str(" («");
            cut.push(text.len()..text.len() + part.len());
            text.push_str(&part);
            text.push_str("») then");
        }
        let shadow = Shadow::of(&text);
        let mut from = 0;
        for ((value, disguise), cut) in parts.iter().zip(cut) {
            let value = VALUES[*value];
            let found = shadow.text[from..].find(value);
            prop_assert!(found.is_some(), "{value} by {disguise} in {text}: {}", shadow.text);
            let start = from + found.unwrap_or_default();
            from = start + value.len();
            let span = shadow.to_original(span(start, from));
            // What is not seen may be left standing at the ends.
            let unseen = |text: &str| text.chars().all(|c| matches!(c, '\u{ad}' | '\u{336}' | '\u{200b}' | '\u{200d}'));
            prop_assert!(cut.start <= span.start && span.end <= cut.end);
            prop_assert!(unseen(&text[cut.start..span.start]) && unseen(&text[span.end..cut.end]));
        }
    }

    /// Spans lie on character boundaries and rise with those of the shadow, in
    /// every view, whatever the text.
    #[test]
    fn spans_of_any_text_lie_on_character_boundaries(pieces in prop::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let shadow = Shadow::of(&text);
        let mut last = 0;
        for (start, c) in shadow.text.char_indices() {
            let cut = shadow.to_original(span(start, start + c.len_utf8()));
            prop_assert!(text.is_char_boundary(cut.start) && text.is_char_boundary(cut.end));
            prop_assert!(last <= cut.start && cut.start < cut.end, "{text:?}: {:?}", shadow.text);
            last = cut.start;
        }
        for view in shadow.views() {
            for (start, c) in view.text.char_indices() {
                let cut = view.to_original(span(start, start + c.len_utf8()));
                prop_assert!(cut.is_none_or(|cut| text.is_char_boundary(cut.start) && text.is_char_boundary(cut.end)));
            }
        }
    }
}

#[test]
fn a_text_without_disguises_is_not_copied() {
    for text in ["", "Call Ann on Monday, 5 of 7 agree (see [1]).\nThanks", "Grüße aus Köln — bis bald", "Привет, мир"]
    {
        let shadow = Shadow::of(text);
        assert!(!shadow.is_disguised() && matches!(shadow.text, Cow::Borrowed(_)), "{text}");
        assert_eq!(shadow.views().count(), 1);
    }
}

/// Patterns look twice only at what a second reading changes.
#[test]
fn only_what_changes_is_searched_again() {
    let plain = "nothing to see here, move on please ".repeat(1000);
    let text = format!("{plain}ann%40example.com {plain}");
    let shadow = Shadow::of(&text);
    let views: Vec<_> = shadow.views().collect();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0].text, text);
    assert!(views[1].text.contains(" ann@example.com ") && views[1].text.len() < 1000);
}

/// Texts that somebody made to be slow take no longer than others.
#[test]
fn hostile_texts_take_linear_time() {
    let base64 = BASE64.encode("All work and no play. ".repeat(100).as_bytes());
    let far_closer = format!("{}}}", "\\u{".repeat(1000));
    let units: Vec<&str> = [
        "5 ",
        "5.",
        "a b ",
        "1_1_1",
        "%25",
        "%",
        "&amp;",
        "\\\\",
        "\\u{",
        "=40",
        "A",
        "aB3",
        "[",
        "[at]",
        " at a dot",
        "1\n",
        "a@\n",
        "а",
        "１",
        "5 3 6 2 2 x ",
    ]
    .into_iter()
    .chain([base64.as_str(), far_closer.as_str()])
    .collect();
    let once = |text: &str| processor_time(|| assert!(Shadow::of(text).text.len() <= text.len()));
    let best = |unit: &str, len: usize| {
        let text = unit.repeat(len / unit.len());
        (0..16).map(|_| once(&text)).min().unwrap()
    };
    for unit in units {
        let (small, large) = (best(unit, 4_000), best(unit, 32_000));
        // Eight times the work; quadratic would be sixty-four.
        assert!(large < small * 30, "{small:?}, then {large:?} for {unit:?}");
    }
}
