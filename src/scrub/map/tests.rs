use proptest::prelude::*;

use super::*;
use crate::scrub::{Escape, MasterKey, Replacement, Shape, scrub_text};
use crate::tenant::TenantId;

fn master() -> MasterKey {
    MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap()
}

fn map_of(conversation: &str) -> TokenMap {
    let scope = ScopeKey::derive(&master(), &TenantId::parse("acme").unwrap(), conversation);
    TokenMap::new(scope, TokenStyle::default())
}

fn person(start: usize, end: usize) -> Replacement {
    Replacement { start, end, label: Label::PERSON, restorable: true }
}

fn tag(token: &str) -> &str {
    token.trim_matches(['[', ']']).split('_').nth(1).unwrap()
}

/// L21: the same person has one tag however the name is written, two people two.
#[test]
fn forms_of_one_value_share_the_tag_and_differ_in_the_suffix() {
    let mut map = map_of("1");
    let first = map.mint(Label::PERSON, "Maria Gonzalez", true).to_string();
    let second = map.mint(Label::PERSON, "MARIA GONZALEZ", true).to_string();
    let other = map.mint(Label::PERSON, "Ana", true).to_string();
    assert_eq!(second, format!("{}_B]", first.trim_end_matches(']')));
    assert_eq!(map.mint(Label::PERSON, "Maria Gonzalez", true).as_str(), first);
    assert_ne!(tag(&other), tag(&first));
    assert_eq!(map.len(), 3);
}

/// L21: what is short for one person has that person's tag; what fits two people
/// is on its own, and what was minted first stays as it was.
#[test]
fn parts_of_a_name_share_the_tag_of_the_one_person_they_fit() {
    let mut map = map_of("1");
    let mut mint = |surface: &str| map.mint(Label::PERSON, surface, true).to_string();
    let early = mint("Ruiz");
    let maria = mint("Maria Gonzalez");
    let (part, other_case) = (mint("GONZALEZ"), mint("maria"));
    let stem = maria.trim_end_matches(']');
    assert_eq!((part.clone(), other_case), (format!("{stem}_B]"), format!("{stem}_C]")));
    let ana = mint("Ana Gonzalez Ruiz");
    assert_ne!(tag(&ana), tag(&maria));
    assert_eq!((mint("GONZALEZ"), mint("Ruiz")), (part, early.clone()));
    assert_eq!((tag(&mint("Gonzalez")), tag(&mint("RUIZ"))), (tag(&maria), tag(&early)));
    assert_eq!(tag(&mint("A. Gonzalez")), tag(&ana));
    assert!(![tag(&ana), tag(&maria)].contains(&tag(&mint("X. Gonzalez"))));
    let answer = format!("{stem}_B], {stem}_C], {maria}");
    assert_eq!(map.restorer().restore(&answer, Escape::Text), "GONZALEZ, maria, Maria Gonzalez");
}

/// L21: a part that comes before the full name shows that it is the same person,
/// and a second person with that surname stays one.
#[test]
fn the_full_name_shares_the_tag_of_the_part_in_front_of_it() {
    let mut map = map_of("1");
    let mut mint = |surface: &str| tag(map.mint(Label::PERSON, surface, true).as_str()).to_owned();
    let (part, maria, miguel) = (mint("Gonzalez"), mint("Maria Gonzalez"), mint("Miguel Gonzalez"));
    assert_eq!(part, maria);
    assert_ne!(miguel, maria);
    assert_eq!((mint("maria"), mint("Miguel"), mint("GONZALEZ")), (maria, miguel, part));
}

/// L22: a later turn, or another replica, mints the tokens of the earlier ones.
#[test]
fn two_runs_mint_equal_tokens() {
    let run = |values: &[&str]| {
        let mut map = map_of("1");
        values.iter().map(|value| map.mint(Label::PERSON, value, true).to_string()).collect::<Vec<_>>()
    };
    let (turn, next_turn) = (run(&["Maria", "Ana"]), run(&["Maria", "Ana", "Zoë"]));
    assert_eq!(turn, next_turn[..2]);
}

