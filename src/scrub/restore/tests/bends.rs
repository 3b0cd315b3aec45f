//! What models do to tokens (L08), and what must not be taken for one (L09, L10).

use super::*;
use table::{BENDS, Bend};

mod table;

/// Values of several labels, one of them with a suffix and two with tags that
/// hold 0 and 1.
fn subjects() -> (TokenMap, Vec<(String, String)>) {
    let (mut map, _) = people();
    let with = |digit: char, map: &mut TokenMap| {
        (0..)
            .map(|n| format!("person {n}"))
            .find(|value| self::map().mint(Label::PERSON, value, true).as_str().contains(digit))
            .map(|value| map.mint(Label::PERSON, &value, true).clone())
    };
    with('0', &mut map);
    with('1', &mut map);
    let subjects = map.tokens().filter(|(_, label, _)| *label != Label::US_SSN);
    let subjects = subjects.map(|(token, _, value)| (token.to_string(), value.to_owned())).collect();
    (map, subjects)
}

/// Bends that leave nothing of the underscore in front of a suffix: with them a
/// suffix is a word of the sentence, or the end of a longer tag.
const WITHOUT_SUFFIX: &[&str] = &["underscores lost"];

/// L08: every bend of the table comes back, in the middle of a sentence and at its end,
/// whole and streamed in pieces of one character.
#[test]
fn bent_tokens_survive() {
    let (map, subjects) = subjects();
    let restorer = map.restorer();
    let mut tried = 0;
    let mut lost = Vec::new();
    for Bend { name, bend, restored } in BENDS {
        let has_suffix = |token: &str| bare(token).ends_with("_B");
        for (token, value) in subjects.iter().filter(|(t, _)| !(has_suffix(t) && WITHOUT_SUFFIX.contains(name))) {
            for (before, after) in [("", ""), ("Ask ", " now."), ("«", "», then"), ("a\n", "\nb")] {
                let text = format!("{before}{}{after}", bend(token));
                let expected = format!("{before}{}{after}", restored.replace("{}", value));
                let whole = restorer.restore(&text, Escape::Text);
                let stream = streamed(&restorer, &pieces(&text, 1), Escape::Text);
                tried += 1;
                if whole != expected || stream != expected {
                    lost.push(format!("{name}: {text:?} gave {whole:?}, streamed {stream:?}"));
                }
            }
        }
    }
    println!("{} bends, {tried} tried, {} lost", BENDS.len(), lost.len());
    assert!(lost.is_empty(), "{} of {tried} lost:\n{}", lost.len(), lost.join("\n"));
}

/// L09, L10: what is another token, or a longer one, stays.
#[test]
fn what_was_not_minted_stays() {
    let (map, token) = people();
    let restorer = map.restorer();
    let t = bare(&token);
    let other_tag = format!("PERSON_{}", if t.ends_with('Z') { "YYYY" } else { "ZZZZ" });
    let kept = [
        format!("[{t}X]"),
        format!("[{t}_C]"),
        format!("{t}0"),
        format!("{t}_7"),
        format!("{t}_C"),
        format!("MISSING_{t}"),
        format!("[MISSING_{t}]"),
        format!("x{t}"),
        format!("[{other_tag}]"),
        other_tag.clone(),
        format!("[{}]", &t[..t.len() - 1]),
        t.replace("PERSON", "PERSONS"),
        t.replace("PERSON", "PERSN"),
        t.replace("_", ". "),
        t.replace("_", "_\n\n"),
    ];
    for text in kept {
        assert_eq!(restorer.restore(&text, Escape::Text), text);
    }
}

#[test]
fn a_word_behind_a_bare_token_is_no_suffix() {
    let (map, token) = people();
    let text = format!("{} B said", bare(&token));
    assert_eq!(map.restorer().restore(&text, Escape::Text), "Maria B said");
    let spaced = bare(&token).replace('_', " ");
    let text = format!("{spaced} b, {spaced} but");
    assert_eq!(map.restorer().restore(&text, Escape::Text), "MARIA, Maria but");
    let text = format!("[{} B] said", bare(&token));
    assert_eq!(map.restorer().restore(&text, Escape::Text), "MARIA said");
}

#[test]
fn brackets_of_the_user_stay_around_the_value() {
    let mut map = map();
    let text = "[Maria] and \\Maria\\ and [[Maria]]";
    let person = |start, end| Replacement { start, end, label: Label::PERSON, restorable: true };
    let scrubbed = scrub_text(text, &[person(1, 6), person(13, 18), person(26, 31)], Shape::Bracketed, &mut map);
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}

/// A parenthesis of the user's behind a value makes no link of it.
#[test]
fn what_the_user_wrote_around_a_value_stays_no_link() {
    let mut map = map();
    let text = "Maria(https://good.test/a) and [Maria](/a) and Maria";
    let person = |start, end| Replacement { start, end, label: Label::PERSON, restorable: true };
    let scrubbed = scrub_text(text, &[person(0, 5), person(32, 37), person(47, 52)], Shape::Bracketed, &mut map);
    assert!(!scrubbed.contains("Maria"), "{scrubbed}");
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}