proptest! {
    /// L22: names of later turns change no token of an earlier one, whomever they
    /// are parts of.
    #[test]
    fn later_names_change_no_earlier_token(
        names in prop::collection::vec("(Maria|MARIA|Ana|M\\.|Jean-Luc)?( ?(Gonzalez|gonzalez|Ruiz|de la Paz|R\\.)){0,2}", 1..12),
        turn in 0usize..12,
    ) {
        let run = |names: &[String]| {
            let mut map = map_of("1");
            let tokens = names.iter().map(|name| map.mint(Label::PERSON, name, true).to_string());
            (tokens.collect::<Vec<_>>(), map)
        };
        let (all, map) = run(&names);
        let turn = turn.min(names.len());
        prop_assert_eq!(&run(&names[..turn]).0[..], &all[..turn]);
        let restorer = map.restorer();
        for (name, token) in names.iter().zip(&all) {
            prop_assert_eq!(&restorer.restore(token, Escape::Text), name);
        }
    }
}

/// L23: what another conversation minted does not resolve here.
#[test]
fn tokens_of_another_scope_stay() {
    let (mut one, mut other) = (map_of("1"), map_of("2"));
    let foreign = other.mint(Label::PERSON, "Maria", true).to_string();
    one.mint(Label::PERSON, "Maria", true);
    assert_eq!(one.restorer().restore(&foreign, Escape::Text), foreign);
}

/// L24: the later of two tags that meet grows, the earlier stays.
#[test]
fn a_taken_tag_lengthens_the_later_one() {
    let mut seen = HashMap::new();
    let (earlier, later) = (0..)
        .find_map(|n: u32| {
            let value = format!("person {n}");
            let tag = full_tag(&map_of("1").scope, Label::PERSON, &value, 0)[..4].to_owned();
            seen.insert(tag, value.clone()).map(|earlier| (earlier, value))
        })
        .unwrap();
    let mut map = map_of("1");
    let alone = map_of("1").mint(Label::PERSON, &later, true).to_string();
    let first = map.mint(Label::PERSON, &earlier, true).to_string();
    let second = map.mint(Label::PERSON, &later, true).to_string();
    assert_eq!(first, alone);
    assert_eq!(tag(&second).len(), 5);
    assert!(tag(&second).starts_with(tag(&first)));
    let answer = map.restorer().restore(&format!("{second} and {first}"), Escape::Text);
    assert_eq!(answer, format!("{later} and {earlier}"));
}

/// L24, L25: text that looks like a token comes back as it was.
#[test]
fn a_literal_of_the_user_is_never_a_token() {
    let literal = map_of("1").mint(Label::PERSON, "Maria", true).to_string();
    let text = format!("Maria wrote {literal}");
    let mut map = map_of("1");
    map.reserve(&text);
    let scrubbed = scrub_text(&text, &[person(0, 5)], Shape::Bracketed, &mut map);
    assert!(scrubbed.ends_with(&literal) && !scrubbed.starts_with(&literal));
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}

#[test]
fn a_masked_token_keeps_its_tag_when_it_comes_back_in_the_history() {
    let token = map_of("1").mint(Label::US_SSN, "536-90-4399", false).to_string();
    let mut map = map_of("1");
    map.reserve(&format!("Your number is {token}."));
    assert_eq!(map.mint(Label::US_SSN, "536-90-4399", false).as_str(), token);
    assert_eq!(map.restorer().restore(&token, Escape::Text), token);
}

#[test]
fn an_identifier_becomes_one_bare_token() {
    let mut map = map_of("1");
    let scrubbed = scrub_text("get_maria_data", &[person(4, 9)], Shape::Bare, &mut map);
    assert!(scrubbed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{scrubbed}");
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), "get_maria_data");
}

/// L20: overlapping spans neither corrupt the text nor leave a rest of a value.
#[test]
fn overlapping_and_unsorted_replacements_are_joined() {
    let text = "ask Maria Gonzalez, now";
    let mut map = map_of("1");
    let scrubbed = scrub_text(text, &[person(10, 18), person(4, 12), person(99, 120)], Shape::Bracketed, &mut map);
    let token = map.tokens().next().unwrap().0.clone();
    assert_eq!(scrubbed, format!("ask {token}, now"));
    assert_eq!(map.restorer().restore(&scrubbed, Escape::Text), text);
}

/// L41: what is printed by accident holds no value.
#[test]
fn debug_output_holds_no_value() {
    let mut map = map_of("1");
    map.mint(Label::PERSON, "Maria Gonzalez", true);
    let shown = format!("{map:?}");
    assert!(shown.contains("PERSON_") && !shown.contains("Maria"), "{shown}");
}

/// L22: tokens of an earlier request keep what they stand for, and what comes
/// later joins them as if it had come with them.
#[test]
fn a_map_that_adopts_goes_on_where_the_earlier_one_ended() {
    let mut first = map_of("1");
    for surface in ["Maria Gonzalez", "GONZALEZ", "Ruiz", "Ana Ruiz", "Jones"] {
        first.mint(Label::PERSON, surface, true);
    }
    first.mint(Label::EMAIL_ADDRESS, "ana@example.com", false);
    let mut kept: Vec<_> = first.minted().collect();
    kept.reverse();
    let mut second = map_of("1");
    second.adopt(kept);
    assert_eq!(second.minted().count(), 0);
    for (label, surface) in [
        (Label::PERSON, "Maria Gonzalez"),
        (Label::PERSON, "maria"),
        (Label::PERSON, "A. Ruiz"),
        (Label::PERSON, "Tom Jones"),
        (Label::CASE_NUMBER, "7"),
    ] {
        let token = second.mint(label, surface, true).to_string();
        assert_eq!(first.mint(label, surface, true).as_str(), token, "{surface}");
    }
    let minted: Vec<_> = second.minted().map(|stored| stored.value.to_string()).collect();
    assert_eq!(minted, ["maria", "A. Ruiz", "Tom Jones", "7"]);
    let answer = first.tokens().map(|(token, _, _)| token.as_str()).collect::<Vec<_>>().join(", ");
    let restored = second.restorer().restore(&answer, Escape::Text);
    assert_eq!(restored, first.restorer().restore(&answer, Escape::Text));
    assert!(restored.contains("GONZALEZ") && restored.contains("[EMAIL_ADDRESS_"), "{restored}");
}

/// L22: surrogates of an earlier request keep what they stand for as well, and names
/// of the same people their words.
#[test]
fn a_map_that_adopts_surrogates_goes_on_where_the_earlier_one_ended() {
    let map = || {
        let scope = ScopeKey::derive(&master(), &TenantId::parse("acme").unwrap(), "1");
        TokenMap::new(scope, TokenStyle::default().in_style(Style::Surrogate))
    };
    let mut first = map();
    let values = [
        (Label::PERSON, "Maria Gonzalez"),
        (Label::PERSON, "GONZALEZ"),
        (Label::PERSON, "Ana Ruiz"),
        (Label::PHONE_NUMBER, "+1 415-867-5309"),
        (Label::API_KEY, "sk-1"),
    ];
    for (label, surface) in values {
        first.mint(label, surface, true);
    }
    let mut kept: Vec<_> = first.minted().collect();
    kept.reverse();
    let mut second = map();
    second.adopt(kept);
    let later = [
        (Label::PERSON, "Maria"),
        (Label::PERSON, "M. Gonzalez"),
        (Label::PERSON, "A. Ruiz"),
        (Label::EMAIL_ADDRESS, "a@b.example"),
    ];
    for (label, surface) in values.into_iter().chain(later) {
        let minted = second.mint(label, surface, true).to_string();
        assert_eq!(first.mint(label, surface, true).as_str(), minted, "{surface}");
    }
    assert_eq!(second.minted().count(), later.len());
    let answer = first.tokens().map(|(token, _, _)| token.as_str()).collect::<Vec<_>>().join("; ");
    assert_eq!(second.restorer().restore(&answer, Escape::Text), first.restorer().restore(&answer, Escape::Text));
    let mut third = TokenMap::new(map().scope, TokenStyle::default());
    third.adopt(first.minted().collect());
    assert_eq!(third.restorer().restore(&answer, Escape::Text), first.restorer().restore(&answer, Escape::Text));
    third.reserve(&format!("And {}?", first.tokens().next().unwrap().0.as_str().to_uppercase()));
    assert!(third.meets_adopted_literal());
}

/// L24: a literal that looks like a token that has left is noticed.
#[test]
fn a_literal_that_an_adopted_token_would_be_mistaken_for_is_noticed() {
    let mut first = map_of("1");
    let restorable = first.mint(Label::PERSON, "Maria Gonzalez", true).to_string();
    let masked = first.mint(Label::PERSON, "Ana Ruiz", false).to_string();
    for (text, is_met) in [(restorable.to_lowercase(), true), (masked, false), ("[PERSON_0000]".into(), false)] {
        let mut second = map_of("1");
        second.adopt(first.minted().collect());
        second.reserve(&text);
        assert_eq!(second.meets_adopted_literal(), is_met, "{text}");
    }
}
